"""When not to answer: signs outside the written text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.abstain import (
    NEAR_ENOUGH,
    names_a_paper,
    names_in_small_letters,
    no_overview,
    unknown_names,
)
from rag.index.catalogue import Catalogue
from rag.index.rows import Entry
from rag.retrieve.evidence import TermWeights
from rag.types import Hit, Paper

PAPERS = [
    Paper(
        "wax", "WaxNet: Boats that Float", (), "WaxNets coat paper boats on the PB-Bench of pond-based wax learning."
    ),
    Paper("clock", "Slow Clocks", (), "A slow clock brings people back on time."),
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue.create(tmp_path / "c.sqlite") as made:
        made.put([Entry(paper, [], 1) for paper in PAPERS])
        yield made


def hits(dense: float) -> list[Hit]:
    return [Hit(paper, 1.0, dense, 1.0) for paper in PAPERS]


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("How does HullNet float?", ["HullNet"]),
        ("How does DP-SGD compare to WaxNet?", ["DP-SGD"]),
        ("How do WaxNets float?", []),
        ("What is the score on PBBench?", []),
        ("Which PBWL method is best?", []),  # the initials of "pond-based wax learning"
        ("How long do boats float in Paris?", []),
        ("WHY DO ZEPPELINS SINK", []),
        ("Does it REALLY float, and NOT sink?", []),
        ("We have no GPUs here. How long do boats float?", []),  # what leads up to a question is not asked about
        ("I read of HullNet. Boats are my hobby.", ["HullNet"]),  # ... unless nothing is asked
        ("does a boat2boat model float?", []),  # a word of the field rather than a name
        ("Does mHULL float?", ["mHULL"]),
        ("Does mPB float?", []),  # the PB of papers, in a variant
        ("What does Clock-Brings-Back gain?", []),  # a sentence has all of its words
        ("What does Clock-Boats gain?", ["Clock-Boats"]),  # two papers have one each
        ("What does CLOCK-2 gain?", ["CLOCK-2"]),
    ],
)
def test_unknown_names(catalogue: Catalogue, question: str, unknown: list[str]) -> None:
    assert unknown_names(question, hits(0.4), catalogue) == unknown


def test_a_name_may_be_misspelled(catalogue: Catalogue) -> None:
    told = "We float on Ponda365-LT and with BoatingNet7, like all DampNets."
    floats = [Hit(Paper("f", "Floats", (), told), 1.0, 0.4, 1.0)]
    for known in ("Pondas-LT", "BoattingNet7", "Boatingnet", "DammpNet"):
        assert unknown_names(f"What does it gain on {known}?", floats, catalogue) == []
    for other in ("BoatingNet8", "BoatingDet", "Ponds-QA", "PondLT2", "DampNeXt"):
        assert unknown_names(f"What does it gain on {other}?", floats, catalogue) == [other]


def test_a_near_paper_outweighs_an_unknown_name(catalogue: Catalogue) -> None:
    assert unknown_names("How does HullNet float?", hits(NEAR_ENOUGH), catalogue) == []
    assert unknown_names("How does HullNet float?", [], catalogue) == []


def test_an_overview_needs_a_near_paper_or_its_words(catalogue: Catalogue) -> None:
    weights = TermWeights(catalogue)
    assert no_overview("volcanoes and glaciers", hits(0.2), weights)
    assert not no_overview("volcanoes and glaciers", hits(0.5), weights), "near in meaning"
    assert not no_overview("coated boats", hits(0.2), weights), "near in words"
    assert no_overview("anything", [], weights)


def test_of_a_list_of_topics_a_paper_has_one(catalogue: Catalogue) -> None:
    weights = TermWeights(catalogue)
    assert no_overview("coated boats and saddlery", hits(0.2), weights)
    assert not no_overview("kerosene, saddlery or coated boats", hits(0.2), weights)
    assert no_overview("kerosene, saddlery or glaciers", hits(0.2), weights)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is WaxNet?", True),
        ("How do WaxNet and HullNet differ?", True),
        ("What is the score on PBBench?", False),  # the collection spells it with a hyphen
        ("What is waxing?", False),
        ("What is NASA?", False),
        ("WHAT IS A BOAT", False),
    ],
)
def test_a_coined_name_of_a_paper_makes_a_question_relevant(
    catalogue: Catalogue, question: str, expected: bool
) -> None:
    assert names_a_paper(question, catalogue) is expected


def test_a_name_that_many_papers_have_is_a_term_of_the_field(tmp_path: Path) -> None:
    with Catalogue.create(tmp_path / "many.sqlite") as made:
        made.put([Entry(Paper(f"p{n}", f"Boats {n}", (), "All boats use GPS."), [], 1) for n in range(9)])
        assert not names_a_paper("Is GPS any good?", made)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("waxnet float time?", ["waxnet"]),
        ("Waxnets: how long?", ["waxnets"]),
        ("what does sheets do, and waxnet?", ["sheets", "waxnet"]),
        ("how long do boats float?", []),
    ],
)
def test_a_name_in_small_letters(question: str, named: list[str]) -> None:
    sheets = Hit(Paper("s", "Sheets: A Language", (), "It has sheets."), 1.0, 0.4, 1.0)
    assert names_in_small_letters(question, [*hits(0.4), sheets]) == named
    assert names_in_small_letters(question, []) == []
