"""Leaving out parts of the program, to measure what they bring."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answer.parts import Parts
from rag.answer.pipeline import Assistant
from rag.errors import UsageError
from rag.testing import ScriptedGenerator
from rag.types import Answer, Done, Turn

BOATS = "After how many minutes did folded boats sink on the ponds?"


def ask(assistant: Assistant, question: str, without: str, *history: str) -> Answer:
    parts = Parts.without(without.split(","))
    *_, last = replace(assistant, parts=parts).ask(question, [Turn(turn) for turn in history])
    assert isinstance(last, Done)
    return last.answer


def test_names_of_parts() -> None:
    assert Parts.without([]) == Parts.without([""]) == Parts()
    assert Parts.without(["said", " beyond-titles"]).left_out == ("beyond-titles", "said")
    with pytest.raises(UsageError, match="no part called magic") as error:
        Parts.without(["check", "magic"])
    assert "beyond-titles" in error.value.hint


def test_off_topic_questions_reach_the_search_without_that_part(assistant: Assistant, model: ScriptedGenerator) -> None:
    question = "what will the weather be tomorrow"
    assert ask(assistant, question, "").refused and not model.prompts
    model.script = ["Rain.", "Rain."]
    ask(assistant, question, "off-topic")
    assert model.prompts


def test_a_coined_name_is_not_looked_up_without_that_part(assistant: Assistant, model: ScriptedGenerator) -> None:
    question = "How many minutes does FoldNet-9 keep things like clocks dry?"
    assert "FoldNet-9" in (ask(assistant, question, "").reason or "") and not model.prompts
    model.script = ["A slow clock brings people back on time."] * 2
    ask(assistant, question, "names")
    assert model.prompts


def test_what_is_not_supported_stays_and_is_marked_without_the_check(
    assistant: Assistant, model: ScriptedGenerator
) -> None:
    model.script = ["Folded boats sank after 99 minutes.", "Folded boats sank after 99 minutes."]
    assert "99" not in ask(assistant, BOATS, "").text
    model.script = ["Folded boats sank after 99 minutes."]
    answer = ask(assistant, BOATS, "check")
    assert [sentence.support for sentence in answer.sentences] == ["unsupported"]


def test_a_follow_up_stands_alone_without_its_context(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Waxed boats sank after 3 hours."]
    with_context = ask(assistant, "and what about the waxed ones?", "", BOATS)
    assert with_context.citations[0].title == "A Census of Paper Boats"
    model.script = ["Waxed boats sank after 3 hours."] * 2
    alone = ask(assistant, "and how many did it need?", "context", BOATS)
    assert not alone.citations or alone.citations[0].title != "A Census of Paper Boats"
