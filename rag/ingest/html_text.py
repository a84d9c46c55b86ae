"""HTML → the lines that a browser would copy, with gaps that show how deep the page is cut between two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.errors import InputError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = "script, style, noscript, template, svg, nav, footer, button, select, option, head, iframe, object, video"
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "li",
        "main",
        "menu",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_SPACED = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "dl",
        "ul",
        "ol",
        "table",
        "article",
        "section",
        "hr",
    ]
)
_WIDEST_GAP = 3
MAX_DEPTH = 3000
# Elements that are closed on every page that works; a paragraph or a table cell may be left open.
_NESTING = re.compile(r"<(/?)(?:div|span|section|article|main|ul|ol|dl|table|b|i|em|strong|font|blockquote)\b", re.I)
_SAVE_AGAIN = "Save the page again, or copy its text into a text file."


def parse(text: str, source: str) -> LexborHTMLParser:
    """The document, with formulas as TeX. Raises InputError when it is nested too deeply to be a page."""
    from selectolax.lexbor import LexborHTMLParser

    depth = deepest = 0
    for tag in _NESTING.finditer(text):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:  # the parser's time grows with the square of the depth
        raise InputError(f"{source} is nested {deepest:,} elements deep, which no page is.", hint=_SAVE_AGAIN)
    tree = LexborHTMLParser(text)
    _tex_formulas(tree)
    return tree


def _tex_formulas(tree: LexborHTMLParser) -> None:
    """MathJax and KaTeX keep the source of a formula beside its picture: it takes the place of both."""
    for node in tree.css("span.katex, .katex-display"):
        source = node.css_first("annotation")
        if source is not None and node.parent is not None:
            node.replace_with(f"${source.text().strip()}$")
    for node in tree.css("mjx-container"):
        source = node.css_first("annotation") or node.css_first("mjx-assistive-mml")
        node.replace_with(source.text().strip() if source is not None else "")
    if tree.css_first('script[type^="math/tex"]') is not None:
        for node in tree.css(".MathJax, .MathJax_Preview, .MathJax_Display, .MathJax_SVG, .MathJax_CHTML"):
            node.decompose()
        for node in tree.css('script[type^="math/tex"]'):
            node.replace_with(f"${node.text().strip()}$")


def without_furniture(tree: LexborHTMLParser) -> None:
    """Removes scripts, menus, buttons and the like."""
    for node in tree.css(_UNSEEN):
        node.decompose()


def lines_of(root: LexborNode) -> Iterator[str]:
    """The lines of a document or of a part of it. Blank lines between two texts are as many as blocks end or begin
    between them (at most three), less one, so that papers stand further apart than the parts of one."""
    words: list[str] = []
    cuts = gap = 0  # block borders since the last text; blank lines that an element wants around itself
    begun = False
    pre = 0  # how many `<pre>` the text stands in
    for node, opening in _walk(root):
        tag = node.tag or ""
        if tag == "pre":
            pre += 1 if opening else -1
        if tag == "-text" and opening:
            text = node.text_content or ""
            if pre and "\n" in text:
                first, *others = text.split("\n")
                yield _line([*words, first])
                yield from (_line([line]) for line in others[:-1])
                words, begun = [others[-1]] if others[-1].strip() else [], True
                continue
            if not words and text.strip():
                if begun:
                    yield from [""] * min(_WIDEST_GAP, max(gap, cuts - 1))
                cuts = gap = 0
                begun = True
            if words or text.strip():
                words.append(text)
        elif tag in _BLOCKS or (tag == "br" and opening):
            if words:
                yield _line(words)
                words = []
            cuts += 1
            gap = max(gap, 1 if tag in _SPACED else 0)
    if words:
        yield _line(words)


def _line(words: list[str]) -> str:
    return re.sub(r"\s+", " ", "".join(words)).strip()


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """All nodes below `root` in order, with True when one begins and False when it ends; without recursion, since
    pages may be nested without end."""
    node = root.first_child
    while node is not None:
        yield node, True
        following = node.first_child
        while following is None:
            yield node, False
            following = node.next
            if following is None:
                parent = node.parent
                if parent is None or parent.mem_id == root.mem_id:  # `==` compares the HTML of both
                    return
                node = parent
        node = following


def text_of(node: LexborNode) -> str:
    """The text of a part of a page, paragraphs parted by one empty line."""
    lines = [line for line in lines_of(node)]
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip()


def line_of(node: LexborNode) -> str:
    """The text of a part of a page on one line."""
    return " ".join(part for part in lines_of(node) if part)
