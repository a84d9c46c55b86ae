"""What reaches a terminal: clean text, quotes first, finished sentences only, references at the end."""

from __future__ import annotations

import io
import os
import re
import signal
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_library import HERONS, PEBBLES, RIGHT, answer_about_herons, evidence, finished, refuse
from rich.console import Console

from rag.serve.terminal import make_console, plain, show_answer, show_sources, stop_on_interrupt
from rag.types import Coverage, Done, Event, EvidenceFound, Routed, Sentence, SentenceChecked, Token, Waiting


def pipe() -> Console:
    return Console(file=io.StringIO(), width=400, highlight=False, markup=False, emoji=False)


def terminal() -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=True, markup=False, _environ={})


def shown(events: list[Event], console: Console) -> str:
    show_answer(iter(events), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def script(question: str = "How right?") -> list[Event]:
    with stop_on_interrupt() as stop:
        return list(answer_about_herons(question, (), stop))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;new title\x1b\\after", "after"),
        ("\x9b2Jwiped", "wiped"),
        ("\x1bcreset", "reset"),
        ("over\rwritten\x08\x07", "over written"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("two\n\n lines\t", "two lines"),
        ("[bold]no markup[/bold] :smile: $x^2$", "[bold]no markup[/bold] :smile: $x^2$"),
        ("Zoë's naïve café – “quoted” 日本", "Zoë's naïve café – “quoted” 日本"),
        ("\ud800", ""),
    ],
)
def test_plain(text: str, left: str) -> None:
    assert plain(text) == left


@given(st.text(alphabet=st.characters(categories=["Cc", "Cf", "L", "N", "P", "Zs"])))
def test_plain_leaves_nothing_that_a_terminal_obeys(text: str) -> None:
    clean = plain(text)
    assert not {unicodedata.category(char) for char in clean} & {"Cc", "Cf"}
    assert plain(clean) == clean


def test_a_pipe_gets_finished_sentences_in_order() -> None:
    lines = shown(script(), pipe()).splitlines()
    assert lines == [
        f"[1] {HERONS.title} — “{RIGHT}”",
        f"[2] {PEBBLES.title} — “A microphone for 4 euros is enough.”",
        "",
        "It is right for 93 ponds [1].",
        "Herons like balloons [1].  (~ partly supported)",
        "",
        f"[1] {HERONS.title} — Ada Quill, Björn Tarn",
        "3 papers searched, 2 relevant, 1 cited; 1.2 s",
    ]


def test_a_pipe_gets_no_control_codes() -> None:
    assert all(char == "\n" or unicodedata.category(char) != "Cc" for char in shown(script(), pipe()))


def screen(stream: str) -> list[str]:
    """What stands on a terminal in the end: obeys the few codes that the renderer needs."""
    lines, row = [""], 0
    for part in re.split(r"(\x1b\[[?\d;]*[a-zA-Z]|\r|\n)", stream):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\x1b[1A":
            row -= 1
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part and part[0] not in "\x1b\r":
            lines[row] += part
    return lines


def test_in_the_end_a_terminal_shows_what_a_pipe_gets() -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=True, markup=False, _environ={})
    assert [line for line in screen(shown(script(), console)) if line] == [
        line for line in shown(script(), pipe()).splitlines() if line
    ]


def test_a_terminal_shows_the_sentence_while_it_is_written() -> None:
    text = shown(script(), terminal())
    assert text.index("A microphone for 4 euros") < text.index("Zebras") < text.index("It is right for 93 ponds")
    first = text[: text.index("Zebras are everywhere.") + 30]
    assert any("Zebras" in line for line in screen(first))  # provisional; taken back later


def test_a_terminal_says_who_is_before_us() -> None:
    assert "2 questions before yours" in shown([Waiting(2)], terminal())
    assert "1 question before yours" in shown([Waiting(1)], terminal())


def test_hostile_papers_stay_text() -> None:
    evil = "\x1b[2J\x1b]0;owned\x07[red]boo[/red] \u202etxt"
    paper = type(HERONS)("id", evil, (evil,), f"{evil} says it.", url=f"https://x.example/{evil}")
    sentence = Sentence(evil, (1,), "unsupported")
    events: list[Event] = [
        EvidenceFound((evidence(1, paper, paper.abstract),), Coverage(1, 1, 0)),
        Token(evil),
        SentenceChecked(sentence),
        Done(finished(evil, sentence, papers=[paper], reason=evil)),
    ]
    text = shown(events, pipe())
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text and "owned" not in text
    assert text.count("[red]boo[/red]") >= 5
    assert "(! not supported)" in text
    assert "\x1b[2J" not in shown(events, terminal())


def test_an_overview_does_not_repeat_its_quotes() -> None:
    sentence = Sentence(f"- {HERONS.title}: {RIGHT}", (1,), "supported")
    found = EvidenceFound((evidence(1, HERONS, RIGHT),), Coverage(3, 1, 0))
    text = shown([Routed("overview", "q"), found, SentenceChecked(sentence), Done(finished("q", sentence))], pipe())
    assert text.count(RIGHT[:-1]) == 1


def test_a_refusal_names_the_nearest_titles() -> None:
    with stop_on_interrupt() as stop:
        text = shown(list(refuse("Who?", (), stop)), pipe())
    assert text.splitlines() == [
        "None of the abstracts speaks to this.",
        "The nearest papers:",
        f"    - {HERONS.title}",
    ]


def test_an_answer_that_breaks_off_leaves_the_quotes() -> None:
    def broken() -> list[Event]:
        raise RuntimeError("the model died")

    def events() -> object:
        yield EvidenceFound((evidence(1, HERONS, RIGHT),), Coverage(3, 1, 0))
        yield from broken()

    console = pipe()
    with pytest.raises(RuntimeError):
        show_answer(events(), console)  # type: ignore[arg-type]
    assert RIGHT in console.file.getvalue()  # type: ignore[attr-defined]


def test_events_without_done_give_no_answer() -> None:
    assert show_answer(iter([Waiting(1)]), pipe()) is None


def test_why_an_answer_is_only_quoted() -> None:
    reason = "The language model failed. The answer is quoted."
    assert reason in shown([Done(finished("q", reason=reason))], pipe())


def test_sources_show_every_quote() -> None:
    console = pipe()
    two = evidence(1, HERONS, RIGHT).quotes + evidence(1, HERONS, "We count herons from balloons.").quotes
    show_sources([type(evidence(1, HERONS, RIGHT))(1, HERONS, 1.0, two)], console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert RIGHT in text and "We count herons from balloons." in text and "Björn Tarn" in text


def test_the_first_interrupt_sets_the_event_and_the_second_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stop_on_interrupt() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_pipe_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    make_console().print("word " * 100)
    assert len(capsys.readouterr().out.strip().splitlines()) == 1
