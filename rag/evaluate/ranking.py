"""Measures of a ranked list, by hand because they are short. `ranked` is best first, without repeats."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

RRF_K = 60


def hit(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 when one of the first `k` is relevant, else 0."""
    return float(any(item in relevant for item in ranked[:k]))


def recall(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the relevant that are among the first `k`. There is at least one relevant."""
    return sum(item in relevant for item in ranked[:k]) / len(relevant)


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """1 / rank of the first relevant, ranks from 1; 0 when there is none."""
    return next((1 / rank for rank, item in enumerate(ranked, start=1) if item in relevant), 0.0)


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`, as trec_eval counts it: gain / log2(rank + 1), over
    that of the best order. At least one gain is above 0."""
    got = sum(gains.get(item, 0.0) / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], start=1))
    best = sorted(gains.values(), reverse=True)[:k]
    return got / sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))


def reciprocal_rank_fusion(*rankings: Sequence[str]) -> list[str]:
    """The items of all rankings by the sum of 1 / (60 + rank), ties by name: Cormack, Clarke and Buettcher (2009)."""
    scores: dict[str, float] = {}
    for ranked in rankings:
        for rank, item in enumerate(ranked, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores, key=lambda item: (-scores[item], item))


Measure = Callable[[Sequence[str], Mapping[str, float]], float]

# For questions that look for one or a few known papers.
QUESTION_MEASURES: Mapping[str, Measure] = {
    "hit@1": lambda ranked, gains: hit(ranked, gains, 1),
    "hit@5": lambda ranked, gains: hit(ranked, gains, 5),
    "MRR": reciprocal_rank,
    "nDCG@10": lambda ranked, gains: ndcg(ranked, gains, 10),
}
# Those that BEIR's papers report.
BEIR_MEASURES: Mapping[str, Measure] = {
    "nDCG@10": lambda ranked, gains: ndcg(ranked, gains, 10),
    "R@5": lambda ranked, gains: recall(ranked, gains, 5),
    "R@10": lambda ranked, gains: recall(ranked, gains, 10),
    "R@100": lambda ranked, gains: recall(ranked, gains, 100),
}
