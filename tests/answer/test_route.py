"""Routes, follow-ups and long messages: rules over general wording."""

from __future__ import annotations

import pytest

from rag.answer.followup import leans_on_history
from rag.answer.route import core, sides, topic
from rag.answer.router import Router
from rag.types import Route


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long does training WaxNet take, and on which GPU?", "fact"),
        ("Which optimizer does the paper on boats use?", "fact"),
        ("How does WaxNet compare to FoldNet?", "compare"),
        ("What is the difference between WaxNet and FoldNet?", "compare"),
        ("waxnet vs foldnet: what does each change?", "compare"),
        ("Which methods are compared in the boat paper?", "fact"),
        ("Give me an overview of boat building", "overview"),
        ("What's new in pond ecology here?", "overview"),
        ("Which papers deal with wax?", "overview"),
        ("summarize the ladder papers please", "overview"),
        ("What does the summary of the boat paper say?", "fact"),
        ("Is there a paper about leaning ladders?", "find"),
        ("Has anyone looked at slow clocks?", "find"),
        ("Any other paper besides that one on ladders?", "find"),
        ("which paper introduces a wax coating", "find"),
        ("I'm looking for the one where boats sink", "find"),
        ("does somebody count herons from balloons?", "find"),
        ("boats of waxed paper that float for hours in the rain", "find"),
        ("Something to keep paper boats afloat?", "find"),
        ("whats new in pond ecology", "overview"),
        ("waxing and boat building, what do we have?", "overview"),
        ("what does the session offer about herons", "overview"),
        ("I sail. What should I look at?", "overview"),
        ("what's going on in heron counting", "overview"),
        ("Tell me about statistical models of ponds.", "overview"),
        ("Two papers wax boats. How do they differ?", "compare"),
        ("WaxNet or FoldNet: which one floats longer?", "compare"),
        ("What is the smallest pond that the heron count still works with?", "fact"),
    ],
)
def test_route(question: str, expected: Route) -> None:
    assert Router.load().best(question) == expected


def test_sides_name_the_things_compared() -> None:
    assert sides("waxnet vs foldnet: what does each change about boats?") == ["waxnet", "foldnet"]
    assert len(sides("How does the slow clock paper compare to the fast room paper?")) == 2
    assert len(sides("Which methods are compared?")) < 2
    assert sides("What wax does Hull use, as opposed to Keel?") == ["What wax does Hull use", "Keel"]


def test_sides_stand_around_with_and_to_behind_a_verb_that_compares() -> None:
    assert sides("Can you contrast the kite catcher with the ladder thesis?") == [
        "Can you contrast the kite catcher",
        "the ladder thesis",
    ]
    assert sides("How does that differ from WaxNet?") == ["WaxNet"]
    assert sides("Which boat comes with wax?") == ["Which boat comes with wax"]


def test_a_question_of_ordinary_length_is_left_alone() -> None:
    assert core("One. Two? Three.") == "One. Two? Three."


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Compare WaxNet with the boats of Oar et al.", "Compare WaxNet with the boats of Oar."),
        ("What does Oar et al.'s wax do?", "What does Oar's wax do?"),
        ("the boats of Oar et al. Which wax?", "the boats of Oar. Which wax?"),
        ("What do Oar et al. do?", "What do Oar do?"),
    ],
)
def test_and_others_is_left_out(question: str, rest: str) -> None:
    assert core(question) == rest


