"""`posterchat ask --batch`: every row once, whatever happened before."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from made_up_library import Terminal, answer_about_herons, write_papers

from rag.errors import PromptTooLong
from rag.types import Event, Turn


@pytest.fixture
def posterchat(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    terminal = Terminal(capsys)
    assert terminal("index", write_papers(tmp_path / "ponds.jsonl")).code == 0
    return terminal


def questions(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def answers(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


ROWS = [
    {"id": "a", "question": "first?"},
    {"id": 2, "question": "second?", "history": ["before?", "and then?"], "gold": ["ignored"]},
    {"id": "c", "question": "zo\u00eb \u2014 third?", "history": None},
]


def test_every_row_gets_an_answer(posterchat: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    seen = posterchat("ask", "--batch", questions(tmp_path / "in.jsonl", ROWS), "--out", out)
    assert (seen.code, seen.out) == (0, "")
    rows = answers(out)
    assert [row["id"] for row in rows] == ["a", 2, "c"]
    assert rows[2]["question"] == "zo\u00eb \u2014 third?"
    assert all(row["answer"] and row["citations"] for row in rows)
    assert posterchat.asked[1] == ("second?", (Turn("before?"), Turn("and then?")))


def test_a_second_run_asks_nothing(posterchat: Terminal, tmp_path: Path) -> None:
    source, out = questions(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    posterchat("ask", "--batch", source, "--out", out)
    before = out.read_bytes()
    again = posterchat("ask", "--batch", source, "--out", out)
    assert again.code == 0
    assert "3 of 3 rows are answered already" in again.err
    assert len(posterchat.asked) == 3
    assert out.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 30, 300])
def test_a_torn_last_line_is_answered_again(posterchat: Terminal, tmp_path: Path, cut: int) -> None:
    source, out = questions(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    posterchat("ask", "--batch", source, "--out", out)
    whole = out.read_bytes()
    out.write_bytes(whole[:-cut])
    posterchat.asked.clear()
    assert posterchat("ask", "--batch", source, "--out", out).code == 0
    assert [row["id"] for row in answers(out)] == ["a", 2, "c"]
    assert len(posterchat.asked) == (0 if cut == 1 else 1)  # only the newline was missing: the answer is whole


def test_unusable_rows_are_told_and_the_rest_goes_on(posterchat: Terminal, tmp_path: Path) -> None:
    rows = [
        "not json",
        "",
        '"a string"',
        {"question": "no id?"},
        {"id": True, "question": "a bad id?"},
        {"id": "q"},
        {"id": "h", "question": "x?", "history": "before?"},
        "[" * 5000,
        {"id": "good", "question": "fine?"},
        {"id": "good", "question": "again?"},
        '{"id": "long", "question": "' + "x" * 1_000_001 + '"}',
        '{"id": "\\ud800", "question": "\\ud800?"}',
    ]
    out = tmp_path / "out.jsonl"
    source = questions(tmp_path / "in.jsonl", rows)
    seen = posterchat("ask", "--batch", source, "--out", out)
    assert seen.code == 1
    got = answers(out)
    assert [row["id"] for row in got if "error" not in row] == ["good", "\ud800"]
    assert [row["id"] for row in got if "error" in row] == [None, None, None, None, "q", "h", None, "good", None]
    assert "line 1: the row is not valid JSON" in seen.err
    assert "line 6: the row has no question (a string)" in seen.err
    assert "line 10: the id occurs twice" in seen.err
    assert posterchat.asked == [("fine?", ()), ("??", ())]
    again = posterchat("ask", "--batch", source, "--out", out)
    assert again.code == 1
    assert len(posterchat.asked) == 2
    assert sorted(map(str, (row["id"] for row in answers(out)))) == sorted(map(str, (row["id"] for row in got)))


def test_a_failed_answer_is_recorded_and_tried_again(posterchat: Terminal, tmp_path: Path) -> None:
    broken = {"first?": PromptTooLong("It is too long."), "second?": KeyError("oops")}

    def script(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
        if question in broken:
            raise broken[question]
        yield from answer_about_herons(question, history, stop)

    posterchat.script = script
    source, out = questions(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    assert posterchat("ask", "--batch", source, "--out", out).code == 1
    first, second, third = answers(out)
    assert first == {"id": "a", "error": "It is too long."}
    assert "KeyError" in second["error"]
    assert "error" not in third
    broken.clear()
    posterchat.asked.clear()
    assert posterchat("ask", "--batch", source, "--out", out).code == 0
    assert [row["id"] for row in answers(out)] == ["c", "a", 2]
    assert len(posterchat.asked) == 2


def test_control_c_keeps_what_is_done(posterchat: Terminal, tmp_path: Path) -> None:
    def script(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
        if question == "second?":
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.wait(5)
        yield from answer_about_herons(question, history, stop)

    posterchat.script = script
    source, out = questions(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    seen = posterchat("ask", "--batch", source, "--out", out)
    assert seen.code == 130
    assert [row["id"] for row in answers(out)] == ["a"]
    posterchat.script = answer_about_herons
    assert posterchat("ask", "--batch", source, "--out", out).code == 0
    assert [row["id"] for row in answers(out)] == ["a", 2, "c"]


@pytest.mark.parametrize("content", ["a diary\nof a day\n", '{"title": "papers"}\n', "[1]\n"])
def test_a_file_of_something_else_is_not_overwritten(posterchat: Terminal, tmp_path: Path, content: str) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(content, encoding="utf-8")
    seen = posterchat("ask", "--batch", questions(tmp_path / "in.jsonl", ROWS), "--out", out)
    assert seen.code == 2
    assert "no file of answers" in seen.err
    assert out.read_text(encoding="utf-8") == content


def test_files_that_cannot_be_used(posterchat: Terminal, tmp_path: Path) -> None:
    source = questions(tmp_path / "in.jsonl", ROWS)
    empty = questions(tmp_path / "empty.jsonl", [""])
    assert posterchat("ask", "--batch", tmp_path / "none.jsonl", "--out", tmp_path / "o").code == 1
    assert posterchat("ask", "--batch", empty, "--out", tmp_path / "o").code == 1
    assert posterchat("ask", "--batch", source, "--out", source).code == 2
    assert posterchat("ask", "--batch", source, "--out", tmp_path).code == 1
    assert posterchat("ask", "--batch", source, "--out", tmp_path / "no" / "folder").code == 1
    assert answers(source)[0]["id"] == "a"
    assert not (tmp_path / "o").exists()
