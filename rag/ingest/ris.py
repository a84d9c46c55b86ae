"""RIS, the exchange format of reference managers: records are told apart here, each is read by rispy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rag.ingest.fields import Unusable, paper_of
from rag.types import Paper, Rejected

_TAG = re.compile(r"\s*([A-Z][A-Z0-9]) {1,2}-(?: |$)(.*)", re.DOTALL)
_LONGEST_RECORD = 2_000_000
# What stands for a line break and an empty line inside a field (Unicode's own, which `clean_text` knows).
_LINE, _PARAGRAPH = "\u2028", "\u2029"
_BREAKS = re.compile(r"\s*[\u2028\u2029]\s*")
# The notes of our own exports say what they are (`rag.serve.export.records`).
_NOTE = re.compile(r"(Award|Session|Digest): (.*)", re.DOTALL)


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
            if size > _LONGEST_RECORD:
                continue
            if match:
                record.append(f"{tag}  - {match[2].strip()}")
            else:  # the field goes on; an empty line parts paragraphs
                record[-1] += _LINE + raw.strip() if raw.strip() else _PARAGRAPH
        elif raw.strip():
            outside = outside or number
    if record:
        yield _item(record, source, begun)
    if outside:
        yield Rejected(source, outside, "lines that belong to no record (a record begins with “TY  -”)")


def _item(lines: list[str], source: str, begun: int) -> Paper | Rejected:
    import rispy  # type: ignore[import-untyped]

    try:
        parser = rispy.RisParser(skip_unknown_tags=True, delimiter_tags_mapping={})
        records = parser.parse_lines(iter([*lines, "ER  - "]))
        if not records:
            return Rejected(source, begun, "it is no whole RIS record")
        return paper_of(_values(records[0]))
    except Unusable as reason:
        return Rejected(source, begun, str(reason))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):  # rispy: a continuation of nothing
        return Rejected(source, begun, "it is no RIS record that can be read")


def _values(record: dict[str, Any]) -> dict[str, Any]:
    """rispy's names of the tags as those of `fields.KEYS`."""
    links = [link for text in record.get("urls") or () for link in re.split(r";\s*(?=https?://)", text, flags=re.I)]
    people = record.get("authors") or record.get("first_authors") or []
    notes = [match for note in record.get("notes") or () if (match := _NOTE.match(note))]
    return {
        "title": _first(record, "title", "primary_title", "short_title"),
        "abstract": _first(record, "abstract", "notes_abstract"),
        "authors": [name.rstrip(", ") for text in people for name in _BREAKS.split(text) if name.strip(", ")],
        "url": next(iter(links), None),
        "doi": record.get("doi"),
        "accessionnumber": record.get("accession_number"),
        "venue": _first(record, "secondary_title", "journal_name", "tertiary_title", "alternate_title1"),
        "year": _first(record, "year", "publication_year", "date"),
        "keywords": [word for text in record.get("keywords") or () for word in _BREAKS.split(text)],
        **{note[1].lower(): note[2] for note in notes},
    }


def _first(record: dict[str, Any], *keys: str) -> str | None:
    for key in keys:
        value = record.get(key)
        if isinstance(value, list):
            value = " ".join(part for part in value if isinstance(part, str))
        if isinstance(value, str) and value.strip():
            return value
    return None
