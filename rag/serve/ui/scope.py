"""The filter of the chat: which papers are asked. It comes from the browser with every question; the bar over the
question box, and the form behind it, are made here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from rag.answer.phrases import heading
from rag.serve.ui.browse import Contents, Wish
from rag.serve.ui.turn import count

LONGEST = 200
MOST_PAPERS = 5000
MOST_NAMES = 3000  # authors that the form suggests; larger collections have it filled in by hand


def read(given: Any) -> Wish:
    """The filter that the browser sent, as JSON text or the object itself; no filter for anything else."""
    if isinstance(given, str):
        try:
            given = json.loads(given) if given else {}
        except ValueError:
            return Wish()
    if not isinstance(given, Mapping):
        return Wish()
    topic, papers = str(given.get("topic") or ""), given.get("papers")
    return Wish(
        words=str(given.get("q") or "")[:LONGEST],
        author=str(given.get("author") or "")[:LONGEST],
        award=bool(given.get("award")),
        topic=int(topic[:6]) - 1 if topic.isascii() and topic.isdigit() and int(topic[:6]) else None,
        papers=tuple(str(key) for key in papers[:MOST_PAPERS]) if isinstance(papers, list) else (),
    )


def described(wish: Wish, contents: Contents) -> list[tuple[str, str]]:
    """What the filter consists of: the name of each part and how it is called."""
    parts = []
    if wish.topic is not None:
        known = wish.topic < len(contents.topics)
        parts.append(("topic", heading(contents.topics[wish.topic].label) if known else "a topic that is gone"))
    if wish.author:
        parts.append(("author", f"by {wish.author}"))
    if wish.award:
        parts.append(("award", "with an award"))
    if wish.words:
        parts.append(("q", f"with “{wish.words}”"))
    if wish.papers:
        parts.append(("papers", f"{count(len(wish.papers), 'paper')} chosen on the map"))
    return parts


def told(wish: Wish, fit: int, contents: Contents) -> str:
    """`asked 3 of 116 papers: by Ada Quill, with an award`; empty when all are asked."""
    parts = described(wish, contents)
    total = len(contents.papers)
    return f"asked {fit:,} of {count(total, 'paper')}: {', '.join(name for _, name in parts)}" if parts else ""


def bar(wish: Wish, fit: int, contents: Contents) -> str:
    """The line over the question box."""
    parts, total = described(wish, contents), len(contents.papers)
    button = '<button type="button" class="scope-open" aria-haspopup="dialog">Filter</button>'
    if not parts:
        return f'<span class="scope-said">Asking all {count(total, "paper")}</span>{button}' if total else ""
    chips = "".join(
        f'<button type="button" class="limit scope-lift" data-lift="{name}" aria-label="Ask more papers, not only'
        f' {escape(words)}"><span dir="auto">{escape(words)}</span> <span aria-hidden="true">×</span></button>'
        for name, words in parts
    )
    said = f"Asking {fit:,} of {count(total, 'paper')}" if fit else "No paper fits the filter"
    return f'<span class="scope-said on">{said}</span>{chips}{button}'


def form(wish: Wish, contents: Contents) -> str:
    """What the filter's dialog holds."""
    topics = "".join(
        f'<option value="{number}"{" selected" if wish.topic == number - 1 else ""}>{escape(heading(topic.label))}'
        f" ({len(topic.papers):,})</option>"
        for number, topic in enumerate(contents.topics, start=1)
    )
    names = sorted({name for paper in contents.papers.values() for name in paper.authors})
    known = "".join(f'<option value="{escape(name)}"></option>' for name in names[:MOST_NAMES])
    topic = (
        f'<label>Topic<select name="topic"><option value="">All topics</option>{topics}</select></label>'
        if topics
        else ""
    )
    return (
        f'<h2 id="pc-filter-title">Which papers to ask</h2>{topic}'
        '<label>Author<input name="author" type="search" autocomplete="off" maxlength="200" list="pc-names"'
        f' value="{escape(wish.author)}"></label><datalist id="pc-names">{known}</datalist>'
        '<label>Words in title, abstract, authors or award<input name="q" type="search" autocomplete="off"'
        f' maxlength="200" value="{escape(wish.words)}"></label>'
        f'<label class="check"><input name="award" type="checkbox"{" checked" if wish.award else ""}>'
        " With an award</label>"
        '<p class="dialog-acts"><button type="submit" class="main-act">Ask these papers</button>'
        '<button type="button" class="scope-all">Ask all papers</button>'
        '<button type="button" class="dialog-close">Cancel</button></p>'
    )
