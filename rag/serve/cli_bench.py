"""`posterchat bench`: how quick answers are on this machine."""

from __future__ import annotations

import json as json_format
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import UsageError
from rag.serve.cli_common import Cli, CollectionOption, chosen_collection

EPILOG = """\b
Examples:
  posterchat bench
  posterchat bench --questions 20 --json bench.json

Leave the machine alone meanwhile: another busy program makes every figure worthless.
"""
WAYS = {"recipe": "4 whole abstracts", "missing": "paper not read before", "at_hand": "paper read before"}


def add_to(app: typer.Typer) -> None:
    """Adds the command `bench`."""
    app.command("bench", epilog=EPILOG)(bench)


def bench(
    context: typer.Context,
    collection: CollectionOption = None,
    questions: Annotated[int, typer.Option("--questions", metavar="N", min=1, help="How many questions to time.")] = 8,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="QUESTIONS.jsonl", help="Take the questions of kind fact from there."),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="OUT.json", help="Write all runs there.")] = None,
) -> None:
    """Time answers against the ordinary recipe: the same model fed the 4 nearest whole abstracts."""
    from rag.evaluate.bench import bench as run_bench
    from rag.evaluate.provenance import versions

    cli = Cli.of(context)
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    with cli.open_library(settings, purpose="bench") as library, tempfile.TemporaryDirectory() as folder:
        blocks = Path(folder) / "kv"
        with cli.busy("loading the models …"):
            plain, ours = library.new_generator(None), library.new_generator(blocks)
            assistant = replace(library.assistant(name), generator=lambda: ours)
        asked = _questions(file, questions)
        asked = asked or [f"What does “{paper.title}” propose?" for paper in library.papers(name)]
        with cli.bar() as progress:
            report = run_bench(
                assistant,
                plain,
                asked[:questions],
                max_tokens=settings.answer_tokens,
                forget_blocks=lambda: shutil.rmtree(blocks, ignore_errors=True),
                progress=progress,
            )
        plain.close()
        ours.close()
        report |= {"model": library.models.resolve(settings.llm).identity, "collection": name, "versions": versions()}
    if json is not None:
        json.write_text(json_format.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    _show(cli, report["summary"], report["questions"])


def _questions(file: Path | None, limit: int) -> list[str]:
    if file is None:
        return []
    from rag.evaluate.questions import load_questions

    found = [question.question for question in load_questions(file) if question.kind == "fact"][:limit]
    if not found:
        raise UsageError(f"{file} has no question of kind fact.", hint="Leave --file out to time made-up questions.")
    return found


def _show(cli: Cli, summary: dict[str, dict[str, float]], count: int) -> None:
    from rich.table import Table

    table = Table(title=f"Medians of {count} questions")
    for column in ("", "first quote", "first word", "ratio", "whole answer", "ratio", "prompt tokens"):
        table.add_column(column, justify="left" if not column else "right")
    for way, values in summary.items():
        quote = values.get("first_quote_s")
        table.add_row(
            WAYS[way],
            "–" if quote is None else f"{quote:.2f} s",
            f"{values['first_word_s']:.2f} s",
            f"{values['first_word_ratio']:.3f}",
            f"{values['total_s']:.2f} s",
            f"{values['total_ratio']:.3f}",
            f"{values['prompt_tokens']:.0f}",
        )
    cli.out.print(table)
