"""`posterchat eval-support`: how well the support checker tells supported claims from others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.serve.cli.common import Cli
from rag.serve.cli.evaluate_retrieval import OutOption, check_out, write_report

if TYPE_CHECKING:
    from rag.answer.support import SupportModel
    from rag.evaluate.support import Measured

EPILOG = """\b
Examples:
  posterchat eval-support data
  posterchat eval-support data --words-only
  posterchat eval-support data --train --json report.json

\b
DATA_DIR holds AttributionBench or WiCE files (*.jsonl), itself or in a folder `support`, and SciTLDR's in `scitldr`.
"""


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("eval-support", epilog=EPILOG)(evaluate_support)


def evaluate_support(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(metavar="DATA_DIR", help="Claims judged by people, with their sources.")],
    train: Annotated[
        bool, typer.Option("--train", help="Fit the checker to these claims, and report it cross-validated.")
    ] = False,
    words_only: Annotated[
        bool, typer.Option("--words-only", help="Measure only the model without sentence vectors: no embedding.")
    ] = False,
    json: OutOption = None,
) -> None:
    """Measure the support checker on claims judged by people, and on spoilt sentences.

    The first run embeds the sources, which takes minutes; the vectors are kept in the data directory.
    """
    from rag.answer.support import MODEL_FILE, SupportModel
    from rag.errors import UsageError
    from rag.evaluate import support

    cli = Cli.of(context)
    check_out(json, None)
    if train and words_only:
        raise UsageError("--train fits both models, with vectors and without.", hint="Leave --words-only out.")
    model = SupportModel.untrained() if train else SupportModel.load()
    measured = _gather(cli, data, model, train=train, with_vectors=not words_only)
    if train:
        content, report = support.train(measured, model)
        support.save(content, MODEL_FILE)
        cli.note(f"The checker is in {MODEL_FILE}")
    else:
        report = support.evaluate(measured, model)
    show(cli.out, report)
    write_report(json, report)


def _gather(cli: Cli, data: Path, model: SupportModel, *, train: bool, with_vectors: bool) -> Measured:
    from rag.evaluate.support import gather
    from rag.evaluate.support_data import Vectors

    if not with_vectors:
        with cli.bar() as progress:
            return gather(data, model, None, train=train, progress=progress)
    settings = cli.settings()
    with cli.open_library(settings, purpose="eval-support") as library, cli.bar() as progress:
        vectors = Vectors(settings.data_dir / "eval" / f"support-vectors-{settings.embedder}.npz", library.embedder)
        return gather(data, model, vectors, train=train, progress=progress)


def show(console: Console, report: Mapping[str, Any]) -> None:
    """The figures as tables of 80 columns, and what they are worth."""
    for kind, figures in report["models"].items():
        console.print(_judged(kind, figures["judged"]))
        if figures["made"]:
            console.print(_made(kind, figures["made"]))
    if "without" in next(iter(report["models"].values())):
        console.print(Text("Judged claims: cross-validated, by models that did not see the question or document."))
    elif report["seen"]:
        names = ", ".join(report["seen"])
        console.print(Text(f"The checker was trained on {names}: for these files the figures are too good."))


def _judged(kind: str, figures: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title=f"Judged claims, {kind}", title_justify="left")
    for heading in ("", "n", "supported", "balanced accuracy", "95 %", "AUC"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, row in figures.items():
        known = [name, str(row["n"]), str(row["supported"])]
        if "area" in row:
            interval = f"{row['low']:.3f}–{row['high']:.3f}"
            table.add_row(*known, f"{row['balanced_accuracy']:.3f}", interval, f"{row['area']:.3f}")
        else:
            table.add_row(*known, f"({row['told_rightly']:.3f} right)", "", "")
    return table


def _made(kind: str, figures: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title=f"Sentences about abstracts, {kind}", title_justify="left")
    for heading in ("", "n", "supported", "partial", "unsupported"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, row in figures.items():
        shares = (f"{row[verdict]:.3f}" for verdict in ("supported", "partial", "unsupported"))
        table.add_row(name if row["true"] else f"  {name}", str(row["n"]), *shares)
    return table
