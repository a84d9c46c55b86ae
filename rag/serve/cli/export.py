"""`posterchat export` and `posterchat papers export`: answers and papers for other programs. Loads no model."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import CollectionError, StorageFull, UsageError
from rag.serve.cli.common import Cli, CollectionOption, chosen_collection
from rag.serve.export import export_answers
from rag.serve.export import export_papers as papers_as
from rag.serve.export.read import read_answers
from rag.settings import Settings
from rag.types import Answer, Paper

EPILOG = """\b
Examples:
  posterchat ask --json "which papers are about offline RL?" > answer.json
  posterchat export answer.json --out answer.md
  posterchat export answer.json --format bibtex --out cited.bib
  posterchat export answers.jsonl --format markdown > report.md
"""

OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write there instead of on standard output.")
]


class AnswerFormat(StrEnum):
    """What answers can be written as."""

    MARKDOWN = "markdown"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"
    JSON = "json"


class PaperFormat(StrEnum):
    """What papers can be written as."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"
    JSON = "json"
    JSONL = "jsonl"


def add_to(app: typer.Typer) -> None:
    """Adds the command `export`."""
    app.command("export", epilog=EPILOG)(export)


def export(
    context: typer.Context,
    answers: Annotated[
        Path, typer.Argument(metavar="ANSWERS", help="A file of answers: of ask --json, of ask --batch, or of export.")
    ],
    form: Annotated[AnswerFormat, typer.Option("--format", "-f", help="The form to write.")] = AnswerFormat.MARKDOWN,
    out: OutOption = None,
) -> None:
    """Write answers as a document, or the papers that they cite as references.

    Markdown and JSON hold whole answers; BibTeX, RIS and CSL-JSON hold the cited papers only, each once. Where the
    collection is still here, year, venue and award come from it.
    """
    cli = Cli.of(context)
    found = read_answers(answers)
    for reason in found.skipped:
        cli.warn(reason, style="yellow")
    _write(export_answers(found.answers, form.value, _known(cli.settings(), found.answers)), out)


def export_papers(
    context: typer.Context,
    collection: CollectionOption = None,
    form: Annotated[PaperFormat, typer.Option("--format", "-f", help="The form to write.")] = PaperFormat.BIBTEX,
    out: OutOption = None,
) -> None:
    """Write all papers of a collection; posterchat index makes the same papers of each form."""
    from rag.wiring import collections

    settings = Cli.of(context).settings()
    with collections(settings).catalogue(chosen_collection(settings, collection)) as catalogue:
        papers = catalogue.papers()
    _write(papers_as(papers, form.value), out)


def _known(settings: Settings, answers: Iterable[Answer]) -> dict[str, Paper]:
    """The papers of the collections that were asked, where these are here and can be read."""
    from rag.wiring import collections

    store = collections(settings)
    papers: dict[str, Paper] = {}
    for name in dict.fromkeys(answer.collection for answer in answers):
        with suppress(CollectionError, UsageError), store.catalogue(name) as catalogue:
            papers = {paper.id: paper for paper in catalogue.papers()} | papers
    return papers


def _write(text: str, out: Path | None) -> None:
    text = text.encode("utf-8", "replace").decode()
    if out is None:
        typer.echo(text, nl=False)
        return
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        if out.exists() and not out.is_file():  # a pipe or a terminal must not be replaced by a file
            out.write_text(text, encoding="utf-8", newline="\n")
            return
        aside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(aside, out)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise StorageFull(
            f"{out} cannot be written: {error.strerror or error}.", hint="Choose another file or make room."
        ) from error
