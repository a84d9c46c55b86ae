"""Comparisons that name their papers: the names choose them, whatever else the question says."""

from __future__ import annotations

from pathlib import Path

from made_up_assistant import assistant_of

from rag.testing import ScriptedGenerator
from rag.types import Done, Paper, Turn

PAPERS = [
    Paper(
        "wax", "WaxNet: Coating Paper Boats", (), "WaxNet coats paper boats. We show that coated boats float longer."
    ),
    Paper("fold", "FoldPro: Sheets in Seven Layers", (), "FoldPro folds sheets. We show that seven layers keep dry."),
    Paper("bin", "Choosing Parts for a Bin of Industrial Toys", (), "We choose parts for bins of industrial toys."),
    Paper("toys", "Industrial Toys and their Parts", (), "Industrial parts of toys are decided upon in a bin."),
    Paper(
        "leaf", "Drying Sheets on Leaves", (), "Leaf sheet drying (LSD) dries sheets. We show that leaves keep them."
    ),
    Paper("clock", "Slow Clocks", (), "A slow clock is compared with WaxNet and FoldPro in passing."),
]


def test_the_papers_named_are_compared(tmp_path: Path) -> None:
    model = ScriptedGenerator(["WaxNet coats paper boats.", "FoldPro folds sheets."])
    with assistant_of(tmp_path, "toys", PAPERS, model, off_topic=["What is for lunch?"]) as assistant:
        question = "I can't decide between WaxNet and FoldPro for my bin of industrial parts. How do they differ?"
        *_, last = assistant.ask(question)
    assert isinstance(last, Done) and last.answer.route == "compare"
    assert {citation.title for citation in last.answer.citations} == {PAPERS[0].title, PAPERS[1].title}


def test_names_may_be_typed_in_small_letters(tmp_path: Path) -> None:
    model = ScriptedGenerator(["WaxNet coats paper boats.", "FoldPro folds sheets."])
    with assistant_of(tmp_path, "toys", PAPERS, model, off_topic=["What is for lunch?"]) as assistant:
        *_, last = assistant.ask("waxnet vs foldpro, how do they keep boats and sheets dry?")
        assert isinstance(last, Done) and last.answer.route == "compare"
        assert {citation.title for citation in last.answer.citations} == {PAPERS[0].title, PAPERS[1].title}


def test_two_names_are_compared_whatever_the_wording(tmp_path: Path) -> None:
    model = ScriptedGenerator(["WaxNet coats paper boats.", "FoldPro folds sheets."])
    with assistant_of(tmp_path, "toys", PAPERS, model, off_topic=["What is for lunch?"]) as assistant:
        question = "WaxNet versus FoldPro in a nutshell?"
        assert next(iter(assistant.router.probabilities(question))) != "compare", "the wording alone does not say it"
        *_, last = assistant.ask(question)
    assert isinstance(last, Done) and last.answer.route == "compare"
    assert {citation.title for citation in last.answer.citations} == {PAPERS[0].title, PAPERS[1].title}


def test_a_term_of_the_field_is_no_name(tmp_path: Path) -> None:
    model = ScriptedGenerator(["WaxNet coats paper boats.", "Leaves keep sheets."])
    papers = [
        *PAPERS,
        Paper("other", "A Second Look at LSD", (), "We look at sheets."),
        *(Paper(f"lsd{n}", f"Sheets {n}", (), f"We use LSD {n} times.") for n in range(4)),
    ]
    with assistant_of(tmp_path, "toys", papers, model, off_topic=["What is for lunch?"]) as assistant:
        *_, last = assistant.ask("How do WaxNet and the leaf-drying LSD of sheets on leaves differ?")
        assert isinstance(last, Done) and last.answer.route == "compare"
        assert {citation.paper_id for citation in last.answer.citations} == {"wax", "leaf"}


def test_a_side_with_the_name_of_one_paper_is_that_paper(tmp_path: Path) -> None:
    model = ScriptedGenerator(["FoldPro folds sheets.", "LSD dries sheets."])
    with assistant_of(tmp_path, "toys", PAPERS, model, off_topic=["What is for lunch?"]) as assistant:
        *_, last = assistant.ask("What is the difference between folding in layers and how LSD dries toys?")
        assert isinstance(last, Done) and last.answer.route == "compare"
        assert {citation.paper_id for citation in last.answer.citations} >= {"leaf"}


def test_a_side_may_be_named_in_the_abstract_alone(tmp_path: Path) -> None:
    model = ScriptedGenerator(["WaxNet coats paper boats.", "FoldPro folds sheets.", "LSD dries sheets."])
    with assistant_of(tmp_path, "toys", PAPERS, model, off_topic=["What is for lunch?"]) as assistant:
        *_, last = assistant.ask("WaxNet, FoldPro and LSD: how does each keep its thing dry?")
        assert isinstance(last, Done) and last.answer.route == "compare"
        assert {citation.paper_id for citation in last.answer.citations} == {"wax", "fold", "leaf"}


def test_what_a_follow_up_leans_on_is_one_side(tmp_path: Path) -> None:
    model = ScriptedGenerator(["WaxNet coats paper boats.", "FoldPro folds sheets."])
    with assistant_of(tmp_path, "toys", PAPERS, model, off_topic=["What is for lunch?"]) as assistant:
        history = [Turn("What does WaxNet do to boats?", cited=("wax",))]
        *_, last = assistant.ask("How does that differ from FoldPro?", history)
    assert isinstance(last, Done) and last.answer.route == "compare"
    assert [citation.title for citation in last.answer.citations] == [PAPERS[0].title, PAPERS[1].title]


def test_two_papers_are_known_by_their_authors(tmp_path: Path) -> None:
    papers = [
        Paper("a", "Leaning Ladders", ("Finn Oar", "Gia Moss"), "We lean ladders. We show that they stay."),
        Paper("b", "Standing Ladders", ("Gia Moss", "Finn Oar"), "We stand ladders. We show that they fall."),
        Paper("c", "Ladders, Leaning and Standing", ("Hal Penn",), "Two ladders are compared, leaning and standing."),
    ]
    model = ScriptedGenerator(["It leans ladders.", "It stands ladders."])
    with assistant_of(tmp_path, "ladders", papers, model, off_topic=["What is for lunch?"]) as assistant:
        *_, last = assistant.ask("What is different between the two ladder papers of Oar and Moss?")
    assert isinstance(last, Done) and last.answer.route == "compare"
    assert {citation.title for citation in last.answer.citations} == {papers[0].title, papers[1].title}


def test_the_papers_are_as_many_as_the_question_says(tmp_path: Path) -> None:
    papers = [
        Paper("pond", "Paper Boats on Ponds", (), "Folded paper boats float on ponds. We show that they stay dry."),
        Paper("bath", "Paper Boats in Baths", (), "Folded paper boats float in baths. We show that they stay dry."),
        Paper("mast", "Masts of Tin", (), "A mast of tin bends."),
        Paper("clock", "Slow Clocks", (), "A slow clock is late."),
    ]
    model = ScriptedGenerator(["Folded paper boats float on ponds.", "Folded paper boats float in baths."])
    with assistant_of(tmp_path, "boats", papers, model, off_topic=["What is for lunch?"]) as assistant:
        question = "How do the two folded paper boats papers differ, in ponds and baths, the mast one and the dry one?"
        *_, last = assistant.ask(question)
    assert isinstance(last, Done) and last.answer.route == "compare"
    assert {citation.paper_id for citation in last.answer.citations} == {"pond", "bath"}
