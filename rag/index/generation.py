"""The next generation of a collection while it is being written, in a directory of its own that nobody reads."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.errors import IndexCorrupt
from rag.index.catalogue import Catalogue
from rag.index.chunk import make_chunks
from rag.index.collections import CATALOGUE, VECTORS
from rag.index.embed_log import LOG, EmbeddingLog
from rag.index.files import storage_errors
from rag.index.rows import Entry
from rag.index.shape import Shape
from rag.index.topics import make_topics, store_topics
from rag.index.vectors import Vectors, VectorStore
from rag.text import split_sentences
from rag.types import Chunk, Embedder, Paper

_BATCH = 256  # chunks sorted by length together: padding then costs little
LEAST_AGREEMENT = 0.99  # cosine of a vector with itself, as it comes back
_SLICE = 32  # chunks embedded between two looks at `stop` and two reports of progress


class NextGeneration:
    """Starts as a copy of the generation `base`, or empty. `discard` it in the end, whatever happened.

    With `again`, or when `base` has another shape than `embedder`, its vectors are not copied: `again` is true then,
    and the caller adds the old papers anew. `written` are the ids of papers added so far, `done` how many of them
    have vectors, `embedded` how many chunks were embedded now and `resumed` how many by an earlier run that was
    stopped. `report` is called as `done` grows.
    """

    def __init__(
        self,
        path: Path,
        base: Path | None,
        embedder: Embedder,
        *,
        store: VectorStore,
        again: bool,
        check_stop: Callable[[], None],
        report: Callable[[], None],
    ) -> None:
        self.path = path
        self.written: set[str] = set()
        self.done = 0
        self.embedded = 0
        self.again = again
        self._embedder = embedder
        self._store = store
        self._shape = Shape.of(embedder)
        self._check_stop = check_stop
        self._report = report
        self._log: EmbeddingLog | None = None
        self._catalogue: Catalogue | None = None
        self._vectors: Vectors | None = None
        self._queue: list[tuple[Entry, list[Chunk]]] = []
        self._queued_chunks = 0
        self._probe: tuple[str, Any] | None = None
        try:
            with storage_errors(path):
                path.mkdir(parents=True)
                self._log = EmbeddingLog(path.parent / LOG, self._shape)
                self._start(base)
        except BaseException:
            self.discard()
            raise

    def _start(self, base: Path | None) -> None:
        if base is None:
            self._catalogue = Catalogue.create(self.path / CATALOGUE)
        else:
            shutil.copyfile(base / CATALOGUE, self.path / CATALOGUE)
            self._catalogue = Catalogue.open(self.path / CATALOGUE, writable=True)
            self.again = self.again or Shape.from_json(self._catalogue.get_meta("shape")) != self._shape
        if base is None or self.again:
            self._vectors = self._store.create(self.path / VECTORS, self._shape)
        else:
            self._vectors = self._store.copy(base / VECTORS, self.path / VECTORS, self._shape)

    def add(self, paper: Paper) -> None:
        """Add a paper, or put it in the place of the one of the same id."""
        sentences = split_sentences(paper.abstract)
        chunks = make_chunks(
            paper, sentences, count_tokens=self._embedder.count_tokens, max_tokens=self._embedder.max_tokens
        )
        self.written.add(paper.id)
        self._queue.append((Entry(paper, sentences, len(chunks)), chunks))
        self._queued_chunks += len(chunks)
        if self._queued_chunks >= _BATCH:
            self._flush()

    def add_again(self, old: Catalogue, ids: Iterable[str]) -> None:
        """Add papers of another catalogue, a part at a time."""
        wanted = list(ids)
        for at in range(0, len(wanted), _BATCH):
            for paper in old.papers_by_id(wanted[at : at + _BATCH]).values():
                self.add(paper)

    def seal(self, *, sources: list[str], expected: int) -> str:
        """Write what is queued, close, open again and check; returns the id of the generation's contents.

        Raises IndexCorrupt when the check fails.
        """
        self._flush()
        catalogue, vectors = self._halves()
        lines = [self._shape.fingerprint, *sorted(f"{key}:{value}" for key, value in catalogue.hashes().items())]
        generation = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
        catalogue.set_meta("shape", self._shape.to_json())
        catalogue.set_meta("generation", generation)
        catalogue.set_meta("sources", json.dumps(sources, ensure_ascii=False))
        store_topics(catalogue, make_topics(catalogue, vectors))
        self.close()
        self._check(expected)
        return generation

    def close(self) -> None:
        """Release all files."""
        if self._vectors:
            self._vectors.close()
        if self._catalogue:
            self._catalogue.close()
        if self._log:
            self._log.close()
        self._vectors = self._catalogue = None

    def discard(self) -> None:
        """Release all files and delete the directory, if it still has its first name."""
        with suppress(Exception):  # a store on a full disk may fail to close, too
            self.close()
        self._store.discard(self.path / VECTORS)
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def resumed(self) -> int:
        """Chunks whose vectors an earlier run had made."""
        return self._log.resumed if self._log else 0

    @property
    def goes_on(self) -> bool:
        """Whether a run that is stopped now leaves vectors for the next one."""
        return self._log is not None and self._log.kept

    def _halves(self) -> tuple[Catalogue, Vectors]:
        if self._catalogue is None or self._vectors is None:
            raise RuntimeError("the generation is closed")
        return self._catalogue, self._vectors

    def _flush(self) -> None:
        catalogue, vectors = self._halves()
        if not self._queue:
            return
        chunks = [chunk for _, parts in self._queue for chunk in parts]
        rows = self._embed(chunks)
        entries = [entry for entry, _ in self._queue]
        if not self.again:
            known = catalogue.papers_by_id(entry.paper.id for entry in entries)
            vectors.remove_papers(known)
        vectors.put(chunks, rows)
        catalogue.put(entries)
        self._probe = (chunks[-1].paper_id, rows[-1])
        self._queue, self._queued_chunks = [], 0

    def _embed(self, chunks: list[Chunk]) -> Any:
        import numpy as np

        assert self._log is not None
        texts = [chunk.text for chunk in chunks]
        rows = np.zeros((len(texts), self._shape.dimension), dtype=np.float32)
        known = self._log.get(texts)
        for at, row in known.items():
            rows[at] = row
        order = sorted((at for at in range(len(texts)) if at not in known), key=lambda at: -len(texts[at]))
        before, papers = self.done, len(self._queue)
        for start in range(0, len(order), _SLICE):
            self._check_stop()
            part = order[start : start + _SLICE]
            rows[part] = self._embedder.embed([texts[at] for at in part])
            self.embedded += len(part)
            self.done = before + papers * (len(known) + start + len(part)) // len(texts)
            self._report()
        self.done = before + papers
        self._log.add([texts[at] for at in order], rows[order])
        return rows

    def _check(self, expected: int) -> None:
        with Catalogue.open(self.path / CATALOGUE) as catalogue:
            papers, chunks = catalogue.count(), catalogue.chunk_count()
        with self._store.open(self.path / VECTORS, self._shape) as vectors:
            stored = vectors.count()
            similarity = self._found_again(vectors) if self._probe and stored else 0.0
        if papers != expected or stored != chunks or (self._probe and similarity < LEAST_AGREEMENT):
            raise IndexCorrupt(
                f"The new index failed its check ({papers} of {expected} papers, {stored} of {chunks} chunks, "
                f"similarity {similarity:.2f}); the collection is as it was.",
                hint="Try again; if it fails again, check the disk and report it.",
            )

    def _found_again(self, vectors: Vectors) -> float:
        """Cosine of the last vector that was written with the one that comes back: by a search, or else with those of
        its paper. Chroma's graph passes over some of many vectors that are nearly equal, and another paper with the
        same text may come first."""
        assert self._probe is not None
        paper, row = self._probe
        by_search = vectors.nearest(row, 1)[0][1]
        if by_search >= LEAST_AGREEMENT:
            return by_search
        return max((float((rows @ row).max()) for _, rows in vectors.stored([paper]) if len(rows)), default=0.0)
