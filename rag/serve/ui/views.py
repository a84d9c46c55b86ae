"""The Papers view, a paper's page and the Topics view as HTML. Everything put into them is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from rag.answer.phrases import heading
from rag.serve.ui import formulas, pieces
from rag.serve.ui.browse import PAGE, Contents, Found, Wish
from rag.serve.ui.scatter import HEIGHT, WIDTH, Dot
from rag.serve.ui.starters import short_title
from rag.serve.ui.turn import count
from rag.types import Paper

COLOURS, SHAPES = 8, 3
_NAMED = 3  # papers of a topic that its row names


def shell() -> str:
    """The frame of the views, which page code fills when they are opened."""
    return (
        '<section id="pc-view-papers" class="view" aria-label="Papers" hidden><form role="search" class="find">'
        '<label for="pc-find">Find papers</label>'
        '<input id="pc-find" type="search" maxlength="200" autocomplete="off" placeholder="Title, author or word">'
        '<label class="check"><input id="pc-awarded" type="checkbox"> With an award</label></form>'
        '<div id="pc-list" class="filled"></div></section>'
        '<section id="pc-view-paper" class="view filled" aria-label="Paper" hidden></section>'
        '<section id="pc-view-topics" class="view filled" aria-label="Topics" hidden></section>'
    )


# --- papers ---


def papers(found: Found, wish: Wish, contents: Contents) -> str:
    """One page of the list as a table, with what it is limited to and the way to its other pages."""
    said = (
        count(found.fitting, "paper")
        if found.fitting == found.total
        else f"{found.fitting:,} of {found.total:,} papers"
    )
    some = 0 < found.fitting < found.total
    these = f'<button type="button" class="ask-these">Ask {"it" if found.fitting == 1 else "these"}</button>'
    head = f'<p class="found" role="status">{said}</p>{_limits(wish, contents)}{these if some else ""}'
    if not found.papers:
        what = "No paper fits." if found.total else "No papers are indexed yet."
        return f'<div class="list-head">{head}</div><p class="empty">{what}</p>'
    columns = [("title", "Title"), ("author", "Authors"), ("award", "Award")]
    if contents.topics:
        columns.append(("topic", "Topic"))
    heads = "".join(_column(key, name, wish.sort) for key, name in columns)
    rows = "".join(_row(paper, contents) for paper in found.papers)
    return (
        f'<div class="list-head">{head}</div><table class="papers-table" role="table" aria-label="Papers">'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
        f"{_pages(found, wish)}"
    )


def _limits(wish: Wish, contents: Contents) -> str:
    """The author and the topic that the list is limited to, each with a way to lift it."""
    limits = [("author", wish.author)] if wish.author else []
    if wish.topic is not None and wish.topic < len(contents.topics):
        limits.append(("topic", topic_name(contents.topics[wish.topic].label)))
    return "".join(
        f'<button type="button" class="limit" data-lift="{what}" aria-label="Show all again, not only {escape(name)}">'
        f'<span dir="auto">{escape(name)}</span> <span aria-hidden="true">×</span></button>'
        for what, name in limits
    )


def _column(key: str, name: str, sort: str) -> str:
    order, turned = {key: ("ascending", f"-{key}"), f"-{key}": ("descending", "")}.get(sort, ("none", key))
    if key in ("award", "topic") and order == "ascending":
        turned = ""  # the other way round says nothing
    arrow = {"ascending": " ↑", "descending": " ↓", "none": ""}[order]
    return (
        f'<th scope="col" role="columnheader" class="col-{key}" aria-sort="{order}"><button type="button" class="sort"'
        f' data-sort="{turned}">{name}<span aria-hidden="true">{arrow}</span></button></th>'
    )


def _row(paper: Paper, contents: Contents) -> str:
    names = paper.authors[:4]
    links = ", ".join(f'<a href="{pieces.papers_href(author=name)}">{escape(name)}</a>' for name in names)
    more = f" and {len(paper.authors) - len(names)} more" if len(paper.authors) > len(names) else ""
    award = pieces.award(paper.award) if paper.award else ""
    topic = ""
    if contents.topics:
        topic = f'<td role="cell" class="col-topic">{_topic_link(paper, contents)}</td>'
    return (
        f'<tr role="row"><th scope="row" role="rowheader" class="col-title">{pieces.paper_link(paper.id, paper.title)}'
        f'</th><td role="cell" class="col-author" dir="auto">{links}{more}</td>'
        f'<td role="cell" class="col-award">{award}</td>{topic}</tr>'
    )


def _topic_link(paper: Paper, contents: Contents) -> str:
    number = contents.topic_of.get(paper.id)
    if number is None:
        return ""
    return (
        f'<a href="{pieces.papers_href(topic=str(number + 1))}">{escape(topic_name(contents.topics[number].label))}</a>'
    )


def _pages(found: Found, wish: Wish) -> str:
    last = -(-found.fitting // PAGE)
    if last < 2:
        return ""
    back = f'<button type="button" class="page" data-page="{wish.page - 1}"{" disabled" if wish.page < 2 else ""}>'
    on = f'<button type="button" class="page" data-page="{wish.page + 1}"{" disabled" if wish.page >= last else ""}>'
    return (
        f'<nav class="pages" aria-label="Pages">{back}Previous</button><span>Page {wish.page} of {last}</span>'
        f"{on}Next</button></nav>"
    )


# --- one paper ---


def paper_page(paper: Paper, contents: Contents, collection: str) -> str:
    """Everything about a paper; the similar ones are fetched by page code when the page is shown."""
    name = short_title(paper) or paper.title
    questions = [f"What problem does “{name}” address?", f"What method does “{name}” use?"]
    asks = pieces.ask("Ask about this paper", f"What is “{paper.title}” about?", kind="ask main")
    asks += "".join(pieces.ask(question, question) for question in questions)
    topic = _topic_link(paper, contents)
    what = "Digest" if paper.text_kind == "digest" else "Abstract"
    similar = escape(f"view/similar?{urlencode({'collection': collection, 'id': paper.id})}")
    where = " · ".join(escape(str(part)) for part in (paper.venue, paper.year, paper.session) if part)
    return (
        '<p class="up"><a href="#papers">← All papers</a></p>'
        f'<article class="paper"><h2 dir="auto" tabindex="-1">{formulas.html(paper.title)}</h2>'
        f"{pieces.authors(paper.authors)}{pieces.badges(paper)}"
        f"{f'<p class=where>{where}</p>' if where else ''}"
        f"{f'<p class=where>Topic: {topic}</p>' if topic else ''}"
        f'<h3>{what}</h3><p class="abstract" dir="auto">{formulas.html(paper.abstract) or "There is none."}</p>'
        f'<div class="asks">{asks}</div><div class="tools"><button type="button" class="bibtex"'
        f' data-paper="{escape(paper.id)}">Copy BibTeX</button></div>'
        f'<h3>Similar papers</h3><div class="filled" data-load="{similar}"></div></article>'
    )


def similar(papers: Sequence[Paper]) -> str:
    """The similar papers of a paper's page."""
    if not papers:
        return '<p class="empty">There are none.</p>'
    rows = "".join(
        f'<li>{pieces.paper_link(paper.id, paper.title)}<p class="entry-authors" dir="auto">'
        f"{escape(pieces.few_authors(paper.authors))}</p></li>"
        for paper in papers
    )
    return f'<ul class="similar">{rows}</ul>'


