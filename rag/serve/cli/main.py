"""The command `posterchat`: global options, and errors turned into one sentence and an exit code.

Exit codes: 0 fine, 1 the user can mend it, 2 usage, 130 interrupted. Each command is a module beside this one;
heavy libraries are imported when a command needs them, never at start.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import platform
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import rag
from rag.errors import PosterchatError
from rag.serve.cli import (
    ask,
    bench,
    chat,
    doctor,
    evaluate,
    evaluate_routes,
    evaluate_support,
    export,
    feedback,
    index,
    mcp,
    models,
    papers,
    serve,
)
from rag.serve.cli.common import Cli, OpenLibrary
from rag.serve.cli.examples import add_examples
from rag.serve.terminal import make_console, show_error
from rag.settings import Settings

LIBRARIES = ("llama-cpp-python", "chromadb", "sentence-transformers", "torch", "gradio", "numpy", "pydantic", "typer")
_FLAGS = ("--debug", "--quiet", "--allow-unpinned")
_DATA_DIR = "--data-dir"
_UNPINNED = typer.Option("--allow-unpinned", help="Load a model file that has no pinned SHA-256.")

HELP = """Chat with a conference session's papers, offline.

Every sentence of an answer carries the number of the paper it comes from, and was checked against its abstract.

\b
  posterchat index page.txt             index a saved session page, CSV, BibTeX …
  posterchat ask "who won an award?"    ask once
  posterchat chat                       ask in the terminal, with follow-ups
  posterchat serve                      ask in the browser
  posterchat doctor                     see whether all is well
"""


class AnywhereGroup(TyperGroup):
    """A group whose own options may also stand behind the command, where people type them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, hoist(args))


def hoist(args: Sequence[str]) -> list[str]:
    """`args` with the global options in front. What follows `--` stays where it is."""
    front, rest = [], []
    queue = list(args)
    while queue:
        arg = queue.pop(0)
        if arg == "--":
            rest += [arg, *queue]
            break
        if arg in _FLAGS or arg.startswith(f"{_DATA_DIR}="):
            front.append(arg)
        elif arg == _DATA_DIR and queue:
            front += [arg, queue.pop(0)]
        else:
            rest.append(arg)
    return [*front, *rest]


COMMANDS = (
    *(index, ask, chat, serve, mcp, papers, export, feedback, models),
    *(evaluate, evaluate_support, evaluate_routes, bench, doctor),
)


def make_app(open_library: OpenLibrary | None = None) -> typer.Typer:
    """The whole command line. `open_library` replaces `rag.wiring.Library`, for tests and for embedding."""
    app = typer.Typer(
        cls=AnywhereGroup,
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    @app.callback(invoke_without_command=True)
    def start(
        context: typer.Context,
        data_dir: Annotated[
            Path | None,
            typer.Option(
                "--data-dir",
                metavar="DIR",
                help="Where collections and models live; else POSTERCHAT_DATA_DIR, else the user's folder.",
            ),
        ] = None,
        debug: Annotated[bool, typer.Option("--debug", help="Show where an error happened.")] = False,
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no remarks.")] = False,
        allow_unpinned: Annotated[bool, _UNPINNED] = False,
        version: Annotated[
            bool, typer.Option("--version", help="Print the version; with -v also the libraries'.")
        ] = False,
        verbose: Annotated[bool, typer.Option("-v", help="With --version: versions of the libraries too.")] = False,
    ) -> None:
        context.obj = Cli(
            data_dir=data_dir,
            debug=debug,
            quiet=quiet,
            allow_unpinned=allow_unpinned or None,
            open_library=open_library or _open_library,
            out=make_console(),
            err=make_console(stderr=True),
        )
        if version:
            typer.echo("\n".join(version_lines(verbose)))
            raise typer.Exit
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    for module in COMMANDS:
        module.add_to(app)
    add_examples(app)
    return app


def _open_library(settings: Settings, *, purpose: str) -> Any:
    from rag.wiring import Library

    return Library(settings, purpose=purpose)


def version_lines(verbose: bool) -> list[str]:
    """`posterchat 0.1.0`, and with `verbose` Python and the libraries that answers depend on. Imports none of them."""
    lines = [f"posterchat {rag.__version__}"]
    if verbose:
        lines.append(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
        for name in LIBRARIES:
            try:
                lines.append(f"{name} {importlib.metadata.version(name)}")
            except importlib.metadata.PackageNotFoundError:
                lines.append(f"{name} is not installed")
    return lines


def main(argv: Sequence[str] | None = None, *, open_library: OpenLibrary | None = None) -> NoReturn:
    """Run the command line (default: of this process) and leave with SystemExit and the exit code.

    No exception but SystemExit comes out of it; a traceback is printed only with `--debug`.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in itertools.takewhile(lambda arg: arg != "--", arguments)
    code: str | int | None = 0
    try:
        make_app(open_library)(args=arguments, prog_name="posterchat")
    except SystemExit as leaving:
        code = leaving.code
    except KeyboardInterrupt:
        code = 130
    except Exception as error:  # the last line of defence: a user never meets a traceback
        if debug:
            traceback.print_exc()
        known = error if isinstance(error, PosterchatError) else _bug(error, debug)
        show_error(known, make_console(stderr=True))
        code = known.exit_code
    raise SystemExit(code)


def _bug(error: Exception, debug: bool) -> PosterchatError:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return PosterchatError(
        f"This is a bug of posterchat: {said}.", hint="" if debug else "Run it again with --debug to see where."
    )
