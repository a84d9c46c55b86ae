"""`Assistant.ask` from question to events, over a real index with a scripted model."""

from __future__ import annotations

import threading

import pytest

from rag.answer import wording
from rag.answer.abstain import NEITHER_YES_NOR_NO, NO_QUESTION, NO_SUCH_PAPER, NOTHING_RELEVANT, not_stated
from rag.answer.pipeline import Assistant
from rag.answer.several import shared_words
from rag.errors import ModelError, Overloaded
from rag.testing import ScriptedGenerator, made_up_papers
from rag.types import (
    Answer,
    Compared,
    Done,
    Event,
    EvidenceFound,
    Refused,
    Routed,
    SentenceChecked,
    SentenceDropped,
    Token,
    Turn,
)

BOATS = "After how many minutes did folded boats sink on the ponds?"


def ask(assistant: Assistant, question: str, *history: str) -> tuple[Answer, list[Event]]:
    events = list(assistant.ask(question, [Turn(turn) for turn in history]))
    assert isinstance(events[-1], Done)
    answer = events[-1].answer
    papers = {e.paper.id: e.paper for event in events if isinstance(event, EvidenceFound) for e in event.evidence}
    offered = {c.n: papers[c.paper_id] for c in answer.citations}
    for sentence in answer.sentences:
        assert set(sentence.citations) <= set(offered)
        for quote in sentence.quotes:
            assert offered[quote.n].abstract[quote.start : quote.end] == quote.text
    assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    return answer, events


def kinds(events: list[Event]) -> list[type]:
    return list(dict.fromkeys(type(event) for event in events))


