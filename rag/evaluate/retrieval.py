"""Search alone, no language model: the ways of ranking papers side by side, on queries whose papers are known."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.evaluate import ranking, stats
from rag.evaluate.questions import Question, Row, in_order
from rag.evaluate.ranking import Measure
from rag.evaluate.report import ALL, figure
from rag.ingest.clean import clean_text, paper_id
from rag.retrieve.search import CANDIDATES, Searcher, fuse
from rag.text import search_words
from rag.types import Embedder, Paper, Progress

FORM = "posterchat-eval-retrieval-1"
WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7)
DEPTH = 100
PROGRAM = "program"  # the search as answers use it
WHOLE = "whole abstracts"
_SLICE = 64


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched, and how much each wanted paper (by id) is worth, above 0."""

    kind: str
    text: str
    gains: Mapping[str, float]


def queries(questions: Sequence[Question], papers: Sequence[Paper]) -> tuple[list[Query], list[str]]:
    """The questions that want papers, and the wanted titles that the collection lacks, which count as not found.
    Follow-ups are left out: what they look for depends on the answers before them."""
    here = {paper_id(paper.title): paper.id for paper in papers}
    made, lacking = [], []
    for question in questions:
        text = clean_text(question.question)
        if text and question.gold and not question.history:
            wanted = [paper_id(title) for title in question.gold]
            made.append(Query(question.kind, text, {here.get(one, one): 1.0 for one in wanted}))
            lacking += [title for title in question.gold if paper_id(title) not in here]
    return made, list(dict.fromkeys(lacking))


def rankings(query: str, vector: Any, searcher: Searcher) -> dict[str, list[str]]:
    """Ids of the best papers, best first, by the name of the way of ranking. `vector` is the query's."""
    dense = dict(searcher.vectors.nearest(vector, CANDIDATES))
    lexical = dict(searcher.catalogue.search(search_words(query), CANDIDATES))
    by_vector, by_words = list(dense), list(lexical)
    ways = {"dense": by_vector, "lexical": by_words}
    for weight in WEIGHTS:
        fused = fuse(dense, lexical, weight=weight)
        ways[f"fused {weight:.1f}"] = sorted(fused, key=lambda paper: (-fused[paper], paper))
    ways["RRF"] = ranking.reciprocal_rank_fusion(by_vector, by_words)
    return {way: ranked[:DEPTH] for way, ranked in ways.items()}


class WholeAbstracts:
    """Title and abstract of each paper as one vector, cut where the model cuts, searched exactly: as leaderboards
    measure an embedding model (BEIR, Thakur et al., arXiv:2104.08663)."""

    def __init__(self, papers: Sequence[Paper], embedder: Embedder, *, progress: Progress | None = None) -> None:
        """Embeds all papers, at least one."""
        parts = []
        for at in range(0, len(papers), _SLICE):
            if progress:
                progress(at, len(papers), "embedding whole abstracts")
            parts.append(embedder.embed([f"{paper.title} {paper.abstract}" for paper in papers[at : at + _SLICE]]))
        self._ids = [paper.id for paper in papers]
        self._rows = np.concatenate(parts)

    def ranked(self, vector: Any) -> list[str]:
        """Ids of the papers nearest to a vector, best first."""
        return [self._ids[at] for at in np.argsort(-(self._rows @ vector), kind="stable")[:DEPTH]]


def measure(
    asked: Sequence[Query],
    searcher: Searcher,
    measures: Mapping[str, Measure],
    *,
    whole: WholeAbstracts | None = None,
    progress: Progress | None = None,
) -> Row:
    """Per kind and over all: each measure of each way of ranking with its interval, and the seconds of a search as
    the program does it, the first one (which warms up) left out. `asked` has at least one query. With `whole`, that is
    one way more."""
    values: dict[str, dict[str, list[float]]] = {}
    seconds = []
    for number, query in enumerate(asked):
        if progress:
            progress(number, len(asked), "searching")
        started = time.perf_counter()
        found = searcher.search(query.text, limit=DEPTH)
        seconds.append(time.perf_counter() - started)
        ways = rankings(query.text, found.vector, searcher) | {PROGRAM: [hit.paper.id for hit in found.hits]}
        if whole:
            ways[WHOLE] = whole.ranked(found.vector)
        for way, ranked in ways.items():
            for name, of in measures.items():
                values.setdefault(way, {}).setdefault(name, []).append(of(ranked, query.gains))
    kinds = in_order({query.kind for query in asked})
    groups = {kind: [at for at, query in enumerate(asked) if query.kind == kind] for kind in kinds}
    warm = seconds[1:] or seconds
    return {
        "n": len(asked),
        "kinds": {kind: _figures(values, places) for kind, places in groups.items()} if len(kinds) > 1 else {},
        ALL: _figures(values, range(len(asked))),
        "search_s": {"median": stats.quantile(warm, 0.5), "p95": stats.quantile(warm, 0.95), "n": len(warm)},
    }


def _figures(values: Mapping[str, Mapping[str, Sequence[float]]], places: Sequence[int]) -> Row:
    return {
        "n": len(places),
        "ways": {
            way: {name: figure([(series[at], 1.0) for at in places]) for name, series in by_name.items()}
            for way, by_name in values.items()
        },
    }
