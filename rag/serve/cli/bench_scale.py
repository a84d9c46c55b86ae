"""`posterchat bench scale`: the same search over collections of growing size."""

from __future__ import annotations

import json as json_format
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.errors import PosterchatError, UsageError
from rag.serve.cli import bench_tables as tables
from rag.serve.cli.common import Cli
from rag.serve.cli.evaluate_retrieval import check_out, write_report
from rag.types import Paper, Rejected

EPILOG = """\b
Examples:
  posterchat bench scale abstracts.jsonl.gz --queries known_items.jsonl --sizes 4000,20000,0

\b
A row of the queries is {"query", "title"}: a paraphrase, and the title of the one paper that it is about. 0 means all
papers. The smaller collections are parts of the larger ones and hold the papers that the queries look for. The
collection stays (`posterchat collections remove scale`); sizes that are indexed already are not indexed again.
"""
NAME = "scale"


def bench_scale(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Papers, in any form that `index` reads.")],
    queries: Annotated[
        Path, typer.Option("--queries", metavar="QUERIES.jsonl", help="Queries whose papers are known.")
    ],
    sizes: Annotated[
        str, typer.Option("--sizes", metavar="N,...", help="Papers in the collection; 0 for all.")
    ] = "4000,20000,0",
    collection: Annotated[
        str, typer.Option("--collection", "-c", metavar="NAME", help="Where to index; papers there are kept.")
    ] = NAME,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N queries.")] = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="OUT.json", help="Write the figures there.")] = None,
) -> None:
    """Index more and more papers; at each size, how often the right paper is found, and time, memory, disk."""
    from rag.evaluate.provenance import code_fingerprint, versions
    from rag.evaluate.questions import load_queries
    from rag.wiring import collections

    cli = Cli.of(context)
    check_out(json, queries)
    settings = cli.settings()
    papers = ordered(file, {title for question in load_queries(queries) for title in question.gold})
    store = collections(settings)
    rows: list[dict[str, Any]] = []
    for size in _sizes(sizes, len(papers)):
        there = store.info(collection).papers if collection in store.names() else 0
        if there > size:
            raise UsageError(
                f"The collection {collection} holds {there} papers already.",
                hint=f"Leave out sizes below, or remove it: posterchat collections remove {collection}",
            )
        started = time.perf_counter()
        with cli.open_library(settings, purpose="bench scale") as library, cli.bar() as progress:
            report = library.index(papers[:size], collection, sources=[file], progress=progress)
        seconds = time.perf_counter() - started
        with cli.busy(f"searching {size} papers …"):
            found = _retrieval(cli, settings.data_dir, collection, queries, limit)
        folder = store.path(collection)
        rows.append(
            _row(found)
            | {
                "added": report.added,
                "embedded_chunks": report.embedded_chunks,
                "index_s": seconds,
                "disk_bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
            }
        )
    result = {
        "form": "posterchat-bench-scale-1",
        "file": file.name,
        "queries": rows[-1]["n"],
        "sizes": rows,
        "code": code_fingerprint(),
        "versions": versions(),
    }
    write_report(json, result)
    tables.show_scale(cli.out, result)


def ordered(file: Path, wanted: set[str]) -> list[Paper]:
    """All papers of a file: those of the titles in `wanted` first, then the others, shuffled, always the same way."""
    from rag.ingest.clean import paper_id
    from rag.ingest.read import read_papers

    papers = {paper.id: paper for paper in read_papers(file) if not isinstance(paper, Rejected)}
    titles = {paper_id(title) for title in wanted}
    first = [paper for paper in papers.values() if paper_id(paper.title) in titles]
    others = [paper for paper in papers.values() if paper_id(paper.title) not in titles]
    random.Random(0).shuffle(others)
    return first + others


def _sizes(named: str, most: int) -> list[int]:
    try:
        chosen = sorted({min(int(part) or most, most) for part in named.split(",")})
    except ValueError as error:
        raise UsageError(f"--sizes takes whole numbers, not {named!r}.", hint="For example: 4000,20000,0") from error
    if chosen[0] < 1:
        raise UsageError("A size must be above 0, or 0 for all papers.", hint="For example: 4000,20000,0")
    return chosen


def _retrieval(cli: Cli, data_dir: Path, collection: str, queries: Path, limit: int | None) -> dict[str, Any]:
    """The report of `posterchat eval retrieval` from a process of its own, whose memory has not indexed anything."""
    with tempfile.TemporaryDirectory(prefix="posterchat-") as folder:
        out = Path(folder) / "report.json"
        command = [sys.executable, "-m", "rag", "--data-dir", str(data_dir), "--quiet", "eval", "retrieval"]
        command += [str(queries), "--collection", collection, "--json", str(out)]
        command += ["--limit", str(limit)] if limit else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PosterchatError(f"The search failed: {done.stderr.strip()[-300:]}", hint=" ".join(command[3:]))
        found: dict[str, Any] = json_format.loads(out.read_text(encoding="utf-8"))
    return found


def _row(found: dict[str, Any]) -> dict[str, Any]:
    from rag.evaluate.report import ALL
    from rag.evaluate.retrieval import PROGRAM

    figures = found[ALL]["ways"][PROGRAM]
    return {
        "papers": found["papers"],
        "n": found["n"],
        "hit_1": figures["hit@1"]["value"],
        "hit_5": figures["hit@5"]["value"],
        "ways": {way: {name: one["value"] for name, one in by.items()} for way, by in found[ALL]["ways"].items()},
        "search_s": found["search_s"]["median"],
        "search_s95": found["search_s"]["p95"],
        "memory_bytes": found["memory_bytes"],
    }
