"""Files of questions with known right answers, and files of answers to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError

FORM = 'A row is {"id": "q1", "kind": "fact", "question": "...", "gold": ["a title"], "must": [["any", "of"]]}.'
ABSTAIN_KINDS = frozenset({"unanswerable", "adversarial"})
# The order in which kinds are shown; others follow by name.
KINDS = ("fact", "find", "compare", "subfield", "meta", "followup", "unanswerable", "adversarial")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `gold` are titles that a right answer cites, `optional` titles that it may cite; of each group of
    `must` it contains at least one string. `history` are the user's earlier turns, `line` counts from 1."""

    id: str | int
    kind: str
    question: str
    gold: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    must: tuple[tuple[str, ...], ...] = ()
    history: tuple[str, ...] = ()
    line: int = 0

    @property
    def should_abstain(self) -> bool:
        """Whether the papers have no answer, so that refusing, or citing nothing, is right."""
        return self.kind in ABSTAIN_KINDS and not self.gold


def key(identifier: object) -> str:
    """Ids are compared as JSON, so that 1 and "1" differ."""
    return json.dumps(identifier)


def load_questions(path: Path) -> list[Question]:
    """The questions of a JSONL file, in order. Raises InputError that names the line, also when there are none."""
    return _distinct(path, (_question(path, line, row) for line, row in _rows(path)))


def load_queries(path: Path) -> list[Question]:
    """Like `load_questions`, for measuring search alone: rows `{"query", "title"}`, each looking for one paper, are
    taken too (of kind `known-item`). Raises InputError."""
    found = []
    for line, row in _rows(path):
        if "query" in row:
            text, title = _text(path, line, row, "query"), _text(path, line, row, "title")
            found.append(Question(f"line {line}", "known-item", text, gold=(title,), line=line))
        else:
            found.append(_question(path, line, row))
    return _distinct(path, found)


def choose(questions: Sequence[Question], kinds: Sequence[str] = (), limit: int | None = None) -> list[Question]:
    """The questions of these kinds (all, when none is named), at most `limit`. Raises InputError for a kind that no
    question has."""
    known = in_order({question.kind for question in questions})
    for kind in kinds:
        if kind not in known:
            raise InputError(f"No question is of the kind {kind!r}.", hint=f"There are: {', '.join(known)}.")
    return [question for question in questions if not kinds or question.kind in kinds][:limit]


def in_order(kinds: set[str]) -> list[str]:
    """Kinds in the order in which they are shown."""
    return [kind for kind in KINDS if kind in kinds] + sorted(kinds - set(KINDS))


def fingerprint(questions: Sequence[Question]) -> str:
    """Twelve hex digits over what is asked: ids, questions and histories, not over what counts as right."""
    asked = [[question.id, question.question, question.history] for question in questions]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def load_answers(path: Path) -> dict[str, Row]:
    """Answer objects by `key` of their id, none when there is no such file. The first whole answer counts, an error
    row only where there is none; a torn last line is skipped. Raises InputError when it is no file of answers."""
    if not path.exists():
        return {}
    found: dict[str, Row] = {}
    for line, row in _rows(path, torn_end=True):
        identifier = key(row.get("id"))
        if "error" not in row and not _is_answer(row):
            raise InputError(f"{path}:{line}: the row is no answer.", hint="Name a file that `eval` or `ask` wrote.")
        if identifier not in found or "error" in found[identifier]:
            found[identifier] = row
    return found


def check_same_questions(questions: Sequence[Question], answers: Mapping[str, Row], path: Path) -> None:
    """Raises InputError when an answer of `path` was given to another question than the one of that id."""
    for question in questions:
        asked = answers.get(key(question.id), {}).get("question", question.question)
        if asked != question.question.encode("utf-8", "replace").decode():
            raise InputError(
                f"{path} answers another question under the id {question.id!r}.", hint="Name another file of answers."
            )


def _is_answer(row: Row) -> bool:
    citations, sentences = row.get("citations"), row.get("sentences")
    return (
        "id" in row
        and isinstance(row.get("answer"), str)
        and isinstance(citations, list)
        and all(isinstance(one, dict) and isinstance(one.get("title"), str) for one in citations)
        and isinstance(sentences, list)
        and all(isinstance(one, dict) for one in sentences)
    )


def _rows(path: Path, *, torn_end: bool = False) -> Iterator[tuple[int, Row]]:
    """JSON objects with their line numbers. Blank lines are skipped."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", hint="Check the file's name.") from error
    for line, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError) as error:
            if torn_end and line == len(lines):
                return
            raise _wrong(path, line, "the row is not valid JSON") from error
        if not isinstance(row, dict):
            raise _wrong(path, line, "the row is no JSON object")
        yield line, row


def _question(path: Path, line: int, row: Row) -> Question:
    identifier = row.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        raise _wrong(path, line, "the row has no id (a string or an integer)")
    if not _text(path, line, row, "kind"):
        raise _wrong(path, line, "kind is empty")
    if "gold" not in row:
        raise _wrong(path, line, "the row has no gold (a list of titles, empty when nothing is to be cited)")
    must = row.get("must") or []
    if not isinstance(must, list) or not all(must) or not all(_is_texts(group) for group in must):
        raise _wrong(path, line, "must is to be a list of lists of strings, none of them empty")
    return Question(
        id=identifier,
        kind=row["kind"],
        question=_text(path, line, row, "question"),
        gold=_texts(path, line, row, "gold"),
        optional=_texts(path, line, row, "optional"),
        must=tuple(tuple(group) for group in must),
        history=_texts(path, line, row, "history"),
        line=line,
    )


def _text(path: Path, line: int, row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise _wrong(path, line, f"the row has no {name} (a string)")
    return value


def _texts(path: Path, line: int, row: Row, name: str) -> tuple[str, ...]:
    value = row.get(name) or []
    if not _is_texts(value):
        raise _wrong(path, line, f"{name} is to be a list of strings, none of them empty")
    return tuple(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value)


def _distinct(path: Path, questions: Iterator[Question] | list[Question]) -> list[Question]:
    seen: set[str] = set()
    found = []
    for question in questions:
        if key(question.id) in seen:
            raise _wrong(path, question.line, f"the id {question.id!r} occurs twice")
        seen.add(key(question.id))
        found.append(question)
    if not found:
        raise InputError(f"{path} has no questions.", hint=FORM)
    return found


def _wrong(path: Path, line: int, reason: str) -> InputError:
    return InputError(f"{path}:{line}: {reason}.", hint=FORM)
