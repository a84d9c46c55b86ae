"""The evidence panel as HTML: the papers of an answer, with every quote marked inside its abstract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from rag.serve.ui import formulas, pieces
from rag.serve.ui.turn import ShownTurn
from rag.types import Evidence, Quote


def segments(abstract: str, quotes: Iterable[Quote]) -> list[tuple[str, tuple[str, ...]]]:
    """The abstract in pieces, each with the spans (`"start-end"`) of the quotes that cover it; joined, the pieces are
    the abstract. A quote whose text does not stand at its place is left out: a false quote is never shown."""
    spans = sorted({(q.start, q.end) for q in quotes if q.text and abstract[q.start : q.end] == q.text})
    cuts = sorted({0, len(abstract), *(edge for span in spans for edge in span)})
    return [
        (abstract[a:b], tuple(f"{start}-{end}" for start, end in spans if start <= a and b <= end))
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]


def evidence(shown: ShownTurn | None) -> str:
    """The evidence panel's set of cards for the newest turn."""
    if shown is None:
        return '<p class="empty">The sentences that prove an answer appear here, inside their abstracts.</p>'
    return _set(shown, hidden=False)


def earlier(turns: Sequence[ShownTurn]) -> str:
    """The sets of cards of the turns before, hidden: page code shows one when one of its citations is followed."""
    return "".join(_set(shown, hidden=True) for shown in turns)


def _set(shown: ShownTurn, *, hidden: bool) -> str:
    cards = "".join(_card(item, shown) for item in shown.evidence)
    if not cards:
        waiting = "Searching…" if shown.busy else "No paper was used for this question."
        cards = f'<p class="empty">{waiting}</p>'
    return (
        f'<section class="evidence-set" data-turn="{shown.number}" aria-label="Papers for question {shown.number}"'
        f'{" hidden" if hidden else ""}><p class="for" dir="auto">{escape(shown.question)}</p>{cards}</section>'
    )


def _card(item: Evidence, shown: ShownTurn) -> str:
    paper, name = item.paper, f"card-{shown.number}-{item.n}"
    parts = segments(paper.abstract, (quote for quote in shown.quotes() if quote.n == item.n))
    quoted = any(spans for _, spans in parts)
    text = "".join(_piece(text, spans) for text, spans in parts)
    what = "digest" if paper.text_kind == "digest" else "abstract"
    more = f'<button type="button" class="more" aria-expanded="false" data-what="{what}">Whole {what}</button>'
    title = escape(paper.title)
    return (
        f'<article class="card" id="{name}" tabindex="-1" data-turn="{shown.number}" data-n="{item.n}"'
        f' aria-labelledby="{name}-title"><h3 id="{name}-title" dir="auto"><span class="n">[{item.n}]</span> '
        f"{pieces.paper_link(paper.id, paper.title)}</h3>{pieces.authors(paper.authors)}{pieces.badges(paper)}"
        f'<p class="abstract{"" if quoted else " bare"}" dir="auto">{text}</p>'
        f'<div class="tools">{more if paper.abstract.strip() else ""}'
        f'<button type="button" class="bibtex" data-paper="{escape(paper.id)}" aria-label="Copy BibTeX of {title}">'
        "Copy BibTeX</button>"
        f'<details class="score"><summary aria-label="Score of {title}">Score</summary><p>{item.score:.2f}: how well'
        " the paper fits the question by words and by meaning, from 0 to 1.</p></details>"
        '<button type="button" class="back">Back to the answer</button></div></article>'
    )


def _piece(text: str, spans: tuple[str, ...]) -> str:
    if spans:
        return f'<mark data-spans="{" ".join(spans)}">{formulas.html(text)}</mark>'
    if not text.strip():
        return escape(text)
    return f'<span class="rest"><span>{formulas.html(text)}</span></span>'
