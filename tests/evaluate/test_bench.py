"""The timing of answers: what is compared, and how it is summed up. No clock is asserted on."""

from __future__ import annotations

import pytest

from rag.evaluate.bench import ordinary_recipe, summary
from rag.testing import ScriptedGenerator, made_up_papers


def run(first: float, total: float, quote: float | None = None) -> dict[str, float | None]:
    return {
        "first_quote_s": quote,
        "first_word_s": first,
        "total_s": total,
        "prompt_tokens": 100,
        "answer_tokens": 10,
    }


def test_ratios_are_taken_per_question_and_then_the_median() -> None:
    rows = [
        {"recipe": run(10.0, 20.0), "missing": run(5.0, 10.0, 0.1), "at_hand": run(1.0, 4.0, 0.1)},
        {"recipe": run(2.0, 4.0), "missing": run(1.0, 3.0, 0.3), "at_hand": run(1.0, 2.0, 0.3)},
        {"recipe": run(4.0, 8.0), "missing": run(3.0, 6.0, 0.2), "at_hand": run(1.0, 2.0, 0.2)},
    ]
    result = summary(rows)
    assert result["recipe"]["first_word_ratio"] == 1.0 and "first_quote_s" not in result["recipe"]
    assert result["missing"]["first_word_ratio"] == pytest.approx(0.5)
    assert result["at_hand"]["first_word_ratio"] == pytest.approx(0.25)
    assert result["at_hand"]["first_quote_s"] == pytest.approx(0.2)
    assert summary([]) == {}


def test_the_ordinary_recipe_gives_the_model_whole_abstracts() -> None:
    model = ScriptedGenerator(["After 41 minutes [1]."])
    papers = made_up_papers()[:4]
    result = ordinary_recipe(model, "When do boats sink?", papers, max_tokens=20)
    (prompt,) = model.prompts
    assert all(
        paper.abstract in prompt.tail and f"[{n}] {paper.title}" in prompt.tail for n, paper in enumerate(papers, 1)
    )
    assert prompt.stable == "" and result.answer_tokens == 4 and result.first_quote_s is None
    assert 0 <= result.first_word_s <= result.total_s
