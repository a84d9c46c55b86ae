"""Which papers are read ahead: the very beginnings of prompts that questions bring later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from rag.answer.ahead import all_papers, by_topic, likely
from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.index.collections import Collections
from rag.index.topics import Topic
from rag.settings import Settings
from rag.testing import HashEmbedder, ScriptedGenerator, made_up_papers
from rag.types import EvidenceFound, Prompt, Turn
from rag.wiring import Library

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


class ServedLibrary(Library):
    """`Library` with hashed vectors and a language model that notes which papers it is to read ahead."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(Settings(data_dir=data_dir, llm_url="http://127.0.0.1:9/v1"), purpose="test")
        identity = self.models.manifest.get(self.settings.embedder).identity
        self._embedder, self.plan = HashEmbedder(name=identity), PlanNoted()
        self._generator = self.plan


class PlanNoted(ScriptedGenerator):
    """Draws at once what it is to read when it is quiet."""

    def __init__(self) -> None:
        super().__init__([])
        self.titles: list[str] = []

    def read_ahead(self, prompts: Iterator[Prompt]) -> None:
        self.titles = [prompt.stable for prompt in prompts]

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        pass

    def stepping_aside(self) -> AbstractContextManager[None]:
        return nullcontext()


def test_a_server_reads_what_was_added_or_asked_last(tmp_path: Path) -> None:
    papers = made_up_papers()
    with ServedLibrary(tmp_path) as library:
        library.index(papers[:2], "first")
        assert library.plan.titles == []  # nobody is served
        library.read_ahead("first")
        assert len(library.plan.titles) == 2
        library.index(papers[2:5], "second")
        assert len(library.plan.titles) == 3 and papers[2].title in "".join(library.plan.titles)
        library.prepare(BOATS, "first")
        assert len(library.plan.titles) == 2
        library.plan.titles = []
        library.prepare(BOATS, "first")
        assert library.plan.titles == []  # it goes on with them
