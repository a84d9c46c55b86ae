"""Which papers belong to the topic of an overview: the model is asked where it has read them all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from made_up_assistant import assistant_of

from rag.answer.parts import Parts
from rag.answer.pipeline import Assistant
from rag.errors import ModelError, Overloaded
from rag.testing import ScriptedGenerator
from rag.types import Answer, Done, Generation, Paper, Prompt

ABOUT = ("kite strings", "kite strings", "kite strings", "wet strings", "dry strings", "kite tails")
PAPERS = [
    Paper(f"p{n}", f"Part {n} on {what}", ("Ada Quill",), f"We propose a measure of {what}. Wind {n} matters.")
    for n, what in enumerate(ABOUT)
] + [Paper(f"q{n}", f"Drums {n}", ("Bo Marsh",), f"We build drum {n} of copper.") for n in range(6)]
QUESTION = "Give me an overview of the papers on kite strings"


@dataclass
class WellRead(ScriptedGenerator):
    """Has read all papers but those `unread`, and says yes to those whose title has one of `liked`."""

    liked: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    fails: Exception | None = None
    fails_after: int = 0

    def has_read(self, prompt: Prompt) -> bool:
        return not any(title in prompt.stable for title in self.unread)

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        self.asked.append(prompt.tail)
        if self.fails is not None and len(self.asked) > self.fails_after:
            raise self.fails
        self.script = ["Yes" if any(title in prompt.stable for title in self.liked) else "No"]
        self.written.clear()
        return super().generate(prompt, max_tokens=max_tokens)


def overview(assistant: Assistant) -> Answer:
    *_, last = assistant.ask(QUESTION)
    assert isinstance(last, Done) and last.answer.route == "overview"
    return last.answer


def listed(folder: Path, model: ScriptedGenerator) -> set[str]:
    with assistant_of(folder, "kites", PAPERS, model, off_topic=["how do I bake bread"]) as assistant:
        answer = overview(assistant)
        assert answer.coverage.matched == len(answer.citations) + len(answer.others)
        return {citation.paper_id for citation in answer.citations}


def test_what_the_model_takes_for_it_belongs_and_what_it_does_not_is_left_out(tmp_path: Path) -> None:
    by_search = listed(tmp_path / "search", ScriptedGenerator())
    assert {"p0", "p1", "p2"} <= by_search and not by_search >= {"p3", "p4", "p5"}
    model = WellRead(liked=("Part 0", "Part 1", "Part 5"))
    by_model = listed(tmp_path / "model", model)
    assert {"p0", "p1", "p5"} <= by_model and "p2" not in by_model
    assert 0 < len(model.asked) <= 12 and all("kite strings" in tail for tail in model.asked)


def test_a_topic_that_no_paper_spells_and_the_model_finds_in_none_is_not_there(tmp_path: Path) -> None:
    question = "Give me an overview of the papers on strings of copper kites"
    papers = [replace(paper, title=paper.title.replace("kite strings", "strings")) for paper in PAPERS]
    for place, (liked, refused) in enumerate([((), True), (("Part 3",), False)]):
        model = WellRead(liked=liked)
        folder = tmp_path / str(place)
        with assistant_of(folder, "kites", papers, model, off_topic=["how do I bake bread"]) as assistant:
            *_, last = assistant.ask(question)
        assert isinstance(last, Done) and last.answer.route in ("overview", "refuse") and model.asked
        assert last.answer.refused is refused


def test_papers_that_are_not_read_are_not_asked_about(tmp_path: Path) -> None:
    model = WellRead(liked=("Part 5",), unread=("Part 1",))
    assert listed(tmp_path / "model", model) == listed(tmp_path / "search", ScriptedGenerator())
    assert not model.asked


def test_a_model_that_fails_leaves_what_the_search_says(tmp_path: Path) -> None:
    by_search = listed(tmp_path / "search", ScriptedGenerator())
    gone, full = ModelError("It is gone.", hint=""), Overloaded("Too many.", hint="")
    for place, (error, after) in enumerate([(gone, 0), (gone, 3), (full, 0)]):
        model = WellRead(liked=("Part 5",), fails=error, fails_after=after)
        assert listed(tmp_path / str(place), model) == by_search and len(model.asked) == after + 1


def test_without_that_part_the_search_decides(tmp_path: Path) -> None:
    model = WellRead(liked=("Part 5",))
    with assistant_of(tmp_path, "kites", PAPERS, model, off_topic=["how do I bake bread"]) as assistant:
        overview(replace(assistant, parts=Parts.without(["belonging"])))
    assert not model.asked
