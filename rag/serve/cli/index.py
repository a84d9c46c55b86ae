"""`posterchat index`: papers from files into a collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import UsageError
from rag.serve.cli.common import Cli, JsonOption
from rag.serve.naming import default_collection, remember_collection, slug
from rag.settings import Settings
from rag.types import IndexReport, Paper, Rejected

SHOWN_REJECTED = 20
SAMPLE_FILE = "sample/iclr2022_poster_session_8.jsonl"

EPILOG = """\b
Examples:
  posterchat index page.txt
  posterchat index monday.html tuesday.bib --collection conference
  posterchat index downloads/ accepted.csv.gz --collection conference
  posterchat index --sample

Session pages (HTML or text), JSON, JSONL, CSV, BibTeX, RIS, ACL XML, arXiv Atom and OpenReview dumps are recognised
by their content, also in a folder, a zip or gzipped. Indexing the same file again changes nothing; a paper whose
text differs replaces the old one; papers that the files lack are kept.
"""


def add_to(app: typer.Typer) -> None:
    """Adds the command `index`."""
    app.command("index", epilog=EPILOG)(index)


def index(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Files of papers, folders or zips.")
    ] = None,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection", "-c", metavar="NAME", help="The collection; by default named after the first file."
        ),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Index the sample session that comes with posterchat.")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make all vectors again, also those of papers that did not change.")
    ] = False,
    all_rejected: Annotated[
        bool, typer.Option("--all-rejected", help=f"Show every rejected item, not only the first {SHOWN_REJECTED}.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Add or update papers of a collection.

    Prints how many papers were added, changed, unchanged, duplicates and rejected; each rejected item is shown
    with its file, line and reason. When a file cannot be read at all, nothing is changed.
    """
    cli = Cli.of(context)
    settings = cli.settings()
    paths, name = _sources(files or [], collection, sample=sample)
    notes: list[str] = []
    items = _all_papers(paths, notes)
    with cli.open_library(settings, purpose="index") as library, cli.bar() as progress:
        report = library.index(items, name, sources=paths, progress=progress, rebuild=rebuild)
    remember_collection(settings, name)
    directory = settings.data_dir / "collections" / name
    _show_rejected(cli, report.rejected, everything=all_rejected)
    for warning in (*notes, *report.warnings):
        cli.warn(f"Note: {warning}", style="yellow")
    if json:
        cli.json({**asdict(report), "warnings": [*notes, *report.warnings], "directory": str(directory)})
    else:
        _show(cli, report, directory, settings)
    read = report.added + report.changed + report.unchanged + report.duplicates
    raise typer.Exit(0 if read else 1)


def _sources(files: list[Path], collection: str | None, *, sample: bool) -> tuple[list[Path], str]:
    """The files to read and the collection they go into. Raises UsageError."""
    if sample and files:
        raise UsageError("--sample takes no files.", hint="Index them with a command of their own.")
    if sample:
        from rag.resources import resource

        return [resource(SAMPLE_FILE)], collection or Settings.model_fields["collection"].default
    if not files:
        raise UsageError("There is no file to index.", hint="Name one, or index the sample: posterchat index --sample")
    return files, collection or slug(files[0].stem)


def _all_papers(paths: Sequence[Path], notes: list[str]) -> Iterator[Paper | Rejected]:
    """All items of all files; `notes` gets what the readers have to say. The first is read at once, so that a file that
    cannot be read at all stops the command before any model is loaded. Raises InputError."""
    from rag.ingest.read import read_all

    return read_all(paths, note=notes.append)


def _show_rejected(cli: Cli, rejected: tuple[Rejected, ...], *, everything: bool) -> None:
    shown = rejected if everything else rejected[:SHOWN_REJECTED]
    for one in shown:
        where = f"{one.source}:{one.line}" if one.line else one.source
        cli.warn(f"{where}: {one.reason}")
    if len(shown) < len(rejected):
        cli.warn(f"and {len(rejected) - len(shown)} more; --all-rejected shows them")


def _show(cli: Cli, report: IndexReport, directory: Path, settings: Settings) -> None:
    counts = {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "duplicates": report.duplicates,
        "rejected": len(report.rejected),
    }
    cli.say(f"Collection {report.collection}: {report.total} papers, indexed in {report.seconds:.1f} s")
    width = max(len(str(count)) for count in counts.values())
    for what, count in counts.items():
        cli.out.print(f"  {what:<10} {count:>{width}}")
    cli.say(f"It is in {directory}")
    option = "" if default_collection(settings) == report.collection else f" --collection {report.collection}"
    cli.note(f'Ask it: posterchat ask{option} "..."   or: posterchat serve{option}')
