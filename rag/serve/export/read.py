"""Answer objects read back from a file, as `ask --json`, `ask --batch` and `export --format json` write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from rag.errors import InputError
from rag.types import Answer, Citation, Coverage, Quote, Route, Sentence, Support, Timings
from rag.types.answers import Aspect, Cell, GridRow, Other, Theme

MAX_BYTES = 200_000_000
_HINT = (
    'Give what posterchat ask --json, ask --batch or export --format json wrote: "answer", "sentences", "citations".'
)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a file in their order, and what was left out, as sentences to show."""

    answers: tuple[Answer, ...]
    skipped: tuple[str, ...] = ()


def read_answers(path: Path) -> Answers:
    """The answers of `path`: one object, an array, an object with `answers`, or one object a line.

    Rows of a batch that were not answered are skipped. Raises InputError when the file cannot be read, has something
    else in it, or has no answer at all.
    """
    answers: list[Answer] = []
    skipped: list[str] = []
    for place, row in _rows(path):
        if isinstance(row, Mapping) and "error" in row and "answer" not in row:
            skipped.append(f"{path}, {place}: not answered ({row['error']})")
            continue
        try:
            answers.append(answer_from_json(row))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, {place}, is no answer object.", hint=_HINT) from error
    if not answers:
        raise InputError(f"{path} has no answers.", hint=_HINT)
    return Answers(tuple(answers), tuple(skipped))


def answer_from_json(row: Any) -> Answer:
    """The answer that `Answer.to_json` made `row` of. Raises KeyError, TypeError or ValueError when it is none."""
    coverage, timings = row["coverage"], row.get("timings", {})
    return Answer(
        question=_text(row["question"]),
        collection=_text(row["collection"]),
        route=_one_of(row["route"], get_args(Route)),
        refused=bool(row["refused"]),
        sentences=tuple(_sentence(item) for item in row["sentences"]),
        citations=tuple(_citation(item) for item in row["citations"]),
        coverage=Coverage(*(int(coverage[name]) for name in ("read", "matched", "cited"))),
        timings=Timings(**{name: timings[name] for name in Timings.__dataclass_fields__ if name in timings}),
        model=_text(row["model"]),
        index=_text(row["index"]),
        reason=None if row.get("reason") is None else _text(row["reason"]),
        nearest=tuple(_text(title) for title in row.get("nearest", ())),
        cancelled=bool(row.get("cancelled", False)),
        grid=tuple(_grid_row(item) for item in row.get("grid", ())),
        themes=tuple(Theme(_text(t["label"]), tuple(int(n) for n in t["papers"])) for t in row.get("themes", ())),
        others=tuple(Other(_text(o["paper_id"]), _text(o["title"])) for o in row.get("others", ())),
    )


def _sentence(item: Any) -> Sentence:
    quotes = tuple(_quote(quote) for quote in item["quotes"])
    support = _one_of(item["support"], get_args(Support))
    return Sentence(_text(item["text"]), tuple(int(n) for n in item["citations"]), support, quotes)


def _quote(item: Any) -> Quote:
    return Quote(int(item["n"]), _text(item["text"]), int(item["start"]), int(item["end"]))


def _grid_row(item: Any) -> GridRow:
    cells = ((int(c["n"]), c["quote"]) for c in item["cells"])
    row = tuple(Cell(n, None if quote is None else _quote(quote)) for n, quote in cells)
    return GridRow(_one_of(item["aspect"], get_args(Aspect)), row)


def _citation(item: Any) -> Citation:
    authors = tuple(_text(name) for name in item["authors"])
    url = None if item.get("url") is None else _text(item["url"])
    return Citation(int(item["n"]), _text(item["paper_id"]), _text(item["title"]), authors, url)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError(value)
    return value


def _rows(path: Path) -> list[tuple[str, Any]]:
    """Every JSON value of the file that should be an answer, with the place to name in messages."""
    text = _read(path)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        inner = whole.get("answers") if isinstance(whole, Mapping) and "answer" not in whole else whole
        rows = inner if isinstance(inner, list) else [whole]
        return [(f"item {number}", row) for number, row in enumerate(rows, start=1)]
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                rows.append((f"line {number}", json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}, line {number}, is not valid JSON.", hint=_HINT) from error
    return rows


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is over {MAX_BYTES // 1_000_000} MB.", hint="Split it.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", hint="Check the file's name.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text.", hint=_HINT) from error
