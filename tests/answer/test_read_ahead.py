"""Which papers are read ahead: the very beginnings of prompts that questions bring later."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer.ahead import all_papers, by_topic, likely
from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.index.collections import Collections
from rag.index.topics import Topic
from rag.testing import ScriptedGenerator, made_up_papers
from rag.types import EvidenceFound, Turn

BOATS = "How long do waxed paper boats float on ponds?"


def test_a_draft_brings_what_its_question_will_read(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Waxed boats sank after 3 hours."]
    list(assistant.ask(BOATS))
    (asked,) = model.prompts
    first = likely(assistant, BOATS[: len("How long do waxed paper boats")])[0]
    assert (first.system, first.stable) == (asked.system, asked.stable)


def test_a_draft_of_a_followup_is_about_what_was_talked_about(assistant: Assistant) -> None:
    found = likely(assistant, "And how many of them sank", [Turn(BOATS)])
    assert "Title: A Census of Paper Boats" in found[0].stable


@pytest.mark.parametrize(
    "draft", ["", "   ", "how many papers are there?", "what will the weather be tomorrow", "which topics are there"]
)
def test_a_draft_that_needs_no_model_brings_nothing(assistant: Assistant, draft: str) -> None:
    assert likely(assistant, draft) == []


def test_every_paper_comes_once_and_as_it_is_read(assistant: Assistant, tmp_path: Path) -> None:
    prompts = Prompts.load()
    found = list(all_papers(Collections(tmp_path), "ponds", prompts))
    expected = {prompts.about(paper.title, paper.abstract) for paper in made_up_papers()}
    assert len(found) == len(expected) and set(found) == expected


def test_central_papers_come_first() -> None:
    topics = [Topic("large", ("a", "b", "c")), Topic("small", ("d", "gone"))]
    assert by_topic(topics, ["z", "c", "b", "a", "d"]) == ["a", "d", "b", "c", "z"]
    assert by_topic([], ["z", "a"]) == ["z", "a"]


def test_quotes_come_while_another_answer_is_written(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Waxed boats sank after 3 hours.", "Ladders lean left in 62 percent of all gardens."]
    first = assistant.ask(BOATS)
    for event in first:
        if isinstance(event, EvidenceFound):
            break
    next(first)  # the model is at work on it
    second = assistant.ask("In how many gardens do ladders lean left?")
    found = next(event for event in second if isinstance(event, EvidenceFound))
    assert found.evidence[0].paper.title == "Why Ladders Lean Left"
    assert list(first) and list(second)
