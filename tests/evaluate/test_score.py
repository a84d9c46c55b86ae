"""Scores of single answers. The papers and answers are made up."""

from __future__ import annotations

from typing import Any

import pytest

from rag.evaluate.questions import Question
from rag.evaluate.score import contains_all, score, strip_markers

HERONS, PEBBLES, OTTERS = (
    "Counting Herons from Balloons",
    "Sorting Pebbles by Sound",
    "Counting Otters: A “Night” Study",
)


def ask(kind: str = "fact", **more: Any) -> Question:
    return Question("q", kind, "How many herons?", **more)


def answer(*sentences: tuple[str, list[int]], titles: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """An answer object that lists `titles` from 1."""
    return {
        "id": "q",
        "answer": " ".join(text for text, _ in sentences),
        "refused": False,
        "sentences": [{"text": text, "citations": n, "support": "supported", "quotes": []} for text, n in sentences],
        "citations": [{"n": n, "title": title} for n, title in enumerate(titles, start=1)],
        "timings": {"total_s": 2.5, "first_token_s": None, "prompt_tokens": 300},
        **more,
    }


def refusal(**more: Any) -> dict[str, Any]:
    return answer(refused=True, reason="Nothing speaks to this.", **more)


# --- words ---


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("It is 93 [1].", "It is 93."),
        ("It is [1] 93 [2, 3] of\n 100[4].", "It is 93 of 100."),
        ("an interval [0.1] and a list [a]", "an interval [0.1] and a list [a]"),
        ("", ""),
    ],
)
def test_markers_are_stripped(text: str, plain: str) -> None:
    assert strip_markers(text) == plain


def test_every_group_needs_one_of_its_strings() -> None:
    must = [["93", "ninety-three"], ["ponds"]]
    assert contains_all("Ninety-three PONDS.", must)
    assert contains_all("It is 93\n [1] of the ponds [2].", must)
    assert not contains_all("93 lakes", must)
    assert not contains_all("ponds", must)
    assert contains_all("anything", [])


def test_a_marker_neither_hides_nor_makes_a_match() -> None:
    assert contains_all("It is 93 [1] of 100 ponds.", [["93 of 100"]])
    assert not contains_all("As is known [93].", [["93"]])


# --- citations ---


def test_a_right_answer() -> None:
    got = score(ask(gold=(HERONS,), must=(("93",),)), answer(("It is 93 [1].", [1]), titles=(HERONS,)))
    assert (got.right, got.right_with_quotes, got.precision, got.recall) == (True, True, 1.0, 1.0)
    assert (got.first_right, got.exact, got.wrongly_refused, got.abstained) == (True, True, False, None)
    assert (got.passed, got.why) == (True, "")
    assert got.timings == {"total_s": 2.5, "prompt_tokens": 300.0}


def test_titles_are_compared_by_their_letters() -> None:
    written = "  counting otters -  a 'night' study"
    got = score(ask(gold=(OTTERS, OTTERS)), answer(("Yes.", [1]), titles=(written,)))
    assert (got.precision, got.recall, got.exact) == (1.0, 1.0, True)


def test_optional_papers_are_neither_wrong_nor_required() -> None:
    question = ask(gold=(HERONS,), optional=(PEBBLES,))
    both = score(question, answer(("a", [1]), ("b", [2]), titles=(HERONS, PEBBLES)))
    assert (both.precision, both.recall, both.exact, both.first_right) == (1.0, 1.0, True, True)
    only_optional = score(question, answer(("a", [1]), titles=(PEBBLES,)))
    assert (only_optional.precision, only_optional.recall) == (1.0, 0.0)
    assert (only_optional.exact, only_optional.first_right, only_optional.passed) == (False, False, False)
    wrong = score(question, answer(("a", [1]), ("b", [2]), titles=(HERONS, OTTERS)))
    assert (wrong.precision, wrong.recall, wrong.exact, wrong.first_right) == (0.5, 1.0, False, True)


def test_citing_nothing_has_no_precision() -> None:
    got = score(ask(gold=(HERONS,), must=(("93",),)), answer(("It is 93.", [])))
    assert (got.precision, got.recall, got.first_right, got.exact) == (None, 0.0, False, False)
    assert (got.right, got.passed) == (True, False)
    assert "does not cite" in got.why


def test_the_first_paper_is_the_one_that_the_text_cites_first() -> None:
    listed = answer(("a", [2]), ("b", [1, 2]), titles=(PEBBLES, HERONS))
    got = score(ask("find", gold=(HERONS,)), listed)
    assert got.cited == (HERONS, PEBBLES)
    assert (got.first_right, got.passed) == (True, True)
    # Papers that are listed but that no sentence cites come last.
    assert score(ask(gold=(HERONS,)), answer(("a", [2]), titles=(OTTERS, HERONS))).cited == (HERONS, OTTERS)


def test_a_paper_cited_twice_counts_once() -> None:
    got = score(ask(gold=(HERONS, PEBBLES)), answer(("a", [1, 1]), ("b", [1]), titles=(HERONS, OTTERS)))
    assert (got.precision, got.recall) == (0.5, 0.5)


