"""`posterchat eval-routes`: how often the router sends a question the right way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from rag.serve.cli.common import Cli
from rag.serve.cli.evaluate_retrieval import OutOption, check_out, write_report

EPILOG = """\b
Examples:
  posterchat eval-routes my_questions.jsonl
  posterchat eval-routes prompts/route_questions.jsonl --train

\b
A row is {"question", "route"}, the route one of catalogue, compare, fact, find and overview; the files of
`posterchat eval` will do, too. With --train, rows that are worded alike should share a "group".
"""


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("eval-routes", epilog=EPILOG)(evaluate_routes)


def evaluate_routes(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Questions with their routes.")],
    train: Annotated[
        bool, typer.Option("--train", help="Fit the router to these questions, and report it cross-validated.")
    ] = False,
    json: OutOption = None,
) -> None:
    """Measure which way questions go by their wording alone: no model, no collection."""
    from rag.answer.router import MODEL_FILE, Router
    from rag.evaluate import route_fit

    cli = Cli.of(context)
    check_out(json, file)
    examples = route_fit.load_examples(file)
    if train:
        with cli.busy("fitting …"):
            told = route_fit.cross_validated(examples)
            route_fit.save(route_fit.fit(examples), MODEL_FILE)
        cli.note(f"The router is in {MODEL_FILE}")
    else:
        router = Router.load()
        told = [router.probabilities(example.question) for example in examples]
    report = {"form": "posterchat-eval-routes-1", "cross_validated": train, **route_fit.figures(told, examples)}
    show(cli.out, report)
    write_report(json, report)


def show(console: Console, report: Mapping[str, Any]) -> None:
    """The figures as a table: right routes in rows, the routes taken in columns."""
    taken = report["taken_for"]
    said = ", cross-validated" if report["cross_validated"] else ""
    table = Table(
        title=f"{report['accuracy']:.3f} of {report['n']} questions go the right way{said}", title_justify="left"
    )
    for heading in ("right route", "n", "share", *taken):
        table.add_column(heading, justify="left" if heading == "right route" else "right")
    for route, row in report["routes"].items():
        table.add_row(route, str(row["n"]), f"{row['accuracy']:.3f}", *(str(count) for count in taken[route].values()))
    console.print(table)
