"""A record with whatever keys people use → a `Paper`, or the reason why it is none. Every reader ends here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rag.ingest.clean import MAX_ABSTRACT, MAX_TITLE, clean_line, clean_text, paper_id
from rag.ingest.identifiers import address_of, identifiers_of
from rag.ingest.people import Nameless, people_of
from rag.types import Paper, TextKind

# Keys in small letters and digits only, best first: those of OpenReview, Mini-Conf, virtual conference sites, Zotero,
# Semantic Scholar, BEIR, Highwire meta tags and schema.org.
KEYS: dict[str, tuple[str, ...]] = {
    "title": ("title", "papertitle", "primarytitle", "submissiontitle", "name", "headline"),
    "abstract": (
        *("abstract", "summary", "paperabstract", "abstracttext", "abstractnote", "notesabstract"),
        *("description", "text"),
    ),
    "digest": ("digest", "tldr"),
    "authors": ("authors", "author", "authornames", "authorlist", "creators", "creator", "speakers"),
    "url": ("url", "link", "paperurl", "pdf", "pdfurl", "forumurl", "forum", "sourceurl", "openreviewurl", "site"),
    "doi": ("doi",),
    "arxiv": ("arxiv", "arxivid", "eprint"),
    "venue": ("venue", "booktitle", "conference", "journal", "journaltitle", "publicationtitle", "containertitle"),
    "session": ("session", "sessionname", "sessiontitle", "postersession", "track", "sessions"),
    "award": ("award", "awards", "prize"),
    "year": ("year", "publicationyear", "publishedyear", "date", "published", "datepublished", "issued"),
    "keywords": ("keywords", "keyword", "manualtags", "tags", "subjectareas", "topics"),
}
_MAX_FIELD = 300
_INSIDE = ("content", "custom")  # OpenReview; CSL-JSON, for what it has no variable for
_VENUE_ID = re.compile(r"([A-Za-z]+)\.(?:cc|org)/(\d{4})/")


class Unusable(Exception):
    """Why a record is no paper, as the rest of a sentence about "it"."""


def plain_key(key: Any) -> str:
    """A key or a column's name as it stands in `KEYS`: small letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", str(key).lower())


def looks_like_paper(row: Any) -> bool:
    """Whether a JSON object has a title and a text, themselves or in OpenReview's `content`."""
    if not isinstance(row, Mapping):
        return False
    keys = {plain_key(key) for key in row}
    for inner in (row.get(name) for name in _INSIDE):
        if isinstance(inner, Mapping):
            keys |= {plain_key(key) for key in inner}
    return bool(keys & set(KEYS["title"])) and bool(keys & {*KEYS["abstract"], *KEYS["digest"]})


def paper_of(row: Any) -> Paper:
    """The paper of a mapping. Facts that a paper need not have are left out when they are not text.

    Raises Unusable.
    """
    if not isinstance(row, Mapping):
        raise Unusable("it is not a JSON object")
    values = _flat(row)
    title = clean_line(_text(values, "title"))
    if not title:
        raise Unusable("it has no title")
    abstract, kind = clean_text(_text(values, "abstract")), _kind(values)
    if not abstract:
        abstract, kind = clean_text(_text(values, "digest")), "digest"
    if not abstract:
        raise Unusable(_no_abstract(row, title))
    if len(title) > MAX_TITLE or len(abstract) > MAX_ABSTRACT:
        raise Unusable(f"its title or abstract is too long ({len(title)} and {len(abstract)} characters)")
    venue, year = _venue_and_year(row, values)
    identifiers = identifiers_of(row, values)
    return Paper(
        id=paper_id(title),
        title=title,
        authors=_people(values),
        abstract=abstract,
        award=_field(values, "award"),
        url=_url(values, identifiers),
        venue=venue,
        session=_field(values, "session"),
        year=year,
        keywords=_keywords(next((values[key] for key in KEYS["keywords"] if values.get(key)), None)),
        text_kind=kind,
        identifiers=identifiers,
    )


def _people(values: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return people_of(next((values[key] for key in KEYS["authors"] if values.get(key)), None))
    except Nameless as reason:
        raise Unusable(str(reason)) from None


def _no_abstract(row: Mapping[str, Any], title: str) -> str:
    if row.get("replyto") and isinstance(row.get("content"), Mapping):
        return f"it is a review, decision or comment on a submission: {title[:80]}"
    return f"it has no abstract: {title[:200]}"


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Plain keys; OpenReview's `{"content": {"title": {"value": …}}}` and CSL's `custom` unpacked."""
    merged = dict(row)
    for inner in (row.get(name) for name in _INSIDE):
        merged |= inner if isinstance(inner, Mapping) else {}
    unpacked = {key: v["value"] if isinstance(v, Mapping) and set(v) >= {"value"} else v for key, v in merged.items()}
    return {plain_key(key): value for key, value in unpacked.items()}


def _text(values: Mapping[str, Any], role: str) -> str:
    for key in KEYS[role]:
        value = values.get(key)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise Unusable(f"its {key} is not text")
        return value
    return ""


def _field(values: Mapping[str, Any], role: str) -> str | None:
    for key in KEYS[role]:
        value = values.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, Mapping):
            value = value.get("name")
        if isinstance(value, str) and 0 < len(text := clean_line(value)) <= _MAX_FIELD:
            return text
    return None


def _kind(values: Mapping[str, Any]) -> TextKind:
    return "digest" if values.get("textkind") == "digest" else "abstract"


def web_address(value: Any) -> str | None:
    """`value` as a web address of sane length, else None."""
    if isinstance(value, str) and value.strip().lower().startswith(("http://", "https://")) and len(value) <= 2000:
        return clean_line(value)
    return None


def _url(values: Mapping[str, Any], identifiers: tuple[str, ...]) -> str | None:
    return next(
        (url for key in (*KEYS["url"], "doi") if (url := web_address(values.get(key)))), address_of(identifiers)
    )


def _venue_and_year(row: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """Those of the record, else those in OpenReview's `invitation` ("ABCD.cc/2031/Conference/-/Submission")."""
    venue = _field(values, "venue")
    years = (_year(values.get(key)) for key in KEYS["year"])
    year = next((found for found in years if found), None)
    if isinstance(row.get("content"), Mapping):
        invitations = row.get("invitation") or row.get("invitations") or values.get("venueid")
        first = invitations[0] if isinstance(invitations, list) and invitations else invitations
        match = _VENUE_ID.match(first) if isinstance(first, str) else None
        if match:
            venue, year = venue or f"{match[1]} {match[2]}", year or int(match[2])
    return venue, year


def _year(value: Any) -> int | None:
    """The year of a number, of "2031", of a date that begins or ends with it, or of a date in CSL-JSON."""
    if isinstance(value, Mapping):
        parts = value.get("date-parts")
        while isinstance(parts, list) and parts:
            parts = parts[0]
        value = parts or value.get("raw") or value.get("literal")
    if isinstance(value, str) and (match := re.match(r"\s*(\d{4})(?:[-/.]\d|\s*$)|.{0,30}\b(\d{4})\s*$", value)):
        value = match[1] or match[2]
    try:
        year = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return year if 1000 <= year <= 9999 else None


def _keywords(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(next((sign for sign in ";|" if sign in value), ","))
    if not isinstance(value, list | tuple):
        return ()
    words = (clean_line(item) for item in value if isinstance(item, str))
    return tuple(dict.fromkeys(word for word in words if 0 < len(word) <= _MAX_FIELD))
