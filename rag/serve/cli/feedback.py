"""`posterchat feedback`: what readers of the chat page thought of answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rag.errors import StorageFull
from rag.serve.cli.common import Cli
from rag.serve.dump import dump_json
from rag.serve.feedback import feedback_path, read_feedback

_COLUMNS = ("at", "verdict", "word", "question", "answer", "collection", "route", "cited", "model", "index")


def add_to(app: typer.Typer) -> None:
    """Adds the command `feedback`."""
    app.command("feedback")(feedback)


def feedback(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to a file instead of the terminal.")
    ] = None,
    form: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="One JSON object a line, or a table.")
    ] = "jsonl",
    clear: Annotated[bool, typer.Option("--clear", help="Forget all verdicts once they are written.")] = False,
) -> None:
    """Export the thumbs up and down that readers of the chat page gave, with question and answer.

    They are kept in the data directory of this machine and nowhere else.
    """
    cli = Cli.of(context)
    data_dir = cli.settings().data_dir
    lines = list(read_feedback(data_dir))
    text = _table(lines) if form == "csv" else "".join(f"{dump_json(line)}\n" for line in lines)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)
    good = sum(line.get("verdict") == "up" for line in lines)
    cli.note(f"{len(lines)} in all: {good} up, {len(lines) - good} down." if lines else "There is no feedback yet.")
    if clear:
        try:
            feedback_path(data_dir).unlink(missing_ok=True)
        except OSError as error:
            raise StorageFull(f"The feedback cannot be removed: {error.strerror}.", hint="") from error


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise StorageFull(f"{out} cannot be written: {error.strerror}.", hint="Choose another file.") from error


def _table(lines: Sequence[dict[str, Any]]) -> str:
    made = io.StringIO()
    table = csv.writer(made, lineterminator="\n")
    table.writerow(_COLUMNS)
    for line in lines:
        cells = [line.get(name, "") for name in _COLUMNS]
        table.writerow([_cell(" ".join(cell) if isinstance(cell, list) else str(cell)) for cell in cells])
    return made.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