# --- topics ---


def topics(contents: Contents, collection: str) -> str:
    """The topics as a map, which page code fetches, and as a table with the same papers."""
    if not contents.topics:
        return (
            '<h2 tabindex="-1">Topics</h2><p class="empty">This collection has no topics yet. '
            "<code>posterchat index FILE --rebuild</code> makes them.</p>"
        )
    rows = "".join(_topic_row(number, contents) for number in range(len(contents.topics)))
    load = escape(f"view/map?{urlencode({'collection': collection})}")
    return (
        f'<h2 tabindex="-1">{count(len(contents.topics), "topic")} in {count(len(contents.papers), "paper")}</h2>'
        '<p class="lead">Papers whose abstracts are alike lie near each other and make a topic.</p>'
        f'<div class="filled map-place" data-load="{load}"></div>'
        '<table class="topics-table" role="table" aria-label="Topics"><thead role="rowgroup"><tr role="row">'
        '<th scope="col" role="columnheader">Topic</th><th scope="col" role="columnheader" class="col-size">Papers</th>'
        '<th scope="col" role="columnheader">Such as</th>'
        '<th scope="col" role="columnheader"><span class="only-heard">Ask</span></th></tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )


def _topic_row(number: int, contents: Contents) -> str:
    topic = contents.topics[number]
    members = [contents.papers[key] for key in topic.papers if key in contents.papers]
    named = "".join(f"<li>{pieces.paper_link(paper.id, paper.title)}</li>" for paper in members[:_NAMED])
    href = pieces.papers_href(topic=str(number + 1))
    name = escape(topic_name(topic.label))
    button = f'<a class="see" href="{href}" aria-label="Papers of {name}">See papers</a>'
    if topic.label:
        button = (
            f'<button type="button" class="ask" data-question="{escape(topic_question(topic.label))}"'
            f' aria-label="Overview of {name}">Overview</button>'
        )
    swatch = f'<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true">{_shape(number, 7, 7)}</svg>'
    return (
        f'<tr role="row" data-topic="{number}"><th scope="row" role="rowheader" dir="auto">{swatch}'
        f'<a href="{href}">{name}</a></th><td role="cell" class="col-size">{len(members):,}</td>'
        f'<td role="cell"><ul>{named}</ul></td><td role="cell" class="col-ask">{button}</td></tr>'
    )


def topic_name(label: str) -> str:
    """The label as a heading."""
    return heading(label)


def topic_question(label: str) -> str:
    """The question that gives the overview of a topic."""
    return f"Give me an overview of the topic “{label}”."


def topic_map(dots: Sequence[Dot], contents: Contents) -> str:
    """The map: a mark for each paper, by colour and shape of its topic, in place by its likeness to the others. One
    mark can be reached with Tab, the others from it with the arrow keys."""
    marks = []
    for at, dot in enumerate(dots):
        paper, topic = contents.papers.get(dot.paper), contents.topics[dot.topic]
        if paper is None:
            continue
        of, title = escape(topic_name(topic.label)), escape(paper.title)
        marks.append(
            f'<a href="{pieces.paper_href(paper.id)}" class="dot" tabindex="{0 if at == 0 else -1}"'
            f' data-topic="{dot.topic}" data-paper="{escape(paper.id)}" data-title="{of}" data-quote="{title}"'
            f' aria-label="{title} ({of})">{_shape(dot.topic, dot.x, dot.y)}</a>'
        )
    return (
        '<div class="map-bar"><button type="button" class="map-mode" aria-pressed="false">Choose papers</button>'
        '<p class="map-hint">Drag over papers to choose them. On a paper, <kbd>Space</kbd> chooses it.</p>'
        '<div class="map-chosen" hidden><span role="status"></span><button type="button" class="main-act'
        ' map-ask">Ask these papers</button><button type="button" class="map-overview">Overview of them</button>'
        '<button type="button" class="map-clear">Clear</button></div></div>'
        f'<svg class="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="Map of the papers. Arrow keys go'
        f' from paper to paper; the table below has the same topics.">{"".join(marks)}</svg>'
    )


def _shape(topic: int, x: float, y: float) -> str:
    """A topic's mark: one of eight colours, and where there are more topics another shape."""
    colour, shape = f"hue-{topic % COLOURS}", topic // COLOURS % SHAPES
    if shape == 0:
        return f'<circle class="{colour}" cx="{x}" cy="{y}" r="5.5"/>'
    if shape == 1:
        return f'<rect class="{colour}" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
    corners = f"{x:.1f},{y - 6.5:.1f} {x + 6.5:.1f},{y + 5:.1f} {x - 6.5:.1f},{y + 5:.1f}"
    return f'<polygon class="{colour}" points="{corners}"/>'
