"""What a large collection costs apart from the two models. Papers are indexed with vectors of hashed words, which have
the size of real ones and cost next to nothing, and are asked about with a stand-in for the language model. Time, memory
and disk of all else are the program's own. Which papers are found says nothing, but for the search by words alone.

    python scripts/large.py PAPERS.jsonl --queries QUERIES.jsonl [--papers 103000] [--data-dir DIR] [--json OUT]

QUERIES has rows {"query", "title"}: a paraphrase, and the title of the paper that it is about. What is in DIR already
is not indexed again.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak")]

from fast_engine import FastEngine  # noqa: E402
from queue_simulation import percentile  # noqa: E402
from serve_soak import FastLibrary  # noqa: E402

import rag.llm.local  # noqa: E402
from rag.answer.pipeline import Assistant  # noqa: E402
from rag.evaluate.questions import load_queries  # noqa: E402
from rag.serve.cli.bench_scale import ordered  # noqa: E402
from rag.settings import Settings  # noqa: E402
from rag.testing import HashEmbedder  # noqa: E402
from rag.text import search_words  # noqa: E402
from rag.types import Done, EvidenceFound, Refused, SentenceChecked  # noqa: E402

NAME = "large"
PIECES_A_WORD = 1.4  # of MiniLM's tokeniser, in abstracts
QUESTIONS = (  # of every kind that needs no author or title
    *("How many papers are there?", "who wrote the most papers?", "Which papers have 'learning' in the title?"),
    *("which papers give a link to code?", "Which papers mention 'ablation'?", "Give me an overview of the session."),
    *("give me an overview of reinforcement learning", "which papers release a new dataset?"),
    *("Is there a paper about the energy that training takes?", "how do convolutions and attention differ?"),
    *("how many images does the dataset have?", "what is the weather tomorrow?"),
)


class HashedPieces(HashEmbedder):
    """Counts word pieces about as the real embedder does, so that there are as many chunks."""

    def count_tokens(self, text: str) -> int:
        """Word pieces and two special tokens."""
        return round(PIECES_A_WORD * (super().count_tokens(text) - 2)) + 2


class LargeLibrary(FastLibrary):
    """`Library` with such vectors."""

    kind = HashedPieces


def main() -> int:
    """Index, ask, print."""
    options = _options()
    rag.llm.local.Engine = FastEngine  # type: ignore[assignment, misc]
    queries = load_queries(options.queries)
    with tempfile.TemporaryDirectory() as folder:
        data = options.data_dir or Path(folder) / "data"
        model = Path(folder) / "fast.gguf"
        model.write_bytes(b"GGUF of nothing")
        settings = Settings(data_dir=data, collection=NAME, llm=str(model), allow_unpinned=True, kv_cache_mb=0)
        figures: dict[str, Any] = {}
        with LargeLibrary(settings, purpose="large") as library:
            if NAME not in library.index_store.names():
                papers = ordered(options.file, {title for query in queries for title in query.gold})[: options.papers]
                figures |= _index(library, papers, options.file)
                del papers
            figures["disk_mb"] = _disk_mb(library.index_store.path(NAME))
        with LargeLibrary(settings, purpose="large") as library:
            figures |= _answers(library, [(query.question, query.gold) for query in queries[: options.searches]])
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(". ")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--papers", type=int, default=103_000)
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _index(library: LargeLibrary, papers: Sequence[Any], file: Path) -> dict[str, Any]:
    before = _memory_mb()
    seconds, report = _timed(lambda: library.index(papers, NAME, sources=[file]))
    return {
        "papers": report.total,
        "chunks": report.embedded_chunks,
        "index_s": round(seconds, 1),
        "index_memory_mb": {
            "with_the_papers_read": round(before),
            "most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        },
    }


def _answers(library: LargeLibrary, queries: Sequence[tuple[str, Sequence[str]]]) -> dict[str, Any]:
    before = _memory_mb()
    opened_s, assistant = _timed(lambda: library.assistant(NAME))
    cold = _searches(assistant, queries[:20])
    prepared_s, _ = _timed(assistant.prepare)
    warm = _searches(assistant, queries)
    asked = {question: _ask(assistant, question) for question in QUESTIONS}
    words_alone = [
        [paper.title for paper in assistant.searcher.catalogue.papers_by_id(dict(found)).values()]
        for text, _ in queries
        for found in [assistant.searcher.catalogue.search(search_words(text), 5)]
    ]
    hits = {
        f"hit@{depth}": round(
            sum(any(t in gold for t in found[:depth]) for found, (_, gold) in zip(words_alone, queries, strict=True))
            / len(queries),
            3,
        )
        for depth in (1, 5)
    }
    return {
        "opened_s": round(opened_s, 2),
        "prepared_s": round(prepared_s, 1),
        "memory_mb": {"before_opening": round(before), "after_the_questions": round(_memory_mb())},
        "search_ms_before_preparing": cold,
        "search_ms": warm,
        "words_alone": {"queries": len(queries), **hits},
        "first_and_whole_answer_s": asked,
    }


def _searches(assistant: Assistant, queries: Sequence[tuple[str, Sequence[str]]]) -> dict[str, float]:
    """Milliseconds that a search takes."""
    times = [1000 * _timed(lambda text=text: assistant.searcher.search(text))[0] for text, _ in queries]
    return {f"p{share}": round(percentile(times, share / 100), 1) for share in (50, 95)}


def _ask(assistant: Assistant, question: str) -> tuple[float, float]:
    """Seconds until something is shown, and until the end."""
    begun, first = time.perf_counter(), 0.0
    for event in assistant.ask(question):
        if isinstance(event, EvidenceFound | SentenceChecked | Refused | Done) and not first:
            first = time.perf_counter() - begun
    return round(first, 3), round(time.perf_counter() - begun, 3)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def _memory_mb() -> float:
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


def _disk_mb(folder: Path) -> dict[str, int]:
    (generation,) = folder.glob("gen-*")
    files = [path for path in generation.rglob("*") if path.is_file()]
    catalogue = sum(path.stat().st_size for path in files if path.name.startswith("catalogue"))
    return {
        "catalogue": round(catalogue / 1e6),
        "vectors": round(sum(path.stat().st_size for path in files) / 1e6 - catalogue / 1e6),
    }


if __name__ == "__main__":
    raise SystemExit(main())
