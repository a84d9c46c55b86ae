"""Text on a terminal: cleaning of foreign text, consoles, Ctrl-C, and the events of one answer as they come."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from types import FrameType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.text import Text

from rag.errors import PosterchatError
from rag.types import (
    Answer,
    Citation,
    Compared,
    Done,
    Event,
    Evidence,
    EvidenceFound,
    GridRow,
    Grouped,
    Refused,
    Route,
    Routed,
    Searching,
    Sentence,
    SentenceChecked,
    SentenceDropped,
    Token,
    Waiting,
)

# ECMA-48: OSC/DCS/SOS/PM/APC strings with their terminator, CSI sequences, and the two-character escapes.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}  # control, formatting, surrogates, private use
_SUPPORT_MARK = {"partial": ("~ partly supported", "yellow"), "unsupported": ("! not supported", "red")}


def plain(text: str) -> str:
    """`text` as one line without anything that a terminal would obey: escape sequences, control and bidirectional
    formatting characters. Papers, models and users bring all of them."""
    kept = (char for char in _ESCAPES.sub("", text) if char.isspace() or unicodedata.category(char) not in _HIDDEN)
    return " ".join("".join(kept).split())


def make_console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is. Lines are wrapped on a terminal only: a pipe gets whole lines."""
    stream = sys.stderr if stderr else sys.stdout
    with contextlib.suppress(AttributeError, ValueError):  # a stream of a test runner may not know it
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, legacy_windows=False)
    return (
        console
        if console.is_terminal
        else Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=100_000, legacy_windows=False)
    )


def show_error(error: PosterchatError, console: Console) -> None:
    """Print what happened, line by line, and the remedy below it."""
    for line in str(error).splitlines():
        indent = len(line) - len(line.lstrip(" "))
        console.print(Text(" " * indent + plain(line)))
    if error.hint:
        console.print(Text(plain(error.hint), style="dim"))


@contextlib.contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, so that what is there of an answer can be kept; the second one
    interrupts as usual."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


def show_answer(events: Iterable[Event], console: Console) -> Answer | None:
    """Print one answer while it is made: quotes, then each sentence when it is checked, then the references.

    Returns the whole answer, or None when the events ended without `Done`. On a terminal the sentence being
    written is shown too, and goes away when it is checked; into a pipe only finished sentences go.
    """
    view = _AnswerView(console)
    with view:
        for event in events:
            view.on(event)
    return view.answer


def show_sources(evidence: Iterable[Evidence], console: Console) -> None:
    """Print every quote of the evidence below its paper."""
    for one in evidence:
        console.print(_numbered(one.n, one.paper.title, ", ".join(one.paper.authors)))
        for quote in one.quotes:
            console.print(_indented(f"“{plain(quote.text)}”", style="dim"))
        if one.paper.url:
            console.print(_indented(plain(one.paper.url), style="dim"))


