"""What a sentence can get wrong with the right words: numbers, names, negations, directions."""

from __future__ import annotations

import pytest

from rag.answer.facts import denied, denies, fold, missing_names, opposites, reverses
from rag.answer.numbers import missing_numbers, moved_numbers, uncounted_numbers
from rag.answer.reading import read


def facts(claim: str, *source: str) -> tuple[set[str], set[str], set[str], set[str]]:
    """Missing numbers, moved numbers, missing coined names, missing capitalised words."""
    compared, *sentences = read([claim, *source])
    return (
        missing_numbers(compared, sentences),
        moved_numbers(compared, sentences),
        *missing_names(compared, sentences),
    )


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("It reads 3000 pages.", "We read 3,000 pages."),
        ("It reads 3,000 pages.", "We read 3000 pages."),
        ("The error is 7.1%.", "The error is 7.10 %."),
        ("It has three doors.", "It has 3 doors."),
        ("It has 3 doors.", "It has three doors."),
        ("It is 10s long.", "It is long."),  # no number of its own
        ("It is one of the doors.", "It is a door."),
        ("It opens zero-shot.", "It opens."),
        ("It takes 10 seconds.", "It has a 10s limit."),
        ("LLAMP-3 wins.", "LLAMP-3 wins."),
        ("It reads 52,000 pages.", "We read 52K pages."),
        ("It reads 52K pages.", "We read 52,000 pages."),
        ("It reads 52 thousand pages.", "We read 52k pages."),
        ("It has 1,300,000,000 weights.", "The 1.3B weights are kept."),
        ("It saw 2 million herons.", "We saw 2,000,000 herons."),
    ],
)
def test_numbers_are_found_in_other_spellings(claim: str, source: str) -> None:
    assert facts(claim, source)[0] == set()


@pytest.mark.parametrize(
    ("claim", "source", "missing"),
    [
        ("It reads 300 pages.", "We read 3,000 pages.", {"300"}),
        ("It has four doors and 12 keys.", "It has 12 keys.", {"4"}),
        ("The error is 7.2%.", "The error is 7.1%.", {"7.2"}),
        ("It takes 5 hours.", "", {"5"}),
        ("It reads 53,000 pages.", "We read 52K pages.", {"53000"}),
        ("It reads 53 thousand pages.", "We read 52,000 pages.", {"53"}),
        ("It is 5,000 long.", "It is 5 m long.", {"5000"}),
    ],
)
def test_missing_numbers_are_named(claim: str, source: str, missing: set[str]) -> None:
    assert facts(claim, source)[0] == missing


def test_a_number_before_the_word_of_another_is_moved() -> None:
    source = "There were 12 ponds and 40 herons."
    assert facts("They saw 40 ponds.", source)[1] == {"40"}
    assert facts("They saw 12 ponds.", source)[1] == set()
    assert facts("They saw 12 quiet ponds.", source)[1] == set()


def test_a_number_before_a_word_that_no_number_has_is_not_moved() -> None:
    assert facts("It costs 40 coins.", "Prices are 40 for a heron and 12 for a pond.")[1] == set()


def test_years_and_number_words_are_not_moved() -> None:
    assert facts("Since 2019 herons left.", "In 2019 it rained. In 2021 herons left.")[1] == set()
    assert facts("Two herons left.", "Two ponds dried. Nine herons left.")[1] == set()


def test_an_amount_in_another_spelling_is_no_name() -> None:
    assert facts("It reads 52K pages.", "We read 52,000 pages.")[2] == set()
    assert facts("It reads 52K pages.", "We read 53,000 pages.")[2] == {"52k"}


@pytest.mark.parametrize("claim", ["PondNet wins.", "PONDs win.", "Pond2Vec wins.", "The kPond wins."])
def test_coined_names_must_be_in_the_source(claim: str) -> None:
    assert len(facts(claim, "Something wins.")[2]) == 1
    assert facts(claim, f"Here {claim}")[2] == set()


def test_names_are_compared_without_case_hyphen_and_plural() -> None:
    assert facts("ViTs and Pond-Nets win.", "A ViT and a PondNet win.")[2:] == (set(), set())
    assert fold("ViTs") == fold("ViT") == "vit"
    assert fold("GANs'") == "gan"


