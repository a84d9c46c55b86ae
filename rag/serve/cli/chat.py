"""`posterchat chat`: a conversation in the terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from rag.errors import PosterchatError
from rag.serve.cli.common import Cli, CollectionOption, chosen_collection, clean_input
from rag.serve.terminal import plain, show_answer, show_error, show_sources, stop_on_interrupt
from rag.types import Event, Evidence, EvidenceFound, Turn

if TYPE_CHECKING:
    from rag.answer.pipeline import Assistant

HELP_LINES = (
    "Type a question. A follow-up may lean on the questions before it.",
    "/sources  every quote behind the last answer",
    "/new      forget the conversation",
    "/help     this text",
    "/quit     leave (Ctrl-D too)",
    "Ctrl-C stops an answer and keeps what is there.",
)


def add_to(app: typer.Typer) -> None:
    """Adds the command `chat`."""
    app.command("chat")(chat)


def chat(context: typer.Context, collection: CollectionOption = None) -> None:
    """Chat in the terminal, with follow-up questions.

    \b
    /sources shows the quotes behind the last answer, /new forgets the conversation, /help, /quit.
    Ctrl-C stops the current answer, Ctrl-D leaves.
    """
    cli = Cli.of(context)
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    with cli.open_library(settings, purpose="chat") as library:
        with cli.busy("loading the models …"):
            assistant = library.assistant(name)
        cli.note(f"Collection {name}. /help says what you can type, Ctrl-D leaves.")
        _Chat(cli, assistant).run()


class _Chat:
    """One conversation: what was asked, which papers were cited, and the last evidence."""

    def __init__(self, cli: Cli, assistant: Assistant) -> None:
        self._cli = cli
        self._assistant = assistant
        self._history: list[Turn] = []
        self._evidence: tuple[Evidence, ...] = ()

    def run(self) -> None:
        for line in _lines(self._cli):
            match line.split(maxsplit=1)[:1]:
                case []:
                    continue
                case ["/quit" | "/exit"]:
                    return
                case ["/new"]:
                    self._history, self._evidence = [], ()
                    self._cli.note("A new conversation.")
                case ["/help"]:
                    self._cli.out.print(Text("\n".join(HELP_LINES)))
                case ["/sources"]:
                    if not self._evidence:
                        self._cli.note("There is no answer with quotes yet.")
                    show_sources(self._evidence, self._cli.out)
                case [word] if word.startswith("/"):
                    self._cli.warn(f"There is no command {word}; /help lists them.")
                case _:
                    self._ask(line)

    def _ask(self, question: str) -> None:
        try:
            with stop_on_interrupt() as stop:
                answer = show_answer(
                    self._watch(self._assistant.ask(question, self._history, stop=stop)), self._cli.out
                )
        except PosterchatError as error:
            show_error(error, self._cli.err)
            return
        except KeyboardInterrupt:
            answer = None
        if answer is None or answer.cancelled:
            self._cli.note("Stopped.")
        cited = tuple(citation.paper_id for citation in answer.citations) if answer else ()
        self._history.append(Turn(question, cited))
        self._cli.out.print()

    def _watch(self, events: Iterator[Event]) -> Iterator[Event]:
        self._evidence = ()
        for event in events:
            if isinstance(event, EvidenceFound):
                self._evidence = event.evidence
            yield event


def _lines(cli: Cli) -> Iterator[str]:
    """What the user types, line by line, until Ctrl-D; Ctrl-C at the prompt only clears the line."""
    if not sys.stdin.isatty():
        for raw in sys.stdin.buffer:
            line = raw.decode("utf-8", "replace").strip()
            cli.note(f"> {plain(line)}")
            yield line
        return
    with contextlib.suppress(ImportError):  # line editing and history where the platform has them
        import readline  # noqa: F401
    while True:
        try:
            yield clean_input(input("> ").strip())
        except EOFError:
            cli.out.print()
            return
        except KeyboardInterrupt:
            cli.out.print()
