"""Which line of a session page plays which role: the best path through the page, found exactly.

No line is decided by itself. Every line has a score for every role, every step from one role to the next has a score,
and Viterbi's algorithm finds the path with the highest sum. So a line that looks like a title is one only if authors
and prose follow, and a lone name is an author only between a title and an abstract.
"""

from __future__ import annotations

from rag.ingest.page_lines import PageLine
from rag.ingest.page_roles import AUTHORS, IN_AUTHORS, MAY_END, NEXT, PREVIOUS, START, measure_layout
from rag.ingest.page_scores import NO_ABSTRACT, NO_TITLE, score, step


def best_roles(page: list[PageLine]) -> list[int]:
    """The role of every line: the path with the highest sum of scores and steps."""
    if not page:
        return []
    layout = measure_layout(page)
    totals = {r: score(r, page[0]) + (NO_TITLE if r == AUTHORS else 0.0) for r in NEXT[START]}
    back: list[dict[int, int]] = []
    for before, line in zip(page, page[1:], strict=False):
        scores: dict[int, float] = {}
        came: dict[int, int] = {}
        for role, possible in PREVIOUS.items():
            options = [(totals[p] + step(p, role, before, line, layout), p) for p in possible if p in totals]
            if options:
                best, came[role] = max(options)
                scores[role] = best + score(role, line)
        totals = scores
        back.append(came)
    role = max((total + (NO_ABSTRACT if r in IN_AUTHORS else 0.0), r) for r, total in totals.items() if r in MAY_END)[1]
    path = [role]
    for came in reversed(back):
        path.append(came[path[-1]])
    return path[::-1]
