"""`posterchat collections` and `posterchat papers`: what is indexed. Reads the catalogue only, loads no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from rag.errors import IndexCorrupt, IndexMismatch, PosterchatError, UsageError
from rag.serve.api.papers import by_author, folded
from rag.serve.cli.common import Cli, CollectionOption, JsonOption, chosen_collection
from rag.serve.cli.export import export_papers
from rag.serve.naming import default_collection
from rag.serve.terminal import plain
from rag.types import Paper

SHOWN_MATCHES = 10


def add_to(app: typer.Typer) -> None:
    """Adds the groups `collections` and `papers`."""
    group = typer.Typer(help="List, remove and repair collections.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_collections)
    group.command("remove")(remove)
    group.command("repair")(repair)
    app.add_typer(group, name="collections")
    group = typer.Typer(help="Look at the papers of a collection.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_papers)
    group.command("show")(show)
    group.command("export")(export_papers)
    app.add_typer(group, name="papers")


def list_collections(context: typer.Context, json: JsonOption = False) -> None:
    """List the collections with their number of papers."""
    from rag.wiring import collections

    cli = Cli.of(context)
    settings = cli.settings()
    store = collections(settings)
    found = store.list()
    for name in sorted(set(store.names()) - {info.name for info in found}):
        cli.warn(f"The collection {name} cannot be read; posterchat doctor says why.", style="yellow")
    default = default_collection(settings)
    if json:
        cli.json([{**asdict(info), "default": info.name == default} for info in found])
        return
    if not found:
        cli.note("There is no collection yet. Make one: posterchat index FILE, or: posterchat index --sample")
        return
    table = _table("name", "papers", "embedder", "")
    for info in found:
        _row(table, info.name, str(info.papers), info.embedder, "asked by default" if info.name == default else "")
    cli.out.print(table)


def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `collections list` shows.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a collection with its index. The files it was made from are not touched."""
    from rag.index.lock import DataDirLock
    from rag.wiring import collections

    cli = Cli.of(context)
    settings = cli.settings()
    store = collections(settings)
    try:
        holds = f"{store.info(name).papers} papers"
    except (IndexCorrupt, IndexMismatch):
        holds = "which cannot be read any more"
    if not yes and not typer.confirm(f"Delete the collection {name}, {holds}?", err=True):
        raise typer.Exit(1)
    with DataDirLock(settings.data_dir, "collections remove"):
        store.remove(name)
    cli.say(f"{name} is deleted.")


def repair(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `posterchat doctor` complains about.")],
) -> None:
    """Make the vectors of a collection again from its papers, and find its newest whole state if that is lost.

    The files it was made from are not needed.
    """
    from rag.index.repair import mend_pointer

    cli = Cli.of(context)
    with cli.open_library(cli.settings(), purpose="collections repair") as library, cli.bar() as progress:
        if mend_pointer(library.index_store, name):
            cli.note("The newest whole state was lost and is found again.")
        report = library.index([], name, progress=progress, rebuild=True)
    cli.say(f"{name} is whole: {report.total} papers.")


def list_papers(
    context: typer.Context,
    collection: CollectionOption = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="TEXT", help="Only papers with an author like it.")
    ] = None,
    award: Annotated[bool, typer.Option("--award", help="Only papers with an award.")] = False,
    json: JsonOption = False,
) -> None:
    """List papers in the order of the page."""
    cli = Cli.of(context)
    papers = [
        paper
        for paper in _papers(cli, collection)
        if (not award or paper.award) and (author is None or by_author(paper.authors, author))
    ]
    if json:
        cli.json([_as_json(paper, abstract=False) for paper in papers])
        return
    for paper in papers:
        line = Text(paper.id, style="dim")
        line.append(f"  {plain(paper.title)}", style="not dim bold")
        if paper.award:
            line.append(f"  [{plain(paper.award)}]", style="not dim yellow")
        line.append(f" — {plain(', '.join(paper.authors))}", style="not dim")
        cli.out.print(line)
    cli.note(f"{len(papers)} papers")


def show(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(metavar="ID-OR-TITLE", help="An id, a title, or a part of a title.")],
    collection: CollectionOption = None,
    json: JsonOption = False,
) -> None:
    """Show one paper with its abstract."""
    cli = Cli.of(context)
    found = find_paper(_papers(cli, collection), paper)
    if json:
        cli.json(_as_json(found, abstract=True))
        return
    cli.out.print(Text(plain(found.title), style="bold"))
    cli.say(", ".join(found.authors))
    about = (found.award, found.session, found.venue, str(found.year or ""), found.url, *found.identifiers, found.id)
    cli.out.print(Text(plain(" · ".join(part for part in about if part)), style="dim"))
    cli.out.print()
    if found.text_kind == "digest":
        cli.out.print(Text("(a short digest, not the abstract)", style="dim"))
    cli.say(found.abstract)


def find_paper(papers: Sequence[Paper], wanted: str) -> Paper:
    """The one paper with this id, title, or part of a title; case and accents do not matter.

    Raises PosterchatError when there is none, UsageError when there are several.
    """
    for paper in papers:
        if paper.id == wanted:
            return paper
    needle = folded(wanted)
    whole = [paper for paper in papers if folded(paper.title) == needle]
    found = whole or [paper for paper in papers if needle and needle in folded(paper.title)]
    if not found:
        raise PosterchatError(
            f"There is no paper with the id or title {wanted!r}.", hint="posterchat papers list shows all of them."
        )
    if len(found) > 1:
        titles = "".join(f"\n  {paper.id}  {paper.title}" for paper in found[:SHOWN_MATCHES])
        more = f"\n  and {len(found) - SHOWN_MATCHES} more" if len(found) > SHOWN_MATCHES else ""
        raise UsageError(
            f"{len(found)} papers fit {wanted!r}:{titles}{more}", hint="Give more of the title, or the id."
        )
    return found[0]


def _papers(cli: Cli, collection: str | None) -> list[Paper]:
    from rag.wiring import collections

    settings = cli.settings()
    with collections(settings).catalogue(chosen_collection(settings, collection)) as catalogue:
        return catalogue.papers()


def _as_json(paper: Paper, *, abstract: bool) -> dict[str, Any]:
    row = asdict(paper)
    if not abstract:
        del row["abstract"]
    return row


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "papers" else "left")
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(plain(cell)) for cell in cells))
