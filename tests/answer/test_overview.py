"""Overviews: the whole set, counted right, every paper with its own quote, grouped where there are many."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_up_assistant import assistant_of

from rag.answer.overview import announces, is_whole
from rag.answer.pipeline import Assistant
from rag.answer.route import topic, topic_phrases
from rag.answer.router import Router
from rag.index.chunk import make_chunks
from rag.index.topics import stored_topics
from rag.serve.terminal import make_console, show_answer
from rag.serve.ui import render
from rag.serve.ui.turn import ShownTurn
from rag.testing import ScriptedGenerator
from rag.text import content_words, search_words, split_sentences
from rag.types import Answer, Done, Event, EvidenceFound, Grouped, Paper

SUBJECTS = ("kite strings", "paper boats", "garden ladders", "lantern oil")
RARE = "tin whistles"  # fewer than a tenth of the papers have them
FILLERS = ("wind", "rain", "ponds", "apples", "dusk", "drums", "wax", "copper", "gusts", "hills")


def made_papers(seed: int, count: int) -> list[Paper]:
    """Papers about one or two subjects each, in sentences made of a few words."""
    dice = random.Random(seed)
    papers = []
    for number in range(count):
        about = dice.sample(SUBJECTS, dice.choice((1, 1, 2)))
        sentences = [f"{dice.choice(FILLERS).capitalize()} and {dice.choice(FILLERS)} matter for {s}." for s in about]
        sentences.append(f"We propose a measure of {about[0]} with {dice.choice(FILLERS)}.")
        sentences += [f"{RARE.capitalize()} are sold here."] if number % 12 == 5 else []
        title = f"On {about[0]} and {dice.choice(FILLERS)}, part {number}"
        papers.append(Paper(f"paper-{number}", title, ("Ada Quill",), " ".join(sentences)))
    return papers


def an_assistant(folder: Path, papers: list[Paper]) -> AbstractContextManager[Assistant]:
    off_topic = ["how do I bake bread"]
    return assistant_of(folder, "made", papers, ScriptedGenerator(), off_topic=off_topic, dimension=512)


def ask(assistant: Assistant, question: str) -> tuple[Answer, list[Event]]:
    events = list(assistant.ask(question))
    assert isinstance(events[-1], Done)
    return events[-1].answer, events


def recount(assistant: Assistant, papers: list[Paper], question: str) -> set[str]:
    """The papers that belong in the overview, by the rule as docs/how-an-answer-is-made.md states it, over every paper
    one by one: no index of vectors, no limit."""
    embedder, catalogue = assistant.searcher.embedder, assistant.searcher.catalogue
    asked = embedder.embed([topic(question)])[0]
    dense = {}
    for paper in papers:
        chunks = make_chunks(
            paper,
            split_sentences(paper.abstract),
            count_tokens=embedder.count_tokens,
            max_tokens=embedder.max_tokens,
        )
        dense[paper.id] = max(float(np.dot(row, asked)) for row in embedder.embed([chunk.text for chunk in chunks]))
    lexical = dict(catalogue.search(search_words(topic(question)), len(papers)))
    low, high = min(dense.values()), max(dense.values())
    most = max(lexical.values(), default=0.0)
    rare = len(lexical) < min(12, 0.1 * len(papers))
    weight = 0.8 if rare else 0.6
    fused = {
        key: weight * ((value - low) / (high - low) if high - low > 1e-6 else 1.0)
        + (1 - weight) * (lexical.get(key, 0.0) / most if most else 0.0)
        for key, value in dense.items()
    }
    spelled = {
        paper.id
        for paper in papers
        for phrase in topic_phrases(question)
        if f" {' '.join(content_words(phrase))} "
        in f" {' '.join(content_words(paper.title))} | {' '.join(content_words(paper.abstract))} "
    }
    best = max(fused.values())
    if rare or len(spelled) < 3:
        return {key for key, value in fused.items() if value >= 0.58 * best}
    return {key for key, value in fused.items() if value >= (0.3 if key in spelled else 0.68) * best}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), count=st.integers(2, 60), subject=st.sampled_from((*SUBJECTS, RARE)))
@example(seed=450_644, count=2, subject="kite strings")  # equal papers, but for the last digit of their cosines
@example(seed=7, count=40, subject=RARE)
def test_the_coverage_equals_a_recount(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], seed: int, count: int, subject: str
) -> None:
    papers = made_papers(seed, count)
    question = f"Which papers are about {subject}?"
    with an_assistant(tmp_path_factory.mktemp("recount"), papers) as assistant:
        answer, events = ask(assistant, question)
        if answer.refused:
            assert not any(subject in f"{paper.title} {paper.abstract}".lower() for paper in papers)
            return
        expected = recount(assistant, papers, question)
    assert answer.coverage.read == len(papers)
    assert answer.coverage.matched == len(expected)
    listed = {citation.paper_id for citation in answer.citations} | {other.paper_id for other in answer.others}
    assert listed == expected
    assert answer.coverage.cited == len(answer.citations)
    # ... and every surface says so.
    show_answer(iter(events), make_console())
    line = f"{len(papers)} papers searched, {len(expected)} relevant, {answer.coverage.cited} cited"
    assert line in capsys.readouterr().out
    shown = ShownTurn(1, question)
    for event in events:
        shown = shown.after(event)
    assert render.coverage_line(answer.coverage) in render.turn(shown)
    assert answer.to_json()["coverage"] == {
        "read": len(papers),
        "matched": len(expected),
        "cited": answer.coverage.cited,
    }


def test_every_paper_has_a_sentence_of_its_own_abstract(tmp_path: Path) -> None:
    with an_assistant(tmp_path, made_papers(1, 30)) as assistant:
        answer, events = ask(assistant, "Give me an overview of the kite strings papers.")
    offered = {one.n: one.paper for event in events if isinstance(event, EvidenceFound) for one in event.evidence}
    lines = [sentence for sentence in answer.sentences if sentence.text.startswith("- ")]
    assert len(lines) == answer.coverage.cited > 5
    for line in lines:
        paper = offered[line.citations[0]]
        assert paper.title in line.text
        assert line.quotes and all(paper.abstract[q.start : q.end] == q.text for q in line.quotes)


def test_larger_sets_are_grouped_and_every_paper_is_in_one_theme(tmp_path: Path) -> None:
    with an_assistant(tmp_path, made_papers(5, 40)) as assistant:
        answer, events = ask(assistant, "Give me an overview of the kite strings papers.")
    grouped = next(event for event in events if isinstance(event, Grouped))
    assert grouped.themes == answer.themes and len(answer.themes) > 1
    numbers = [n for theme in answer.themes for n in theme.papers]
    assert numbers == [citation.n for citation in answer.citations]
    for theme in answer.themes:
        assert any(sentence.citations == theme.papers for sentence in answer.sentences)


def test_what_is_not_shown_is_named(tmp_path: Path) -> None:
    papers = [
        Paper(f"kite-{n}", f"Kite strings in town {n}", ("Bo Marsh",), "We propose a reel for kite strings.")
        for n in range(33)
    ]
    with an_assistant(tmp_path, papers) as assistant:
        answer, _ = ask(assistant, "Which papers are about kite strings?")
    assert answer.coverage.matched == 33
    assert answer.coverage.cited == 20
    assert len(answer.others) == 13
    assert {o.title for o in answer.others}.isdisjoint(c.title for c in answer.citations)


@pytest.mark.parametrize(
    "question", ["What are the main topics of this session?", "Summarise the session", "What is this collection about?"]
)
def test_a_whole_session_is_told_by_its_topics(tmp_path: Path, question: str) -> None:
    papers = made_papers(2, 30)
    with an_assistant(tmp_path, papers) as assistant:
        answer, _ = ask(assistant, question)
    assert answer.route == "overview" and not answer.refused
    assert answer.coverage.read == answer.coverage.matched == 30
    assert len(answer.citations) + len(answer.others) == 30
    assert len(answer.themes) > 1
    assert all(sentence.citations for sentence in answer.sentences)


def test_who_made_the_thing_is_told_from_who_used_it(tmp_path: Path) -> None:
    papers = [
        Paper("a", "Windle", ("Ada Quill",), "Kites fall. We release a large dataset of kite flights."),
        Paper("b", "Gusts", ("Bo Marsh",), "Kites fall. We propose a reel and test it on a public dataset."),
        Paper("c", "Drums", ("Cleo Tarn",), "This work introduces DrumBench, a benchmark for drums."),
        Paper("d", "Reels", ("Dan Vole",), "Reels hum. We collected a corpus of the sounds of reels."),
        Paper("e", "Mixes", ("Eda Wren",), "We introduce ReelMix (mixed reels): a large collection of 90 reels."),
        Paper("f", "Nets", ("Fay Yew",), "We propose a data collection method for reels."),
        Paper("g", "Ropes", ("Gus Zorn",), "We present ROPE, a collection of methods for ropes."),
    ]
    with an_assistant(tmp_path, papers) as assistant:
        answer, _ = ask(assistant, "Which papers release a new benchmark or dataset?")
        again, _ = ask(assistant, "Which papers contribute a new dataset or benchmark? List them.")
    assert {citation.paper_id for citation in again.citations} == {citation.paper_id for citation in answer.citations}
    assert {citation.paper_id for citation in answer.citations} == {"a", "c", "d", "e"}
    assert answer.coverage.matched == 4


@pytest.mark.parametrize(
    ("sentence", "thing", "expected"),
    [
        ("We release a large dataset of flights.", "dataset", True),
        ("In this paper we present the first open benchmark suite for reels.", "benchmark", True),
        ("This work introduces Windle, a reel for kites.", "reel", True),
        ("We provide an analysis, and results on a benchmark show gains.", "benchmark", False),
        ("We present Reel, a tool for kites; a large dataset of flights; and more.", "dataset", True),
        ("We present Reel, a tool for kites; the dataset of others is used.", "dataset", False),
        ("Others have released a dataset.", "dataset", False),
        ("We evaluate on a dataset.", "dataset", False),
    ],
)
def test_announcements(sentence: str, thing: str, expected: bool) -> None:
    assert announces(sentence, set(content_words(thing))) is expected


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("What are the main themes of this session?", True),
        ("Give me a summary of the session", True),
        ("Give me an overview of the kite papers in this session.", False),
        ("What's new on lanterns here?", False),
    ],
)
def test_a_question_about_everything_is_told_from_one_about_a_topic(question: str, whole: bool) -> None:
    assert Router.load().best(question) == "overview"
    assert is_whole(question) is whole


def test_topics_of_a_question_are_taken_one_by_one() -> None:
    assert topic_phrases("Which papers deal with kite strings or lantern oil?") == ["kite strings", "lantern oil"]
    assert topic_phrases("Overview of kite flying, boats included") == ["kite flying"]
    assert topic_phrases("Which papers are about kites?") == ["kites"]
    assert topic_phrases("Overview of training large kites, e.g. their strings and oil?") == ["training large kites"]


def test_a_question_that_is_little_more_than_a_name_is_not_off_topic(tmp_path: Path) -> None:
    papers = [Paper(f"p{n}", f"Boats {n}", ("Ada Quill",), "Paper boats are waxed.") for n in range(8)]
    papers.append(Paper("wax", "WaxNet", ("Bo Marsh",), "WaxNet is a net of wax for paper boats."))
    with an_assistant(tmp_path, papers) as assistant:
        assistant.generator().script = ["WaxNet is a net of wax for paper boats."]  # type: ignore[attr-defined]
        answer, _ = ask(assistant, "how do I bake WaxNet?")
    assert [citation.paper_id for citation in answer.citations] == ["wax"]


def test_a_topic_of_the_session_is_answered_with_its_own_papers(tmp_path: Path) -> None:
    with an_assistant(tmp_path, made_papers(2, 30)) as assistant:
        for stored in stored_topics(assistant.searcher.catalogue):
            answer, _ = ask(assistant, f"Give me an overview of the topic “{stored.label}”.")
            shown = {citation.paper_id for citation in answer.citations} | {other.paper_id for other in answer.others}
            assert shown == set(stored.papers)
            assert answer.route == "overview" and answer.coverage.matched == len(stored.papers)
        answer, _ = ask(assistant, "Give me an overview of the topic “volcanoes of the deep sea”.")
        assert answer.refused
