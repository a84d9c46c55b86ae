"""Vectors on a Chroma server: built once, read by many processes.

The directory of a generation holds a note with the name of its collection on the server, so that a generation stays one
thing that is switched to at once, and a data directory never touches what another one keeps on the same server.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import IndexCorrupt, PosterchatError, UsageError, VectorsUnreachable
from rag.index import chroma
from rag.index.files import storage_errors, write_atomic
from rag.index.origin import REMEDY
from rag.index.shape import Shape
from rag.index.vectors import Vectors
from rag.index.vectors_link import BATCH, check_shape, new_collection

_NOTE = "collection.json"
_DOWN_S = 2.0  # after a failure, so that a server that is gone costs a search nothing


class _ServerLink:
    """Connects when it is first used, and again after the server was gone."""

    def __init__(self, url: str, name: str, shape: Shape, connect: Callable[[str], Any]) -> None:
        self._url, self._name, self._shape = url, name, shape
        self._connect = connect
        self._mutex = threading.Lock()
        self._client: Any = None
        self._opened: Any = None
        self._down_until = 0.0
        self._why = ""

    @property
    def place(self) -> str:
        return f"the Chroma server at {urlsplit(self._url).netloc}"

    def collection(self) -> Any:
        with self._mutex:
            if self._opened is None:
                if time.monotonic() < self._down_until:
                    raise self._unreachable(self._why)
                self._client = self._client or self._connect(self._url)
                opened = self._client.get_collection(self._name, embedding_function=None)
                check_shape(opened, self._shape)
                self._opened = opened
            return self._opened

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            yield
        except PosterchatError:
            raise
        except chroma.unreachable_errors() as exc:
            self.close()
            if chroma.is_absent(exc):
                why = f"it has no collection {self._name}; build it again with `posterchat index FILE --rebuild`"
            else:
                why = " ".join(str(exc).split())[:200] or type(exc).__name__
            self._why, self._down_until = why, time.monotonic() + _DOWN_S
            raise self._unreachable(why) from exc

    def writing(self) -> Any:
        return self.reading()

    def close(self) -> None:
        with self._mutex:
            client, self._client, self._opened = self._client, None, None
        if client is not None:
            with suppress(*chroma.unreachable_errors()):
                chroma.hang_up(client)

    def _unreachable(self, why: str) -> VectorsUnreachable:
        return VectorsUnreachable(
            f"The vectors on {self.place} cannot be reached: {why.rstrip('.')}.",
            hint="Start the server, or correct POSTERCHAT_CHROMA_URL.",
        )


class OnServer:
    """A `VectorStore` on the Chroma server at `url`. Making one contacts nobody. Raises UsageError for an address that
    cannot be one."""

    shared = True

    def __init__(self, url: str, *, connect: Callable[[str], Any] = chroma.on_server) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise UsageError(
                "The address of the Chroma server is not usable: it must look like http://127.0.0.1:8000.",
                hint="Correct POSTERCHAT_CHROMA_URL.",
            )
        self._url = url
        self._connect = connect

    def create(self, path: Path, shape: Shape) -> Vectors:
        """New empty vectors on the server, and the note of them in `path`. Raises VectorsUnreachable, StorageFull."""
        name = f"posterchat-{secrets.token_hex(12)}"
        link = _ServerLink(self._url, name, shape, self._connect)
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            write_atomic(path / _NOTE, json.dumps({"collection": name}) + "\n")
        with link.reading():
            client = self._connect(self._url)
            try:
                client.create_collection(name, **new_collection(shape))
            finally:
                chroma.hang_up(client)
        return Vectors(link)

    def open(self, path: Path, shape: Shape) -> Vectors:
        """The vectors that `path` notes, connected to when they are first used. Raises IndexCorrupt when there is no
        note; using them raises VectorsUnreachable, and IndexMismatch when they were built in another shape."""
        return Vectors(_ServerLink(self._url, _noted(path), shape, self._connect))

    def copy(self, base: Path, path: Path, shape: Shape) -> Vectors:
        """The vectors of `base` once more, in a collection of their own."""
        source = _ServerLink(self._url, _noted(base), shape, self._connect)
        made = self.create(path, shape)
        try:
            with source.reading():
                total = source.collection().count()
                for offset in range(0, total, BATCH):
                    part = source.collection().get(limit=BATCH, offset=offset, include=["metadatas", "embeddings"])
                    made.put_rows(part["ids"], part["embeddings"], part["metadatas"])
        finally:
            source.close()
        return made

    def exists(self, path: Path) -> bool:
        """Whether `path` has a note of vectors on a server; nobody is asked."""
        return (path / _NOTE).is_file()

    def discard(self, path: Path) -> None:
        """Remove the collection that `path` notes. A server that is down keeps it: it takes room and does no harm."""
        with suppress(PosterchatError, *chroma.unreachable_errors()):
            name = _noted(path)
            client = self._connect(self._url)
            try:
                client.delete_collection(name)
            finally:
                chroma.hang_up(client)

    def version(self) -> str:
        """What the server says that it is. Raises VectorsUnreachable."""
        link = _ServerLink(self._url, "", Shape("", 0, 0), self._connect)
        with link.reading():
            client = self._connect(self._url)
            told = str(client.get_version())
            chroma.hang_up(client)
        return told


def _noted(path: Path) -> str:
    try:
        return str(json.loads((path / _NOTE).read_text(encoding="utf-8"))["collection"])
    except (OSError, ValueError, KeyError, TypeError) as exc:
        if (path / "chroma.sqlite3").is_file():
            what = f"The vectors in {path} are on this machine, not on a Chroma server"
        else:
            what = f"The note in {path} of the vectors on a Chroma server is missing or damaged"
        raise IndexCorrupt(f"{what}.", hint=REMEDY) from exc