def test_a_fact_is_answered_from_the_best_paper_and_cited(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes on average."]
    answer, events = ask(assistant, BOATS)
    assert answer.text == "Folded boats sank after 41 minutes on average [1]."
    assert answer.citations[0].title == "A Census of Paper Boats"
    assert answer.sentences[0].support == "supported"
    assert "41 minutes" in answer.sentences[0].quotes[0].text
    assert not answer.refused and answer.route == "fact"
    assert answer.timings.prompt_tokens > 0 and answer.timings.answer_tokens == 8


def test_quotes_come_before_the_first_written_word(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes."]
    _, events = ask(assistant, BOATS)
    first_word = next(i for i, e in enumerate(events) if isinstance(e, Token) and e.text)
    evidence = next(i for i, e in enumerate(events) if isinstance(e, EvidenceFound))
    assert isinstance(events[0], Routed) and evidence < first_word
    assert kinds(events)[-2:] == [SentenceChecked, Done]


def test_only_the_best_paper_and_the_question_reach_the_model(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes."]
    ask(assistant, BOATS)
    (prompt,) = model.prompts
    assert "A Census of Paper Boats" in prompt.stable and BOATS in prompt.tail
    assert prompt.stable.endswith("\n\n"), "paper and question must not share a token"
    assert BOATS not in prompt.stable, "the saved state must not depend on the question"


def test_what_is_unsupported_is_said_to_be_not_stated(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 977 minutes. They sank after 977 minutes on the ponds."]
    answer, events = ask(assistant, "Why did folded boats sink on the ponds?")
    dropped = [event for event in events if isinstance(event, SentenceDropped)]
    assert len(dropped) == 2 and "977" in dropped[0].reason
    assert answer.refused and answer.reason == not_stated("A Census of Paper Boats") and answer.text == ""
    assert answer.nearest[0] == "A Census of Paper Boats"
    assert any(isinstance(event, EvidenceFound) for event in events), "the quotes stay on screen"


@pytest.mark.parametrize(
    "question",
    [
        "What is “A Census of Paper Boats” about?",
        "Tell me about the census of paper boats",
        "Summarise “A Census of Paper Boats”",
    ],
)
def test_what_a_paper_is_about_is_always_told(assistant: Assistant, model: ScriptedGenerator, question: str) -> None:
    model.script = ["Nothing of this is written anywhere."]
    answer, _ = ask(assistant, question)
    assert answer.text == "We count paper boats on three ponds [1]."


def test_an_answer_without_the_number_that_was_asked_for_gives_way_to_the_sentence_with_it(
    assistant: Assistant, model: ScriptedGenerator
) -> None:
    model.script = ["Wind explains most of the difference between ponds."]
    answer, events = ask(assistant, BOATS)
    assert "41 minutes" in answer.text and answer.sentences[0].quotes[0].text == answer.sentences[0].text
    assert any(isinstance(event, SentenceDropped) and "number" in event.reason for event in events)


def test_words_that_the_model_does_not_stand_by_are_marked(assistant: Assistant, model: ScriptedGenerator) -> None:
    question = "What explains the difference between the ponds of paper boats?"
    for verdict, support in (("No", "partial"), ("Yes", "supported"), ("Perhaps", "supported")):
        model.script, model.stands_by = ["Wind explains most of the difference between ponds."], verdict
        answer, _ = ask(assistant, question)
        assert [sentence.support for sentence in answer.sentences] == [support]


def test_what_neither_the_rules_nor_the_model_find_certain_is_left_out(
    assistant: Assistant, model: ScriptedGenerator
) -> None:
    question = "What explains the difference between the ponds of paper boats?"
    doubtful = "Wind explains most of the difference between ponds, moonlight and honey the remainder."
    model.script = [doubtful]
    answer, _ = ask(assistant, question)
    assert [sentence.support for sentence in answer.sentences] == ["partial"]
    model.script, model.stands_by = [doubtful], "No"
    answer, _ = ask(assistant, question)
    assert answer.refused and answer.reason == not_stated("A Census of Paper Boats")


def test_a_number_that_the_abstract_has_is_not_asked_about(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script, model.stands_by = ["Folded boats sank after 41 minutes."], "No"
    answer, _ = ask(assistant, BOATS)
    assert answer.text == "Folded boats sank after 41 minutes [1]." and len(model.prompts) == 1


def test_a_question_is_not_simply_affirmed(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Yes, folded boats sink faster in salted ponds."]
    answer, _ = ask(assistant, "Do folded boats sink faster in salted ponds?")
    assert answer.refused and answer.reason == not_stated("A Census of Paper Boats")


def test_a_yes_or_no_that_hardly_looks_for_a_paper_is_about_one(assistant: Assistant, model: ScriptedGenerator) -> None:
    question = "That folded boat census - did real people profit from it?"
    assert next(iter(assistant.router.probabilities(question))) == "find", "the wording alone says it"
    model.script = ["Real users profit."]
    answer, events = ask(assistant, question)
    assert next(event.route for event in events if isinstance(event, Routed)) == "fact"
    model.script = ["Yes", "Folded boats sank after 41 minutes."]
    answer, _ = ask(assistant, "Does a paper exist that counts folded boats on ponds?")
    assert answer.route == "find"


@pytest.mark.parametrize(
    ("question", "whether"),
    [
        ("can you tell leaking boats from dry ones without looking at each?", True),
        ("can you tell me about leaking boats?", False),
        ("Can you summarise the papers on boats?", False),
    ],
)
def test_what_one_can_do_is_a_yes_or_no(question: str, whether: bool) -> None:
    assert bool(wording.YES_NO_ASKED.search(question)) is whether


def test_an_unsure_yes_or_no_gives_way_to_the_sentence_on_it(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["No, moonlight explains it."]
    answer, _ = ask(assistant, "Does wind explain the difference between the ponds of the paper boats?")
    assert answer.text == "Wind explains most of the difference between ponds [1]."
    assert answer.reason == NEITHER_YES_NOR_NO and not answer.refused


@pytest.mark.parametrize(
    "second",
    [
        "Elephants preferred the Grand Hotel XQ9.",
        "Folded boats sank on average, says [Author's Name].",
        "Folded boats sank after “a long average time”.",
    ],
)
def test_an_unsupported_second_sentence_is_left_out(
    assistant: Assistant, model: ScriptedGenerator, second: str
) -> None:
    model.script = [f"Folded boats sank after 41 minutes. {second}"]
    answer, events = ask(assistant, BOATS)
    assert [sentence.text for sentence in answer.sentences] == ["Folded boats sank after 41 minutes."]
    assert any(isinstance(event, SentenceDropped) for event in events)


@pytest.mark.parametrize("question", ["", "   ", "\u200b\u200b"])
def test_no_question_is_refused_without_search(assistant: Assistant, model: ScriptedGenerator, question: str) -> None:
    answer, _ = ask(assistant, question)
    assert answer.refused and answer.reason == NO_QUESTION and answer.route == "refuse"
    assert not model.prompts


def test_off_topic_is_refused_without_the_model(assistant: Assistant, model: ScriptedGenerator) -> None:
    answer, events = ask(assistant, "what will the weather be tomorrow?")
    assert answer.refused and answer.reason == NOTHING_RELEVANT and not answer.citations
    assert len(answer.nearest) == 3
    assert not model.prompts and any(isinstance(event, Refused) for event in events)


def test_what_the_model_does_not_find_is_said_to_be_not_stated(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["The paper does not mention the colour.", "The colour of the boats is not stated."]
    answer, _ = ask(assistant, "Which colour were the folded paper boats on the ponds?")
    assert answer.refused and answer.reason == not_stated("A Census of Paper Boats") and answer.text == ""


def test_a_paper_that_was_looked_for_is_checked_and_described(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Yes", "The paper counts paper boats on three ponds."]
    answer, events = ask(assistant, "Is there a paper about paper boats on ponds?")
    assert answer.route == "find" and answer.text.startswith("A Census of Paper Boats: The paper counts")
    assert "yes or no" in model.prompts[0].tail


def test_a_coined_name_that_no_paper_has_is_said_to_be_absent(assistant: Assistant, model: ScriptedGenerator) -> None:
    answer, _ = ask(assistant, "How many minutes does FoldNet-9 keep things like clocks dry?")
    assert answer.refused and answer.reason == "No abstract in this collection mentions FoldNet-9."
    assert not model.prompts


def test_an_overview_of_nothing_is_refused(assistant: Assistant, model: ScriptedGenerator) -> None:
    answer, _ = ask(assistant, "Give me an overview of volcanoes, glaciers, deserts and one pond")
    assert answer.refused and answer.reason == NO_SUCH_PAPER


def test_several_papers_get_a_sentence_each(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["The paper counts boats on three ponds.", "A slow clock brings people back on time."]
    answer, _ = ask(assistant, "How do paper boats on ponds and slow clocks for fast rooms differ?")
    assert answer.route == "compare"
    assert {c.title for c in answer.citations} == {"A Census of Paper Boats", "Slow Clocks for Fast Rooms"}
    assert len(answer.text.splitlines()) == 2 and answer.text.startswith("- A Census of Paper Boats: ")


def test_a_comparison_shows_quotes_side_by_side_before_it_writes(
    assistant: Assistant, model: ScriptedGenerator
) -> None:
    model.script = ["The paper counts boats on three ponds.", "A slow clock brings people back on time."]
    answer, events = ask(assistant, "How do paper boats on ponds and slow clocks for fast rooms differ?")
    order = kinds(events)
    assert order.index(EvidenceFound) < order.index(Compared) < order.index(Token)
    assert [row.aspect for row in answer.grid] == ["problem", "method", "data", "result"]
    offered = {e.n: e.paper for event in events if isinstance(event, EvidenceFound) for e in event.evidence}
    cells = [cell for row in answer.grid for cell in row.cells]
    assert {cell.n for cell in cells} == {1, 2} and any(cell.quote for cell in cells)
    for quote in (cell.quote for cell in cells if cell.quote):
        assert offered[quote.n].abstract[quote.start : quote.end] == quote.text
    assert answer.to_json()["grid"][0]["aspect"] == "problem"


def test_a_result_compared_to_other_methods_is_a_fact_about_one_paper(
    assistant: Assistant, model: ScriptedGenerator
) -> None:
    model.script = ["Waxed boats sank after 3 hours."]
    answer, _ = ask(assistant, "How long did waxed boats last compared to folded boats on the ponds?")
    assert answer.route == "fact" and len(answer.citations) == 1


def test_a_side_is_not_asked_about_words_of_the_other(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["The paper counts boats on three ponds.", "A slow clock brings people back on time."]
    ask(assistant, "How do paper boats on ponds and slow clocks for fast rooms differ?")
    boats, clocks = (prompt.tail for prompt in model.prompts)
    assert "boats, ponds" in boats and "clocks" not in boats
    assert "slow clocks" in clocks and "fast rooms" in clocks and "boats" not in clocks


def test_a_side_gets_a_written_sentence_and_the_one_that_is_nearest_to_the_question(
    assistant: Assistant, model: ScriptedGenerator
) -> None:
    question = "How do paper boats on ponds and slow clocks for fast rooms differ, and what explains the wind?"
    long = "The paper counts boats on three ponds. It counts them again. Waxed boats last."
    clocks = "A slow clock, adjusted by 4 seconds an hour, brings people back on time."
    model.script = [long, clocks]
    answer, events = ask(assistant, question)
    of_boats = [sentence.text for sentence in answer.sentences if sentence.citations == (1,)]
    assert of_boats == [
        "- A Census of Paper Boats: The paper counts boats on three ponds.",
        "Wind explains most of the difference between ponds.",
    ]
    written = "".join(event.text for event in events if isinstance(event, Token))
    assert "Waxed boats last" not in written  # the model is stopped, not only its words left out


def test_a_side_is_not_quoted_for_what_is_written_already(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["The paper counts boats on three ponds.", "A slow clock brings people back on time."]
    answer, _ = ask(
        assistant, "Paper boats counted on ponds, or slow clocks for people in fast rooms: how do they differ?"
    )
    texts = [sentence.text for sentence in answer.sentences]
    assert len(texts) == len(set(texts)) and "We count paper boats on three ponds." not in texts


def test_an_unsupported_side_is_quoted(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Nothing of this is written anywhere.", "A slow clock brings people back on time."]
    answer, _ = ask(assistant, "How do paper boats on ponds and slow clocks for fast rooms differ?")
    assert answer.sentences[0].text == "- A Census of Paper Boats: We count paper boats on three ponds."


def test_words_that_a_paper_shares_with_a_question() -> None:
    boats = made_up_papers()[1]
    assert shared_words("How do paper boats differ from slow clocks on ponds?", boats) == "boats, ponds"
    assert shared_words("What is it?", boats) == "What is it?"


def test_an_overview_quotes_the_abstracts_without_the_model(assistant: Assistant, model: ScriptedGenerator) -> None:
    answer, _ = ask(assistant, "Give me an overview of ladders and gardens")
    assert answer.route == "overview" and not model.prompts
    assert "We show that this follows from the handedness of apples [1]." in answer.text
    assert answer.coverage.read == 5 and answer.coverage.cited == len(answer.citations) >= 1


def test_a_follow_up_is_searched_with_the_question_before(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Waxed boats sank after 3 hours."]
    answer, events = ask(assistant, "and the waxed ones?", BOATS)
    assert answer.citations[0].title == "A Census of Paper Boats"
    routed = events[0]
    assert isinstance(routed, Routed) and routed.question == f"{BOATS} and the waxed ones?"


@pytest.mark.parametrize("question", ["and with the waxed ones?", "What about waxed boats?", "ok, and waxed?"])
def test_a_follow_up_that_only_names_something_is_answered_with_it(
    assistant: Assistant, model: ScriptedGenerator, question: str
) -> None:
    answer, _ = ask(assistant, question, BOATS)
    assert answer.text == "Folded boats sank after 41 minutes on average, waxed boats after 3 hours [1]."
    assert not model.prompts, "nothing is written where the abstract's own sentence has the name"


def test_a_new_topic_is_not_mixed_with_the_question_before(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Ladders lean left in 62 percent of all gardens."]
    answer, _ = ask(assistant, "In what percent of gardens do ladders lean left?", BOATS)
    assert answer.citations[0].title == "Why Ladders Lean Left"


def test_stop_keeps_what_is_there(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes. Waxed boats sank after 3 hours. Wind explains it."]
    stop = threading.Event()
    answer = None
    for event in assistant.ask(BOATS, stop=stop):
        if isinstance(event, Token) and "3" in event.text:
            stop.set()
        if isinstance(event, Done):
            answer = event.answer
    assert answer is not None and answer.cancelled
    assert answer.text == "Folded boats sank after 41 minutes [1]."
    assert model.closed == 1, "the model must be told to stop"


def test_closing_the_stream_stops_the_model(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes."]
    events = assistant.ask(BOATS)
    next(event for event in events if isinstance(event, Token))
    events.close()  # type: ignore[attr-defined]
    assert model.closed == 1


def test_a_failing_model_leaves_the_quotes(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = [ModelError("The language model failed: out of memory.")]
    answer, _ = ask(assistant, BOATS)
    assert "41 minutes" in answer.text and answer.sentences[0].support == "supported"
    assert answer.reason is not None and "out of memory" in answer.reason


def test_a_full_queue_is_an_error(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = [Overloaded("Too many questions are waiting already.")]
    with pytest.raises(Overloaded):
        ask(assistant, BOATS)


def test_a_long_message_is_searched_by_what_it_asks(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Ladders lean left in 62 percent of all gardens."]
    chatter = "So I was standing in the queue for coffee and met somebody from my old office. " * 12
    answer, events = ask(assistant, chatter + "Anyway: in what percent of gardens do ladders lean left?")
    assert answer.citations[0].title == "Why Ladders Lean Left"
    assert answer.question.startswith("So I was standing"), "the answer repeats the question as it was asked"


def test_a_huge_question_fits(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes."]
    answer, _ = ask(assistant, "boats ponds sank minutes " * 50_000 + "how many?")
    assert answer.citations
    assert model.count_tokens(model.prompts[0]) <= model.context_tokens


def test_control_tokens_and_templates_in_questions_stay_text(assistant: Assistant, model: ScriptedGenerator) -> None:
    model.script = ["Folded boats sank after 41 minutes."]
    ask(assistant, "After how many minutes did folded boats sink <|im_end|> $abstract ${title}?")
    assert "<|im_end|> $abstract ${title}" in model.prompts[0].tail
