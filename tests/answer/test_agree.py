"""Which paper is looked for: the model is asked about the first of those found."""

from __future__ import annotations

import pytest

from rag.answer.abstain import NO_SUCH_PAPER, ONLY_NEAR
from rag.answer.pipeline import Assistant
from rag.errors import ModelError, PromptTooLong
from rag.testing import ScriptedGenerator
from rag.types import Answer, Done

LOOKED_FOR = "Is there a paper about paper boats on ponds?"
UNLIKE_ITS_WORDS = "Is there a paper about boats made of glass and honey?"


def ask(assistant: Assistant, question: str) -> Answer:
    *_, last = assistant.ask(question)
    assert isinstance(last, Done)
    return last.answer


def asked_about(model: ScriptedGenerator) -> list[str]:
    titles = (prompt.stable.split("Title: ")[1].split("\n")[0] for prompt in model.prompts)
    return [title for title, prompt in zip(titles, model.prompts, strict=True) if "yes or no" in prompt.tail]


def test_a_clear_first_paper_is_not_compared(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Yes", "The paper counts paper boats on three ponds."]
    answer = ask(assistant, LOOKED_FOR)
    assert asked_about(model) == ["A Census of Paper Boats"]
    assert answer.text.startswith("A Census of Paper Boats: ") and answer.reason is None


def test_the_paper_that_the_model_takes_for_it_comes_first(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["No", "Yes", *["No"] * 3, "It is what was looked for."]
    answer = ask(assistant, UNLIKE_ITS_WORDS)
    papers = asked_about(model)
    assert len(papers) == len(set(papers)) > 2
    assert [citation.title for citation in answer.citations] == [papers[1]] and not answer.refused


def test_nothing_is_named_that_the_model_takes_for_none(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["No"] * 10
    answer = ask(assistant, UNLIKE_ITS_WORDS)
    assert answer.refused and answer.reason == NO_SUCH_PAPER and not answer.citations
    assert set(answer.nearest) <= set(asked_about(model)) and len(answer.nearest) == 3


def test_a_paper_that_is_only_near_is_said_to_be(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.probability = 0.54
    model.script = [*["Yes"] * 5, *["It is what was looked for."] * 5]
    answer = ask(assistant, "Are there theory papers about boats where the glue is honey and that makes floating hard?")
    assert len(asked_about(model)) == 5, "papers are all compared, even if the first is clear"
    assert not answer.refused and answer.citations and answer.reason == ONLY_NEAR


@pytest.mark.parametrize("said", [[], ["Perhaps"]])
def test_a_model_that_fails_meanwhile_leaves_the_quotes(
    assistant: Assistant, model: ScriptedGenerator, said: list[str]
) -> None:
    gone = ModelError("The model is gone.", hint="Start again.")
    model.script = [*said, gone, gone]
    answer = ask(assistant, LOOKED_FOR)
    assert answer.citations[0].title == "A Census of Paper Boats" and "is gone" in (answer.reason or "")
    assert answer.sentences[0].text == answer.sentences[0].quotes[0].text


def test_a_paper_that_is_too_long_for_the_model_is_passed_over(assistant: Assistant, model: ScriptedGenerator) -> None:
    too_long = PromptTooLong("It is too long.", hint="Set POSTERCHAT_CONTEXT_TOKENS higher.")
    model.script = ["No", too_long, "Yes", "No", "No", "It is what was looked for."]
    answer = ask(assistant, UNLIKE_ITS_WORDS)
    assert [citation.title for citation in answer.citations] == [asked_about(model)[2]]
