"""What the page's controls do, without a browser: turns from events, one answer a tab, failures as sentences."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rag.serve.ui import scope
from rag.serve.ui.acts import Acts
from rag.serve.ui.browse import Wish
from rag.serve.ui.chat import LONGEST_QUESTION, Chat, Pace
from rag.serve.ui.running import Running
from rag.serve.ui.turn import ShownTurn
from rag.testing import made_up_papers
from rag.testing_library import FakeLibrary
from rag.types import (
    Coverage,
    Event,
    EvidenceFound,
    Routed,
    Searching,
    Sentence,
    SentenceChecked,
    SentenceDropped,
    Token,
    Waiting,
)


def after(*events: Event) -> ShownTurn:
    shown = ShownTurn(1, "How long do boats float?")
    for event in events:
        shown = shown.after(event)
    return shown


def fold(question: str) -> list[ShownTurn]:
    """The turn after each event of the scripted assistant."""
    shown, seen = ShownTurn(1, question), []
    for event in FakeLibrary().assistant().ask(question):
        shown = shown.after(event)
        seen.append(shown)
    return seen


def chat_of(library: Any) -> Chat:
    return Chat(library, Running(), collection="made-up")


def updates(chat: Chat, question: str, turns: Sequence[ShownTurn] = ()) -> list[dict[str, Any]]:
    return list(chat.answer(question, turns, "made-up", "tab"))


def test_tokens_are_provisional_until_the_sentence_is_checked_or_dropped() -> None:
    written = after(Token("Boats "), Token(""), Token("float"))
    assert (written.pending, written.status) == ("Boats float", "Writing")
    assert written.after(SentenceDropped("no support")).pending == ""
    sentence = Sentence("Boats float.", (1,), "supported")
    checked = written.after(SentenceChecked(sentence))
    assert (checked.pending, checked.sentences) == ("", (sentence,))


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (Searching(1), "Searching 1 paper"),
        (Searching(1160), "Searching 1,160 papers"),
        (Waiting(1), "1 question before yours"),
        (Waiting(2), "2 questions before yours"),
        (Token(""), "Looking closer at the papers found"),
    ],
)
def test_the_status_says_what_is_going_on(event: Event, status: str) -> None:
    assert after(event).status == status


def test_the_question_is_shown_as_understood_only_when_it_differs() -> None:
    assert after(Routed("fact", " How long  do boats float?\n")).understood == ""
    assert after(Routed("fact", "How long do paper boats float?")).understood == "How long do paper boats float?"


def test_new_evidence_replaces_the_old() -> None:
    evidence = [turn.evidence for turn in fold("boats and maps") if turn.evidence][-1]
    swapped = tuple(reversed(evidence))
    shown = after(EvidenceFound(evidence, Coverage(5, 2, 0)), EvidenceFound(swapped, Coverage(5, 2, 0)))
    assert shown.evidence == swapped
    assert shown.status == f"Reading [2] {swapped[0].paper.title}"


def test_evidence_is_there_before_the_first_word() -> None:
    seen = fold("How long do paper boats float?")
    first_word = next(place for place, turn in enumerate(seen) if turn.pending or turn.sentences)
    assert seen[first_word - 1].evidence
    assert not seen[-1].busy
    assert seen[-1].cited == ("a-census-of-paper-boats",)


def test_an_answer_is_remembered_for_the_next_question() -> None:
    library = FakeLibrary()
    chat = chat_of(library)
    turns = updates(chat, "How long do paper boats float?")[-1]["turns"]
    turns = updates(chat, "And the maps?", turns)[-1]["turns"]
    assert [turn.number for turn in turns] == [1, 2]
    ((_, none), (_, history)) = library.assistant().asked
    assert none == ()
    assert [(turn.question, turn.cited) for turn in history] == [
        ("How long do paper boats float?", ("a-census-of-paper-boats",))
    ]


def test_the_box_is_emptied_once_and_the_end_is_always_told() -> None:
    for question in ("boats", "refuse", "overloaded", "break the boats", "bug in the boats", "x" * 5000):
        got = updates(chat_of(FakeLibrary()), question)
        assert got[0]["question"] == ""
        assert all("question" not in update for update in got[1:])
        assert 'data-busy="true"' in got[0]["status"]
        assert 'data-busy="false"' in got[-1]["status"]
        assert not got[-1]["turns"][-1].busy


def test_failures_are_sentences_and_what_was_written_stays() -> None:
    (turn,) = updates(chat_of(FakeLibrary()), "break the boats")[-1]["turns"]
    assert (turn.problem, turn.hint) == ("The language model failed.", "Ask again.")
    assert "Folded boats sank" in turn.pending
    assert turn.evidence
    (turn,) = updates(chat_of(FakeLibrary()), "bug in the boats")[-1]["turns"]
    assert turn.problem == "Something went wrong inside posterchat while it wrote this answer."
    (turn,) = updates(chat_of(FakeLibrary({"made-up": ()})), "x" * (LONGEST_QUESTION + 1))[-1]["turns"]
    assert turn.problem == "The question is longer than 2,000 characters."


def test_a_collection_that_is_gone_is_said() -> None:
    (turn,) = updates(chat_of(FakeLibrary({})), "boats")[-1]["turns"]
    assert turn.problem == "There is no collection made-up."


def test_nothing_is_asked_without_a_question() -> None:
    library = FakeLibrary()
    assert updates(chat_of(library), " \n ") == [{}]
    assert library.assistant().asked == []


def test_a_tab_has_one_answer_at_a_time_and_other_tabs_have_their_own() -> None:
    library = FakeLibrary()
    chat = chat_of(library)
    first = chat.answer("endless boats", (), "made-up", "tab 1")
    next(first)
    assert list(chat.answer("clocks", (), "made-up", "tab 1")) == [{}]
    other = list(chat.answer("clocks", (), "made-up", "tab 2"))
    assert "turns" in other[-1]
    chat.running.stop("tab 2")
    assert chat.running.count() == 1
    chat.running.stop("tab 1")
    last = list(first)[-1]
    assert last["turns"][-1].stopped
    assert chat.running.count() == 0


def test_leaving_the_page_ends_the_answer() -> None:
    library = FakeLibrary()
    chat = chat_of(library)
    stream = chat.answer("endless boats", (), "made-up", "tab")
    for _ in range(5):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert library.assistant().ended == ["endless boats"]
    assert chat.running.count() == 0


def test_a_new_chat_ends_the_answer_and_nothing_of_it_follows() -> None:
    library = FakeLibrary(delay_s=0.005)
    chat = chat_of(library)
    got: list[dict[str, Any]] = []
    enough = threading.Event()

    def consume() -> None:
        for update in chat.answer("endless boats", (), "made-up", "tab"):
            got.append(update)
            if len(got) == 6:
                enough.set()

    thread = threading.Thread(target=consume)
    thread.start()
    assert enough.wait(10)
    cleared = chat.new_chat("made-up", "tab")
    thread.join(10)
    assert not thread.is_alive()
    assert got[-1] == {}
    assert all("turns" not in update for update in got)
    assert cleared["turns"] == ()
    assert "Ask about these 5 papers" in cleared["current"]


def test_shutting_down_ends_every_answer_and_begins_no_more() -> None:
    library = FakeLibrary()
    chat = chat_of(library)
    streams = [chat.answer("endless boats", (), "made-up", tab) for tab in ("1", "2")]
    for stream in streams:
        next(stream)
    chat.running.close()
    assert all(list(stream)[-1]["turns"][-1].stopped for stream in streams)
    assert list(chat.answer("boats", (), "made-up", "3")) == [{}]


def test_choosing_a_collection_changes_the_head_and_the_starters() -> None:
    chat = chat_of(FakeLibrary({"made-up": made_up_papers(), "few": made_up_papers()[3:]}, loaded=False))
    update = chat.choose("few", "tab")
    assert "few" in update["header"] and "2 papers" in update["header"] and "loading" in update["header"]
    assert "Ask about these 2 papers" in update["current"]
    assert "Paper Boats" not in update["current"]


def test_a_turn_asked_again_takes_the_place_of_the_old_one_and_of_those_after_it() -> None:
    library = FakeLibrary()
    chat = chat_of(library)
    turns: tuple[ShownTurn, ...] = ()
    for question in ("boats", "maps", "clocks"):
        turns = updates(chat, question, turns)[-1]["turns"]
    got = list(chat.answer("ladders", turns, "made-up", "tab", again=2))
    assert [turn.question for turn in got[-1]["turns"]] == ["boats", "ladders"]
    assert "boats" in got[0]["past"] and "maps" not in got[0]["past"]
    assert [turn.question for turn in library.assistant().asked[-1][1]] == ["boats"]


def test_follow_ups_come_with_the_last_update_only() -> None:
    got = updates(chat_of(FakeLibrary()), "How long do paper boats float?")
    assert ["Ask next" in update.get("current", "") for update in got] == [False] * (len(got) - 1) + [True]
    assert "Who wrote “A Census of Paper Boats”?" in got[-1]["current"]


@pytest.mark.parametrize(
    "question", ["boats", "compare boats, clocks", "an overview", "catalogue", "refuse", "break it"]
)
def test_a_kept_conversation_comes_back_as_it_was(question: str) -> None:
    chat = chat_of(FakeLibrary())
    first = updates(chat, "How bright are the maps?")[-1]
    last = updates(chat, question, first["turns"])[-1]
    stored = json.loads(json.dumps(last["saved"]))
    back = chat_of(FakeLibrary()).restore(stored, "tab")
    assert back["turns"] == last["turns"]
    assert back["current"] == last["current"]
    assert back["evidence"] == last["evidence"]
    assert back["chosen"] == "made-up"
    papers = FakeLibrary().papers()
    assert not any(paper.abstract in str(stored) for paper in papers)  # the browser keeps no abstracts


def test_what_was_kept_is_not_shown_when_its_papers_changed() -> None:
    saved = updates(chat_of(FakeLibrary()), "How long do paper boats float?")[-1]["saved"]
    changed = tuple(replace(paper, abstract=f"New. {paper.abstract}") for paper in made_up_papers())
    for papers in (changed, made_up_papers()[2:]):
        back = chat_of(FakeLibrary({"made-up": papers})).restore(saved, "tab")
        (turn,) = back["turns"]
        assert (turn.question, turn.sentences, turn.evidence) == ("How long do paper boats float?", (), ())
        assert "have changed since" in back["current"]


@pytest.mark.parametrize(
    "stored",
    [None, "", 7, [], {}, {"version": 1}, {"version": 0, "collection": "made-up", "turns": [{"question": "x"}]}]
    + [{"version": 1, "collection": "gone", "turns": [{"question": "x"}]}]
    + [{"version": 1, "collection": "made-up", "turns": []}]
    + [{"version": 1, "collection": "made-up", "turns": [{"question": "x", "sentences": "<script>"}]}],
)
def test_what_cannot_be_read_is_left_alone(stored: Any) -> None:
    assert chat_of(FakeLibrary()).restore(stored, "tab") == {}


def test_a_new_chat_forgets_what_the_browser_kept() -> None:
    chat = chat_of(FakeLibrary())
    assert updates(chat, "boats")[-1]["saved"] != {}
    assert chat.new_chat("made-up", "tab")["saved"] == {}


def test_the_pace_is_that_of_the_pieces_which_follow_one_another() -> None:
    pace = Pace()
    pace.see(Token("first"), 10.0)
    for step in range(1, 11):
        pace.see(Token("word"), 10.0 + step / 4)
    assert pace.speed == 4.0
    pace.see(SentenceChecked(Sentence("Boats float.", (1,), "supported")), 20.0)  # checking is not writing
    pace.see(Token(""), 25.0)
    pace.see(Token("word"), 30.0)
    pace.see(Token("word"), 30.25)
    assert pace.speed == 4.0
    assert Pace().speed is None


def test_a_wish_that_is_not_understood_changes_nothing() -> None:
    acts = Acts(chat_of(FakeLibrary()))
    for wish in (
        "",
        "{}",
        "[]",
        "null",
        '{"do": "export", "turn": "x"}',
        '{"do": "judge", "turn": 9, "verdict": "up"}',
    ):
        assert acts.do(wish, (), "made-up", "tab") == {}
    shown = fold("boats")[-1]
    told = acts.do('{"do": "export", "turn": 1, "form": "exe", "key": "7"}', (shown,), "made-up", "tab")
    assert 'data-outcome="problem"' in told["reply"] and 'data-key="7"' in told["reply"]


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("", Wish()),
        ("{", Wish()),
        ("[1]", Wish()),
        ('{"topic": "2", "award": "true"}', Wish(topic=1, award=True)),
        ('{"topic": "0"}', Wish()),
        ('{"topic": "-3", "q": 5, "papers": "x"}', Wish(words="5")),
        ('{"author": "Ada Quill", "papers": ["a", 1]}', Wish(author="Ada Quill", papers=("a", "1"))),
    ],
)
def test_a_filter_from_the_browser_is_read_with_care(given: str, understood: Wish) -> None:
    assert scope.read(given) == understood
