"""What a follow-up leans on, and which papers the conversation is about."""

from __future__ import annotations

import pytest

from rag.answer.followup import Context, FollowUps, names_only, speaking_of
from rag.answer.pipeline import Assistant
from rag.text import split_sentences
from rag.types import Turn


@pytest.fixture
def followups(assistant: Assistant) -> FollowUps:
    return assistant.followups


def title(assistant: Assistant, question: str, context: Context) -> str:
    return assistant.followups.search(question, context, limit=5).hits[0].paper.title


def test_a_question_that_stands_alone_has_no_context(followups: FollowUps) -> None:
    question = "How many tunes does the whistling machine learn from?"
    before = Turn("Why do ladders lean left in gardens?")
    assert followups.context(question, [before]) == Context(question, latest=before)
    assert followups.context("and which ones?", []) == Context("and which ones?")


def test_the_question_before_is_searched_too(assistant: Assistant, followups: FollowUps) -> None:
    context = followups.context("and how many seconds is it adjusted?", [Turn("Is there a paper about slow clocks?")])
    assert context.text == "Is there a paper about slow clocks? and how many seconds is it adjusted?"
    assert title(assistant, "and how many seconds is it adjusted?", context) == "Slow Clocks for Fast Rooms"


def test_a_turn_that_the_catalogue_answered_stands_for_its_paper(assistant: Assistant, followups: FollowUps) -> None:
    context = followups.context("so what does it store?", [Turn("Which paper won the best lantern paper award?")])
    assert context.text.startswith("Lanternfish: Keeping Small Maps Bright")
    assert title(assistant, "so what does it store?", context) == "Lanternfish: Keeping Small Maps Bright"


def test_papers_that_the_answer_cited_are_favoured(followups: FollowUps) -> None:
    context = followups.context(
        "and why?", [Turn("What about gardens and ladders?", cited=("a-census-of-paper-boats",))]
    )
    assert context.favoured == ("a-census-of-paper-boats",)


def test_the_other_one_is_not_the_same_again(assistant: Assistant, followups: FollowUps) -> None:
    first = assistant.searcher.search("whistling machines that learn tunes", limit=1).hits[0].paper
    history = [Turn("Is there a paper on whistling machines that learn tunes?", cited=(first.id,))]
    context = followups.context("Any other paper on learning tunes?", history)
    assert context.excluded == (first.id,)
    hits = followups.search("Any other paper on learning tunes?", context, limit=5).hits
    assert hits and first.id not in {hit.paper.id for hit in hits}


@pytest.mark.parametrize(
    "question",
    [
        "does it transfer to other ponds?",
        "is it better than other methods?",
        "how much faster is it than the others?",
        "what does it gain compared to the others?",
        "so what do they coat them with instead?",
    ],
)
def test_other_things_are_no_other_papers(followups: FollowUps, question: str) -> None:
    assert not followups.context(question, [Turn("How long do waxed boats float?", cited=("boats",))]).excluded


def test_several_turns_back(followups: FollowUps) -> None:
    history = [
        Turn("How many ladders lean left in gardens?"),
        Turn("How long do waxed boats float?"),
        Turn("and folded ones?"),
    ]
    context = followups.context("who found it?", history)
    assert context.text == "How long do waxed boats float? and folded ones? who found it?"


@pytest.mark.parametrize("question", ["good for large kites as well?", "helps waxed paper kites of children, too?"])
def test_what_is_asked_as_well_was_asked_of_something_before(followups: FollowUps, question: str) -> None:
    history = [Turn("How long do waxed boats float?")]
    assert followups.context(question, history).text == f"{history[0].question} {question}"


def test_a_fragment_goes_the_way_of_the_turn_before(followups: FollowUps) -> None:
    history = [Turn("Which papers are about ladders or gardens?")]
    assert followups.context("ok, boats on ponds", history).route == "overview"
    assert followups.context("and how long do they float?", history).route is None


def test_what_leans_on_one_paper_is_a_fact_about_it(followups: FollowUps) -> None:
    history = [Turn("Is there a paper that counts boats on ponds?")]
    assert followups.context("What improvements do they report on leaks?", history).route in (None, "fact")
    assert followups.context("Any other paper besides that one on the same kind of ponds?", history).route == "find"
    assert followups.context("which papers use that?", history).route is None


