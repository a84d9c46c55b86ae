"""`posterchat ask` and `chat` with a scripted assistant."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from made_up_library import HERONS, RIGHT, Terminal, evidence, finished, refuse, write_papers

from rag.errors import Overloaded
from rag.types import Coverage, Done, Event, EvidenceFound, Sentence, SentenceChecked, Token, Turn


@pytest.fixture
def posterchat(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    terminal = Terminal(capsys)
    assert terminal("index", write_papers(tmp_path / "ponds.jsonl")).code == 0
    return terminal


def stopped(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
    """One sentence, then Ctrl-C."""
    sentence = Sentence("It is right for 93 ponds.", (1,), "supported", evidence(1, HERONS, RIGHT).quotes)
    yield EvidenceFound((evidence(1, HERONS, RIGHT),), Coverage(3, 1, 0))
    yield SentenceChecked(sentence)
    yield Token("And further")
    os.kill(os.getpid(), signal.SIGINT)
    assert stop.wait(5)
    yield Done(finished(question, sentence, papers=[HERONS], cancelled=True))


def typed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"))


def test_an_answer(posterchat: Terminal) -> None:
    seen = posterchat("ask", "How right is the count?")
    assert seen.code == 0
    assert "It is right for 93 ponds [1]." in seen.out
    assert f"[1] {HERONS.title} — Ada Quill, Björn Tarn" in seen.out
    assert "\x1b" not in seen.out
    assert posterchat.asked == [("How right is the count?", ())]


def test_json_is_one_object_and_nothing_else(posterchat: Terminal) -> None:
    seen = posterchat("ask", "--json", "How right?")
    answer = json.loads(seen.out)
    assert seen.out.count("\n") == 1
    assert answer["answer"] == "It is right for 93 ponds [1]. Herons like balloons [1]."
    quote = answer["sentences"][0]["quotes"][0]
    assert HERONS.abstract[quote["start"] : quote["end"]] == quote["text"] == RIGHT
    assert answer["citations"][0]["authors"] == ["Ada Quill", "Björn Tarn"]


def test_a_refusal_is_an_answer(posterchat: Terminal) -> None:
    posterchat.script = refuse
    seen = posterchat("ask", "Who?")
    assert (seen.code, seen.err) == (0, "")
    assert HERONS.title in seen.out
    assert json.loads(posterchat("ask", "Who?", "--json").out)["refused"] is True


def test_history_and_standard_input(posterchat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "Zoë’s \xff question?\n".encode("latin-1", "ignore") + b"\xff\n")
    posterchat("ask", "-", "--history", "first?", "--history", "second?")
    question, history = posterchat.asked[0]
    assert question.startswith("Zo")
    assert history == (Turn("first?"), Turn("second?"))


def test_an_empty_question_is_left_to_the_assistant(posterchat: Terminal) -> None:
    posterchat.script = refuse
    assert posterchat("ask", "").code == 0
    assert posterchat.asked == [("", ())]


def test_bytes_that_are_no_text(posterchat: Terminal) -> None:
    broken = os.fsdecode(b"what \xff is?")
    seen = posterchat("ask", "--json", broken)
    assert seen.code == 0
    assert json.loads(seen.out)["question"] == "what ? is?"


@pytest.mark.parametrize(
    "argv",
    [
        ["ask"],
        ["ask", "q", "--batch", "a", "--out", "b"],
        ["ask", "--batch", "a"],
        ["ask", "--out", "b"],
        ["ask", "--batch", "a", "--out", "b", "--json"],
    ],
    ids=" ".join,
)
def test_usage(posterchat: Terminal, argv: list[str]) -> None:
    assert posterchat(*argv).code == 2


def test_an_unknown_collection(posterchat: Terminal) -> None:
    seen = posterchat("ask", "q", "-c", "lakes")
    assert seen.code == 1
    assert "ponds" in seen.err
    assert posterchat.asked == []


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_control_c_keeps_what_is_there(posterchat: Terminal, flags: list[str]) -> None:
    posterchat.script = stopped
    seen = posterchat("ask", "q", *flags)
    assert seen.code == 130
    assert "It is right for 93 ponds" in seen.out
    assert "And further" not in seen.out
    if flags:
        assert json.loads(seen.out)["cancelled"] is True


def test_quiet_leaves_out_remarks(posterchat: Terminal) -> None:
    posterchat.script = stopped
    assert posterchat("ask", "q").err == "Stopped.\n"
    assert posterchat("ask", "q", "--quiet").err == ""


def test_chat_keeps_the_conversation(posterchat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, b"/sources\nfirst?\n\nsecond?\n/sources\n/new\nthird?\n/help\n/fly\n/quit\nnever?\n")
    seen = posterchat("chat")
    assert seen.code == 0
    assert posterchat.asked == [
        ("first?", ()),
        ("second?", (Turn("first?", (HERONS.id,)),)),
        ("third?", ()),
    ]
    assert "There is no answer with quotes yet." in seen.err
    assert f"    “{RIGHT}”" in seen.out
    assert "/sources  every quote" in seen.out
    assert "There is no command /fly" in seen.err


def test_chat_goes_on_after_an_error_and_a_stop(posterchat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
        if question == "fail?":
            raise Overloaded("Too many questions wait.", hint="Try again.")
        yield from stopped(question, history, stop)

    posterchat.script = script
    typed(monkeypatch, b"fail?\nstop?\nnext?\n")
    seen = posterchat("chat")
    assert seen.code == 0
    assert "Too many questions wait." in seen.err
    assert [question for question, _ in posterchat.asked] == ["fail?", "stop?", "next?"]
    assert posterchat.asked[2][1] == (Turn("stop?", (HERONS.id,)),)
