"""RIS, the exchange format of reference managers: records are told apart here, each is read by rispy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rag.ingest.bibtex import spoken
from rag.ingest.fields import Unusable, paper_of
from rag.types import Paper, Rejected

_TAG = re.compile(r"\s*([A-Z][A-Z0-9]) {1,2}-(?: |$)(.*)", re.DOTALL)
_LONGEST_RECORD = 2_000_000


def parse_ris(lines: Iterable[tuple[int, str]], source: str) -> Iterator[Paper | Rejected]:
    """The papers of numbered lines, streamed record by record, and why others are none, with the line at which they
    begin. A record that lacks its end ends where the next begins."""
    record: list[str] = []
    begun = size = 0
    outside = 0
    for number, raw in lines:
        match = _TAG.match(raw.rstrip("\r\n"))
        tag = match[1] if match else ""
        if tag == "TY":
            if record:
                yield _item(record, source, begun)
            record, begun, size = [f"TY  - {match[2] if match else ''}"], number, 0
        elif tag == "ER" and record:
            yield _item(record, source, begun)
            record = []
        elif record:
            size += len(raw)
            if size <= _LONGEST_RECORD:
                record.append(f"{tag}  - {match[2].strip()}" if match else raw.strip())
        elif raw.strip():
            outside = outside or number
    if record:
        yield _item(record, source, begun)
    if outside:
        yield Rejected(source, outside, "lines that belong to no record (a record begins with “TY  -”)")


def _item(lines: list[str], source: str, begun: int) -> Paper | Rejected:
    import rispy  # type: ignore[import-untyped]

    try:
        records = rispy.RisParser(skip_unknown_tags=True).parse_lines(iter([*lines, "ER  - "]))
        if not records:
            return Rejected(source, begun, "it is no whole RIS record")
        return paper_of(_values(records[0]))
    except Unusable as reason:
        return Rejected(source, begun, str(reason))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):  # rispy: a continuation of nothing
        return Rejected(source, begun, "it is no RIS record that can be read")


def _values(record: dict[str, Any]) -> dict[str, Any]:
    """rispy's names of the tags as those of `fields.KEYS`."""
    urls = record.get("urls") or []
    people = record.get("authors") or record.get("first_authors") or []
    return {
        "title": _first(record, "title", "primary_title", "short_title"),
        "abstract": _first(record, "abstract", "notes_abstract"),
        "authors": [spoken(name.rstrip(", ")) for name in people if name.strip(", ")],
        "url": next((url for url in urls if isinstance(url, str)), None) if isinstance(urls, list) else urls,
        "doi": record.get("doi"),
        "venue": _first(record, "secondary_title", "journal_name", "tertiary_title", "alternate_title1"),
        "year": _first(record, "year", "publication_year", "date"),
        "keywords": record.get("keywords"),
    }


def _first(record: dict[str, Any], *keys: str) -> str | None:
    for key in keys:
        value = record.get(key)
        if isinstance(value, list):
            value = " ".join(part for part in value if isinstance(part, str))
        if isinstance(value, str) and value.strip():
            return value
    return None
