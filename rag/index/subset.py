"""Some papers of a collection as a collection of their own, in memory: what a filter leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rag.index.catalogue import Catalogue
from rag.index.means import means_of
from rag.index.rows import SCHEMA_SQL, Entry
from rag.index.topics import Topic, store_topics, stored_topics
from rag.index.vectors import Vectors


def subset_catalogue(whole: Catalogue, ids: Iterable[str]) -> Catalogue:
    """A catalogue in memory with those papers of `whole` that are among `ids`, and what is left of its topics."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    connection.executescript(SCHEMA_SQL)
    part = Catalogue(Path("memory"), connection, writable=True)
    papers = whole.papers_by_id(ids)
    part.put(Entry(paper, whole.sentences(paper.id), 1) for paper in papers.values())
    left = [Topic(topic.label, tuple(key for key in topic.papers if key in papers)) for topic in stored_topics(whole)]
    store_topics(part, sorted((topic for topic in left if topic.papers), key=lambda topic: -len(topic.papers)))
    return part


class SubsetVectors:
    """The vectors of some papers, read once and kept in memory; searched exactly. As `rag.index.vectors.Vectors`."""

    def __init__(self, whole: Vectors, ids: Sequence[str]) -> None:
        """Raises IndexCorrupt when they cannot be read."""
        import numpy as np

        self._papers: list[str] = []
        rows: list[Any] = []
        for metadatas, vectors in whole.stored(list(ids)):
            self._papers += [metadata["paper"] for metadata in metadatas]
            rows += list(vectors)
        self._rows = np.stack(rows).astype(np.float32) if rows else np.zeros((0, 1), dtype=np.float32)
        self._rows /= np.maximum(np.linalg.norm(self._rows, axis=1, keepdims=True), 1e-12)

    def count(self) -> int:
        """Number of chunks."""
        return len(self._papers)

    def nearest(self, vector: Any, papers: int) -> list[tuple[str, float]]:
        """All papers with the cosine similarity of their best chunk to `vector`, best first."""
        best: dict[str, float] = {}
        if self._papers:
            similar = self._rows @ vector
            for paper, similarity in zip(self._papers, map(float, similar), strict=True):
                best[paper] = max(similarity, best.get(paper, -1.0))
        return sorted(best.items(), key=lambda pair: -pair[1])

    def means(self, papers: Sequence[str] | None = None) -> dict[str, Any]:
        """As `Vectors.means`."""
        wanted = set(self._papers if papers is None else papers)
        rows = [row for row, paper in enumerate(self._papers) if paper in wanted]
        return means_of([([self._papers[row] for row in rows], self._rows[rows])], len(wanted))
