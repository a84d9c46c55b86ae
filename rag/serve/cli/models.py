"""`posterchat models`: which models there are, and getting them here."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from rag.errors import ModelCorrupt, ModelError, ModelMissing, UsageError
from rag.serve.cli.common import Cli, JsonOption, size_text
from rag.serve.cli.models_bench import bench
from rag.serve.terminal import plain, show_error


def add_to(app: typer.Typer) -> None:
    """Adds the group `models`."""
    group = typer.Typer(help="List, fetch, check and time models.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_models)
    group.command("pull")(pull)
    group.command("verify")(verify)
    group.command("bench")(bench)
    app.add_typer(group, name="models")


def list_models(context: typer.Context, json: JsonOption = False) -> None:
    """List the models of the manifest and which of them are here."""
    cli = Cli.of(context)
    store, settings = _store(cli)
    rows: list[dict[str, Any]] = [
        {
            "name": spec.name,
            "role": spec.role,
            "bytes": spec.bytes,
            "licence": spec.licence,
            "present": present,
            "bytes_present": here,
            "in_use": spec.name in (settings.llm, settings.embedder),
            "description": spec.description,
        }
        for spec, present, here in store.status()
    ]
    if json:
        cli.json(rows)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("name", "role", "size", "licence", "here", ""):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for row in rows:
        here = "yes" if row["present"] else "in part" if row["bytes_present"] else "no"
        used = "in use" if row["in_use"] else ""
        cells = (row["name"], row["role"], size_text(row["bytes"]), row["licence"], here, used)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    cli.out.print(table)
    cli.note(f"Models are kept in {settings.models_path}")


def pull(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Names that `models list` shows.")] = None,
    all_default: Annotated[
        bool, typer.Option("--all-default", help="The language model and the embedder that the settings name.")
    ] = False,
) -> None:
    """Fetch models and check them against their SHA-256.

    This is the only command that uses the network. What is here already is not fetched again; an interrupted
    pull goes on where it stopped.
    """
    cli = Cli.of(context)
    store, settings = _store(cli)
    wanted = list(names or ())
    if all_default:
        wanted += [name for name in (settings.llm, settings.embedder) if name in store.manifest.names()]
    if not wanted:
        raise UsageError(
            "There is no model to fetch.", hint="Name one of `posterchat models list`, or use --all-default."
        )
    for name in dict.fromkeys(wanted):
        store.manifest.get(name)  # an unknown name stops us before anything is fetched
    for name in dict.fromkeys(wanted):
        with cli.bar(unit_bytes=True) as progress:
            path = store.pull(name, progress=progress)
        cli.say(f"{name} is here: {path}")


def verify(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="By default all that are here.")] = None,
) -> None:
    """Read model files in full and compare them with their pinned SHA-256; a wrong file is deleted."""
    cli = Cli.of(context)
    store, _ = _store(cli)
    wanted = list(dict.fromkeys(names or [spec.name for spec, present, _ in store.status() if present]))
    if not wanted:
        raise ModelMissing("No model is on this machine.", hint="Run: posterchat models pull --all-default")
    failed: list[ModelError] = []
    for name in wanted:
        store.manifest.get(name)
        try:
            with cli.bar(unit_bytes=True) as progress:
                store.verify(name, progress=progress)
        except (ModelCorrupt, ModelMissing) as error:
            failed.append(error)
            show_error(error, cli.err)
        else:
            cli.say(f"{name} is right")
    raise typer.Exit(1 if failed else 0)


def _store(cli: Cli) -> tuple[Any, Any]:
    from rag.wiring import model_store

    settings = cli.settings()
    return model_store(settings), settings
