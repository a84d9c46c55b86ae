"""The vectors: one Chroma collection per index generation. It holds nothing that the catalogue cannot rebuild.

Where it is, is behind two seams: a `Link` (`rag/index/vectors_link.py`) is an open one, a `VectorStore` makes them.
Here are those of a directory of this process; those of a Chroma server are in `rag/index/vectors_server.py`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from rag.errors import IndexCorrupt, StorageFull
from rag.index import chroma
from rag.index.means import means_of
from rag.index.origin import REMEDY, check_origin
from rag.index.rows import UNWRITABLE
from rag.index.shape import Shape
from rag.index.vectors_link import BATCH, Link, check_shape, new_collection
from rag.types import Chunk

_NAME = "chunks"


class VectorStore(Protocol):
    """Where the vectors of generations are kept. `path` is inside the directory of a generation."""

    @property
    def shared(self) -> bool:
        """Whether several processes may use a data directory at a time."""
        ...

    def create(self, path: Path, shape: Shape) -> Vectors: ...

    def open(self, path: Path, shape: Shape) -> Vectors: ...

    def copy(self, base: Path, path: Path, shape: Shape) -> Vectors: ...

    def exists(self, path: Path) -> bool: ...

    def discard(self, path: Path) -> None:
        """Remove what is kept elsewhere than in `path`, which is about to be deleted."""
        ...


class Vectors:
    """Made by a `VectorStore`; a context manager.

    On disk, Chroma's own errors come as IndexCorrupt while reading and as StorageFull while writing: it does not tell
    a full disk from other failures to write. From a server they come as VectorsUnreachable.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._count: int | None = None  # Chroma counts for as long as it searches

    @classmethod
    def create(cls, path: Path, shape: Shape) -> Vectors:
        """New empty vectors in the directory `path`. Raises StorageFull when they cannot be written."""
        return OnDisk().create(path, shape)

    @classmethod
    def open(cls, path: Path, shape: Shape) -> Vectors:
        """The vectors in `path`. Raises IndexCorrupt when they are missing or damaged, IndexMismatch when they were
        built in another shape."""
        return OnDisk().open(path, shape)

    def __enter__(self) -> Vectors:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release all files, so that the directory can be moved or removed. Closing twice does no harm."""
        self._link.close()

    def put(self, chunks: Sequence[Chunk], vectors: Any) -> None:
        """Add chunks with their vectors (an array of one row per chunk), or replace those of the same id."""
        for at in range(0, len(chunks), BATCH):
            part = chunks[at : at + BATCH]
            papers = [{"paper": chunk.paper_id} for chunk in part]
            self.put_rows([chunk.id for chunk in part], vectors[at : at + len(part)], papers)

    def put_rows(self, ids: Sequence[str], vectors: Any, papers: Sequence[dict[str, str]]) -> None:
        """The same from Chroma's own three columns, at most `BATCH` rows."""
        self._count = None
        with self._link.writing():
            self._link.collection().upsert(ids=list(ids), embeddings=vectors, metadatas=list(papers))

    def remove_papers(self, ids: Iterable[str]) -> None:
        """Remove all chunks of these papers."""
        wanted = list(ids)
        self._count = None
        with self._link.writing():
            for at in range(0, len(wanted), 500):
                self._link.collection().delete(where={"paper": {"$in": wanted[at : at + 500]}})

    def count(self) -> int:
        """Number of chunks."""
        if self._count is None:
            with self._link.reading():
                self._count = int(self._link.collection().count())
        return self._count

    def nearest(self, vector: Any, papers: int) -> list[tuple[str, float]]:
        """Papers with the cosine similarity (-1 to 1) of their best chunk to `vector`, best first.

        At least `papers` papers when there are so many; more come along for nothing. Raises IndexCorrupt when chunks
        cannot be read.
        """
        total = self.count()
        wanted = min(total, 2 * papers + 8)  # most papers have one or two chunks
        best: dict[str, float] = {}
        while wanted:
            found = self._query(vector, wanted)
            if len(found) < wanted:  # the graph does not reach every chunk when many vectors are equal
                found = self._scan(vector, total)
            best = {}
            for paper, similarity in found:
                best[paper] = max(similarity, best.get(paper, -1.0))
            if len(best) >= papers or len(found) == total:
                break
            wanted = min(total, 2 * wanted)
        return sorted(best.items(), key=lambda pair: -pair[1])

    def means(self, papers: Sequence[str] | None = None) -> dict[str, Any]:
        """The mean vector of each paper's chunks, scaled to length 1: of all papers, or of those given."""
        parts = (([row["paper"] for row in metadatas], vectors) for metadatas, vectors in self.stored(papers))
        return means_of(parts, self.count() if papers is None else len(papers))

    def stored(self, papers: Sequence[str] | None = None) -> Iterator[tuple[Any, Any]]:
        """Part by part the metadata (`paper`: its id) and the vectors of all chunks, or of those of some papers."""
        parts: list[dict[str, Any]] = (
            [{"limit": BATCH, "offset": at} for at in range(0, self.count(), BATCH)]
            if papers is None
            else [{"where": {"paper": {"$in": list(papers[at : at + 500])}}} for at in range(0, len(papers), 500)]
        )
        for part in parts:
            with self._link.reading():
                found = self._link.collection().get(include=["metadatas", "embeddings"], **part)
            yield found["metadatas"], found["embeddings"]

    def _query(self, vector: Any, results: int) -> list[tuple[str, float]]:
        with self._link.reading():
            found = self._link.collection().query(
                query_embeddings=[vector], n_results=results, include=["metadatas", "distances"]
            )
        rows = zip(found["metadatas"][0], found["distances"][0], strict=True)
        return [(metadata["paper"], 1.0 - float(distance)) for metadata, distance in rows]

    def _scan(self, vector: Any, total: int) -> list[tuple[str, float]]:
        """The similarity of every chunk, without the graph."""
        import numpy as np

        found: list[tuple[str, float]] = []
        with self._link.reading():
            for offset in range(0, total, BATCH):
                part = self._link.collection().get(limit=BATCH, offset=offset, include=["metadatas", "embeddings"])
                lengths = np.linalg.norm(part["embeddings"], axis=1) * np.linalg.norm(vector)
                similarities = part["embeddings"] @ vector / np.maximum(lengths, 1e-12)
                found += zip((row["paper"] for row in part["metadatas"]), map(float, similarities), strict=True)
        if len(found) < total:
            raise IndexCorrupt(f"Of {total} chunks in {self._link.place} only {len(found)} can be read.", hint=REMEDY)
        return found


