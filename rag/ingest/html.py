"""A saved web page: read by what it says for machines, by the names of its elements, by its tables, or, where it says
nothing, by its text as it would be copied from a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from rag.ingest import html_text
from rag.ingest.columns import SAMPLE, Columns, guess_columns
from rag.ingest.fields import Unusable, paper_of
from rag.ingest.html_cards import card_records
from rag.ingest.html_meta import linked_data, meta_record, script_rows
from rag.ingest.jsonl import parse_records
from rag.ingest.session_page import parse_session_page
from rag.types import Paper, Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->", re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_MANY_ROWS = 5

Items = list[Paper | Rejected]


def decode_html(data: bytes) -> str:
    """The text of a page: in the encoding of its byte order mark or its `meta charset`, else UTF-8 or Windows' Latin.
    What cannot be decoded is replaced, as browsers do."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    match = _CHARSET.search(data[:4096])
    named = match[1].decode("ascii", "replace") if match else "utf-8"
    for encoding in (named, "utf-8", "cp1252"):
        try:
            return data.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return data.decode("utf-8", "replace")


def parse_html(text: str, source: str, note: Callable[[str], None]) -> Iterator[Paper | Rejected]:
    """The papers of a page, and what is rejected, without lines: a page has none that a reader would find. `note` is
    told which way the page was read, and which columns of a table were taken. Raises InputError when it is nested
    without end."""
    tree = html_text.parse(text, source)
    base = _base(tree, text)
    ways: list[tuple[str, Items]] = [
        ("the data for machines that it carries (JSON-LD)", _records(linked_data(tree), source)),
        ("its citation_* tags", _records([record] if (record := meta_record(tree)) else [], source)),
        ("the data for its scripts (JSON)", _records(script_rows(tree), source)),
    ]
    html_text.without_furniture(tree)
    ways.append(("the names of its elements", _records(card_records(tree, base), source)))
    way, items = max(ways, key=lambda one: _papers(one[1]))
    tables = _tables(tree, source, base, note) if _papers(items) < _MANY_ROWS else []
    if _papers(tables) > _papers(items):
        yield from tables
        return
    if _papers(items):
        note(f"{source}: read by {way}.")
        yield from items
        return
    if any(isinstance(item, Rejected) for item in tables):
        yield from tables
        return
    lines = list(_lines(tree, source))
    yield from lines or max((items for _, items in ways), key=len)


def _papers(items: Items) -> int:
    return sum(isinstance(item, Paper) for item in items)


def _records(rows: list[Any], source: str) -> Items:
    """Papers and rejects of records; of one that comes twice, the first."""
    items: Items = []
    seen: set[str] = set()
    for item in parse_records(((0, row) for row in rows), source):
        if isinstance(item, Rejected) or item.id not in seen:
            items.append(item)
        if isinstance(item, Paper):
            seen.add(item.id)
    return items


def _base(tree: LexborHTMLParser, text: str) -> str:
    """The address that the page was saved from, as far as it says so."""
    if saved := _SAVED_FROM.search(text[:4096]):
        return saved[1]
    for selector, attribute in (
        ("base[href]", "href"),
        ('link[rel="canonical"]', "href"),
        ('meta[property="og:url"]', "content"),
    ):
        node = tree.css_first(selector)
        address = (node.attributes.get(attribute) or "") if node is not None else ""
        if address.startswith(("http://", "https://")):
            return address
    return ""


def _lines(tree: LexborHTMLParser, source: str) -> Iterator[Paper | Rejected]:
    """The text of the page as if it had been copied, by the reader of session pages."""
    root = tree.body or tree.root
    if root is None:
        return
    for item in parse_session_page(html_text.lines_of(root), source):
        yield Rejected(source, 0, item.reason) if isinstance(item, Rejected) else item


def _tables(tree: LexborHTMLParser, source: str, base: str, note: Callable[[str], None]) -> Items:
    """The papers of the tables that have a column of titles. A long table without abstracts is rejected as one."""
    items: Items = []
    for table in tree.css("table"):
        rows = [cells for row in table.css("tr") if (cells := _cells(row, table))]
        if len(rows) < 2:
            continue
        texts = [[html_text.text_of(cell) for cell in row] for row in rows[: SAMPLE + 1]]
        is_header = all(cell.tag == "th" for cell in rows[0])
        columns = guess_columns(texts[1:] if is_header else texts, header=texts[0] if is_header else None)
        if columns is None:
            continue
        body = rows[1:] if columns.names else rows
        if not {"abstract", "digest"} & set(columns.roles):
            if len(body) >= _MANY_ROWS and "title" not in columns.guessed:
                named = ", ".join(f"“{name.strip()[:40]}”" for name in columns.names[:10] if name.strip())
                reason = (
                    f"a table of {len(body):,} rows has titles but no abstracts (its columns: {named or 'unnamed'})"
                )
                items.append(Rejected(source, 0, reason))
            continue
        note(f"{source}: in a table of {len(body):,} rows, taken as {columns.describe()}.")
        items += [_row(row, columns, source, base, number) for number, row in enumerate(body, start=1)]
    return items


def _cells(row: LexborNode, table: LexborNode) -> list[LexborNode]:
    """The cells of a row of this table, not of one inside it."""
    above = row.parent
    while above is not None and above.tag != "table":
        above = above.parent
    if above is None or above.mem_id != table.mem_id:
        return []
    cells = []
    cell = row.first_child
    while cell is not None:
        if cell.tag in ("td", "th"):
            cells.append(cell)
        cell = cell.next
    return cells


def _row(row: list[LexborNode], columns: Columns, source: str, base: str, number: int) -> Paper | Rejected:
    record: dict[str, Any] = dict(columns.record([html_text.text_of(cell) for cell in row]))
    if "url" not in record or "://" not in record["url"]:
        links = [link for cell in row for link in cell.css("a[href]")]
        hrefs = (link.attributes.get("href") or "" for link in links)
        record["url"] = next((urljoin(base, href) for href in hrefs if href and not href.startswith("#")), None)
    try:
        return paper_of(record)
    except Unusable as reason:
        return Rejected(source, 0, f"row {number} of a table: {reason}")
