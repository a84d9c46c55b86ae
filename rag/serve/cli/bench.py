"""`posterchat bench`: how quick answers and indexing are on this machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import UsageError
from rag.serve.cli import bench_scale
from rag.serve.cli import bench_tables as tables
from rag.serve.cli.common import Cli, CollectionOption, DefaultGroup, chosen_collection
from rag.serve.cli.evaluate_retrieval import check_out, write_report
from rag.types import Paper, Progress, Prompt

if TYPE_CHECKING:
    from rag.wiring import Library

HELP = """Measure speed on this machine, as ratios to the ordinary ways of doing the same.

\b
  posterchat bench                        the same as: posterchat bench speed
  posterchat bench scale FILE --queries Q how search and index grow with the collection

Leave the machine alone meanwhile: another busy program makes every figure worthless.
"""
EPILOG = """\b
Examples:
  posterchat bench
  posterchat bench --questions 20 --json bench.json
  posterchat bench --parts decoding,cold

\b
answers    first quote, first word, whole answer, against the same model fed the 4 nearest whole abstracts
decoding   tokens a second against llama.cpp's bare loop
indexing   papers a second against SentenceTransformer.encode
cold       a new process: until the first quote, until the first word
memory     bytes in RAM over 200 answers (not part of the default: it takes minutes)
"""
PARTS = ("answers", "decoding", "indexing", "cold", "memory")
DEFAULT_PARTS = "answers,decoding,indexing,cold"
INDEXED = 300  # papers at most: enough for a rate
COLD_STARTS = 9
MEMORY_ANSWERS = 200


class BenchGroup(DefaultGroup):
    """`posterchat bench` means `posterchat bench speed`."""

    default = "speed"


def add_to(app: typer.Typer) -> None:
    """Adds the group `bench`."""
    group = typer.Typer(cls=BenchGroup, help=HELP, no_args_is_help=False, rich_markup_mode=None)
    group.command("speed", epilog=EPILOG)(bench)
    group.command("scale", epilog=bench_scale.EPILOG)(bench_scale.bench_scale)
    app.add_typer(group, name="bench")


def bench(
    context: typer.Context,
    collection: CollectionOption = None,
    questions: Annotated[int, typer.Option("--questions", metavar="N", min=1, help="How many questions to time.")] = 20,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="QUESTIONS.jsonl", help="Take the questions of kind fact from there."),
    ] = None,
    parts: Annotated[
        str, typer.Option("--parts", metavar="PART,...", help=f"What to measure: {', '.join(PARTS)}.")
    ] = DEFAULT_PARTS,
    json: Annotated[Path | None, typer.Option("--json", metavar="OUT.json", help="Write all runs there.")] = None,
) -> None:
    """Time answers, decoding, indexing and cold starts, each against the ordinary way of doing the same."""
    from rag.engines import model_identity
    from rag.evaluate.provenance import code_fingerprint, versions

    cli = Cli.of(context)
    wanted = _parts(parts)
    check_out(json, file)
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    report: dict[str, Any] = {"form": "posterchat-bench-1", "collection": name, "code": code_fingerprint()}
    report["versions"] = versions()
    with cli.open_library(settings, purpose="bench") as library, cli.bar() as progress:
        papers = library.papers(name)
        asked = (_questions(file) or [f"What does “{paper.title}” propose?" for paper in papers])[:questions]
        bench = _Bench(library, name, papers, asked, progress)
        report["model"] = model_identity(settings)
        here: dict[str, Callable[[], Any]] = {
            "answers": bench.answers,
            "decoding": bench.decoding,
            "indexing": bench.indexing,
            "memory": bench.memory,
        }
        report |= {part: here[part]() for part in wanted if part in here}
    if "cold" in wanted:  # other processes need the data directory
        from rag.evaluate.bench_process import cold_start

        place = ["--data-dir", str(settings.data_dir), "--quiet"]
        with cli.bar() as progress:
            report["cold"] = cold_start(place, asked[:COLD_STARTS], collection=name, progress=progress)
    write_report(json, report)
    tables.show_bench(cli.out, report)


def _parts(named: str) -> list[str]:
    chosen = [part.strip() for part in named.split(",") if part.strip()]
    unknown = [part for part in chosen if part not in PARTS]
    if unknown or not chosen:
        raise UsageError(f"There is no part {unknown[0] if unknown else named!r}.", hint=f"Parts: {', '.join(PARTS)}.")
    return chosen


@dataclass(frozen=True, slots=True)
class _Bench:
    library: Library
    name: str
    papers: Sequence[Paper]
    questions: Sequence[str]
    progress: Progress

    def answers(self) -> dict[str, Any]:
        from rag.evaluate.bench import bench

        with tempfile.TemporaryDirectory() as folder:
            blocks = Path(folder) / "kv"
            plain, ours = self.library.new_generator(None), self.library.new_generator(blocks)
            try:
                return bench(
                    replace(self.library.assistant(self.name), generator=lambda: ours),
                    plain,
                    self.questions,
                    max_tokens=self.library.settings.answer_tokens,
                    forget_blocks=lambda: shutil.rmtree(blocks, ignore_errors=True),
                    progress=self.progress,
                )
            finally:
                plain.close()
                ours.close()

    def decoding(self) -> dict[str, Any]:
        from rag.evaluate.bench_model import decoding

        prompts = [
            Prompt("You describe papers.", f"{paper.title}\n{paper.abstract}", "\n\nDescribe this paper at length.")
            for paper in self.papers[: len(self.questions)]
        ]
        model, engine = self.library.new_generator(None), self.library.bare_loop()

        def bare(prompt: Prompt, count: int) -> tuple[float, float]:
            stable, tail = engine.tokens(prompt)
            return engine.bare(stable + tail, count)

        try:
            return decoding(model, bare, prompts, max_tokens=64, progress=self.progress)
        finally:
            model.close()
            engine.close()

    def indexing(self) -> dict[str, Any]:
        from rag.evaluate.bench_index import indexing

        embedder = self.library.indexing_embedder()
        with tempfile.TemporaryDirectory(prefix="posterchat-") as folder:
            bare = self.library.reference_embedder()
            return indexing(self.papers[:INDEXED], embedder, bare, Path(folder), progress=self.progress)

    def memory(self) -> dict[str, Any]:
        from rag.evaluate.bench_process import memory_slope

        assistant = self.library.assistant(self.name)
        return memory_slope(assistant, self.questions, MEMORY_ANSWERS, progress=self.progress)


def _questions(file: Path | None) -> list[str]:
    if file is None:
        return []
    from rag.evaluate.questions import load_questions

    found = [question.question for question in load_questions(file) if question.kind == "fact"]
    if not found:
        raise UsageError(f"{file} has no question of kind fact.", hint="Leave --file out to time made-up questions.")
    return found
