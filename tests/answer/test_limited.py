"""An assistant limited to some papers: no route shows, counts or cites another one."""

from __future__ import annotations

import pytest

from rag.answer.limited import LimitedAssistants, limited
from rag.answer.pipeline import Assistant
from rag.index.subset import SubsetVectors
from rag.testing import ScriptedGenerator, made_up_papers
from rag.types import Answer, Done

PAPERS = made_up_papers()
BOATS, LADDERS, CLOCKS = PAPERS[1], PAPERS[3], PAPERS[4]
QUESTIONS = (
    "Which papers won an award?",
    "How many papers are there?",
    "Who wrote “Lanternfish: Keeping Small Maps Bright”?",
    "Which papers are by Ada Quill?",
    "Give me an overview of the session.",
    "Which papers are about paper boats?",
    "How do “A Census of Paper Boats” and “Slow Clocks for Fast Rooms” differ?",
    "How many reference points does Lanternfish store in a ring?",
    "Why do ladders lean left?",
)


def answer(assistant: Assistant, question: str) -> Answer:
    return next(event.answer for event in assistant.ask(question) if isinstance(event, Done))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_route_obeys(assistant: Assistant, model: ScriptedGenerator, question: str) -> None:
    model.script += ["Ladders lean left in 62 percent of all gardens."] * 20
    only = frozenset({BOATS.id, LADDERS.id})
    given = answer(limited(assistant, only), question)
    assert {citation.paper_id for citation in given.citations} <= only
    assert {other.paper_id for other in given.others} <= only
    assert set(given.nearest) <= {BOATS.title, LADDERS.title}
    assert given.coverage.read in (0, 2) and given.coverage.matched <= 2
    for paper in PAPERS:
        assert paper.id in only or not any(paper.abstract[:20] in prompt.stable for prompt in model.prompts)


def test_records_count_only_what_is_left(assistant: Assistant) -> None:
    assert "5" in answer(assistant, "How many papers are there?").text
    few = limited(assistant, frozenset({CLOCKS.id, BOATS.id}))
    assert "2" in answer(few, "How many papers are there?").text
    awarded = answer(few, "Which papers won an award?")
    assert [citation.paper_id for citation in awarded.citations] == [CLOCKS.id]


def test_an_overview_has_what_is_left_of_the_topics(assistant: Assistant) -> None:
    given = answer(limited(assistant, frozenset(paper.id for paper in PAPERS[:3])), "Give me an overview.")
    assert {n for theme in given.themes for n in theme.papers} == {1, 2, 3}


def test_subset_vectors_rank_as_the_whole_does(assistant: Assistant) -> None:
    whole = assistant.searcher.vectors
    vector = assistant.searcher.embedder.embed(["paper boats on ponds"])[0]
    some = {paper.id for paper in PAPERS[:3]}
    part = SubsetVectors(whole, sorted(some))
    expected = [(key, pytest.approx(near, abs=1e-5)) for key, near in whole.nearest(vector, 5) if key in some]
    assert part.nearest(vector, 1) == expected
    assert part.means(["no such paper"]) == {} and set(part.means()) == some


def test_limited_assistants_are_kept_and_none_is_mixed_up(assistant: Assistant) -> None:
    kept = LimitedAssistants()
    first = kept.of(assistant, frozenset({BOATS.id}))
    assert kept.of(assistant, frozenset({BOATS.id})) is first
    assert kept.of(assistant, frozenset({CLOCKS.id})) is not first
    for number in range(20):
        kept.of(assistant, frozenset({BOATS.id, str(number)}))
    assert kept.of(assistant, frozenset({BOATS.id})) is not first
