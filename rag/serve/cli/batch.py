"""`posterchat ask --batch`: a file of questions answered in one process, resumable after any kind of death.

Each answer is written and flushed before the next question is asked. A later run keeps the answers that are
there, drops a torn last line, and asks again what failed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import InputError, PosterchatError, StorageFull, UsageError
from rag.serve.cli.common import Cli, chosen_collection, clean_input
from rag.serve.dump import dump_json
from rag.serve.terminal import stop_on_interrupt
from rag.types import Answer, Done, Event, Turn

if TYPE_CHECKING:
    import threading

MAX_ROW_BYTES = 1_000_000


class Ask(Protocol):
    """`Assistant.ask`."""

    def __call__(
        self, question: str, history: Sequence[Turn] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """A question of the input file: `line` counts from 1; `error` says why the row is not usable."""

    line: int
    id: Any
    question: str = ""
    history: tuple[Turn, ...] = ()
    error: str = ""


def last_answer(events: Iterable[Event]) -> Answer | None:
    """The answer that the events end with, or None when they end without one."""
    answer = None
    for event in events:
        if isinstance(event, Done):
            answer = event.answer
    return answer


def answer_file(cli: Cli, source: Path, target: Path, collection: str | None) -> int:
    """Answer the rows of `source` into `target`. Returns the exit code: 1 when a row failed, 130 when stopped.

    Raises InputError and UsageError before anything is written, StorageFull when `target` cannot be written.
    """
    rows = list(read_rows(source))
    if target.exists() and target.samefile(source):
        raise UsageError("--batch and --out are the same file.", hint="Name another file for the answers.")
    return answer_rows(cli, rows, target, collection, purpose="ask --batch")


def answer_rows(
    cli: Cli, rows: Sequence[Row], target: Path, collection: str | None, *, purpose: str, without: Sequence[str] = ()
) -> int:
    """Answer those of `rows` that `target` has no answer to, `without` some parts of the program. Returns and raises
    what `answer_file` does; no library is opened when nothing is left to do."""
    from rag.answer.parts import Parts

    parts = Parts.without(without)
    with _writing(target):
        done = tidy(target)
    todo = [row for row in rows if row.error or _key(row.id) not in done]
    if len(todo) < len(rows):
        cli.note(f"{len(rows) - len(todo)} of {len(rows)} rows are answered already in {target}.")
    if not todo:
        return 0
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    with cli.open_library(settings, purpose=purpose) as library:
        with cli.busy("loading the models …"):
            assistant = library.assistant(name)
            if parts.left_out:
                assistant = replace(assistant, parts=parts)
        return _answer_rows(cli, todo, assistant.ask, target)


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"The answers cannot be written to {target}: {error.strerror or error}.",
            hint="Make room or choose another file; the same command then goes on where it was.",
        ) from error


def _append(target: Path, record: dict[str, Any]) -> None:
    # One write per row, so that a kill tears at most the last line.
    with _writing(target), target.open("ab", buffering=0) as out:
        out.write((dump_json(record) + "\n").encode())


def _answer_rows(cli: Cli, rows: list[Row], ask: Ask, target: Path) -> int:
    failed = 0
    with stop_on_interrupt() as stop, cli.bar() as progress:
        for number, row in enumerate(rows):
            progress(number, len(rows), "answering")
            record = _record(cli, row, ask, stop)
            if stop.is_set():
                cli.warn(f"Stopped after {number} of {len(rows)} rows; the same command goes on from here.")
                return 130
            if "error" in record:
                failed += 1
                cli.warn(f"line {row.line}: {record['error']}")
            _append(target, record)
        progress(len(rows), len(rows), "answering")
    cli.note(f"{len(rows) - failed} rows answered, {failed} failed.")
    return 1 if failed else 0


def _record(cli: Cli, row: Row, ask: Ask, stop: threading.Event) -> dict[str, Any]:
    if row.error:
        return {"id": row.id, "error": row.error}
    try:
        answer = last_answer(ask(row.question, row.history, stop=stop))
    except PosterchatError as error:
        return {"id": row.id, "error": str(error)}
    except Exception as error:  # one question must not end the run for all others; exit code and note tell of it
        if cli.debug:
            raise
        return {"id": row.id, "error": f"a bug of posterchat: {type(error).__name__}: {error}"}
    if answer is None:
        return {"id": row.id, "error": "the answer did not come to an end"}
    return {"id": row.id, **answer.to_json()}


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file of questions; blank lines are skipped, unusable rows say why. Raises InputError when the
    file cannot be read or has no row."""
    seen: set[str] = set()
    empty = True
    try:
        with path.open("rb") as file:
            for line, raw in enumerate(file, start=1):
                if not raw.strip():
                    continue
                empty = False
                row = _parse(line, raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw)
                if not row.error and _key(row.id) in seen:
                    row = Row(line, row.id, error="the id occurs twice")
                seen.add(_key(row.id))
                yield row
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", hint="Check the file's name.") from error
    if empty:
        raise InputError(f"{path} has no rows.", hint='A row is {"id": "1", "question": "..."}.')


def _parse(line: int, raw: bytes) -> Row:
    if len(raw) > MAX_ROW_BYTES:
        return Row(line, None, error="the row is longer than 1 MB")
    try:
        value = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return Row(line, None, error="the row is not valid JSON")
    if not isinstance(value, dict):
        return Row(line, None, error="the row is no JSON object")
    known = value.get("id")
    if isinstance(known, bool) or not isinstance(known, str | int):
        return Row(line, None, error="the row has no id (a string or an integer)")
    question, history = value.get("question"), value.get("history") or []
    if not isinstance(question, str):
        return Row(line, known, error="the row has no question (a string)")
    if not isinstance(history, list) or not all(isinstance(turn, str) for turn in history):
        return Row(line, known, error="history must be a list of strings, the earlier questions")
    return Row(line, known, clean_input(question), tuple(Turn(clean_input(turn)) for turn in history))


def _key(value: Any) -> str:
    """Ids are compared as JSON, so that 1 and "1" differ."""
    return json.dumps(value)


def tidy(target: Path) -> set[str]:
    """Keep the whole answers of `target`, drop failed rows and a torn last line. Returns the keys of those kept."""
    if not target.exists():
        return set()
    keys: set[str] = set()
    kept: list[bytes] = []
    before = target.read_bytes()
    for raw in before.splitlines(keepends=True):
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError):
            if raw.endswith(b"\n") and raw.strip():
                raise UsageError(
                    f"{target} exists and is no file of answers.", hint="Name another file for the answers."
                ) from None
            continue
        if not isinstance(row, dict) or "id" not in row:
            raise UsageError(f"{target} exists and is no file of answers.", hint="Name another file for the answers.")
        if "error" not in row:
            keys.add(_key(row["id"]))
            kept.append(raw if raw.endswith(b"\n") else raw + b"\n")
    after = b"".join(kept)
    if after != before:
        fresh = target.with_name(target.name + ".tmp")
        with fresh.open("wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, target)
    return keys