def test_capitalised_words_inside_a_sentence_must_be_in_the_source() -> None:
    assert facts("The pond of Marsh is deep.", "The pond is deep.")[3] == {"marsh"}
    assert facts("Deep is the pond.", "It is a pond.")[3] == set()  # the first word has a capital anyway


# --- negations ---


def denies_it(claim: str, *source: str) -> bool:
    compared, *sentences = read([claim, *source])
    return denies(compared, sentences)


@pytest.mark.parametrize(
    "claim",
    [
        "Lanterns do not need oil.",
        "Lanterns don't need oil.",
        "No oil is needed by lanterns.",
        "Lanterns never need oil.",
        "Lanterns cannot burn oil.",
        "Lanterns fail to burn oil.",
    ],
)
def test_a_negation_that_the_source_lacks_is_a_contradiction(claim: str) -> None:
    assert denies_it(claim, "Lanterns need oil and burn oil.", "Oil is needed.")


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Lanterns do not need oil.", "Lanterns need no oil."),
        ("Lanterns do not need oil.", "Lanterns burn without oil."),
        ("Lanterns do not need oil.", "Lanterns avoid oil."),
        ("The lamp is not safe.", "The lamp is unsafe, and safe lamps are rare."),
        ("Lanterns not only need oil but air.", "Lanterns need oil and air."),
        ("See whether lanterns need oil or not today.", "Today lanterns need oil."),
        ("Lantern No. 2 needs oil.", "Lantern No. 2 needs oil."),
        ("Lanterns do not want salt.", "Lanterns need oil."),  # no denied word is there at all
    ],
)
def test_other_negations_are_none(claim: str, source: str) -> None:
    assert not denies_it(claim, source)


def test_denied_are_the_words_behind() -> None:
    (claim,) = read(["The lamp does not burn blue oil at night."])
    assert denied(claim) == {"burn", "blue"}


# --- directions ---


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The lamp needs less oil.", "The lamp needs more oil."),
        ("Oil decreases brightness.", "Oil increases brightness."),
        ("It is worse than candles.", "It is better than candles."),
        ("Lamps are slower than candles.", "Lamps are faster than candles."),
        ("Learning is supervised.", "Learning is unsupervised."),
        ("The estimate is inaccurate.", "The estimate is accurate."),
    ],
)
def test_a_reversed_direction_is_seen(claim: str, source: str) -> None:
    compared, *sentences = read([claim, source])
    sides = opposites()
    assert reverses(compared, sentences, sides)
    assert not reverses(sentences[0], sentences, sides)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The lamp needs less oil.", "The lamp needs oil."),
        ("The lamp needs less oil.", "The lamp needs less oil and more air."),
        ("The lamp reduces errors.", "The lamp improves brightness."),
        ("Glass makes more light.", "The lamp needs less oil."),
    ],
)
def test_other_wordings_are_no_reversal(claim: str, source: str) -> None:
    compared, *sentences = read([claim, source])
    assert not reverses(compared, sentences, opposites())


def test_no_word_is_on_both_sides_of_a_scale() -> None:
    sides = opposites()
    assert sides["more"] == sides["increas"]
    assert sides["more"][0] == sides["less"][0]
    assert sides["more"][1] != sides["less"][1]


@pytest.mark.parametrize(
    ("claim", "source", "uncounted"),
    [
        ("It took 100 volunteers.", "We test on Pond-100.", {"100"}),
        ("It ran on 1 lamp.", "It is 1-2 orders of magnitude faster.", {"1"}),
        ("It ran on 1 lamp.", "It ran with 1 light.", set()),
        ("It has 3,000 planks.", "It uses 3000 boards.", set()),
        ("It has 35,000 planks.", "It uses 35k boards.", set()),
        ("It is 10 kettles faster.", "It is 10x faster.", set()),
        ("It has 2.5 million planks.", "It uses 2.5M boards.", set()),
        ("It took 2.5 kettles.", "It is on Pond-2.5 alone.", {"2.5"}),
        ("It took two volunteers.", "We asked two people, on Pond-2.", set()),
        ("It took 100 ponds.", "We test ponds on Pond-100.", set()),  # what is counted is there
        ("It was made in 2021 by volunteers.", "See WaxNet-2021.", set()),
    ],
)
def test_a_number_that_is_only_a_piece_of_something_counts_nothing(
    claim: str, source: str, uncounted: set[str]
) -> None:
    compared, *sentences = read([claim, source])
    assert uncounted_numbers(compared, sentences) == uncounted