class _AnswerView:
    """The state of one answer on a console. Quotes are provisional too, until the first sentence is checked:
    the paper that turns out to be the cited one gets number 1."""

    def __init__(self, console: Console) -> None:
        self.answer: Answer | None = None
        self._console = console
        self._route: Route = "fact"
        self._evidence: tuple[Evidence, ...] = ()
        self._printed: set[tuple[int, str]] = set()
        self._pending = ""
        self._writing = False
        animated = console.is_terminal and not console.is_dumb_terminal
        self._live = Live(console=console, transient=True, auto_refresh=False) if animated else None
        self._spinner = Spinner("dots", style="dim")

    def __enter__(self) -> None:
        if self._live is not None:
            self._live.start()

    def __exit__(self, *_: object) -> None:
        self._print_quotes()  # an answer that breaks off leaves what is true
        if self._live is not None:
            self._live.update(Text(""), refresh=True)
            self._live.stop()

    def on(self, event: Event) -> None:
        match event:
            case Waiting(position):
                self._status(f"{position} question{'s' if position != 1 else ''} before yours")
            case Routed(route):
                self._route = route
                self._status("searching")
            case Searching(papers):
                self._status(f"searching {papers} papers")
            case EvidenceFound(evidence):
                self._evidence = evidence
                self._status("reading")
            case Compared(grid):
                self._printed |= {(one.n, one.paper.id) for one in self._evidence}  # the grid holds their quotes
                self._print(*_grid(grid, self._evidence), "")
            case Grouped():
                pass  # its sentences say what the groups are
            case Token(text):
                self._pending += text
                reading = "reading" if self._evidence else "looking closer at the papers found"
                self._status("writing" if self._writing else reading)
            case SentenceChecked(sentence):
                self._sentence(sentence)
            case SentenceDropped():
                self._pending = ""
                self._status("reading again")
            case Refused(reason, nearest):
                self._refused(reason, nearest)
            case Done(answer):
                self._done(answer)

    def _status(self, text: str) -> None:
        if self._live is None:
            return
        self._spinner.update(text=Text(f"{text} …", style="dim"))
        pending = plain(self._pending)
        last = Text(pending, style="dim italic") if pending else self._spinner
        self._live.update(Group(*self._quotes(), last), refresh=True)

    def _quotes(self) -> list[Text]:
        """The best quote of each paper that is not printed yet. An overview is made of quotes: it needs no others."""
        if self._route == "overview" and self._writing:
            return []
        lines = []
        for one in self._evidence:
            if (one.n, one.paper.id) not in self._printed:
                line = _numbered(one.n, one.paper.title, "", style="dim")
                if one.quotes:
                    line.append(f" — “{plain(one.quotes[0].text)}”", style="dim")
                lines.append(line)
        return lines

    def _print(self, *lines: RenderableType) -> None:
        """Print for good, above the live part, which would otherwise be drawn once more as it was."""
        if self._live is not None:
            self._live.update(self._spinner)
        for line in lines:
            self._console.print(line)

    def _print_quotes(self) -> None:
        lines = self._quotes()
        self._printed |= {(one.n, one.paper.id) for one in self._evidence}
        if lines:
            self._print(*lines, "")

    def _sentence(self, sentence: Sentence) -> None:
        self._pending = ""
        self._writing = True
        self._print_quotes()
        line = Text(plain(sentence.marked))
        line.highlight_regex(r"\[\d+\]", "cyan")
        if sentence.support in _SUPPORT_MARK:
            mark, style = _SUPPORT_MARK[sentence.support]
            line.append(f"  ({mark})", style=style)
        self._print(line)
        self._status("writing")

    def _refused(self, reason: str, nearest: tuple[str, ...]) -> None:
        self._pending = ""
        self._print(Text(plain(reason)))
        if nearest:
            self._print(Text("The nearest papers:", style="dim"))
            self._print(*(_indented(f"- {plain(title)}") for title in nearest))

    def _done(self, answer: Answer) -> None:
        self.answer = answer
        self._pending = ""
        self._print_quotes()
        if answer.reason and not answer.refused:
            self._print(Text(plain(answer.reason), style="yellow"))
        if answer.citations:
            self._print("", *(_reference(citation) for citation in answer.citations))
        if answer.sentences:
            seen, took = answer.coverage, answer.timings.total_s
            text = f"{seen.read} papers searched, {seen.matched} relevant, {seen.cited} cited; {took:.1f} s"
            self._print(Text(text, style="dim"))
        if answer.others:
            self._print(Text("Not shown:", style="dim"))
            self._print(*(_indented(f"- {plain(other.title)}", style="dim") for other in answer.others))


def _grid(rows: tuple[GridRow, ...], evidence: tuple[Evidence, ...]) -> Iterator[RenderableType]:
    """A comparison as text: the papers, then for each aspect what each of them says."""
    for one in evidence:
        yield _numbered(one.n, one.paper.title, "")
    for row in rows:
        yield Text(row.aspect.capitalize(), style="bold")
        for cell in row.cells:
            said = f"“{plain(cell.quote.text)}”" if cell.quote else "not stated in the abstract"
            yield _indented(f"[{cell.n}] {said}", style="dim")


def _numbered(n: int, title: str, authors: str, *, style: str = "") -> Text:
    line = Text(style=style)
    line.append(f"[{n}] ", style="cyan")
    line.append(plain(title), style=style or "bold")
    if authors:
        line.append(f" — {plain(authors)}")
    return line


def _reference(citation: Citation) -> Text:
    line = _numbered(citation.n, citation.title, ", ".join(citation.authors))
    if citation.url:
        line.append(f" {plain(citation.url)}", style="dim")
    return line


def _indented(text: str, *, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 4), expand=False)
