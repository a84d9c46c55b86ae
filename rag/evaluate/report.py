"""Scores of many questions → one report, of plain JSON types: figures per kind with their intervals, and every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.evaluate import stats
from rag.evaluate.questions import Row, in_order
from rag.evaluate.score import TIMINGS, Score

FORM = "posterchat-eval-1"
ALL = "all"

Share = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: the sum of the first numbers over the sum of the second, over the questions to which it applies."""

    name: str
    label: str
    of: Callable[[Score], Share]


def _value(pick: Callable[[Score], float | bool | None]) -> Callable[[Score], Share]:
    def share(score: Score) -> Share:
        value = pick(score)
        return None if value is None else (float(value), 1.0)

    return share


ANSWER_METRICS = (
    Metric("passed", "passed", _value(lambda s: s.passed)),
    Metric("right", "right", _value(lambda s: s.right)),
    Metric("right_with_quotes", "+quotes", _value(lambda s: s.right_with_quotes)),
    Metric("precision", "prec.", _value(lambda s: s.precision)),
    Metric("recall", "recall", _value(lambda s: s.recall)),
    Metric("all_cited", "all", _value(lambda s: None if s.recall is None else s.recall == 1)),
    Metric("first_right", "first", _value(lambda s: s.first_right)),
    Metric("exact", "exact", _value(lambda s: s.exact)),
)
SAFETY_METRICS = (
    Metric("abstained", "abstained", _value(lambda s: s.abstained)),
    Metric("wrongly_refused", "wrongly refused", _value(lambda s: s.wrongly_refused)),
    Metric("supported", "supported", lambda s: (s.supported, s.sentences) if s.sentences else None),
    Metric("partial", "partly", lambda s: (s.partial, s.sentences) if s.sentences else None),
)
METRICS = ANSWER_METRICS + SAFETY_METRICS


def make_report(scores: Sequence[Score], answers: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> Row:
    """The report. `answers` are the answer objects behind the scores, which say what made them; `about` is what else
    is known of the run. Counts are plain numbers, shares 0..1, times seconds."""
    kinds = in_order({score.question.kind for score in scores})
    return {
        "form": FORM,
        **about,
        "collection": _seen(answers, "collection"),
        "model": _seen(answers, "model"),
        "index": _seen(answers, "index"),
        "bootstrap": {"resamples": stats.RESAMPLES, "seed": stats.SEED, "level": stats.LEVEL},
        "kinds": {kind: summary([score for score in scores if score.question.kind == kind]) for kind in kinds},
        ALL: summary(scores),
        "rows": [_row(score) for score in scores],
    }


def summary(scores: Sequence[Score]) -> Row:
    """The figures of one group of questions."""
    figures = {metric.name: figure([metric.of(score) for score in scores]) for metric in METRICS}
    times = {name: _spread([score.timings[name] for score in scores if name in score.timings]) for name in TIMINGS}
    return {
        "n": len(scores),
        "sentences": sum(score.sentences for score in scores),
        "unknown_citations": sum(score.unknown_citations for score in scores),
        "metrics": {name: value for name, value in figures.items() if value},
        "timings": {name: value for name, value in times.items() if value},
    }


def figure(shares: Sequence[Share]) -> Row | None:
    """`{value, low, high, n}`: the share, its 95 % interval, and what it is a share of; None when nothing applies."""
    known = [share for share in shares if share is not None]
    if not known:
        return None
    tops, bottoms = [top for top, _ in known], [bottom for _, bottom in known]
    low, high = stats.interval(tops, bottoms)
    return {"value": sum(tops) / sum(bottoms), "low": low, "high": high, "n": round(sum(bottoms))}


def _spread(values: Sequence[float]) -> Row | None:
    if not values:
        return None
    return {"median": stats.quantile(values, 0.5), "p95": stats.quantile(values, 0.95), "n": len(values)}


def _seen(answers: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return sorted({str(answer[name]) for answer in answers if answer.get(name)})


def _row(score: Score) -> Row:
    question = score.question
    figures = {
        name: getattr(score, name)
        for name in (
            *("right", "right_with_quotes", "precision", "recall", "first_right", "exact", "abstained"),
            *("wrongly_refused", "sentences", "supported", "partial", "unknown_citations"),
        )
    }
    return {
        "id": question.id,
        "kind": question.kind,
        "question": question.question,
        "passed": score.passed,
        "why": score.why,
        "expected": expected(score),
        "answer": score.answer,
        "cited": list(score.cited),
        **figures,
        "timings": dict(score.timings),
    }


def expected(score: Score) -> str:
    """What a right answer has, in one line."""
    question = score.question
    if question.should_abstain:
        return "no answer"
    words = [" or ".join(group) for group in question.must]
    return "; ".join([*words, *(f"cites {title}" for title in question.gold)]) or "an answer"
