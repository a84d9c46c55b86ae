"""What of a collection on disk is whole, told without opening Chroma; and its pointer, mended. Vectors are mended by
`rag.index.build` with `rebuild`: the catalogue has all that they need."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexCorrupt, PosterchatError
from rag.index.catalogue import Catalogue
from rag.index.collections import CATALOGUE, POINTER, VECTORS, Collections, generations
from rag.index.files import storage_errors, write_atomic
from rag.index.origin import check_origin


@dataclass(frozen=True, slots=True)
class Condition:
    """What `examine` found. `problems` is empty when the collection is whole; `mendable` says that `posterchat
    collections repair` mends them. `unfinished` says that a command was killed here; the next one clears up."""

    papers: int
    generation: str
    problems: tuple[str, ...] = ()
    mendable: bool = True
    unfinished: bool = False


def examine(collections: Collections, name: str, *, vectors: bool = True) -> Condition:
    """Look through the files of a collection: every page of both databases, every paper against its hash, and that
    each chunk has its vector (with `vectors`: not where they are kept elsewhere). Raises UnknownCollection and
    IndexMismatch."""
    folder = collections.path(name)
    unfinished = any(path.name.endswith(".tmp") for path in folder.glob("*"))
    try:
        current = collections.generation(name)
    except IndexCorrupt as error:
        return Condition(0, "", (str(error),), bool(_whole(folder)), unfinished)
    problems = _damage_of(current / CATALOGUE, "the catalogue") if current else []
    try:
        with collections.catalogue(name) as catalogue:
            papers, chunks = catalogue.count(), catalogue.chunk_count()
            generation = catalogue.get_meta("generation") or ""
            problems += _changed(catalogue)
    except IndexCorrupt as error:
        return Condition(0, "", tuple(problems or [str(error)]), False, unfinished)
    mendable = not problems
    if current and vectors:
        problems += _vectors(current / VECTORS, chunks)
    return Condition(papers, generation, tuple(problems), mendable, unfinished)


def mend_pointer(collections: Collections, name: str) -> bool:
    """Point to the newest whole generation where the pointer is damaged; returns whether that was done. Hold the data
    directory. Raises UnknownCollection, and IndexCorrupt when no generation is whole."""
    folder = collections.path(name)
    try:
        collections.generation(name)
        return False
    except IndexCorrupt:
        whole = _whole(folder)
        if not whole:
            raise
        with storage_errors(folder):
            write_atomic(folder / POINTER, whole[-1].name + "\n")
        return True


def _whole(folder: Path) -> list[Path]:
    return [path for path in generations(folder) if not _damage_of(path / CATALOGUE, "")]


def _damage_of(path: Path, what: str) -> list[str]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            said = [row[0] for row in db.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as error:
        said = [str(error)]
    return [] if said == ["ok"] else [f"{what} is damaged ({said[0].splitlines()[-1] if said else 'empty'})"]


def _changed(catalogue: Catalogue) -> list[str]:
    stored = catalogue.hashes()
    wrong = sum(paper.content_hash != stored[paper.id] for paper in catalogue.papers())
    return [f"{wrong} papers are not as they were indexed"] if wrong else []


def _vectors(path: Path, chunks: int) -> list[str]:
    try:
        check_origin(path)
    except PosterchatError as error:
        return [str(error).rstrip(".")]
    store = path / "chroma.sqlite3"
    if damage := _damage_of(store, "the vectors' database"):
        return damage
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            stored = int(db.execute("SELECT count(*) FROM embeddings").fetchone()[0])
            graphs = [row[0] for row in db.execute("SELECT id FROM segments WHERE scope = 'VECTOR'")]
    except sqlite3.Error as error:
        return [f"the vectors' database is damaged ({error})"]
    if stored != chunks:
        return [f"{stored} of {chunks} vectors are there"]
    missing = [name for name in graphs if not (path / name / "header.bin").is_file()]
    return ["the graph of the vectors is missing"] if missing else []
