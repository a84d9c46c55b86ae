"""What the page shows, as HTML text. Everything that comes from papers, models or users is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

from rag.serve.ui.turn import ShownTurn, count
from rag.types import Coverage, Evidence, Paper, Quote, Sentence, Support

MARKS: dict[Support, tuple[str, str]] = {
    "supported": ("✓", "supported by the abstract"),
    "partial": ("~", "partly supported by the abstract"),
    "unsupported": ("!", "not found in the abstract"),
}


def segments(abstract: str, quotes: Iterable[Quote]) -> list[tuple[str, tuple[str, ...]]]:
    """The abstract in pieces, each with the spans (`"start-end"`) of the quotes that cover it; joined, the pieces are
    the abstract. A quote whose text does not stand at its place is left out: a false quote is never shown."""
    spans = sorted({(q.start, q.end) for q in quotes if q.text and abstract[q.start : q.end] == q.text})
    cuts = sorted({0, len(abstract), *(edge for span in spans for edge in span)})
    return [
        (abstract[a:b], tuple(f"{start}-{end}" for start, end in spans if start <= a and b <= end))
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]


def turn(shown: ShownTurn) -> str:
    """A question with its answer, as far as it has come."""
    understood = f'<p class="understood">read as: {escape(shown.understood)}</p>' if shown.understood else ""
    parts = [_grid(shown), _sentences(shown), _others(shown), _refusal(shown), _problem(shown), _foot(shown)]
    return (
        f'<article class="turn" data-turn="{shown.number}" aria-label="Question {shown.number}">'
        f'<h3 class="question" dir="auto">{escape(shown.question)}</h3>{understood}'
        f'<div class="answer" dir="auto">{"".join(parts)}</div></article>'
    )


def _sentences(shown: ShownTurn) -> str:
    """Sentences run on in a paragraph; one that starts with `- ` begins a list item, which the following continue."""
    titles = {evidence.n: evidence.paper.title for evidence in shown.evidence}
    rows = [(s.text.startswith("- "), _sentence(s, shown.number, titles)) for s in shown.sentences]
    if shown.pending.strip():
        text = shown.pending.lstrip()
        tail = "" if shown.busy else '<span class="cut"> (not finished, not checked)</span>'
        rows.append((text.startswith("- "), f'<span class="pending">{escape(text.removeprefix("- "))}{tail}</span>'))
    opening: list[str] = []
    items: list[list[str]] = []
    for is_item, row in rows:
        if is_item:
            items.append([])
        (items[-1] if items else opening).append(row)
    paragraph = f"<p>{' '.join(opening)}</p>" if opening else ""
    listed = "".join(f"<li>{' '.join(item)}</li>" for item in items)
    waiting = '<p><span class="dots" aria-hidden="true"></span></p>' if shown.busy and not rows else ""
    return paragraph + (f"<ul>{listed}</ul>" if listed else "") + waiting


def _grid(shown: ShownTurn) -> str:
    """A comparison as a table: one column for each paper, one row for each aspect."""
    if not shown.grid:
        return ""
    titles = {evidence.n: evidence.paper.title for evidence in shown.evidence}
    numbers = [cell.n for cell in shown.grid[0].cells]
    head = "".join(f'<th scope="col">[{n}] {escape(titles.get(n, ""))}</th>' for n in numbers)
    rows = []
    for row in shown.grid:
        cells = []
        for cell in row.cells:
            if cell.quote is None:
                cells.append('<td class="absent">not stated in the abstract</td>')
            else:
                cite = _cite(cell.n, shown.number, titles.get(cell.n, ""), [cell.quote])
                cells.append(f"<td>{escape(cell.quote.text)}{cite}</td>")
        rows.append(f'<tr><th scope="row">{row.aspect.capitalize()}</th>{"".join(cells)}</tr>')
    body = "".join(rows)
    return (
        '<div class="grid" role="region" aria-label="Comparison" tabindex="0"><table>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _others(shown: ShownTurn) -> str:
    """The papers that matched but are not shown, to unfold."""
    if not shown.others:
        return ""
    rows = "".join(f"<li>{_ask(other.title, f'What is “{other.title}” about?')}</li>" for other in shown.others)
    return (
        f'<details class="others"><summary>Show {count(len(shown.others), "more paper")}</summary>'
        f'<ul class="asks">{rows}</ul></details>'
    )


def _sentence(sentence: Sentence, number: int, titles: dict[int, str]) -> str:
    text = sentence.text.removeprefix("- ").rstrip()
    body, end = (text[:-1], text[-1]) if text and text[-1] in ".!?" else (text, "")
    cites = "".join(_cite(n, number, titles.get(n, ""), sentence.quotes) for n in sentence.citations)
    icon, meaning = MARKS[sentence.support]
    mark = f'<span class="support" role="img" aria-label="{meaning}" title="{meaning}">{icon}</span>'
    said = f'<span class="said">{escape(body)}</span>'
    return f'<span class="sentence {sentence.support}">{said}{cites}{escape(end)}{mark}</span>'


def _cite(n: int, number: int, title: str, quotes: Sequence[Quote]) -> str:
    mine = [quote for quote in quotes if quote.n == n]
    spans = " ".join(f"{quote.start}-{quote.end}" for quote in mine)
    shown = " … ".join(quote.text for quote in mine)
    return (
        f' <a class="cite" href="#card-{number}-{n}" data-turn="{number}" data-n="{n}" data-spans="{spans}"'
        f' data-title="{escape(title)}" data-quote="{escape(shown)}"'
        f' aria-label="Source {n}: {escape(title)}">[{n}]</a>'
    )


def _refusal(shown: ShownTurn) -> str:
    if not shown.refusal:
        return ""
    rows = "".join(f"<li>{_ask(title, f'What is “{title}” about?')}</li>" for title in shown.nearest)
    near = f'<p class="near">Ask about one of the nearest papers:</p><ul class="asks">{rows}</ul>' if rows else ""
    return f'<div class="refusal"><p>{escape(shown.refusal)}</p>{near}</div>'


def _ask(label: str, question: str) -> str:
    return f'<button type="button" class="ask" data-question="{escape(question)}">{escape(label)}</button>'


def _problem(shown: ShownTurn) -> str:
    note = f'<p class="note">{escape(shown.note)}</p>' if shown.note else ""
    if not shown.problem:
        return note
    hint = f'<p class="hint">{escape(shown.hint)}</p>' if shown.hint else ""
    return f'{note}<div class="problem" role="alert"><p>{escape(shown.problem)}</p>{hint}</div>'


def _foot(shown: ShownTurn) -> str:
    if shown.busy or shown.coverage is None or not shown.coverage.read:
        return ""
    parts = [coverage_line(shown.coverage)]
    if shown.seconds is not None:
        parts.append(f"{shown.seconds:.1f} s")
    return f'<p class="coverage">{" · ".join(parts)}</p>'


def coverage_line(coverage: Coverage) -> str:
    """`searched 116 papers · 3 relevant · 1 cited`."""
    return f"searched {count(coverage.read, 'paper')} · {coverage.matched:,} relevant · {coverage.cited:,} cited"


def status(shown: ShownTurn | None, seconds: int = 0) -> str:
    """The status line. Only the text is announced to screen readers; the seconds that pass are not."""
    if shown is None:
        return '<div class="status" role="status" aria-live="polite" data-busy="false"><span></span></div>'
    waited = f'<span class="waited" aria-hidden="true">{seconds} s</span>' if shown.busy and seconds >= 2 else ""
    dots = '<span class="dots" aria-hidden="true"></span>' if shown.busy else ""
    return (
        f'<div class="status" role="status" aria-live="polite" data-busy="{str(shown.busy).lower()}">'
        f"<span>{escape(shown.status)}</span>{dots}{waited}</div>"
    )


def evidence(turns: Sequence[ShownTurn]) -> str:
    """The evidence panel: one set of cards for every turn, the last one shown. Page code shows another when one of
    its citations is followed."""
    if not turns:
        return '<p class="empty">The sentences that prove an answer appear here, inside their abstracts.</p>'
    return "".join(_evidence_set(shown, hidden=shown is not turns[-1]) for shown in turns)


def _evidence_set(shown: ShownTurn, *, hidden: bool) -> str:
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
    pieces = segments(paper.abstract, (quote for quote in shown.quotes() if quote.n == item.n))
    quoted = any(spans for _, spans in pieces)
    text = "".join(_piece(text, spans) for text, spans in pieces)
    what = "digest" if paper.text_kind == "digest" else "abstract"
    more = f'<button type="button" class="more" aria-expanded="false" data-what="{what}">Whole {what}</button>'
    return (
        f'<article class="card" id="{name}" tabindex="-1" data-turn="{shown.number}" data-n="{item.n}"'
        f' aria-labelledby="{name}-title"><h3 id="{name}-title" dir="auto"><span class="n">[{item.n}]</span> '
        f"{escape(paper.title)}</h3>{_about(paper)}"
        f'<p class="abstract{"" if quoted else " bare"}" dir="auto">{text}</p>'
        f"{more if paper.abstract.strip() else ''}"
        '<button type="button" class="back">Back to the answer</button></article>'
    )


def _piece(text: str, spans: tuple[str, ...]) -> str:
    if spans:
        return f'<mark data-spans="{" ".join(spans)}">{escape(text)}</mark>'
    if not text.strip():
        return escape(text)
    return f'<span class="rest"><span>{escape(text)}</span></span>'


def _about(paper: Paper) -> str:
    authors = f'<p class="authors" dir="auto">{escape(", ".join(paper.authors))}</p>' if paper.authors else ""
    badges = []
    if paper.award:
        badges.append(f'<span class="badge award"><span aria-hidden="true">★ </span>{escape(paper.award)}</span>')
    if paper.text_kind == "digest":
        badges.append('<span class="badge">our short digest, not the abstract</span>')
    if paper.url and _is_web(paper.url):
        link = f'href="{escape(paper.url)}" target="_blank" rel="noopener noreferrer"'
        badges.append(f"<a {link}>paper page<span aria-hidden='true'> ↗</span></a>")
    return authors + (f'<p class="badges">{" ".join(badges)}</p>' if badges else "")


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # such as an unclosed bracket in the host
        return False


def welcome(papers: int, questions: Sequence[str]) -> str:
    """What stands in the chat before the first question."""
    if not papers:
        return (
            '<div class="welcome"><h2>No papers are indexed yet.</h2>'
            "<p>Run <code>posterchat index FILE</code> in a terminal, then start this page again.</p></div>"
        )
    rows = "".join(f"<li>{_ask(question, question)}</li>" for question in questions)
    return (
        f'<div class="welcome"><h2>Ask about {"this paper" if papers == 1 else f"these {papers:,} papers"}</h2>'
        "<p>Every sentence of an answer names the paper that it comes from. "
        f'Select a number to see the sentence that proves it.</p><ul class="asks">{rows}</ul></div>'
    )


def header(*, collection: str, papers: int, model: str, state: str) -> str:
    """The head of the page. `state` is `ready`, `loading` or a sentence that says why there is no model."""
    words = {"ready": "", "loading": "loading the model…"}.get(state, state)
    return (
        '<header class="head"><h1>posterchat</h1>'
        f'<p class="facts"><span class="collection">{escape(collection)}</span>'
        f"<span>{count(papers, 'paper')}</span>"
        f'<span class="model">{escape(model)}</span>'
        f'<span class="model-state" role="status" data-state="{escape(state)}">{escape(words)}</span>'
        '<span class="badge" title="Questions and answers stay on the machine that serves this page.">offline</span>'
        "</p></header>"
    )


def legend() -> str:
    """What the marks after sentences mean."""
    rows = " ".join(f'<li class="{key}"><b>{icon}</b> {meaning}</li>' for key, (icon, meaning) in MARKS.items())
    return f'<ul class="legend" aria-label="Marks after sentences">{rows}</ul>'
