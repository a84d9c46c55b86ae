"""`posterchat eval`: how good the answers are, and the search alone, on questions whose right answers are known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.serve.cli import evaluate_retrieval
from rag.serve.cli import evaluate_tables as tables
from rag.serve.cli.batch import Row, answer_rows
from rag.serve.cli.common import Cli, CollectionOption, DefaultGroup, chosen_collection, clean_input
from rag.serve.cli.evaluate_retrieval import KindsOption, LimitOption, OutOption, check_out, kind_names, write_report
from rag.types import Turn

if TYPE_CHECKING:
    from rag.evaluate.questions import Question

DEFAULT = "answers"

HELP = """Measure the answers, or the search alone, on questions whose right answers are known.

\b
  posterchat eval questions.jsonl             the same as: posterchat eval answers questions.jsonl
  posterchat eval retrieval questions.jsonl   search alone: seconds, no language model
"""
EPILOG = """\b
Examples:
  posterchat eval questions.jsonl --json new.json
  posterchat eval questions.jsonl --kinds fact,find --limit 20 --show-failures
  posterchat eval questions.jsonl --json new.json --compare old.json
  posterchat eval questions.jsonl --kinds fact --without said,number --json less.json

\b
A row is {"id", "kind", "question", "gold": [titles], "optional"?: [titles], "must"?: [[any, of], ...],
"history"?: [earlier questions]}. Answers are kept: stopped, the same command goes on where it was.
"""


class EvalGroup(DefaultGroup):
    """`posterchat eval FILE` means `posterchat eval answers FILE`."""

    default = DEFAULT


def add_to(app: typer.Typer) -> None:
    """Adds the group `eval`."""
    group = typer.Typer(cls=EvalGroup, help=HELP, no_args_is_help=True, rich_markup_mode=None)
    group.command(DEFAULT, epilog=EPILOG)(evaluate_answers)
    group.command("retrieval", epilog=evaluate_retrieval.EPILOG)(evaluate_retrieval.evaluate_retrieval)
    app.add_typer(group, name="eval")


def evaluate_answers(
    context: typer.Context,
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions with their right answers.")],
    collection: CollectionOption = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Answers to score; those it lacks are made and added to it."),
    ] = None,
    kinds: KindsOption = None,
    limit: LimitOption = None,
    json: OutOption = None,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="OLD.json", help="Show what changed since this report of --json."),
    ] = None,
    show_failures: Annotated[
        bool, typer.Option("--show-failures", help="Show every question that did not pass, and why.")
    ] = False,
    without: Annotated[
        str | None,
        typer.Option(
            "--without", metavar="PARTS", help="Parts of the program to leave out, with commas: what do they bring?"
        ),
    ] = None,
) -> None:
    """Answer the questions and score the answers.

    Shows per kind of question: right papers cited, right answers, sentences supported, right and wrong refusals,
    times. Below each share stands its 95 % bootstrap interval.
    """
    from rag.answer.parts import Parts
    from rag.evaluate.compare import compare as compare_reports
    from rag.evaluate.compare import load_report
    from rag.evaluate.questions import choose, load_questions

    cli = Cli.of(context)
    everything = load_questions(questions)
    chosen = choose(everything, kind_names(kinds), limit)
    old = load_report(compare) if compare else None
    check_out(json, questions)
    check_out(answers, questions)
    left_out = Parts.without((without or "").split(",")).left_out
    made_by = _program() | ({"without": ", ".join(left_out)} if left_out else {})
    target = answers or _answers_file(cli, questions, everything, collection, made_by, beside=json)
    report, code = _report(cli, questions, chosen, target, collection, made_by, left_out, named=answers is not None)
    if old and compare:
        report["compared"] = {"with": compare.name} | compare_reports(old, report)
    write_report(json, report)
    tables.show_report(cli.out, report)
    if show_failures:
        tables.show_failures(cli.out, report)
    if "compared" in report:
        tables.show_comparison(cli.out, report["compared"])
    cli.note(f"The answers are in {target}")
    raise typer.Exit(code)


def _report(
    cli: Cli,
    path: Path,
    chosen: list[Question],
    target: Path,
    collection: str | None,
    made_by: dict[str, str],
    left_out: Sequence[str],
    *,
    named: bool,
) -> tuple[dict[str, Any], int]:
    """Answer what `target` lacks and score all. Returns the report and the exit code; raises Exit when stopped."""
    from rag.evaluate.provenance import versions
    from rag.evaluate.questions import check_same_questions, fingerprint, key, load_answers
    from rag.evaluate.report import make_report
    from rag.evaluate.score import score

    kept = load_answers(target)
    check_same_questions(chosen, kept, target)
    rows = [_row(question) for question in chosen]
    code = answer_rows(cli, rows, target, collection, purpose="eval", without=left_out)
    if code == 130:
        raise typer.Exit(code)
    made = load_answers(target)
    answers = [made[key(question.id)] for question in chosen]
    scores = [score(question, answer) for question, answer in zip(chosen, answers, strict=True)]
    # Answers that were in a file of the user's may come from another version.
    unknown = named and any("error" not in kept.get(key(question.id), {"error": ""}) for question in chosen)
    about = {
        "questions": {"file": path.name, "n": len(chosen), "fingerprint": fingerprint(chosen)},
        **(dict.fromkeys(made_by) if unknown else made_by),
        "versions": versions(),
    }
    report = make_report(scores, answers, about)
    for what in ("model", "index", "collection"):
        if len(report[what]) > 1:
            cli.warn(f"The answers in {target} are not all of one {what}: {', '.join(report[what])}.", style="yellow")
    return report, code


def _row(question: Question) -> Row:
    history = tuple(Turn(clean_input(earlier)) for earlier in question.history)
    return Row(question.line, question.id, clean_input(question.question), history)


def _program() -> dict[str, str]:
    from rag.answer.prompts import Prompts
    from rag.evaluate.provenance import code_fingerprint

    return {"prompts": Prompts.load().fingerprint, "code": code_fingerprint()}


def _answers_file(
    cli: Cli,
    questions: Path,
    everything: list[Question],
    collection: str | None,
    made_by: dict[str, str],
    *,
    beside: Path | None,
) -> Path:
    """Where answers are kept when no file is named: beside the report, else in the data directory. The name changes
    with everything that shapes an answer, so that old ones are never scored as new."""
    from rag.engines import model_identity
    from rag.evaluate.questions import fingerprint
    from rag.index.files import storage_errors
    from rag.wiring import collections

    settings = cli.settings()
    info = collections(settings).info(chosen_collection(settings, collection))
    parts = [
        *made_by.values(),
        fingerprint(everything),
        info.name,
        info.fingerprint,
        info.generation,
        model_identity(settings),
    ]
    parts += [str(settings.context_tokens), str(settings.answer_tokens)]
    stamp = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    if beside is not None:
        return beside.with_name(f"{beside.stem}.answers-{stamp}.jsonl")
    folder = settings.data_dir / "eval"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{questions.stem}.answers-{stamp}.jsonl"
