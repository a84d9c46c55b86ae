"""Papers as JSON: one object a line, one array of objects, or an object that holds arrays of them somewhere inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.ingest.fields import Unusable, looks_like_paper, paper_of
from rag.types import Paper, Rejected

_OBJECT = re.compile(r'\{\s*"')
_MOST_FAILURES = 200  # each may read to the end of the text


def parse_jsonl(lines: Iterable[tuple[int, str]], source: str) -> Iterator[Paper | Rejected]:
    """The papers of numbered JSON lines, and what is wrong with the others. Blank lines are skipped."""
    for number, line in lines:
        if line.strip():
            yield from _items(line, source, number)


def parse_json_array(text: str, source: str) -> Iterator[Paper | Rejected]:
    """The papers of one JSON value. `line` of what is rejected is the item's number, counted from 1. Of a value that is
    cut off or damaged the whole papers come, too."""
    yield from _items(text, source, 0)


def parse_records(rows: Iterable[tuple[int, Any]], source: str) -> Iterator[Paper | Rejected]:
    """The papers of mappings with their line, and why others are none."""
    for line, row in rows:
        try:
            yield paper_of(row)
        except Unusable as reason:
            yield Rejected(source, line, str(reason))


def _items(text: str, source: str, line: int) -> Iterator[Paper | Rejected]:
    """The paper of a JSON object, or those of an array; `line` 0 or an array counts the items instead."""
    try:
        value = _loaded(text)
    except Unusable as reason:
        yield Rejected(source, line, str(reason))
        if line == 0:
            yield from parse_records(enumerate(_whole_papers(text), start=1), source)
        return
    rows = paper_rows(value)
    if rows is None:
        yield from parse_records([(line or 1, value)], source)
    else:
        yield from parse_records(enumerate(rows, start=1), source)


def paper_rows(value: Any) -> list[Any] | None:
    """The objects of all arrays, or objects of objects, in which some look like papers; None when `value` itself is
    to be taken as one. Order is kept. What such an array holds beside papers is returned too, to be reported."""
    if looks_like_paper(value):
        return None
    rows: list[Any] = []
    waiting = [value] if isinstance(value, Mapping | list) else []
    while waiting:
        inside = waiting.pop()
        children = list(inside.values()) if isinstance(inside, Mapping) else inside
        if any(map(looks_like_paper, children)):
            rows += (
                children if isinstance(inside, list) else [child for child in children if isinstance(child, Mapping)]
            )
        else:
            waiting += [child for child in reversed(children) if isinstance(child, Mapping | list)]
    return rows or _only_array(value)


def _whole_papers(text: str) -> Iterator[Any]:
    """The papers that stand undamaged in JSON which is cut off or damaged somewhere."""
    decoder = json.JSONDecoder()
    at = failures = 0
    while failures < _MOST_FAILURES and (match := _OBJECT.search(text, at)):
        at = match.start() + 1
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            failures += 1
            continue
        if looks_like_paper(value):
            yield value
            at = end


def _only_array(value: Any) -> list[Any] | None:
    """Where nothing looks like a paper: the objects of an array, or of the one array that an object without a title
    holds, so that each can be said to lack what it lacks."""
    if isinstance(value, Mapping) and not {str(key).lower() for key in value} & {"title", "content"}:
        arrays = [item for item in value.values() if isinstance(item, list)]
        value = arrays[0] if len(arrays) == 1 else None
    return value if isinstance(value, list) and value and isinstance(value[0], Mapping) else None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise Unusable("it is nested too deeply") from None
    except ValueError as error:  # a huge integer is one too
        where = ""
        if isinstance(error, json.JSONDecodeError):
            where = f" (column {error.colno})" if error.lineno == 1 else f" (line {error.lineno})"
        raise Unusable(f"it is not valid JSON{where}") from None
