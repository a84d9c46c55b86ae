"""Pieces of HTML that several parts of the page share. Everything put into them is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from rag.serve.ui import formulas
from rag.types import Paper, Quote

_LINK = re.compile(r"(https?://[^\s<>\"'()]*[^\s<>\"'().,;:!?])")


def ask(label: str, question: str, *, kind: str = "ask") -> str:
    """A button that asks `question`."""
    return f'<button type="button" class="{kind}" data-question="{escape(question)}">{formulas.html(label)}</button>'


def about(title: str) -> str:
    """A button with a title that asks what that paper is about."""
    return ask(title, f"What is “{title}” about?")


def cite(n: int, number: int, title: str, quotes: Iterable[Quote]) -> str:
    """`[n]`, a link to the card of paper `n` in turn `number`, with the quotes that prove the statement before it."""
    mine = [quote for quote in quotes if quote.n == n]
    spans = " ".join(f"{quote.start}-{quote.end}" for quote in mine)
    shown = " … ".join(quote.text for quote in mine)
    return (
        f' <a class="cite" href="#card-{number}-{n}" data-turn="{number}" data-n="{n}" data-spans="{spans}"'
        f' data-title="{escape(title)}" data-quote="{escape(shown)}"'
        f' aria-label="Source {n}: {escape(title)}">[{n}]</a>'
    )


def paper_link(paper_id: str, title: str) -> str:
    """A title that leads to the paper's page."""
    return f'<a class="paper-link" dir="auto" href="{paper_href(paper_id)}">{formulas.html(title)}</a>'


def paper_href(paper_id: str) -> str:
    """The address of a paper's page inside the chat page."""
    return escape(f"#paper/{quote(paper_id, safe='')}")


def papers_href(**chosen: str) -> str:
    """The address of the list of papers that fit, such as `#papers?author=Ada+Quill`."""
    return escape("#papers" + (f"?{urlencode(chosen)}" if chosen else ""))


def authors(names: Sequence[str]) -> str:
    """The authors, each a link to the list of their papers."""
    links = [f'<a href="{papers_href(author=name)}">{escape(name)}</a>' for name in names]
    return f'<p class="authors" dir="auto">{", ".join(links)}</p>' if links else ""


def few_authors(names: Sequence[str], said: str = "", *, most: int = 3) -> str:
    """`Ada Quill, Bo Marsh, Cleo Tarn and 4 more`, as text that is not yet escaped. Authors whom `said` names are
    among those shown."""
    if len(names) <= most + 1:
        return ", ".join(names)
    shown = [*names[:most], *(name for name in names[most:] if name in said)]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def badges(paper: Paper) -> str:
    """Award, kind of text and link of a paper."""
    found = []
    if paper.award:
        found.append(award(paper.award))
    if paper.text_kind == "digest":
        found.append('<span class="badge">our short digest, not the abstract</span>')
    if paper.url and is_web(paper.url):
        link = f'href="{escape(paper.url)}" target="_blank" rel="noopener noreferrer"'
        found.append(f"<a {link}>paper page<span aria-hidden='true'> ↗</span></a>")
    return f'<p class="badges">{" ".join(found)}</p>' if found else ""


def award(name: str) -> str:
    """A badge with an award."""
    return f'<span class="badge award"><span aria-hidden="true">★ </span>{escape(name)}</span>'


def with_links(text: str) -> str:
    """`text` with its web addresses as links."""
    out = []
    for at, piece in enumerate(_LINK.split(text)):
        if at % 2 and is_web(piece):
            safe = escape(piece)
            safe = f'<a class="web" href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>'
        else:
            safe = formulas.html(piece)
        out.append(safe)
    return "".join(out)


def is_web(url: str) -> bool:
    """Whether `url` may become a link."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # such as an unclosed bracket in the host
        return False