def test_a_link_alone_is_that_of_the_paper_before(followups: FollowUps) -> None:
    history = [Turn("Is there a paper that counts boats on ponds?")]
    for question in ("could you please send me the link, thanks?", "send me the link pls", "and the code of it?"):
        assert followups.context(question, history).text.startswith(history[0].question)
    for question in ("which papers have a link to code?", "the link of the slow clocks please"):
        assert followups.context(question, history).text == question


def test_a_bare_follow_up_is_answered_by_the_sentences_with_its_name() -> None:
    spans = split_sentences("We float on Pond-51. Lakes are cold. On lakes and on Pond-51, boats sink. Lakes end.")

    def said(question: str) -> list[str]:
        return [span.text for span in speaking_of(names_only(question), spans)]

    assert said("and on Pond?") == ["We float on Pond-51.", "On lakes and on Pond-51, boats sink."]
    assert said("what about lakes and Pond-51?") == ["On lakes and on Pond-51, boats sink."]
    assert said("what about lakes?") == ["Lakes are cold.", "On lakes and on Pond-51, boats sink."]
    assert said("and on moats?") == said("and how cold are lakes?") == []


def test_one_of_something_else_asks_for_no_paper(followups: FollowUps) -> None:
    history = [Turn("By how many seconds are slow clocks adjusted?")]
    assert followups.context("does that work with several clocks in one room?", history).route == "fact"


def test_a_new_topic_is_found_although_the_wording_leans(assistant: Assistant, followups: FollowUps) -> None:
    history = [Turn("How long do folded paper boats float on ponds?")]
    question = "what do they call the whistling machine that learns tunes by humming them backwards?"
    context = followups.context(question, history)
    assert context.text != question, "the pronoun makes it lean"
    assert title(assistant, question, context) == "Learning to Whistle with Few Tunes"


def test_the_other_one_is_of_the_turn_before(assistant: Assistant, followups: FollowUps) -> None:
    both = ("why-ladders-lean-left", "a-census-of-paper-boats")
    history = [Turn("which papers are about ladders or boats?", cited=both), Turn("do waxed boats float?")]
    question = "and the other one, in how many places was that seen?"
    context = followups.context(question, history)
    assert context.excluded == ("a-census-of-paper-boats",)
    assert title(assistant, question, context) == "Why Ladders Lean Left"


def test_an_objection_stays_with_the_paper(assistant: Assistant, followups: FollowUps) -> None:
    history = [Turn("How long do folded paper boats float on ponds?")]
    question = "why not just use a whistling machine that hums tunes backwards then?"
    context = followups.context(question, history)
    assert title(assistant, question, context) == "A Census of Paper Boats"
    assert not followups.context("what about machines that hum tunes then?", history).held


def test_a_turn_that_names_a_paper_is_about_that_one_alone(followups: FollowUps) -> None:
    context = followups.context("and with a bigger lamp?", [Turn("How many maps fade in Lanternfish?")])
    assert context.favoured == ("lanternfish",)


def test_what_goes_on_with_the_paper_of_the_latest_turn(assistant: Assistant, followups: FollowUps) -> None:
    found = assistant.searcher.search("How long do waxed boats float?", limit=5)
    boats, ladders = Turn("Is there a paper on paper boats on ponds?"), Turn("Why do ladders lean left in gardens?")
    assert followups.goes_on(followups.context("How long do waxed boats float?", [boats]), found)
    assert not followups.goes_on(followups.context("How long do waxed boats float?", [ladders]), found)
    assert not followups.goes_on(followups.context("How long do waxed boats float?", []), found)


def test_a_question_says_itself_which_of_several_it_means(assistant: Assistant, followups: FollowUps) -> None:
    three = ("a-census-of-paper-boats", "why-ladders-lean-left", "slow-clocks-for-fast-rooms")
    history = [Turn("Which papers are about boats on ponds, ladders or clocks?", cited=three)]
    question = "which of those is about gardens, and how many of them?"
    assert title(assistant, question, followups.context(question, history)) == "Why Ladders Lean Left"


def test_a_turn_about_a_group_of_authors_is_about_their_paper(followups: FollowUps) -> None:
    history = [Turn("How good is the one by Lind and colleagues with paper boats on ponds?")]
    assert followups.context("and what did they find?", history).favoured == ("learning-to-whistle-with-few-tunes",)
