"""Papers as JSON: one object a line, or one array of objects. Keys are those that people use, in any case."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.ingest.clean import MAX_ABSTRACT, MAX_AUTHOR, MAX_TITLE, clean_line, clean_text, paper_id
from rag.types import Paper, Rejected, TextKind

_ABSTRACT = ("abstract", "summary")
_DIGEST = ("digest", "tldr", "tl;dr")
_URL = ("url", "link", "pdf", "forum")
_VENUE = ("venue", "booktitle", "conference", "journal")
_NAME = ("name", "fullname", "full_name", "author")
_MAX_FIELD = 300
_NAMES_TOGETHER = re.compile(r"\s+·\s+|\s*;\s*|\s+and\s+|\s*,\s+(?:and\s+)?|\n")


class _Unusable(Exception):
    """Why a row is no paper."""


def parse_jsonl(lines: Iterable[tuple[int, str]], source: str) -> Iterator[Paper | Rejected]:
    """The papers of numbered JSON lines, and what is wrong with the others. Blank lines are skipped."""
    for number, line in lines:
        if line.strip():
            yield from _items(line, source, number)


def parse_json_array(text: str, source: str) -> Iterator[Paper | Rejected]:
    """The papers of a JSON array, or of an object that holds one array of objects. `line` of what is rejected is the
    item's number, counted from 1."""
    yield from _items(text, source, 0)


def _items(text: str, source: str, line: int) -> Iterator[Paper | Rejected]:
    """The paper of a JSON object, or those of an array; `line` 0 or an array counts the items instead."""
    try:
        value = _loaded(text)
    except _Unusable as reason:
        yield Rejected(source, line, str(reason))
        return
    rows = _array(value)
    for number, row in enumerate([value] if rows is None else rows, start=1):
        try:
            yield _paper(row)
        except _Unusable as reason:
            yield Rejected(source, number if rows is not None or line == 0 else line, str(reason))


def _array(value: Any) -> list[Any] | None:
    """The objects of an array of them, or of the one such array that an object without a title holds."""
    if isinstance(value, Mapping) and not {str(key).lower() for key in value} & {"title", "content"}:
        arrays = [item for item in value.values() if isinstance(item, list)]
        value = arrays[0] if len(arrays) == 1 else None
    return value if isinstance(value, list) and value and isinstance(value[0], Mapping) else None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise _Unusable("it is nested too deeply") from None
    except ValueError as error:  # a huge integer is one too
        where = ""
        if isinstance(error, json.JSONDecodeError):
            where = f" (column {error.colno})" if error.lineno == 1 else f" (line {error.lineno})"
        raise _Unusable(f"it is not valid JSON{where}") from None


def _paper(row: Any) -> Paper:
    if not isinstance(row, Mapping):
        raise _Unusable("it is not a JSON object")
    values = _flat(row)
    title = clean_line(_text(values, "title"))
    if not title:
        raise _Unusable("it has no title")
    abstract, kind = clean_text(_text(values, *_ABSTRACT)), _kind(values)
    if not abstract:
        abstract, kind = clean_text(_text(values, *_DIGEST)), "digest"
    if not abstract:
        raise _Unusable(f"it has no abstract: {title}")
    if len(title) > MAX_TITLE or len(abstract) > MAX_ABSTRACT:
        raise _Unusable(f"its title or abstract is too long ({len(title)} and {len(abstract)} characters)")
    return Paper(
        id=paper_id(title),
        title=title,
        authors=_people(values.get("authors", values.get("author"))),
        abstract=abstract,
        award=_field(values, "award"),
        url=_url(values),
        venue=_field(values, *_VENUE),
        session=_field(values, "session", "track"),
        year=_year(values.get("year")),
        keywords=_keywords(values.get("keywords")),
        text_kind=kind,
    )


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Keys in lower case; OpenReview's `{"content": {"title": {"value": …}}}` unpacked."""
    inner = row.get("content")
    merged = {**row, **inner} if isinstance(inner, Mapping) else dict(row)
    unpacked = {key: v["value"] if isinstance(v, Mapping) and set(v) >= {"value"} else v for key, v in merged.items()}
    return {str(key).strip().lower(): value for key, value in unpacked.items()}


def _text(values: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        value = values.get(key)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise _Unusable(f"its {key} is not text")
        return value
    return ""


def _field(values: Mapping[str, Any], *keys: str) -> str | None:
    """A fact that a paper need not have: what is no text, or too long to be one, is left out."""
    texts = (clean_line(values[key]) for key in keys if isinstance(values.get(key), str))
    return next((text for text in texts if 0 < len(text) <= _MAX_FIELD), None)


def _kind(values: Mapping[str, Any]) -> TextKind:
    return "digest" if values.get("text_kind") == "digest" else "abstract"


def _people(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        # "Family, Given; Family, Given" and "Family, Given and Family, Given" (BibTeX) keep their commas.
        parts = value.split(";") if ";" in value else re.split(r"\s+and\s+", value)
        together = len(parts) > 1 and (";" in value or all(part.count(",") == 1 for part in parts))
        value = parts if together else _NAMES_TOGETHER.split(value)
    if not isinstance(value, list):
        raise _Unusable("its authors are neither a list nor text")
    names = []
    for person in value:
        if isinstance(person, Mapping):
            person = next((person[key] for key in _NAME if isinstance(person.get(key), str)), None)
        if not isinstance(person, str):
            raise _Unusable("one of its authors has no name")
        name = clean_line(person)
        if len(name) > MAX_AUTHOR:
            raise _Unusable("the name of an author is too long")
        if name:
            names.append(name)
    return tuple(names)


def _url(values: Mapping[str, Any]) -> str | None:
    for key in _URL:
        value = values.get(key)
        if isinstance(value, str) and value.strip().lower().startswith(("http://", "https://")):
            return clean_line(value)
    return None


def _year(value: Any) -> int | None:
    try:
        year = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return year if 1000 <= year <= 9999 else None


def _keywords(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(r"[;,]", value)
    if not isinstance(value, list):
        return ()
    return tuple(word for word in (clean_line(item) for item in value if isinstance(item, str)) if word)
