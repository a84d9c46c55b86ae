"""Whether a folder of vectors is one that posterchat made. It is looked at before Chroma opens it: Chroma changes what
it opens, and reads whatever files it finds there."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from rag.errors import IndexCorrupt

REMEDY = (
    "Run `posterchat collections repair NAME`, which keeps the papers and makes the vectors again, or `posterchat index"
    " FILE --rebuild`; or remove it with `posterchat collections remove NAME`."
)
_STORE = re.compile(r"chroma\.sqlite3(?:-journal|-wal|-shm)?")
_GRAPH = re.compile(r"(?:data_level0|header|length|link_lists)\.bin|index_metadata\.pickle")
_FOLDER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ONE_COLLECTION = "SELECT name FROM collections"
_MARKS = "SELECT key FROM collection_metadata WHERE key IN ('fingerprint', 'shape')"


def check_origin(path: Path) -> None:
    """Raises IndexCorrupt unless `path` holds one collection of ours and no files but Chroma's own."""
    store = path / "chroma.sqlite3"
    if not store.is_file():
        raise IndexCorrupt(f"The vectors in {path} are missing.", hint=REMEDY)
    try:
        if foreign := _foreign(path):
            raise _unknown(path, f"{foreign} is no file of posterchat's")
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
            names = [row[0] for row in db.execute(_ONE_COLLECTION)]
            marks = {row[0] for row in db.execute(_MARKS)}
    except (sqlite3.Error, OSError) as exc:
        raise IndexCorrupt(f"The vectors in {path} cannot be read: {exc}.", hint=REMEDY) from exc
    if names != ["chunks"] or marks != {"fingerprint", "shape"}:
        raise _unknown(path, "another program made its database")


def _foreign(path: Path) -> str:
    """The first thing below `path` that Chroma does not make for us; empty when there is none."""
    for entry in sorted(path.iterdir()):
        if entry.is_symlink() or not (entry.is_dir() and _FOLDER.fullmatch(entry.name) or _STORE.fullmatch(entry.name)):
            return entry.name
        if entry.is_dir():
            for inner in sorted(entry.iterdir()):
                if inner.is_symlink() or not inner.is_file() or not _GRAPH.fullmatch(inner.name):
                    return f"{entry.name}/{inner.name}"
    return ""


def _unknown(path: Path, why: str) -> IndexCorrupt:
    return IndexCorrupt(f"The vectors in {path} are of unknown origin ({why}) and were not opened.", hint=REMEDY)
