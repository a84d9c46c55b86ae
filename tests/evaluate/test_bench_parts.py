"""What the parts of the benchmark count, with made-up models. No clock is asserted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import PosterchatError
from rag.evaluate.bench_index import indexing
from rag.evaluate.bench_model import Clocked, decoding
from rag.evaluate.bench_process import cold_start, memory_slope
from rag.testing import HashEmbedder, ScriptedGenerator, made_up_papers
from rag.testing_library import ScriptedAssistant
from rag.types import CollectionInfo, Prompt


def silent(done: int, total: int | None, what: str) -> None:
    """Tells nobody."""


def test_both_loops_write_as_many_tokens() -> None:
    asked: list[tuple[Prompt, int]] = []

    def bare(prompt: Prompt, count: int) -> tuple[float, float]:
        asked.append((prompt, count))
        return 2.0, 4.0

    prompts = [Prompt("Be brief.", "Boats sink.", f"Why {n}?") for n in range(3)]
    model = ScriptedGenerator(["Wind fills the wet boats.", "No.", "Because of heavy rain and wind."])
    result = decoding(model, bare, prompts, max_tokens=4, progress=silent)
    assert result["prompts"] == 2, "an answer of one word tells nothing about writing"
    assert asked == [(prompts[0], 3), (prompts[2], 3)]
    run = result["runs"][0]
    assert (run["bare_read"], run["bare_write"]) == (run["prompt_tokens"] / 2.0, 3 / 4.0)
    summary = result["summary"]
    assert summary["bare_write_tokens_per_s"] == 0.75 and summary["write_ratio"] > 0 and summary["read_ratio"] > 0


def test_a_clock_changes_nothing() -> None:
    prompt = Prompt("Be brief.", "Boats sink.", "Why?")
    plain = list(ScriptedGenerator(["Wind fills them."]).generate(prompt, max_tokens=9))
    model = ScriptedGenerator(["Wind fills them."])
    clocked = Clocked(model)
    generation = clocked.generate(prompt, max_tokens=9)
    assert list(generation) == plain and clocked.seconds > 0
    assert (generation.answer_tokens, clocked.name, clocked.context_tokens) == (3, model.name, model.context_tokens)
    generation.close()
    assert model.closed == 1


def test_indexing_and_the_bare_model_embed_the_same_texts(tmp_path: Path) -> None:
    ours, bare = HashEmbedder(), HashEmbedder()
    papers = made_up_papers()
    result = indexing(papers, ours, bare, tmp_path, progress=silent)
    warm, indexed = (sorted(call) for call in (ours.calls[0], [text for call in ours.calls[1:] for text in call]))
    assert indexed == sorted(bare.calls[1]) and len(indexed) == result["chunks"] >= result["papers"] == len(papers)
    assert set(warm) <= set(indexed) and result["bytes"] > 10_000 and result["ratio"] > 0


def test_memory_is_followed_over_all_answers() -> None:
    papers = tuple(made_up_papers())
    info = CollectionInfo("ponds", len(papers), "g", "f", "hash")
    assistant = ScriptedAssistant(info, papers)
    result = memory_slope(assistant, ["boats", "wind"], 7, progress=silent)  # type: ignore[arg-type]
    assert [question for question, _ in assistant.asked] == ["boats", "wind"] * 3 + ["boats"]
    assert assistant.ended == [question for question, _ in assistant.asked]
    assert result["answers"] == len(result["runs"]) == 7 and result["bytes"] > 1_000_000


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(PosterchatError, match="Nothing is indexed"):
        cold_start(["--data-dir", str(tmp_path)], ["Why?"], collection="nowhere", progress=silent)
