"""The body of an answer as HTML, laid out by what it is: text, a list of papers, a comparison, an overview."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rag.serve.ui import formulas, pieces
from rag.serve.ui.turn import ShownTurn, count
from rag.types import Evidence, GridRow, Sentence, Support, Theme

MARKS: dict[Support, tuple[str, str]] = {
    "supported": ("✓", "supported by the abstract"),
    "partial": ("~", "partly supported by the abstract"),
    "unsupported": ("!", "not found in the abstract"),
}
# A sentence cited to more papers than this, all of which are listed below it, does not repeat their numbers.
MOST_MARKERS = 3
LISTED_AT_ONCE = 20
_SIZE = re.compile(r"\d[\d,]* papers?")


@dataclass(frozen=True, slots=True)
class Item:
    """A list item: the paper whose title opens it, if one does, and its sentences as HTML. `bare` items are a title
    and nothing else."""

    paper: Evidence | None
    parts: tuple[str, ...]
    bare: bool = False


def body(shown: ShownTurn) -> str:
    """Grid, text, themes or list of a turn, as far as it has come."""
    opening, items = _parts(shown)
    paragraph = f"<p>{' '.join(opening)}</p>" if opening else ""
    waiting = '<p><span class="dots" aria-hidden="true"></span></p>' if shown.busy and not (opening or items) else ""
    if shown.themes:
        return paragraph + _themes(shown, items) + waiting
    return grid(shown) + paragraph + _list(items, shown.number, _said(shown)) + waiting


def _parts(shown: ShownTurn) -> tuple[list[str], list[Item]]:
    """Sentences run on in a paragraph; one that starts with `- ` begins a list item, which the following continue."""
    sentences = [s for s in shown.sentences if not _said_by_heading(s, shown.themes)]
    listed = {n for s in sentences if s.text.startswith("- ") for n in s.citations}
    opening: list[str] = []
    items: list[Item] = []
    for sentence in sentences:
        if sentence.text.startswith("- "):
            items.append(_item(sentence, shown))
        elif items:
            last = items[-1]
            items[-1] = Item(last.paper, (*last.parts, _sentence(sentence, shown)), last.bare)
        else:
            repeated = len(sentence.citations) > MOST_MARKERS and listed.issuperset(sentence.citations)
            opening.append(_sentence(sentence, shown, cited=not repeated))
    if shown.pending.strip():
        _add_pending(shown, opening, items)
    return opening, items


def _add_pending(shown: ShownTurn, opening: list[str], items: list[Item]) -> None:
    text = shown.pending.lstrip()
    tail = "" if shown.busy else '<span class="cut"> (not finished, not checked)</span>'
    paper, rest = _lead(text.removeprefix("- "), shown.evidence)
    piece = f'<span class="pending">{formulas.html(rest)}{tail}</span>'
    if text.startswith("- "):
        items.append(Item(paper, (piece,)))
    elif items:
        items[-1] = Item(items[-1].paper, (*items[-1].parts, piece))
    else:
        opening.append(f'<span class="pending">{formulas.html(text)}{tail}</span>')


def _item(sentence: Sentence, shown: ShownTurn) -> Item:
    mine = [evidence for evidence in shown.evidence if evidence.n in sentence.citations]
    text = sentence.text.removeprefix("- ").rstrip()
    paper, rest = _lead(text, mine)
    if paper is not None and not rest:
        return Item(paper, (), bare=True)
    return Item(paper, (_sentence(sentence, shown, text=rest),))


def _lead(text: str, evidence: Sequence[Evidence]) -> tuple[Evidence | None, str]:
    """The paper whose title opens `text`, and what follows the title; all of `text` when no title does."""
    for item in sorted(evidence, key=lambda item: -len(item.paper.title)):
        title = item.paper.title
        if title.strip() and text.startswith(title):
            rest = text[len(title) :]
            if not rest or rest[0] in ": " or title[-1] in "?!.":
                return item, rest.lstrip(": ")
    return None, text


def _said(shown: ShownTurn) -> str:
    return " ".join(sentence.text for sentence in shown.sentences if not sentence.text.startswith("- "))


def _list(items: Sequence[Item], number: int, said: str = "") -> str:
    """Items as a list; what goes beyond a screenful is folded away."""
    if not items:
        return ""
    kind = "papers" if any(item.paper for item in items) else "plain"
    rows = [_row(item, number, said) for item in items]
    if len(rows) <= LISTED_AT_ONCE + 2 or not all(item.bare for item in items[LISTED_AT_ONCE:-1]):
        return f'<ul class="{kind}">{"".join(rows)}</ul>'
    first, rest = rows[:LISTED_AT_ONCE], rows[LISTED_AT_ONCE:]
    return (
        f'<ul class="{kind}">{"".join(first)}</ul><details class="others"><summary>Show the '
        f'{count(len(rest), "other paper")}</summary><ul class="{kind}">{"".join(rest)}</ul></details>'
    )


def _row(item: Item, number: int, said: str = "") -> str:
    if item.paper is None:
        return f"<li>{' '.join(item.parts)}</li>"
    if item.bare:
        return _paper_row(item.paper, number, " ".join(item.parts), said=said)
    title = formulas.html(item.paper.paper.title)
    return f'<li><p class="item-title" dir="auto">{title}</p><p>{" ".join(item.parts)}</p></li>'


def _paper_row(item: Evidence, number: int, more: str = "", *, said: str = "") -> str:
    """A paper as a line of a list: number, title, authors (the first, and those that `said` names), award."""
    paper = item.paper
    cite = pieces.cite(item.n, number, paper.title, item.quotes)
    names = escape(pieces.few_authors(paper.authors, said))
    award = f" {pieces.award(paper.award)}" if paper.award else ""
    below = f"<p>{more}</p>" if more else ""
    return (
        f'<li class="entry"><p class="item-title" dir="auto">{formulas.html(paper.title)}{cite}{award}</p>'
        f'<p class="entry-authors" dir="auto">{names}</p>{below}</li>'
    )


# --- overviews ---


def _themes(shown: ShownTurn, items: Sequence[Item]) -> str:
    """Each theme as a heading with its papers below; items of no theme follow."""
    evidence = {item.n: item for item in shown.evidence}
    written: dict[int, Item] = {item.paper.n: item for item in items if item.paper is not None}
    grouped = {n for theme in shown.themes for n in theme.papers}
    left = [item for item in items if item.paper is None or item.paper.n not in grouped]
    out = []
    for at, theme in enumerate(shown.themes, start=1):
        rows = []
        for n in theme.papers:
            if n in written:
                rows.append(_row(written[n], shown.number))
            elif n in evidence:
                rows.append(_paper_row(evidence[n], shown.number))
        name = f"theme-{shown.number}-{at}"
        out.append(
            f'<section class="theme" aria-labelledby="{name}"><h4 id="{name}" dir="auto">{escape(theme_name(theme))}'
            f' <span class="size">{_size(theme, shown.sentences)}</span></h4><ul class="papers">{"".join(rows)}</ul>'
            "</section>"
        )
    return "".join(out) + _list(left, shown.number)


def theme_name(theme: Theme) -> str:
    """The label as a heading."""
    return theme.label[:1].upper() + theme.label[1:] if theme.label else "Others"


def _said_by_heading(sentence: Sentence, themes: Sequence[Theme]) -> bool:
    """Whether a sentence says only which papers a theme has: its heading and list say the same."""
    return not sentence.quotes and any(_states(sentence, theme) for theme in themes)


def _states(sentence: Sentence, theme: Theme) -> bool:
    return sentence.citations == theme.papers and sentence.text.removeprefix("- ").startswith(theme_name(theme))


def _size(theme: Theme, sentences: Sequence[Sentence]) -> str:
    """`12 papers`: as the answer counts them, since a theme may have more than are listed."""
    said = next((s for s in sentences if not s.quotes and _states(s, theme)), None)
    found = _SIZE.search(said.text.removeprefix("- ")[len(theme_name(theme)) :]) if said else None
    total = found.group() if found else count(len(theme.papers), "paper")
    listed = count(len(theme.papers), "paper")
    return total if total == listed else f"{total}, {len(theme.papers)} shown"


# --- comparisons ---


def grid(shown: ShownTurn) -> str:
    """A comparison as a table: one column for each paper, one row for each aspect. On narrow screens the style sheet
    stacks the cells, which loses a table's meaning unless its roles are spelled out."""
    if not shown.grid:
        return ""
    titles = shown.titles
    heads = "".join(
        f'<th scope="col" role="columnheader" dir="auto">{formulas.html(titles.get(cell.n, ""))}'
        f"{pieces.cite(cell.n, shown.number, titles.get(cell.n, ''), ())}</th>"
        for cell in shown.grid[0].cells
    )
    rows = "".join(_grid_row(row, shown, titles) for row in shown.grid)
    return (
        '<div class="grid"><table role="table" aria-label="Comparison"><thead role="rowgroup"><tr role="row">'
        f'<td role="cell"></td>{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def _grid_row(row: GridRow, shown: ShownTurn, titles: dict[int, str]) -> str:
    cells = []
    for cell in row.cells:
        title = formulas.html(titles.get(cell.n, ""))
        of = f'<span class="of" aria-hidden="true" dir="auto">[{cell.n}] {title}</span>'
        if cell.quote is None:
            cells.append(f'<td role="cell" class="absent">{of}not stated in the abstract</td>')
        else:
            cite = pieces.cite(cell.n, shown.number, titles.get(cell.n, ""), [cell.quote])
            cells.append(f'<td role="cell" dir="auto">{of}{formulas.html(cell.quote.text)}{cite}</td>')
    return f'<tr role="row"><th scope="row" role="rowheader">{row.aspect.capitalize()}</th>{"".join(cells)}</tr>'


# --- sentences ---


def _sentence(sentence: Sentence, shown: ShownTurn, *, text: str | None = None, cited: bool = True) -> str:
    """A checked sentence with its citations before the full stop and the mark of its support behind it."""
    titles = shown.titles
    text = sentence.text.rstrip() if text is None else text
    ending, end = (text[:-1], text[-1]) if text and text[-1] in ".!?" else (text, "")
    numbers = sentence.citations if cited else ()
    cites = "".join(pieces.cite(n, shown.number, titles.get(n, ""), sentence.quotes) for n in numbers)
    icon, meaning = MARKS[sentence.support]
    mark = f'<span class="support" role="img" aria-label="{meaning}" title="{meaning}">{icon}</span>'
    # Only what comes from the records, word for word: a model could be talked into an address.
    shown_text = pieces.with_links(ending) if shown.route == "catalogue" else formulas.html(ending)
    said = f'<span class="said">{shown_text}</span>'
    return f'<span class="sentence {sentence.support}">{said}{cites}{escape(end)}{mark}</span>'
