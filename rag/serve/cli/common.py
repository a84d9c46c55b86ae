"""What every command shares: global options, consoles, settings, and how a library is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text
from typer.core import TyperGroup

from rag.errors import UnknownCollection
from rag.serve.dump import dump_json
from rag.serve.naming import default_collection
from rag.serve.terminal import plain
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from rag.wiring import Library

CollectionOption = Annotated[
    str | None,
    typer.Option("--collection", "-c", metavar="NAME", help="The collection; by default the one last indexed."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]


class OpenLibrary(Protocol):
    """How a command gets its library: `rag.wiring.Library`, or a stand-in of the same shape."""

    def __call__(self, settings: Settings, *, purpose: str) -> Library: ...


@dataclass(frozen=True)
class Cli:
    """The global options and what follows from them. `out` is for results, `err` for everything else."""

    data_dir: Path | None
    debug: bool
    quiet: bool
    open_library: OpenLibrary
    out: Console
    err: Console
    allow_unpinned: bool | None = None

    @classmethod
    def of(cls, context: typer.Context) -> Cli:
        """The one that the global callback made for this run."""
        cli = context.find_object(cls)
        assert cli is not None
        return cli

    def settings(self) -> Settings:
        """The settings with `--data-dir` and `--allow-unpinned` applied. Raises UsageError."""
        return load_settings(data_dir=self.data_dir, allow_unpinned=self.allow_unpinned)

    def note(self, text: str, *, style: str = "dim") -> None:
        """A remark on standard error; `--quiet` leaves it out."""
        if not self.quiet:
            self.warn(text, style=style)

    def warn(self, text: str, *, style: str = "") -> None:
        """A line on standard error, `--quiet` or not."""
        self.err.print(Text(plain(text), style=style))

    def say(self, text: str) -> None:
        """A line of the result."""
        self.out.print(Text(plain(text)))

    def json(self, value: Any) -> None:
        """One JSON value on one line of standard output."""
        typer.echo(dump_json(value))

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Shows that something takes a while, on a terminal only."""
        if self.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(Text(what, style="dim")):
            yield

    @contextmanager
    def bar(self, *, unit_bytes: bool = False) -> Iterator[BarProgress]:
        """A progress bar on standard error, on a terminal only."""
        count = DownloadColumn() if unit_bytes else MofNCompleteColumn()
        text = TextColumn("{task.description}", markup=False)
        columns = (SpinnerColumn(), text, BarColumn(), TaskProgressColumn(show_speed=True), count, TimeElapsedColumn())
        hidden = self.quiet or not self.err.is_terminal
        with Progress(*columns, console=self.err, transient=True, disable=hidden) as progress:
            yield BarProgress(progress)


class DefaultGroup(TyperGroup):
    """A group of commands of which `default` is meant when none is named."""

    default = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = args[:1] or ([] if self.no_args_is_help else [""])
        if named and named[0] not in {*self.commands, *ctx.help_option_names}:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


class BarProgress:
    """`rag.types.Progress` as a bar of rich; a new `what` replaces the text."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def __call__(self, done: int, total: int | None, what: str) -> None:
        self._progress.update(self._task, completed=done, total=total, description=plain(what))


def clean_input(text: str) -> str:
    """`text` with bytes of the command line that are no UTF-8, and lone surrogates, replaced by `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def chosen_collection(settings: Settings, named: str | None) -> str:
    """The collection that `--collection` names, else the default one; looked up before anything heavy is loaded.

    Raises UnknownCollection, IndexCorrupt, IndexMismatch, or UsageError for a name that cannot be one.
    """
    from rag.wiring import collections

    store = collections(settings)
    if not store.names():
        raise UnknownCollection(
            "Nothing is indexed yet.",
            hint="Index a file: posterchat index FILE, or the sample: posterchat index --sample",
        )
    name = named or default_collection(settings)
    store.info(name)
    return name


def size_text(count: int) -> str:
    """Bytes for people: `91 MB`, `1.1 GB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