def test_numbers_without_a_paper_are_counted() -> None:
    got = score(ask(gold=(HERONS,)), answer(("a", [1, 7]), ("b", [9]), titles=(HERONS,)))
    assert (got.unknown_citations, got.cited) == (2, (HERONS,))


# --- sentences ---


def test_quotes_may_hold_what_the_answer_lacks() -> None:
    shown = answer(("Most of them.", [1]), titles=(HERONS,))
    shown["sentences"][0]["quotes"] = [{"n": 1, "text": "It is right for 93 ponds.", "start": 0, "end": 25}]
    got = score(ask(gold=(HERONS,), must=(("93",), ("most",))), shown)
    assert (got.right, got.right_with_quotes, got.passed) == (False, True, False)
    assert got.why == "lacks '93'"


def test_support_is_counted() -> None:
    given = answer(("a", [1]), ("b", [1]), ("c", [1]), ("d", [1]), titles=(HERONS,))
    for sentence, support in zip(given["sentences"], ["supported", "partial", "unsupported", "partial"], strict=True):
        sentence["support"] = support
    got = score(ask(gold=(HERONS,)), given)
    assert (got.sentences, got.supported, got.partial) == (4, 1, 2)


# --- refusals ---


@pytest.mark.parametrize("kind", ["unanswerable", "adversarial"])
def test_abstaining_is_right_where_there_is_no_answer(kind: str) -> None:
    question = ask(kind, optional=(HERONS,))
    for given in (refusal(), answer(("I do not know.", [])), refusal(titles=(HERONS,))):
        got = score(question, given)
        assert (got.abstained, got.passed, got.wrongly_refused) == (True, True, None)
        assert (got.right, got.precision, got.recall, got.exact, got.first_right) == (None,) * 5
    cites = score(question, answer(("It is 93.", [1]), titles=(HERONS,)))
    assert (cites.abstained, cites.passed) == (False, False)
    assert cites.why == "should refuse or cite nothing"


def test_refusing_is_wrong_where_there_is_an_answer() -> None:
    for question in (ask("adversarial", gold=(HERONS,), must=(("93",),)), ask("meta", must=(("93",),))):
        got = score(question, refusal())
        assert (got.wrongly_refused, got.abstained, got.right, got.passed) == (True, None, False, False)
        assert got.why == "refused"
        assert got.answer == "(refused) Nothing speaks to this."


def test_a_failed_row_is_a_wrong_answer() -> None:
    failed = {"id": "q", "error": "The model failed."}
    for question in (ask(gold=(HERONS,), must=(("93",),)), ask("unanswerable")):
        got = score(question, failed)
        assert (got.passed, got.why, got.sentences, got.timings) == (False, "failed: The model failed.", 0, {})
    assert score(ask("unanswerable"), failed).abstained is False
    assert score(ask(gold=(HERONS,), must=(("93",),)), failed).right is False


# --- the verdict, by kind ---


def cites(*titles: str) -> dict[str, Any]:
    return answer(*((f"s{n}", [n]) for n in range(1, len(titles) + 1)), titles=titles)


def test_without_anything_to_check_there_is_no_verdict() -> None:
    got = score(ask("meta"), cites(HERONS))
    assert (got.passed, got.wrongly_refused, got.right, got.precision) == (None, None, None, None)


def test_a_comparison_needs_all_sides() -> None:
    question = ask("compare", gold=(HERONS, PEBBLES), must=(("s1",),))
    assert score(question, cites(PEBBLES, HERONS, OTTERS)).passed
    one = score(question, cites(HERONS))
    assert (one.passed, one.recall, one.why) == (False, 0.5, "recall 0.50")


def test_a_find_needs_a_right_paper_first() -> None:
    question = ask("find", gold=(HERONS, PEBBLES))
    assert score(question, cites(PEBBLES, OTTERS)).passed
    assert not score(question, cites(OTTERS, PEBBLES)).passed
    assert not score(question, cites()).passed


def test_a_catalogue_question_needs_the_exact_set() -> None:
    question = ask("meta", gold=(HERONS, PEBBLES))
    assert score(question, cites(PEBBLES, HERONS)).passed
    assert not score(question, cites(PEBBLES, HERONS, OTTERS)).passed
    assert not score(question, cites(PEBBLES)).passed
    assert not score(ask("meta", gold=(HERONS,), must=(("93",),)), cites(HERONS)).passed


@pytest.mark.parametrize(
    ("right", "wrong", "passed"), [(10, 0, True), (9, 1, True), (8, 0, False), (10, 1, True), (10, 2, False)]
)
def test_an_overview_needs_recall_and_precision(right: int, wrong: int, passed: bool) -> None:
    gold = tuple(f"Pond {n}" for n in range(10))
    got = score(ask("subfield", gold=gold), cites(*gold[:right], *(f"Lake {n}" for n in range(wrong))))
    assert got.passed is passed
    assert bool(got.why) is not passed
