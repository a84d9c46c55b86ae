"""Files of questions and of answers: what is read, and what is said about what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InputError
from rag.evaluate.questions import (
    Question,
    check_same_questions,
    choose,
    fingerprint,
    in_order,
    load_answers,
    load_queries,
    load_questions,
)

WHOLE = {
    "id": "a",
    "kind": "fact",
    "question": "How many herons?",
    "gold": ["Counting Herons from Balloons"],
    "optional": ["Sorting Pebbles by Sound"],
    "must": [["93", "ninety-three"], ["ponds"]],
    "history": ["Who counts birds?"],
    "answer": "93 of 100 ponds.",
}
ANSWER = {"id": "a", "question": "How many herons?", "answer": "93.", "citations": [], "sentences": []}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def test_a_row_is_read_whole(tmp_path: Path) -> None:
    bare = {"id": 1, "kind": "meta", "question": "", "gold": []}
    path = write(tmp_path / "q.jsonl", "\ufeff" + json.dumps(WHOLE), "", bare, {**bare, "id": "1", "must": None})
    whole, number, text = load_questions(path)
    assert whole == Question(
        "a",
        "fact",
        "How many herons?",
        gold=("Counting Herons from Balloons",),
        optional=("Sorting Pebbles by Sound",),
        must=(("93", "ninety-three"), ("ponds",)),
        history=("Who counts birds?",),
        line=1,
    )
    assert number == Question(1, "meta", "", line=3)
    assert (text.id, text.must, text.line) == ("1", (), 4)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{torn", "not valid JSON"),
        ("[1]", "no JSON object"),
        ("[" * 5000, "not valid JSON"),
        ({**WHOLE, "id": None}, "no id"),
        ({**WHOLE, "id": True}, "no id"),
        ({**WHOLE, "kind": ""}, "kind is empty"),
        ({**WHOLE, "kind": 3}, "no kind"),
        ({**WHOLE, "question": None}, "no question"),
        ({key: value for key, value in WHOLE.items() if key != "gold"}, "no gold"),
        ({**WHOLE, "gold": "A Title"}, "gold is to be a list"),
        ({**WHOLE, "gold": [" "]}, "gold is to be a list"),
        ({**WHOLE, "optional": [3]}, "optional is to be a list"),
        ({**WHOLE, "history": "before?"}, "history is to be a list"),
        ({**WHOLE, "must": ["93"]}, "must is to be a list of lists"),
        ({**WHOLE, "must": [[]]}, "must is to be a list of lists"),
        ({**WHOLE, "must": [[""]]}, "must is to be a list of lists"),
        (WHOLE, "the id 'a' occurs twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, row: Any, reason: str) -> None:
    path = write(tmp_path / "q.jsonl", WHOLE, "", row)
    with pytest.raises(InputError) as caught:
        load_questions(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert reason in str(caught.value)
    assert caught.value.hint


def test_a_file_without_questions(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no questions"):
        load_questions(write(tmp_path / "q.jsonl", ""))
    with pytest.raises(InputError, match="cannot be read"):
        load_questions(tmp_path / "none.jsonl")


def test_known_items_are_queries_but_no_questions(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", {"query": "birds from above", "title": "Counting Herons"}, WHOLE)
    item, question = load_queries(path)
    assert (item.kind, item.question, item.gold) == ("known-item", "birds from above", ("Counting Herons",))
    assert question.id == "a"
    with pytest.raises(InputError, match=":1: the row has no id"):
        load_questions(path)
    with pytest.raises(InputError, match=":1: the row has no title"):
        load_queries(write(tmp_path / "q.jsonl", {"query": "birds"}))


def test_choosing() -> None:
    questions = [Question(n, kind, "?") for n, kind in enumerate(["meta", "fact", "odd", "fact", "find"])]
    assert [q.id for q in choose(questions)] == [0, 1, 2, 3, 4]
    assert [q.id for q in choose(questions, ["find", "fact"])] == [1, 3, 4]
    assert [q.id for q in choose(questions, ["find", "fact"], 2)] == [1, 3]
    with pytest.raises(InputError, match="'fcat'") as caught:
        choose(questions, ["fact", "fcat"])
    assert "fact, find, meta, odd" in caught.value.hint
    assert in_order({"zoo", "adversarial", "ant", "fact"}) == ["fact", "adversarial", "ant", "zoo"]


@pytest.mark.parametrize(
    ("kind", "gold", "expected"),
    [("unanswerable", (), True), ("adversarial", (), True), ("adversarial", ("A",), False), ("meta", (), False)],
)
def test_when_abstaining_is_right(kind: str, gold: tuple[str, ...], expected: bool) -> None:
    assert Question("x", kind, "?", gold=gold, optional=("B",)).should_abstain is expected


def test_the_fingerprint_is_over_what_is_asked() -> None:
    question = Question("a", "fact", "why?", history=("who?",))
    asked = fingerprint([question])
    assert fingerprint([Question("a", "find", "why?", gold=("A",), history=("who?",))]) == asked
    others = [Question("b", "fact", "why?", history=("who?",)), Question("a", "fact", "why", history=("who?",))]
    others += [Question("a", "fact", "why?")]
    assert len({asked, *(fingerprint([other]) for other in others)}) == 4


def test_answers_are_read(tmp_path: Path) -> None:
    error = {"id": "a", "error": "It failed."}
    later = {**ANSWER, "answer": "94."}
    path = write(tmp_path / "a.jsonl", error, ANSWER, later, error, {"id": 2, "error": "no"}, {**ANSWER, "id": "2"})
    with path.open("a") as file:
        file.write('{"id": "torn", "ans')
    found = load_answers(path)
    assert found == {'"a"': ANSWER, "2": {"id": 2, "error": "no"}, '"2"': {**ANSWER, "id": "2"}}
    assert load_answers(tmp_path / "none.jsonl") == {}


@pytest.mark.parametrize(
    "row",
    [
        WHOLE,
        {**ANSWER, "answer": 3},
        {**ANSWER, "citations": [{"n": 1}]},
        {**ANSWER, "sentences": ["93."]},
        {key: value for key, value in ANSWER.items() if key != "id"},
        '{"torn',
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, row: Any) -> None:
    with pytest.raises(InputError, match=":1: "):
        load_answers(write(tmp_path / "a.jsonl", row, ANSWER))


def test_answers_to_other_questions_are_refused(tmp_path: Path) -> None:
    asked = [Question("a", "fact", "How many herons?"), Question("b", "fact", "not answered yet")]
    check_same_questions(asked, {'"a"': ANSWER}, tmp_path)
    check_same_questions(asked, {'"a"': {"id": "a", "error": "failed"}}, tmp_path)
    with pytest.raises(InputError, match="'a'"):
        check_same_questions([Question("a", "fact", "How many otters?")], {'"a"': ANSWER}, tmp_path)
    # A lone surrogate is asked as `?`.
    check_same_questions([Question("a", "fact", "\ud800")], {'"a"': {**ANSWER, "question": "?"}}, tmp_path)