@dataclass(slots=True)
class _DiskLink:
    path: Path
    client: Any
    opened: Any

    @property
    def place(self) -> str:
        return str(self.path)

    def collection(self) -> Any:
        return self.opened

    def reading(self) -> AbstractContextManager[None]:
        return _reading(self.path)

    def writing(self) -> AbstractContextManager[None]:
        return _writing(self.path)

    def close(self) -> None:
        self.opened = None
        self.client.close()


class OnDisk:
    """A `VectorStore` in the directories of the generations. One process at a time may hold one."""

    shared = False

    def create(self, path: Path, shape: Shape) -> Vectors:
        """See `Vectors.create`."""
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
            client = chroma.on_disk(path)
            try:
                collection = client.create_collection(_NAME, **new_collection(shape))
            except BaseException:
                client.close()
                raise
        return Vectors(_DiskLink(path, client, collection))

    def open(self, path: Path, shape: Shape) -> Vectors:
        """See `Vectors.open`."""
        check_origin(path)
        with _reading(path):
            client = chroma.on_disk(path)
            try:
                collection = client.get_collection(_NAME, embedding_function=None)
                check_shape(collection, shape)
            except BaseException:
                client.close()
                raise
        return Vectors(_DiskLink(path, client, collection))

    def copy(self, base: Path, path: Path, shape: Shape) -> Vectors:
        """The vectors of `base` once more, in `path`."""
        shutil.copytree(base, path)
        return self.open(path, shape)

    def exists(self, path: Path) -> bool:
        """Whether there are vectors in `path`, as far as a look at its files tells."""
        return (path / "chroma.sqlite3").is_file()

    def discard(self, path: Path) -> None:
        """Nothing is kept elsewhere."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except chroma.reading_errors() as exc:
        if _unwritable(str(exc)):  # Chroma writes while it opens a store
            raise _full(path, exc) from exc
        raise IndexCorrupt(f"The vectors in {path} cannot be read: {exc}.", hint=REMEDY) from exc


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except chroma.writing_errors() as exc:
        raise _full(path, exc) from exc


def _unwritable(message: str) -> bool:
    """Whether an error of Chroma carries an SQLite result code that speaks of room or permission."""
    code = re.search(r"\(code: (\d+)\)", message)
    return code is not None and int(code.group(1)) & 0xFF in UNWRITABLE


def _full(path: Path, error: Exception) -> StorageFull:
    return StorageFull(
        f"The vectors in {path} could not be written: {error}.",
        hint="Free some disk space, or choose a directory that you may write to with --data-dir.",
    )
