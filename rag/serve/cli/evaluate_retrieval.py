"""`posterchat eval retrieval`: how good the search is, without a language model. Also what both commands share."""

from __future__ import annotations

import json as json_format
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import UsageError
from rag.serve.cli import evaluate_tables as tables
from rag.serve.cli.common import Cli, CollectionOption, chosen_collection
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.evaluate.ranking import Measure
    from rag.evaluate.retrieval import Query
    from rag.wiring import Library

EPILOG = """\b
Examples:
  posterchat eval retrieval questions.jsonl
  posterchat eval retrieval --beir scifact --collection scifact
"""

KindsOption = Annotated[
    str | None, typer.Option("--kinds", metavar="KIND,...", help="Only questions of these kinds, e.g. fact,find.")
]
LimitOption = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N questions.")]
OutOption = Annotated[Path | None, typer.Option("--json", metavar="OUT.json", help="Write the whole report there.")]


def evaluate_retrieval(
    context: typer.Context,
    questions: Annotated[
        Path | None,
        typer.Argument(metavar="QUESTIONS.jsonl", help='Questions with gold titles, or rows {"query", "title"}.'),
    ] = None,
    collection: CollectionOption = None,
    beir: Annotated[
        Path | None, typer.Option("--beir", metavar="DIR", help="A test collection in the form of BEIR instead.")
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Rank by vectors of whole abstracts, too, as leaderboards do; embeds them all."),
    ] = False,
    kinds: KindsOption = None,
    limit: LimitOption = None,
    json: OutOption = None,
) -> None:
    """Measure the search alone, without a language model.

    Compares vectors, words, and both fused in several ways on the same queries. With --beir the corpus is indexed
    first, into --collection or into a temporary one, which takes minutes.
    """
    cli = Cli.of(context)
    if (questions is None) == (beir is None):
        raise UsageError("Name either a file of questions or --beir DIR.", hint="posterchat eval retrieval FILE")
    check_out(json, questions)
    if beir is not None:
        if kinds:
            raise UsageError("--kinds is for files of questions.", hint="Leave it out with --beir.")
        result = _measure_beir(cli, beir, collection, limit, whole=whole)
    else:
        assert questions is not None
        result = _measure_questions(cli, questions, collection, kind_names(kinds), limit, whole=whole)
    tables.show_retrieval(cli.out, result)
    write_report(json, result)


def _measure_questions(
    cli: Cli, path: Path, collection: str | None, kinds: list[str], limit: int | None, *, whole: bool
) -> dict[str, Any]:
    from rag.evaluate.questions import choose, load_queries
    from rag.evaluate.ranking import QUESTION_MEASURES
    from rag.evaluate.retrieval import queries

    chosen = choose(load_queries(path), kinds, limit)
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    with cli.open_library(settings, purpose="eval retrieval") as library:
        asked, lacking = queries(chosen, library.papers(name))
        if not asked:
            raise UsageError(
                f"No chosen question of {path} can be searched: it takes gold titles and no history.",
                hint="Choose others with --kinds.",
            )
        for title in lacking[:5]:
            cli.warn(f"{name} has no paper {title!r}; it counts as not found.", style="yellow")
        if len(lacking) > 5:
            cli.warn(f"and {len(lacking) - 5} more titles", style="yellow")
        return {"file": path.name, "lacking": len(lacking)} | _measure(
            cli, library, name, asked, QUESTION_MEASURES, whole
        )


def _measure_beir(cli: Cli, folder: Path, collection: str | None, limit: int | None, *, whole: bool) -> dict[str, Any]:
    from rag.evaluate.beir import read_corpus, read_queries
    from rag.evaluate.ranking import BEIR_MEASURES

    asked = read_queries(folder)[:limit]
    source = f"beir:{folder.resolve().name}"
    with (
        _place_for(cli, collection, source) as (settings, name),
        cli.open_library(settings, purpose="eval retrieval") as library,
    ):
        with cli.bar() as progress:
            library.index(read_corpus(folder), name, sources=[source], progress=progress)
        return {"file": source} | _measure(cli, library, name, asked, BEIR_MEASURES, whole)


@contextmanager
def _place_for(cli: Cli, collection: str | None, source: str) -> Iterator[tuple[Settings, str]]:
    """Settings and a collection for a test corpus: the named one, unless it holds anything else, or a passing one."""
    from rag.wiring import collections

    settings = cli.settings()
    if collection is None:
        with tempfile.TemporaryDirectory(prefix="posterchat-", ignore_cleanup_errors=True) as passing:
            update = {"data_dir": Path(passing), "models_dir": settings.models_path}
            yield settings.model_copy(update=update), "beir"
        return
    store = collections(settings)
    if collection in store.names() and set(store.info(collection).sources) != {source}:
        raise UsageError(f"The collection {collection} holds other papers.", hint="Name another --collection.")
    yield settings, collection


def _measure(
    cli: Cli, library: Library, name: str, asked: list[Query], measures: Mapping[str, Measure], whole: bool
) -> dict[str, Any]:
    from rag.evaluate.bench_process import memory_bytes
    from rag.evaluate.provenance import code_fingerprint, versions
    from rag.evaluate.retrieval import FORM, WholeAbstracts, measure
    from rag.retrieve.search import Searcher

    with cli.busy("loading the embedding model …"):
        embedder, relevance = library.embedder(), library.relevance()
    with library.index_store.open(name, embedder) as collection, cli.bar() as progress:
        searcher = Searcher(collection.catalogue, collection.vectors, embedder, relevance)
        by_whole = WholeAbstracts(collection.catalogue.papers(), embedder, progress=progress) if whole else None
        figures = measure(asked, searcher, measures, whole=by_whole, progress=progress)
        return {
            "form": FORM,
            "collection": name,
            "papers": collection.info.papers,
            "index": f"{collection.info.fingerprint}/{collection.info.generation}",
            "embedder": embedder.name,
            "code": code_fingerprint(),
            "versions": versions(),
            "memory_bytes": memory_bytes(),
            **figures,
        }


def kind_names(kinds: str | None) -> list[str]:
    """The kinds that `--kinds` names, none when all are meant."""
    return [name.strip() for name in (kinds or "").split(",") if name.strip()]


def check_out(out: Path | None, questions: Path | None) -> None:
    """Hours of answering must not end at a file that cannot be written. Raises UsageError."""
    if out is None:
        return
    if questions is not None and out.exists() and questions.exists() and out.samefile(questions):
        raise UsageError(f"{out} is the file of questions.", hint="Name another file.")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError(f"{out} is no place for a file.", hint="Name a file in a folder that exists.")


def write_report(out: Path | None, report: dict[str, Any]) -> None:
    """Write the report of `--json`, in one step. Raises StorageFull."""
    if out is None:
        return
    from rag.index.files import storage_errors, write_atomic

    with storage_errors(out):
        write_atomic(out, json_format.dumps(report, indent=1) + "\n")
