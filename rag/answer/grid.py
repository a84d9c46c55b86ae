"""Papers side by side: for each the sentence of its abstract on the problem, the method, the data and the result.

Abstracts follow a known order of moves (Swales, Genre Analysis, 1990: problem, what is done, findings), and announce
them with general wording. A sentence gets a score for each aspect from its wording and from where it stands; an aspect
for which no sentence has the wording is left empty, but for the method: some sentence says what is done. No model is
asked, so every cell is a quote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import get_args

from rag.answer import wording
from rag.types import Aspect, Cell, GridRow, Quote, Span

ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
# In this order, because a sentence that says what is done often tells the problem, too.
_FIRST_PICK: tuple[Aspect, ...] = ("method", "result", "problem", "data")
_WORDING: Mapping[Aspect, re.Pattern[str]] = {
    "problem": wording.PROBLEM,
    "method": wording.METHOD,
    "data": wording.DATA,
    "result": wording.RESULT,
}


def compare(papers: Sequence[tuple[int, Sequence[Span]]]) -> tuple[GridRow, ...]:
    """The grid of some papers, each given by its citation number and its sentences."""
    found = [(n, aspects(spans)) for n, spans in papers]
    return tuple(
        GridRow(aspect, tuple(Cell(n, _quote(n, spans.get(aspect))) for n, spans in found)) for aspect in ASPECTS
    )


def aspects(spans: Sequence[Span]) -> dict[Aspect, Span]:
    """The sentence of an abstract on each aspect; those on which no sentence speaks are left out. Only `data` may
    share its sentence with another aspect."""
    chosen: dict[Aspect, Span] = {}
    for aspect in _FIRST_PICK:
        method_at = spans.index(chosen["method"]) if "method" in chosen else 0
        free = [
            (at, span)
            for at, span in enumerate(spans)
            if (aspect == "data" or span not in chosen.values()) and _may_stand(aspect, at, method_at)
        ]
        scored = [(_score(aspect, span.text, at, len(spans)), -at, span) for at, span in free]
        best = max(scored, key=lambda row: row[:2], default=None)
        if best is not None and best[0] >= 1:
            chosen[aspect] = best[2]
        elif aspect == "method" and spans:
            chosen[aspect] = next((span for span in spans if wording.OWN_WORK.search(span.text)), spans[0])
    # What is told before the method without any wording of trouble is still what the paper is about.
    if "problem" not in chosen and "method" in chosen and spans[0] not in chosen.values():
        chosen["problem"] = spans[0]
    return chosen


def _may_stand(aspect: Aspect, at: int, method_at: int) -> bool:
    """A problem is told before what is done about it, data and result not before."""
    if aspect == "problem":
        return at <= max(method_at, 1)
    return aspect == "method" or at >= method_at


def _score(aspect: Aspect, text: str, at: int, total: int) -> float:
    """1 or more when the sentence has the wording of the aspect; the more of it, and the likelier its place, the
    higher."""
    hits = len({match.group().lower() for match in _WORDING[aspect].finditer(text)})
    if not hits:
        return 0.0
    place = at / max(1, total - 1)
    likely = {"problem": 1 - place, "method": 1 - abs(place - 0.3), "data": place, "result": place}[aspect]
    number = 0.5 if aspect == "result" and wording.MEASURED.search(text) else 0.0
    return min(hits, 3) * (1.0 if aspect != "method" else 0.5) + (0.5 if aspect == "method" else 0.0) + likely + number


def _quote(n: int, span: Span | None) -> Quote | None:
    return Quote(n, span.text, span.start, span.end) if span else None
