"""Measures of ranked lists, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluate.ranking import BEIR_MEASURES, QUESTION_MEASURES, hit, ndcg, recall, reciprocal_rank
from rag.evaluate.ranking import reciprocal_rank_fusion as rrf

RANKED = ["a", "b", "c", "d", "e"]


def test_hit_and_recall() -> None:
    assert hit(RANKED, {"c"}, 2) == 0
    assert hit(RANKED, {"c", "e"}, 3) == 1
    assert recall(RANKED, {"a", "e", "x", "y"}, 4) == 0.25
    assert recall(RANKED, {"a", "e", "x", "y"}, 5) == 0.5
    assert hit([], {"c"}, 5) == recall([], {"c"}, 5) == 0


def test_reciprocal_rank() -> None:
    assert reciprocal_rank(RANKED, {"a"}) == 1
    assert reciprocal_rank(RANKED, {"d", "c"}) == pytest.approx(1 / 3)
    assert reciprocal_rank(RANKED, {"x"}) == 0


def test_ndcg() -> None:
    assert ndcg(RANKED, {"a": 1}, 10) == 1
    assert ndcg(RANKED, {"b": 1}, 10) == pytest.approx(1 / math.log2(3))
    assert ndcg(RANKED, {"d": 1}, 3) == 0
    # Second and fourth of two wanted: (1/log2 3 + 1/log2 5) / (1/log2 2 + 1/log2 3) = .65092.
    assert ndcg(RANKED, {"b": 1, "d": 1}, 10) == pytest.approx(0.65092, abs=1e-5)


def test_ndcg_with_graded_gains() -> None:
    # Relevances 3 2 3 0 1 2 of a much used example, 6 documents: DCG 6.861, ideal (3 3 2 2 1 0) 7.141, ratio .961.
    gains = dict(zip("uvwxyz", [3.0, 2.0, 3.0, 0.0, 1.0, 2.0], strict=True))
    assert ndcg(list("uvwxyz"), gains, 6) == pytest.approx(0.961, abs=5e-4)


def test_ndcg_of_more_wanted_than_shown_can_be_1() -> None:
    assert ndcg(RANKED, dict.fromkeys("abcde", 1.0), 2) == 1


def test_reciprocal_rank_fusion() -> None:
    # b: 1/62 + 1/61; a: 1/61; d: 1/62; c: 1/63 twice from below.
    assert rrf(["a", "b", "c"], ["b", "d", "c"]) == ["b", "c", "a", "d"]
    assert rrf(["z"], ["y"]) == ["y", "z"]  # equal: by name
    assert rrf([], ["y"]) == ["y"]


@given(
    st.permutations([f"p{n}" for n in range(12)]), st.sets(st.sampled_from([f"p{n}" for n in range(15)]), min_size=1)
)
def test_all_measures_stay_between_0_and_1(ranked: list[str], wanted: set[str]) -> None:
    gains = dict.fromkeys(wanted, 1.0)
    best = sorted(ranked, key=lambda item: item not in wanted)
    for measure in (*QUESTION_MEASURES.values(), *BEIR_MEASURES.values()):
        assert 0 <= measure(ranked, gains) <= measure(best, gains) <= 1 + 1e-12
