"""The vectors: one Chroma collection per index generation. It holds nothing that the catalogue cannot rebuild."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from rag.errors import IndexCorrupt, IndexMismatch, StorageFull
from rag.index.origin import REMEDY, check_origin
from rag.index.rows import UNWRITABLE
from rag.index.shape import Shape
from rag.types import Chunk

_NAME = "chunks"
_BATCH = 5000  # Chroma refuses more than 5461 rows at once
# Chroma's defaults (l2, 100, 16, 100) find 72 % of the true neighbours of hard queries, these all of them;
# `ef_search` has no effect unless it is set when the collection is made.
_HNSW: Any = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}


class Vectors:
    """Made by `create` or `open`; a context manager. One process at a time may hold a directory.

    Chroma's own errors come as IndexCorrupt while reading and as StorageFull while writing: it does not tell a full
    disk from other failures to write.
    """

    def __init__(self, path: Path, client: Any, collection: Any) -> None:
        self._path = path
        self._client = client
        self._collection = collection

    @classmethod
    def create(cls, path: Path, shape: Shape) -> Vectors:
        """New empty vectors in the directory `path`. Raises StorageFull when they cannot be written."""
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
            client = _client(path)
            try:
                collection = client.create_collection(
                    _NAME,
                    embedding_function=None,
                    metadata={"fingerprint": shape.fingerprint, "shape": shape.to_json()},
                    configuration={"hnsw": _HNSW},
                )
            except BaseException:
                client.close()
                raise
        return cls(path, client, collection)

    @classmethod
    def open(cls, path: Path, shape: Shape) -> Vectors:
        """The vectors in `path`. Raises IndexCorrupt when they are missing or damaged, IndexMismatch when they were
        built in another shape."""
        check_origin(path)
        with _reading(path):
            client = _client(path)
            try:
                collection = client.get_collection(_NAME, embedding_function=None)
                metadata = collection.metadata or {}
                if metadata.get("fingerprint") != shape.fingerprint:
                    raise mismatch(Shape.from_json(metadata.get("shape")), shape)
            except BaseException:
                client.close()
                raise
        return cls(path, client, collection)

    def __enter__(self) -> Vectors:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release all files, so that the directory can be moved or removed. Closing twice does no harm."""
        self._collection = None
        self._client.close()

    def put(self, chunks: Sequence[Chunk], vectors: Any) -> None:
        """Add chunks with their vectors (an array of one row per chunk), or replace those of the same id."""
        with _writing(self._path):
            for at in range(0, len(chunks), _BATCH):
                part = chunks[at : at + _BATCH]
                self._collection.upsert(
                    ids=[chunk.id for chunk in part],
                    embeddings=vectors[at : at + len(part)],
                    metadatas=[{"paper": chunk.paper_id} for chunk in part],
                )

    def remove_papers(self, ids: Iterable[str]) -> None:
        """Remove all chunks of these papers."""
        wanted = list(ids)
        with _writing(self._path):
            for at in range(0, len(wanted), 500):
                self._collection.delete(where={"paper": {"$in": wanted[at : at + 500]}})

    def count(self) -> int:
        """Number of chunks."""
        with _reading(self._path):
            return int(self._collection.count())

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
        import numpy as np

        sums: dict[str, Any] = {}
        for metadatas, rows in self.stored(papers):
            for metadata, row in zip(metadatas, rows, strict=True):
                sums[metadata["paper"]] = sums.get(metadata["paper"], 0) + row
        return {paper: row / max(float(np.linalg.norm(row)), 1e-12) for paper, row in sums.items()}

    def stored(self, papers: Sequence[str] | None = None) -> Iterator[tuple[Any, Any]]:
        """Part by part the metadata (`paper`: its id) and the vectors of all chunks, or of those of some papers."""
        parts: list[dict[str, Any]] = (
            [{"limit": _BATCH, "offset": at} for at in range(0, self.count(), _BATCH)]
            if papers is None
            else [{"where": {"paper": {"$in": list(papers[at : at + 500])}}} for at in range(0, len(papers), 500)]
        )
        for part in parts:
            with _reading(self._path):
                found = self._collection.get(include=["metadatas", "embeddings"], **part)
            yield found["metadatas"], found["embeddings"]

    def _query(self, vector: Any, results: int) -> list[tuple[str, float]]:
        with _reading(self._path):
            found = self._collection.query(
                query_embeddings=[vector], n_results=results, include=["metadatas", "distances"]
            )
        rows = zip(found["metadatas"][0], found["distances"][0], strict=True)
        return [(metadata["paper"], 1.0 - float(distance)) for metadata, distance in rows]

    def _scan(self, vector: Any, total: int) -> list[tuple[str, float]]:
        """The similarity of every chunk, without the graph."""
        import numpy as np

        found: list[tuple[str, float]] = []
        with _reading(self._path):
            for offset in range(0, total, _BATCH):
                part = self._collection.get(limit=_BATCH, offset=offset, include=["metadatas", "embeddings"])
                lengths = np.linalg.norm(part["embeddings"], axis=1) * np.linalg.norm(vector)
                similarities = part["embeddings"] @ vector / np.maximum(lengths, 1e-12)
                found += zip((row["paper"] for row in part["metadatas"]), map(float, similarities), strict=True)
        if len(found) < total:
            raise IndexCorrupt(f"Of {total} chunks in {self._path} only {len(found)} can be read.", hint=REMEDY)
        return found


def mismatch(built: Shape, running: Shape) -> IndexMismatch:
    """The error for an index of the shape `built` that is opened with `running`."""
    return IndexMismatch(f"The index was built with {built}, but this program runs {running}.", hint=REMEDY)


def _client(path: Path) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma 1.5.9 keeps a client whose start failed and would hand it out again.
        getattr(SharedSystemClient, "_identifier_to_system", {}).pop(str(path), None)
        raise


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, OSError, ValueError) as exc:
        if _unwritable(str(exc)):  # Chroma writes while it opens a store
            raise _full(path, exc) from exc
        raise IndexCorrupt(f"The vectors in {path} cannot be read: {exc}.", hint=REMEDY) from exc


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    from chromadb.errors import InternalError

    try:
        yield
    except (InternalError, OSError) as exc:
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
