"""`posterchat ask`: one question, or a file of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import UsageError
from rag.serve.cli.batch import answer_file, last_answer
from rag.serve.cli.common import Cli, CollectionOption, JsonOption, chosen_collection, clean_input
from rag.serve.terminal import show_answer, stop_on_interrupt
from rag.types import Turn

EPILOG = """\b
Examples:
  posterchat ask "what was the poisoning rate in the backdoor paper?"
  posterchat ask --json "which papers are about offline RL?" > answer.json
  posterchat ask --history "which papers use diffusion?" "and which of them is fastest?"
  posterchat ask --batch questions.jsonl --out answers.jsonl

\b
A row of --batch is {"id": ..., "question": "...", "history": ["earlier question", ...]}; one answer
object with the same id is written for each. Stopped, the same command goes on where it was.
"""


def add_to(app: typer.Typer) -> None:
    """Adds the command `ask`."""
    app.command("ask", epilog=EPILOG)(ask)


def ask(
    context: typer.Context,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="The question; `-` reads it from standard input.")
    ] = None,
    collection: CollectionOption = None,
    json: JsonOption = False,
    history: Annotated[
        list[str] | None,
        typer.Option("--history", metavar="QUESTION", help="An earlier question, oldest first; repeatable."),
    ] = None,
    batch: Annotated[
        Path | None, typer.Option("--batch", metavar="IN.jsonl", help="Answer every row of this file.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="OUT.jsonl", help="Where the answers of --batch go.")
    ] = None,
) -> None:
    """Ask a question and get an answer with checked citations.

    The quotes come first, then the answer sentence by sentence, then the papers it cites. A sentence that
    its paper supports only in part, or not at all, is marked. When the papers say nothing about it, that is
    the answer. Ctrl-C stops and keeps what is there.
    """
    cli = Cli.of(context)
    if batch is not None or out is not None:
        if question is not None or history or json:
            raise UsageError("--batch and --out take no question, --history or --json.", hint="Put them into the file.")
        if batch is None or out is None:
            raise UsageError("--batch and --out belong together.", hint="Name both files.")
        raise typer.Exit(answer_file(cli, batch, out, collection))
    if question is None:
        raise UsageError("There is no question.", hint='Write it behind the command: posterchat ask "..."')
    text = clean_input(_from_stdin() if question == "-" else question)
    turns = [Turn(clean_input(earlier)) for earlier in history or ()]
    raise typer.Exit(_answer_one(cli, text, turns, collection, as_json=json))


def _from_stdin() -> str:
    # Bytes, so that a wrong locale or broken UTF-8 cannot stop us.
    return sys.stdin.buffer.read().decode("utf-8", "replace").strip()


def _answer_one(cli: Cli, question: str, history: list[Turn], collection: str | None, *, as_json: bool) -> int:
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    with cli.open_library(settings, purpose="ask") as library:
        with cli.busy("loading the models …"):
            library.expect(question, name)
            assistant = library.assistant(name)
        with stop_on_interrupt() as stop:
            events = assistant.ask(question, history, stop=stop)
            answer = last_answer(events) if as_json else show_answer(events, cli.out)
    if as_json and answer is not None:
        cli.json(answer.to_json())
    if answer is None or answer.cancelled:
        cli.note("Stopped.")
        return 130
    return 0
