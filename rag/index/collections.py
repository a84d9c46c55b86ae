"""Collections on disk, and how they are opened. Light: reads SQLite only, imports Chroma when one is opened.

    <data_dir>/collections/<name>/CURRENT                 the name of the generation that answers
    <data_dir>/collections/<name>/gen-000001/catalogue.sqlite, vectors/

A generation never changes once it is named so; `rag.index.build` makes the next one aside and replaces CURRENT.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rag.errors import IndexCorrupt, IndexMismatch, UnknownCollection, UsageError
from rag.index.catalogue import Catalogue
from rag.index.files import storage_errors
from rag.index.shape import SCHEMA, Shape
from rag.index.vectors import OnDisk, Vectors, VectorStore
from rag.index.vectors_link import mismatch
from rag.types import COLLECTION_NAME, CollectionInfo, Embedder

POINTER = "CURRENT"
CATALOGUE = "catalogue.sqlite"
VECTORS = "vectors"

_GENERATION = re.compile(r"gen-\d{6,}")


@dataclass(frozen=True, slots=True)
class Collection:
    """An open collection: a context manager that closes both halves."""

    info: CollectionInfo
    catalogue: Catalogue
    vectors: Vectors

    def __enter__(self) -> Collection:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release all files."""
        self.vectors.close()
        self.catalogue.close()


class Collections:
    """The collections of a data directory. Making one touches no disk."""

    def __init__(self, data_dir: Path, vectors: VectorStore | None = None) -> None:
        self._root = data_dir / "collections"
        self.vectors: VectorStore = vectors or OnDisk()

    def names(self) -> Sequence[str]:
        """Names of all collections, damaged ones too, sorted."""
        try:
            found = [entry.name for entry in self._root.iterdir() if COLLECTION_NAME.fullmatch(entry.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in found if self._exists(name))

    def list(self) -> Sequence[CollectionInfo]:
        """All collections that can be read, sorted by name; `info` says what is wrong with one of `names` that is
        not here."""
        infos = []
        for name in self.names():
            try:
                infos.append(self.info(name))
            except (IndexCorrupt, IndexMismatch):
                continue
        return infos

    def info(self, name: str) -> CollectionInfo:
        """What a collection holds. Raises UnknownCollection, IndexCorrupt, or IndexMismatch when another version of
        the program made it."""
        with self.catalogue(name) as catalogue:
            return _info(name, catalogue)

    def catalogue(self, name: str) -> Catalogue:
        """The papers of a collection, read-only. Raises as `info` does."""
        while True:
            folder = self.generation(name)
            if folder is None:
                raise self._unknown(name)
            try:
                return _checked(Catalogue.open(folder / CATALOGUE))
            except IndexCorrupt:
                if self.generation(name) == folder:  # else another process has just put a newer one in its place
                    raise

    def open(self, name: str, embedder: Embedder) -> Collection:
        """A collection for searching with `embedder`. Raises as `info` does, and IndexMismatch when it was built with
        another embedder or another way of chunking."""
        catalogue = self.catalogue(name)
        try:
            built, running = Shape.from_json(catalogue.get_meta("shape")), Shape.of(embedder)
            if built != running:
                raise mismatch(built, running)
            folder = self.generation(name) or self.path(name)
            return Collection(_info(name, catalogue), catalogue, self.vectors.open(folder / VECTORS, running))
        except BaseException:
            catalogue.close()
            raise

    def remove(self, name: str) -> None:
        """Delete a collection, damaged or not. Raises UnknownCollection; StorageFull when it may not be written."""
        path = self.path(name)
        if not self._exists(name):
            raise self._unknown(name)
        with storage_errors(path):
            self.clean()
            aside = self._root / f".removed-{name}-{os.getpid()}"
            os.rename(path, aside)  # at once: a half-deleted collection must never be seen
            for folder in generations(aside):
                self.vectors.discard(folder / VECTORS)
            shutil.rmtree(aside)

    def clean(self) -> None:
        """Delete what a killed `remove` has left. Call it only while holding the data directory."""
        for leftover in self._root.glob(".removed-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def path(self, name: str) -> Path:
        """The directory of a collection of that name, whether it exists or not. Raises UsageError for a bad name."""
        if not COLLECTION_NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} cannot be the name of a collection.",
                hint="Use 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first.",
            )
        return self._root / name

    def generation(self, name: str) -> Path | None:
        """The directory of the generation that answers, None when there is no such collection.

        Raises IndexCorrupt when CURRENT points nowhere.
        """
        folder = self.path(name)
        try:
            current = (folder / POINTER).read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            # Only a first build killed in its last step leaves a generation without a pointer. It is complete.
            whole = generations(folder)
            return whole[-1] if whole else None
        except (OSError, ValueError) as exc:
            raise _broken(name, f"its pointer cannot be read ({exc})") from exc
        if not _GENERATION.fullmatch(current) or not (folder / current).is_dir():
            raise _broken(name, f"its pointer names {current[:40]!r}, which is not there")
        return folder / current

    def _exists(self, name: str) -> bool:
        folder = self._root / name
        return (folder / POINTER).is_file() or bool(generations(folder))

    def _unknown(self, name: str) -> UnknownCollection:
        names = self.names()
        there = f"there are: {', '.join(names)}" if names else "there are none yet"
        return UnknownCollection(
            f"There is no collection {name}; {there}.",
            hint=f"Make it with `posterchat index FILE --collection {name}`.",
        )


def generations(folder: Path) -> Sequence[Path]:
    """The finished generations in the directory of a collection, oldest first."""
    try:
        found = [path for path in folder.iterdir() if _GENERATION.fullmatch(path.name) and path.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda path: int(path.name.removeprefix("gen-")))


def _checked(catalogue: Catalogue) -> Catalogue:
    try:
        schema = Shape.from_json(catalogue.get_meta("shape")).schema
        if schema != SCHEMA:
            raise IndexMismatch(
                f"The index is of schema {schema}, but this version of posterchat reads schema {SCHEMA}.",
                hint="Remove it with `posterchat collections remove NAME` and index the files again.",
            )
    except BaseException:
        catalogue.close()
        raise
    return catalogue


def _info(name: str, catalogue: Catalogue) -> CollectionInfo:
    shape = Shape.from_json(catalogue.get_meta("shape"))
    return CollectionInfo(
        name=name,
        papers=catalogue.count(),
        generation=catalogue.get_meta("generation") or "",
        fingerprint=shape.fingerprint,
        embedder=shape.embedder,
        text_kind="digest" if catalogue.all_digests() else "abstract",
        sources=tuple(json.loads(catalogue.get_meta("sources") or "[]")),
    )


def _broken(name: str, reason: str) -> IndexCorrupt:
    return IndexCorrupt(
        f"The collection {name} is damaged: {reason}.",
        hint=f"Run `posterchat collections repair {name}`; if that fails, `posterchat collections remove {name}`, "
        "and index the files again.",
    )
