"""The support check on single sentences."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.check import (
    Checked,
    Checker,
    is_echo,
    lacks_name,
    lacks_number,
    missing_facts,
    only_affirms,
    says_not_stated,
    unsure_yes_or_no,
)
from rag.answer.facts import names_in
from rag.answer.numbers import numbers_in
from rag.answer.support import SupportModel
from rag.index.catalogue import Catalogue
from rag.index.rows import Entry
from rag.retrieve.evidence import TermWeights
from rag.text import split_sentences
from rag.types import Paper, Quote, Support

PAPER = Paper(
    "wax",
    "WaxNet: Boats that Float",
    ("Cleo Tarn",),
    "Paper boats sink. WaxNet coats 3,000 boats with wax in 7.50 seconds each. On PondBench it reaches 83.5% floating "
    "boats, 2.1x more than FoldNet. It does not help against storms.",
)
SPANS = split_sentences(PAPER.abstract)


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    catalogue = Catalogue.create(tmp_path / "c.sqlite")
    catalogue.put([Entry(PAPER, SPANS, 1)])
    return Checker(TermWeights(catalogue), SupportModel.load())


@pytest.mark.parametrize(
    ("sentence", "support"),
    [
        ("WaxNet reaches 83.5% floating boats on PondBench.", "supported"),
        ("WaxNet coats 3000 boats, taking 7.5 seconds each.", "supported"),
        ("It floats 2.1 times more boats than FoldNet.", "supported"),
        ("WaxNet reaches 83.6% floating boats on PondBench.", "unsupported"),
        ("WaxNet reaches 83.5% floating boats on LakeBench.", "unsupported"),
        ("WaxNet coats 3,001 boats with wax.", "unsupported"),
        ("Elephants enjoy long walks through distant mountains.", "unsupported"),
        ("WaxNet does not reach floating boats on PondBench.", "partial"),
        ("It does not help against storms.", "supported"),
    ],
)
def test_support(checker: Checker, sentence: str, support: Support) -> None:
    assert checker.check(sentence, PAPER, SPANS).support == support


@pytest.mark.parametrize(
    ("sentence", "question", "support"),
    [
        # A word with a capital that neither has, or that is only the user's beside a figure of something else.
        ("The wax on PondBench is called Old Tallow.", "What is the wax called?", "unsupported"),
        ("It reaches 83.5% floating boats on Lapland lakes.", "How many boats float on Lapland lakes?", "unsupported"),
        ("WaxNet coats boats of Cleo Tarn with wax.", "What does WaxNet do?", "partial"),
        # What stands in a name is no figure.
        ("WaxNet reaches 51.00% floating boats on Pond-51.", "What does WaxNet reach on Pond-51?", "unsupported"),
        # A figure may have a name's ending.
        ("A WaxNet-like net reaches 83.5% floating boats.", "What does a WaxNet-like net reach?", "supported"),
    ],
)
def test_names_and_the_figures_beside_them(checker: Checker, sentence: str, question: str, support: Support) -> None:
    paper = replace(PAPER, abstract=f"{PAPER.abstract} Pond-51 is left out.")
    assert checker.check(sentence, paper, split_sentences(paper.abstract), question=question).support == support


@pytest.mark.parametrize(
    ("sentence", "question", "lacks"),
    [
        ("It is tested on two lakes for both seasons.", "what are the names of the two lakes of WaxNet?", True),
        ("WaxNet is tested on two lakes.", "what are the names of the two lakes of WaxNet?", True),
        ("It is tested on Windermere and Coniston.", "what are the names of the two lakes of WaxNet?", False),
        ("It is called “hot wax”.", "What is the wax called?", False),
        ("It coats boats.", "What is called for?", False),
        ("It coats boats.", "What does WaxNet coat?", False),
    ],
)
def test_a_name_that_was_asked_for(sentence: str, question: str, lacks: bool) -> None:
    assert lacks_name(sentence, question) is lacks


def test_the_quote_is_the_sentence_that_proves_it(checker: Checker) -> None:
    verdict = checker.check("WaxNet reaches 83.5% floating boats on PondBench.", PAPER, SPANS)
    assert verdict.quotes[0].text == "On PondBench it reaches 83.5% floating boats, 2.1x more than FoldNet."
    assert PAPER.abstract[verdict.quotes[0].start : verdict.quotes[0].end] == verdict.quotes[0].text


def test_what_is_missing_is_named(checker: Checker) -> None:
    assert checker.check("WaxNet beats HullNet by 12 points.", PAPER, SPANS).missing == ("12", "hullnet")


def test_words_of_the_question_do_not_count_against_the_sentence(checker: Checker) -> None:
    sentence = "The vessel recipe that interests you coats 3,000 boats with wax."
    alone = checker.check(sentence, PAPER, SPANS)
    asked = checker.check(
        sentence, PAPER, SPANS, question="How many boats does the vessel recipe that interests me coat?"
    )
    assert asked.coverage > alone.coverage and asked.support == "supported"


def test_a_paper_that_was_read_before_is_told_from_a_new_version_of_it(checker: Checker) -> None:
    """The checker keeps what it has read: by the text, not by the id or the title."""
    sentence = "It does not help against storms."
    told = "WaxNet coats 3,000 boats with wax. Storms are a threat that it survives."
    other = Paper(PAPER.id, PAPER.title, PAPER.authors, told)
    for _ in range(2):
        assert checker.check(sentence, PAPER, SPANS).quotes[0].text == SPANS[-1].text
        assert checker.check(sentence, other, split_sentences(told)).support != "supported"


def test_threads_share_a_checker(checker: Checker) -> None:
    """Twice as many papers as a checker keeps."""
    abstracts = [f"Boat {n} is coated with wax. It carries {n + 100} ducks." for n in range(32)]
    papers = [Paper(f"p{n}", f"Boat {n}", (), text) for n, text in enumerate(abstracts)]

    def supported(place: int) -> bool:
        paper = papers[place % len(papers)]
        claim = f"It carries {place % len(papers) + 100} ducks."
        return checker.check(claim, paper, split_sentences(paper.abstract)).support == "supported"

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(supported, range(128)))


def test_numbers_are_compared_in_plain_form() -> None:
    assert numbers_in("3,000 of 7.10, three 0.50% and 2.1x") == {"3000", "7.1", "3", "0.5", "2.1"}
    assert numbers_in("version 10 of 100") == {"10", "100"}


def test_one_is_mostly_no_number() -> None:
    assert numbers_in("the first one adapts to one person, two of zero") == {"2"}


def test_names_are_acronyms_and_coined_words() -> None:
    assert names_in("The ViTs and GPT-2 on a V100 use iBOT, but Paris does not.") == {"vit", "gpt2", "v100", "ibot"}


def test_a_number_inside_a_name_is_part_of_the_name() -> None:
    paper = Paper("a", "GPT-2 and friends", (), "We use GPT-2.")
    assert missing_facts("GPT2 is used.", paper) == ()
    assert missing_facts("GPT-3 is used.", paper) == ("gpt3",)


def test_amounts_are_found_in_other_spellings() -> None:
    paper = Paper("p", "T", (), "We release 52K instances of 3,000,000 boats.")
    assert missing_facts("It has 52,000 instances of 3M boats.", paper) == ()
    assert missing_facts("It has 52 thousand instances of 3 million boats.", paper) == ()
    assert missing_facts("It has 53,000 instances of 4M boats.", paper) == ("4m", "53000")


def test_an_acronym_of_the_user_may_be_spelled_out_in_the_paper() -> None:
    paper = Paper("a", "Boats", (), "We study paper-boat wax learning.")
    assert missing_facts("PBWL works.", paper) == ()
    assert missing_facts("PBQL works.", paper) == ("pbql",)


def test_a_name_that_only_the_user_used_makes_the_sentence_doubtful(checker: Checker) -> None:
    sentence = "WaxNet, also called HullNet, reaches 83.5% floating boats on PondBench."
    assert checker.check(sentence, PAPER, SPANS).support == "unsupported"
    assert checker.check(sentence, PAPER, SPANS, question="What does HullNet reach on PondBench?").support == "partial"


def test_a_figure_that_only_the_user_used_is_not_told_by_the_paper(checker: Checker) -> None:
    sentence = "WaxNet coats 3,000 boats with wax in 7.5 seconds each on a Kettle 6."
    assert checker.check(sentence, PAPER, SPANS, question="How long does WaxNet take on a Kettle 6?").support == (
        "unsupported"
    )
    loose = "In 2021 the two authors coat 3,000 boats with wax in 7.5 seconds each."
    asked = "How long did the two authors of 2021 coat boats with wax?"
    assert checker.check(loose, PAPER, SPANS, question=asked).support == "partial"


def test_authors_and_title_count_as_source() -> None:
    assert missing_facts("WaxNet is by Cleo Tarn.", PAPER) == ()


@pytest.mark.parametrize(
    ("sentence", "echo"),
    [
        ("The paper coats many boats.", True),
        ("Many papers coat the boat.", True),
        ("It coats 3,000 boats.", False),
        ("It coats many boats with wax.", False),
    ],
)
def test_echo(sentence: str, echo: bool) -> None:
    assert is_echo(sentence, "How many boats does the paper coat?") is echo


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The paper does not mention the batch size.", True),
        ("The number of GPUs is not specified in the abstract.", True),
        ("There is no information about the authors' university.", True),
        ("The method does not need labels.", False),
        ("WaxNet reaches 83.5% floating boats.", False),
        ("The bound does not depend on the dimension.", False),
        ("It is not competitive with state-of-the-art wax.", False),
    ],
)
def test_not_stated(sentence: str, expected: bool) -> None:
    assert says_not_stated(sentence, "Boats sink.") is expected


def test_what_the_abstract_itself_calls_unknown_is_stated() -> None:
    told = "Wax is found on boats of unknown size."
    assert says_not_stated(told, "We find wax.") and not says_not_stated(told, "We find wax on boats of unknown size.")


@pytest.mark.parametrize(
    ("sentence", "question", "lacks"),
    [
        ("It sank soon.", "After how many minutes did it sink?", True),
        ("It sank after 41 minutes.", "After how many minutes did it sink?", False),
        ("It sank after three hours.", "How long did it float?", False),
        ("With 20 steps it is better.", "What score does it reach with 20 steps?", True),
        ("Wind explains it.", "How does wind explain it?", False),
        ("It is wax.", "What is the coat made of?", False),
        ("The code is at https://example.org/wax4669.", "How many ponds were used?", True),
    ],
)
def test_a_number_that_was_asked_for(sentence: str, question: str, lacks: bool) -> None:
    assert lacks_number(sentence, question) is lacks


def test_a_yes_that_only_repeats_the_question_must_be_said_by_the_paper(checker: Checker) -> None:
    told = PAPER.abstract.split(". ")[0] + "."
    assert only_affirms("Yes, boats sink in wind.", "Do boats sink in wind?")
    assert not only_affirms("Yes, boats sink in wind because of wax.", "Do boats sink in wind?")
    assert not only_affirms("Boats sink in wind.", "Do boats sink in wind?")
    assert checker.all_said(f"Yes, {told}", PAPER, SPANS)
    assert not checker.all_said("Yes, WaxNet coats boats recursively in hyperbolic space.", PAPER, SPANS)


def test_talk_about_papers_needs_no_support(checker: Checker) -> None:
    plain = checker.check("WaxNet coats 3,000 boats with wax.", PAPER, SPANS)
    talked = checker.check("This research paper describes the WaxNet method, which coats 3,000 boats.", PAPER, SPANS)
    assert plain.support == talked.support == "supported"


@pytest.mark.parametrize(
    ("sentence", "question", "quote", "unsure"),
    [
        ("Yes, boats sink in wind.", "Do boats sink in wind?", "Boats sink in wind.", False),
        ("Yes, boats sink in wind.", "Do boats sink in wind?", "Boats do not sink in wind.", True),
        ("Boats need wax.", "the boats: do they need wax?", "Boats float without wax.", True),
        ("Boats do not need wax.", "the boats: do they need wax?", "Boats float without wax.", False),
        (
            "Boats need 3 coats of wax.",
            "do boats need wax?",
            "Boats float without wax.",
            False,
        ),  # a number is looked up
        ("Boats need wax.", "What do boats need?", "Boats float without wax.", False),
    ],
)
def test_an_unsure_yes_or_no(sentence: str, question: str, quote: str, unsure: bool) -> None:
    verdict = Checked("supported", (Quote(1, quote, 0, len(quote)),), 1.0, ())
    assert unsure_yes_or_no(sentence, question, verdict) is unsure
    partly = Checked("partial", verdict.quotes, 0.5, ())
    assert unsure_yes_or_no("Yes, boats sink in wind.", "Do boats sink in wind?", partly)


def test_a_yes_is_unsure_where_the_sentence_that_speaks_to_the_question_denies() -> None:
    verdict = Checked("supported", (Quote(1, "WaxNet coats boats.", 0, 19),), 1.0, ())
    asked = "Do boats sink in wind?"
    assert unsure_yes_or_no("Yes, WaxNet boats sink.", asked, verdict, "WaxNet does not help boats to sink."), asked
    assert unsure_yes_or_no("Boats sink unlike WaxNet-3-8B.", asked, verdict, "WaxNet does not help boats to sink.")
    assert not unsure_yes_or_no("Yes, WaxNet boats sink.", asked, verdict, "WaxNet helps boats to sink.")
    assert unsure_yes_or_no("No, WaxNet boats do not sink.", asked, verdict, "WaxNet helps boats to sink."), (
        "its quotes"
    )


def test_what_a_question_takes_for_granted_is_doubtful_in_the_answer(checker: Checker) -> None:
    said = "The engineers conclude that rain is solved because WaxNet coats 3,000 boats with wax."
    why = "Why do the engineers conclude that rain is solved with WaxNet?"
    assert checker.check(said, PAPER, SPANS, question=why).support == "partial"
    uncounted = said.replace("3,000 ", "")
    assert checker.check(uncounted, PAPER, SPANS, question=why.replace("Why do", "Do")).support == "partial"
    assert checker.check(said, PAPER, SPANS, question=why.replace("Why", "Where")).support == "supported"
    assert checker.check(said, PAPER, SPANS, question=why.replace("Why do", "Do")).support == "supported"
    both = f"With how much, and {why.replace('Why do', 'do')}"
    assert checker.check(said, PAPER, SPANS, question=both).support == "supported"
    plain = "WaxNet reaches 83.5% floating boats on PondBench because it coats boats with wax."
    assert checker.check(plain, PAPER, SPANS, question="Why does WaxNet reach so much?").support == "supported"


def test_to_deny_what_was_asked_is_no_echo() -> None:
    assert is_echo("Boats sink in wind.", "Do boats sink in wind?")
    assert not is_echo("Boats do not sink in wind.", "Do boats sink in wind?")
    assert is_echo("Boats do not sink in wind.", "Do boats not sink in wind?")


@pytest.mark.parametrize("sentence", ["Wax doubles the time.", "It needs a single coat.", "It floats twice as long."])
def test_a_number_may_be_a_word(sentence: str) -> None:
    assert not lacks_number(sentence, "How much longer do waxed boats float?")
    assert lacks_number("Wax helps boats.", "How much longer do waxed boats float?")


@pytest.mark.parametrize(
    ("sentence", "echo"),
    [
        ("It is the WaxNet.", False),
        ("FoldNet coats boats.", False),
        ("WaxNet or FoldNet coats boats.", True),
        ("Boats are coated.", True),
    ],
)
def test_to_choose_one_of_two_is_no_echo(sentence: str, echo: bool) -> None:
    assert is_echo(sentence, "Which of the two, WaxNet or FoldNet, is it that coats boats?") is echo


def test_a_number_with_its_unit_is_no_name() -> None:
    paper = Paper("p", "Ponds", (), "We tune 6 thousand weights of 12-layer ponds.")
    assert missing_facts("It tunes a 6,000-dimensional vector of 12-layer ponds.", paper) == ()
    assert missing_facts("It tunes a 7,000-dimensional vector.", paper) == ("7000",)


def test_an_order_is_a_number() -> None:
    for said in ("It takes $O(n)$ memory.", r"It takes $\mathcal{O}(n)$ memory.", "The memory grows linearly."):
        assert not lacks_number(said, "How much memory does it take?")
    assert lacks_number("It takes some memory.", "How much memory does it take?")