def test_the_core_of_a_long_message_is_what_it_asks() -> None:
    talk = "I met many people today and they told me many things about many boats. " * 8
    assert core(talk + "Do waxed boats float? I hope so.") == "Do waxed boats float?"
    assert core(talk + "Tell me about wax.") == "Tell me about wax."


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("and with wax?", True),
        ("who wrote it?", True),
        ("what hardware did they need?", True),
        ("the other one?", True),
        ("why?", True),
        ("Which coating keeps paper boats afloat for hours?", False),
        ("How many ladders lean left in gardens?", False),
        ("Is there a paper on crowdsourced boat races?", False),
        ("Is there a paper that shows why waxed boats float?", False),
        ("Which paper on paper boats and wax releases its data?", False),
        ("Does waxing beat other coatings of paper boats?", False),
        ("What is WaxNet?", False),
        ("what will the weather be like tomorrow?", False),
        ("optimal waxing?", True),
        ("What is the method of the paper on ladders called?", False),
        ("which of those floats longest?", True),
        ("what does the paper say about wax?", True),
        ("does any other paper on boats exist?", True),
        ("which metric turned out useless for predicting that?", True),
        ("which of the two needs no wax?", True),
        ("can I use that together with my own boat?", True),
        ("which of the two papers on boats needs no wax?", False),
    ],
)
def test_leaning_on_history(question: str, leans: bool) -> None:
    assert leans_on_history(question) is leans


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Give me an overview of the wax coating papers in this session.", "wax coating"),
        ("summarize the paper boat papers please", "boat"),
        ("What is new on slow clocks here?", "slow clocks"),
        ("Which papers deal with ladders or gardens?", "ladders or gardens"),
        ("overview", "overview"),
        ("state of boat building here?", "boat building"),
        ("I'd like a short tour of the boat papers", "boat"),
        ("short boats: what's there?", "short boats"),
        ("boats?? what have people done with them", "boats"),
        ("How is leak repair tackled in this session, pls?", "leak repair"),
        ("I'd like to catch up on wax and tar, which talks should I see?", "wax tar"),
        ("toy boats (wood or tin): who works on making them float?", "toy boats (wood or tin): making float"),
        ("I fold boats. What should I not miss? Which talks are for me?", "I fold boats I"),
        ("wax coatings: what should I see, what shouldn't I miss?", "wax coatings"),
        ("wax coatings, don't miss any", "wax coatings"),
        ("papers on cache miss rates and small talk", "cache miss rates small talk"),
        ("papers on wax and how to remove it", "wax to remove"),
    ],
)
def test_the_topic_of_an_overview(question: str, about: str) -> None:
    assert topic(question) == about


@pytest.mark.parametrize(
    "question",
    ["what does the churn one prove?", "the one about boats: does it float?", "compare the two shorter ones"],
)
def test_the_one_points_to_an_earlier_turn(question: str) -> None:
    assert leans_on_history(question)


def test_quoted_text_does_not_choose_the_route() -> None:
    best = Router.load().best
    assert best("In the paper that says “we compare many papers and give an overview”: how many boats sank?") == "fact"
    assert best("How do “Why Ladders Lean Left at Home” and “Slow Clocks for Fast Rooms” differ?") == "compare"


@pytest.mark.parametrize("question", ["Forget that one. Which boats sink?", "ok, new topic: do they wax it?"])
def test_an_announced_new_topic_leans_on_nothing(question: str) -> None:
    assert not leans_on_history(question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("my sister builds boats, what should I tell her about wax coatings at this session", "wax coatings"),
        ("I sail a lot. Could you walk me through everything on leaky boats that's presented here?", "leaky boats"),
        ("social herons, wet otters: who does what?", "social herons, wet otters"),
        ("Overview of it", "Overview of it"),
        ("I work on boats. Summarise what the session has on wax or tallow.", "wax or tallow"),
        ("my boats leak on ponds, what can I read about mending that?", "my boats leak ponds, can I mending"),
    ],
)
def test_the_topic_stands_behind_about(question: str, expected: str) -> None:
    assert topic(question) == expected


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("Nice. Which kind of network do they use?", True),
        ("On what sort of pond did it float longest?", True),
        ("For paper boats on ponds, does it matter how they are waxed?", False),
        ("Which wax do boats with sails need?", False),
    ],
)
def test_a_subject_that_was_named_before(question: str, leans: bool) -> None:
    assert leans_on_history(question) == leans
