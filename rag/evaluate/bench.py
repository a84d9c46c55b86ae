"""How quick answers are here, as ratios to the ordinary recipe, measured in one run on one machine.

The ordinary recipe: the same model, the four nearest whole abstracts in one prompt, the same question, no saved state.
Ours is measured twice for each question: with no saved block (the model has to read the paper) and again with it.
Absolute times differ from machine to machine; the ratios are what to compare.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rag.answer.pipeline import Assistant
from rag.evaluate.bench_model import Clocked
from rag.evaluate.stats import quantile
from rag.types import Done, EvidenceFound, Generator, Paper, Prompt, Timings, Token

RECIPE_SYSTEM = "You answer questions from numbered sources and cite them as [1], [2]."
RECIPE_PAPERS = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one answer: to the first quote (None for the recipe, which has none), the first word, the end; and
    how many of them the model was waited for (None where that was not measured)."""

    first_quote_s: float | None
    first_word_s: float
    total_s: float
    prompt_tokens: int
    answer_tokens: int
    model_s: float | None = None


def ordinary_recipe(model: Generator, question: str, papers: Sequence[Paper], *, max_tokens: int) -> Run:
    """Answer by putting whole abstracts into one prompt. `model` must not keep state between prompts."""
    sources = "\n\n".join(f"[{n}] {paper.title}\n{paper.abstract}" for n, paper in enumerate(papers, start=1))
    started = time.perf_counter()
    first = None
    generation = model.generate(Prompt(RECIPE_SYSTEM, "", f"{sources}\n\nQuestion: {question}"), max_tokens=max_tokens)
    for piece in generation:
        if piece.text and first is None:
            first = time.perf_counter() - started
    total = time.perf_counter() - started
    return Run(None, first or total, total, generation.prompt_tokens, generation.answer_tokens)


def ours(assistant: Assistant, question: str) -> Run | None:
    """Answer as the program does; None when it is answered without the model or refused."""
    clock = Clocked(assistant.generator())
    assistant = replace(assistant, generator=lambda: clock)
    started = time.perf_counter()
    quote = word = None
    timings: Timings | None = None
    for event in assistant.ask(question):
        now = time.perf_counter() - started
        if isinstance(event, EvidenceFound) and quote is None:
            quote = now
        if isinstance(event, Token) and event.text and word is None:
            word = now
        if isinstance(event, Done):
            timings = event.answer.timings
    if timings is None or word is None:
        return None
    total = time.perf_counter() - started
    return Run(quote, word, total, timings.prompt_tokens, timings.answer_tokens, clock.seconds)


def bench(
    assistant: Assistant,
    model: Generator,
    questions: Sequence[str],
    *,
    max_tokens: int,
    forget_blocks: Callable[[], None],
    progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    """All runs and their summary. `model` is the same model without saved blocks; `forget_blocks` removes those that
    the assistant's model has. Questions that need no model are left out and counted."""
    rows: list[dict[str, Any]] = []
    skipped = 0
    for number, question in enumerate(questions):
        progress(number, len(questions), "timing")
        forget_blocks()
        missing = ours(assistant, question)
        _evict(assistant.generator())
        at_hand = ours(assistant, question) if missing is not None else None
        if missing is None or at_hand is None:
            skipped += 1
            continue
        papers = [hit.paper for hit in assistant.searcher.search(question, limit=RECIPE_PAPERS).hits]
        recipe = ordinary_recipe(model, question, papers, max_tokens=max_tokens)
        rows.append(
            {"question": question, "recipe": asdict(recipe), "missing": asdict(missing), "at_hand": asdict(at_hand)}
        )
    progress(len(questions), len(questions), "timing")
    return {"questions": len(rows), "without_model": skipped, "summary": summary(rows), "runs": rows}


def _evict(model: Generator) -> None:
    """Make the model read something else, so that the paper comes from its saved block and not from its context."""
    for _ in model.generate(Prompt("Be brief.", "", "Say yes."), max_tokens=1):
        pass


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Per way: medians, 95 % quantiles of times (`…_s95`), the median seconds of an answer in which the model was not
    waited for, and the median over questions of the ratio to the recipe (first word, whole answer)."""
    out: dict[str, dict[str, float]] = {}
    for way in ("recipe", "missing", "at_hand"):
        if not rows:
            break
        values: dict[str, float] = {}
        for name in ("first_quote_s", "first_word_s", "total_s", "prompt_tokens", "answer_tokens"):
            seen = [row[way][name] for row in rows if row[way][name] is not None]
            if seen:
                values[name] = statistics.median(seen)
                if name.endswith("_s"):
                    values[f"{name}95"] = quantile(seen, 0.95)
        ours = [row[way] for row in rows if row[way].get("model_s") is not None]
        if ours:
            values["beside_model_s"] = statistics.median(run["total_s"] - run["model_s"] for run in ours)
        for name in ("first_word_s", "total_s"):
            values[f"{name.removesuffix('_s')}_ratio"] = statistics.median(
                row[way][name] / row["recipe"][name] for row in rows
            )
        out[way] = values
    return out
