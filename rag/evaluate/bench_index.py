"""How quick indexing is, against the embedding model by itself on the same texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag.index.build import build
from rag.index.chunk import make_chunks
from rag.index.collections import Collections
from rag.text import split_sentences
from rag.types import Embedder, Paper, Progress

_NAME = "bench"
_WARM = 32  # texts that each embedder gets before it is timed


def indexing(
    papers: Sequence[Paper], embedder: Embedder, bare: Embedder, folder: Path, *, progress: Progress
) -> dict[str, Any]:
    """Index `papers` in the empty directory `folder` with `embedder`, and once more unchanged; and encode the same
    chunks by one call of `bare`. Seconds, papers a second, their ratio (above 1: indexing is quicker), bytes."""
    texts = [
        chunk.text
        for paper in papers
        for chunk in make_chunks(
            paper,
            split_sentences(paper.abstract),
            count_tokens=embedder.count_tokens,
            max_tokens=embedder.max_tokens,
        )
    ]
    progress(0, 3, "embedding alone")
    bare_s = _timed(lambda: bare.embed(texts), lambda: bare.embed(texts[:_WARM]))
    progress(1, 3, "indexing")
    collections = Collections(folder)

    def index() -> None:
        build(collections, _NAME, papers, lambda: embedder, sources=["bench"], embedder_name=embedder.name)

    index_s = _timed(index, lambda: embedder.embed(texts[:_WARM]))
    progress(2, 3, "indexing again")
    again_s = _timed(index)
    size = sum(path.stat().st_size for path in collections.path(_NAME).rglob("*") if path.is_file())
    progress(3, 3, "indexing again")
    return {
        "papers": len(papers),
        "chunks": len(texts),
        "index_s": index_s,
        "again_s": again_s,
        "bare_s": bare_s,
        "papers_per_s": len(papers) / index_s,
        "bare_papers_per_s": len(papers) / bare_s,
        "ratio": bare_s / index_s,
        "bytes": size,
    }


def _timed(work: Callable[[], object], warm: Callable[[], object] | None = None) -> float:
    if warm:
        warm()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
