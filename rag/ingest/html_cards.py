"""Papers on a page whose elements say by their class or id what they are: `abstract`, `title`, `author`. Mini-Conf,
the virtual sites of conferences and most proceedings do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from rag.ingest.html_meta import without_label
from rag.ingest.html_text import line_of, text_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_ABSTRACT = '[class*="abstract" i], [id*="abstract" i]'
_TITLE = '[class*="title" i]:not([class*="subtitle" i]), [id*="title" i]'
_HEADING = "h1, h2, h3, h4, h5, h6, dt"
_AUTHORS = '[class*="author" i], [class*="speaker" i], [class*="subtitle" i], [id*="author" i]'
_NOT_TEXT = {"a", "button", "input", "label", "summary", "i", "img"}
_FEWEST_LETTERS = 80
_HIGHEST = 8
_AUTHORS_LABEL = re.compile(r"^\s*(?:authors?|speakers?|by)\s*:?\s+", re.I)
_KIND = re.compile(r"(?:poster|oral|spotlight|paper|talk|abstract|in-person|virtual|workshop)s?(?: \w+){0,2}", re.I)


def card_records(tree: LexborHTMLParser, base: str) -> list[dict[str, Any]]:
    """A record for every part of the page that is called an abstract and stands by a title. `base` completes links."""
    found = []
    abstracts = _abstracts(tree)
    known = {node.mem_id for node, _ in abstracts}
    for node, text in abstracts:
        if record := _card(node, text, known, base):
            found.append(record)
    return found


def _abstracts(tree: LexborHTMLParser) -> list[tuple[LexborNode, str]]:
    """The elements called so that hold a text, the innermost of each."""
    nodes = [
        (node, text)
        for node in tree.css(_ABSTRACT)
        if (node.tag or "") not in _NOT_TEXT and len(text := without_label(text_of(node))) >= _FEWEST_LETTERS
    ]
    texts = {node.mem_id: text for node, text in nodes}
    outer = set()
    for node, text in nodes:
        parent, height = node.parent, 0
        while parent is not None and height < _HIGHEST:
            if len(text) >= 0.6 * len(texts.get(parent.mem_id, "")) or parent.mem_id in texts:
                outer.add(parent.mem_id)
            parent, height = parent.parent, height + 1
    return [(node, text) for node, text in nodes if node.mem_id not in outer]


def _card(abstract: LexborNode, text: str, known: set[int], base: str) -> dict[str, Any] | None:
    """The smallest part of the page around an abstract that has a title, and no other abstract."""
    inside = {node.mem_id for node in abstract.css("*")} | {abstract.mem_id}
    card = abstract.parent
    for _ in range(_HIGHEST):
        if card is None or card.tag in ("body", "html"):
            break
        others = {node.mem_id for node in card.css(_ABSTRACT)} & known - {abstract.mem_id}
        if others:
            return None
        if title := _title(card, inside):
            return _record(card, title, text, inside, base)
        card = card.parent
    body = card if card is not None and len(known) == 1 else None
    title = _title(body, inside) if body is not None else None
    return _record(body, title, text, inside, base) if body is not None and title else None


def _title(card: LexborNode, inside: set[int]) -> LexborNode | None:
    for selector in (_TITLE, _HEADING):
        for node in card.css(selector):
            text = line_of(node)
            if node.mem_id in inside or not 3 <= len(text) <= 400 or _KIND.fullmatch(text):
                continue
            if not any(below.mem_id in inside for below in node.css("*")):
                return _innermost(node, selector)
    return None


def _innermost(node: LexborNode, selector: str) -> LexborNode:
    """`<div class="title-row"><h5 class="title">…`: the part of a title that says the same, or begins with it."""
    for below in node.css(selector):
        if below.mem_id != node.mem_id and len(line_of(below)) >= 8:
            return below
    return node


def _record(card: LexborNode, title: LexborNode, text: str, inside: set[int], base: str) -> dict[str, Any]:
    skip = inside | {title.mem_id}
    return {
        "title": line_of(title),
        "abstract": text,
        "authors": _authors(card, skip),
        "url": _link(card, title, base),
        "award": _short(card, '[class*="award" i]', skip),
        "keywords": _keywords(card, skip),
        "session": _short(card, '[class*="session" i]', skip),
    }


def _authors(card: LexborNode, skip: set[int]) -> list[str] | str | None:
    nodes = [node for node in card.css(_AUTHORS) if node.mem_id not in skip and line_of(node)]
    nodes = [node for node in nodes if not _KIND.fullmatch(line_of(node)) and len(line_of(node)) < 5000]
    if not nodes:
        links = [line_of(node) for node in card.css('a[href*="author" i], a[href*="/~" i], a[href*="profile" i]')]
        return [name for name in links if name] or None
    within = {node.mem_id for node in nodes[0].css("*")} - {nodes[0].mem_id}  # `css` finds the element itself too
    nested = [node for node in nodes if node.mem_id in within]
    if nested and len(nested) == len(nodes) - 1 and not re.search("[;·]", line_of(nodes[0])):  # one element a person
        return [line_of(node).strip(" ,;·") for node in nested]
    first = nodes[0]
    people = [line_of(node) for node in first.css("a, li")]
    if len(people) > 1 and len("".join(people)) >= 0.7 * len(line_of(first).replace(" ", "")):
        return [name for name in (person.strip(" ,;·") for person in people) if name]
    if len(nodes) > 1 and all(len(line_of(node).split()) <= 5 and "," not in line_of(node) for node in nodes):
        return [line_of(node).strip(" ,;·") for node in nodes]
    return _AUTHORS_LABEL.sub("", line_of(first))


def _link(card: LexborNode, title: LexborNode, base: str) -> str | None:
    around = title
    for _ in range(3):
        if around.tag == "a":
            break
        around = around.parent or around
    links = [around] if around.tag == "a" else [*title.css("a[href]"), *card.css("a[href]")]
    for link in links:
        href = (link.attributes.get("href") or "").strip()
        if href and not href.startswith(("#", "javascript:", "mailto:", "data:")):
            try:
                return urljoin(base, href)
            except ValueError:
                continue
    return None


def _short(card: LexborNode, selector: str, skip: set[int]) -> str | None:
    texts = (line_of(node) for node in card.css(selector) if node.mem_id not in skip)
    return next((text for text in texts if 3 <= len(text) <= 120), None)


def _keywords(card: LexborNode, skip: set[int]) -> list[str] | str | None:
    nodes = [node for node in card.css('[class*="keyword" i]') if node.mem_id not in skip and line_of(node)]
    if not nodes:
        return None
    links = [line_of(link) for link in nodes[0].css("a, li")]
    if len(links) > 1 or len(nodes) == 1:
        return links or re.sub(r"^\s*keywords?\s*:?\s*", "", line_of(nodes[0]), flags=re.I)
    return [line_of(node) for node in nodes]
