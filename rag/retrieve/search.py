"""Hybrid search: the best chunk of each paper by cosine, BM25 over titles and abstracts, fused.

Fusion is the min-max normalised weighted sum. On the 110 paraphrased questions of one session it found the
right paper first for .97 of them (dense alone .85, BM25 .90, reciprocal rank fusion .93); other corpora may
order these differently, so `posterchat eval` measures it on any question file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.errors import VectorsUnreachable
from rag.index.catalogue import Catalogue
from rag.index.vectors import Vectors
from rag.retrieve.relevance import Relevance
from rag.text import search_words
from rag.types import Embedder, Hit

DENSE_WEIGHT = 0.6
# Among many papers several are near in meaning, and rare words tell more: with 5,000 to 103,000 abstracts .4
# finds the right one more often (docs/decisions.md).
DENSE_WEIGHT_OF_MANY = 0.4
MANY_PAPERS = 2_000
CANDIDATES = 100
# For answers that need every relevant paper: more papers on one topic than this are counted as this many.
SET_CANDIDATES = 1000
BY_WORDS = "Papers were found by their words only."
# Cosines of 32-bit vectors that differ by less are equal: scaled, such a difference would be that of best and worst.
_EQUAL_COSINES = 1e-6
_EMBEDDED_NOW = 8  # papers, when the vectors are out of reach: some 20 ms each on two cores


def fuse(dense: Mapping[str, float], lexical: Mapping[str, float], *, weight: float) -> dict[str, float]:
    """Fused score in 0..1 of every paper in either mapping: `weight` x dense + (1 - weight) x lexical, each scaled so
    that its best is 1 and its worst (or 0, for BM25) is 0. A paper that one side lacks gets 0 from that side."""
    scaled_dense = _scale(dense, floor=min(dense.values(), default=0.0), equal=_EQUAL_COSINES)
    scaled_lexical = _scale(lexical, floor=0.0, equal=0.0)
    return {
        paper: weight * scaled_dense.get(paper, 0.0) + (1 - weight) * scaled_lexical.get(paper, 0.0)
        for paper in dense.keys() | lexical.keys()
    }


def dense_weight(papers: int) -> float:
    """Weight of the cosine in a search over so many papers."""
    return DENSE_WEIGHT if papers < MANY_PAPERS else DENSE_WEIGHT_OF_MANY


def _scale(scores: Mapping[str, float], *, floor: float, equal: float) -> dict[str, float]:
    top = max(scores.values(), default=0.0)
    if top - floor <= equal:
        return dict.fromkeys(scores, 1.0 if top > 0 else 0.0)
    return {paper: (score - floor) / (top - floor) for paper, score in scores.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search: hits, best first, the question's vector, and how relevant the best hit is (0..1).
    `notice` says what the search had to do without, if anything; `leaned` are the ids of the papers of the turns that
    a follow-up leans on, the latest turn's first."""

    hits: tuple[Hit, ...]
    vector: Any
    relevance: float
    notice: str = ""
    leaned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches one collection."""

    catalogue: Catalogue
    vectors: Vectors
    embedder: Embedder
    relevance: Relevance

    def search(self, question: str, *, limit: int = 10, candidates: int = CANDIDATES) -> Found:
        """The `limit` best papers for a question, best first, among the first `candidates` of each kind of search.

        When the vectors cannot be reached, papers are found by their words alone, and `notice` says so.
        """
        vector = self.embedder.embed([question])[0]
        lexical = dict(self.catalogue.search(search_words(question), candidates))
        notice = ""
        try:
            dense = dict(self.vectors.nearest(vector, candidates))
        except VectorsUnreachable as error:
            dense, notice = self._dense_of(vector, lexical), f"{error} {BY_WORDS}"
        total = self.catalogue.count()
        fused = fuse(dense, lexical, weight=dense_weight(total))
        ranked = sorted(fused, key=lambda paper: (-fused[paper], paper))[:limit]
        papers = self.catalogue.papers_by_id(ranked)
        hits = tuple(
            Hit(papers[paper], fused[paper], dense.get(paper, 0.0), lexical.get(paper, 0.0)) for paper in ranked
        )
        return Found(hits, vector, self.relevance.of(vector, hits, total), notice)

    def _dense_of(self, vector: Any, lexical: Mapping[str, float]) -> dict[str, float]:
        """Cosine of the best papers by words, embedded here and now: what is off topic can still be told."""
        best = sorted(lexical, key=lambda paper: (-lexical[paper], paper))[:_EMBEDDED_NOW]
        papers = self.catalogue.papers_by_id(best)
        if not papers:
            return {}
        rows = self.embedder.embed([f"{paper.title}. {paper.abstract}" for paper in papers.values()])
        return dict(zip(papers, map(float, rows @ vector), strict=True))
