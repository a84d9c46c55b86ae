"""The command line as a whole: help, versions, global options, exit codes, and that no traceback comes out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from made_up_library import Terminal, write_papers
from typer.testing import CliRunner

import rag
from rag.errors import Cancelled, InputError, ModelMissing, PosterchatError, UsageError
from rag.serve.api.guard import is_loopback
from rag.serve.cli.main import hoist, main, make_app
from rag.settings import Settings

ROOT = Path(rag.__file__).resolve().parent.parent


@pytest.fixture
def posterchat(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def ponds(posterchat: Terminal, tmp_path: Path) -> Terminal:
    """With the made-up papers indexed."""
    assert posterchat("index", write_papers(tmp_path / "ponds.jsonl")).code == 0
    return posterchat


def words_of(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from words_of(child, (*path, name))


@pytest.mark.parametrize("words", list(words_of(typer.main.get_command(make_app()))), ids=" ".join)
def test_every_help_works(words: Sequence[str]) -> None:
    shown = CliRunner().invoke(make_app(), [*words, "--help"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("Usage: ")
    assert shown.stderr == ""


def test_without_a_command_the_help_comes(posterchat: Terminal) -> None:
    bare, helped = posterchat(), posterchat("--help")
    assert bare.code == 0
    assert bare.out == helped.out
    assert "posterchat index page.txt" in bare.out


def test_version(posterchat: Terminal) -> None:
    assert posterchat("--version").out == f"posterchat {rag.__version__}\n"
    lines = posterchat("--version", "-v").out.splitlines()
    assert lines[0] == f"posterchat {rag.__version__}"
    assert any(line.startswith("chromadb 1.") for line in lines)
    assert any(line.startswith("Python 3.") for line in lines)


@pytest.mark.parametrize(
    "argv",
    [["fly"], ["models", "fly"], ["ask", "--fly", "x"], ["--fly"], ["serve", "--port", "0"], ["papers", "show"]],
    ids=" ".join,
)
def test_what_is_not_understood_is_2(posterchat: Terminal, argv: list[str]) -> None:
    seen = posterchat(*argv)
    assert seen.code == 2
    assert "Error" in seen.err
    assert seen.out == ""


def test_a_near_miss_is_suggested(posterchat: Terminal) -> None:
    assert "index" in posterchat("indx").err


def test_global_options_may_stand_anywhere() -> None:
    assert hoist(["ask", "q", "--data-dir", "d", "--quiet"]) == ["--data-dir", "d", "--quiet", "ask", "q"]
    assert hoist(["ask", "q", "--data-dir=d"]) == ["--data-dir=d", "ask", "q"]
    assert hoist(["ask", "--", "--debug", "--data-dir"]) == ["ask", "--", "--debug", "--data-dir"]
    assert hoist(["ask", "--data-dir"]) == ["ask", "--data-dir"]


def test_the_data_dir_option_counts_before_and_behind(posterchat: Terminal, tmp_path: Path) -> None:
    papers = write_papers(tmp_path / "ponds.jsonl")
    assert posterchat("index", papers, "--data-dir", tmp_path / "here").code == 0
    assert (tmp_path / "here" / "collections" / "ponds").is_dir()
    assert posterchat("--data-dir", tmp_path / "here", "papers", "list").out.count("Heron") == 1
    elsewhere = posterchat("papers", "list")
    assert elsewhere.code == 1
    assert "Nothing is indexed yet." in elsewhere.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("That makes no sense.", hint="Do the other thing."), 2),
        (ModelMissing("The model is not here.", hint="Run: posterchat models pull x"), 1),
        (Cancelled("Stopped."), 130),
        (KeyboardInterrupt(), 130),
        (PosterchatError("\x1b[31mevil\x1b[0m title"), 1),
    ],
)
def test_errors_become_a_sentence_and_a_code(ponds: Terminal, error: BaseException, code: int) -> None:
    def failing(question: str, history: object, stop: object) -> Iterator[Any]:
        yield from ()
        raise error

    ponds.script = failing
    seen = ponds("ask", "why?")
    assert seen.code == code
    assert seen.out == ""
    assert "\x1b" not in seen.err
    if isinstance(error, PosterchatError):
        said = [line for line in (str(error).replace("\x1b[31m", "").replace("\x1b[0m", ""), error.hint) if line]
        assert seen.err.splitlines() == said


def test_an_unexpected_error_is_one_sentence_and_debug_shows_where(ponds: Terminal) -> None:
    def failing(question: str, history: object, stop: object) -> Iterator[Any]:
        yield from ()
        raise KeyError("no such thing")

    ponds.script = failing
    seen = ponds("ask", "why?")
    assert seen.code == 1
    assert seen.err.startswith("This is a bug of posterchat: KeyError: 'no such thing'.")
    assert "--debug" in seen.err
    shown = ponds("ask", "why?", "--debug")
    assert shown.code == 1
    assert "Traceback (most recent call last)" in shown.err
    assert ponds("ask", "--", "--debug").err == seen.err  # a question, not an option


def test_a_bad_setting_is_named(posterchat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTERCHAT_PORT", "many")
    seen = posterchat("papers", "list")
    assert seen.code == 2
    assert "POSTERCHAT_PORT" in seen.err


def test_a_library_that_cannot_be_opened(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def closed(settings: Settings, *, purpose: str) -> Any:
        raise InputError(f"No {purpose} today.")

    papers = write_papers(tmp_path / "ponds.jsonl")
    with pytest.raises(SystemExit) as leaving:
        main(["index", str(papers)], open_library=closed)
    assert leaving.value.code == 1
    assert capsys.readouterr().err == "No index today.\n"


@pytest.mark.parametrize("command", ["papers list", "papers list --json", "collections list", "--help"])
def test_a_reader_that_has_gone_away_is_no_reason_for_a_message(ponds: Terminal, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "rag", "--quiet", *command.split()]
    done = subprocess.run(argv, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_serve_refuses_an_address_that_others_reach(ponds: Terminal, free_port: int) -> None:
    seen = ponds("serve", "--host", "0.0.0.0", "--port", str(free_port))
    assert seen.code == 2
    assert "no token is set" in seen.err and "POSTERCHAT_TOKEN" in seen.err


def test_serve_stops_at_once_without_its_model(ponds: Terminal, free_port: int) -> None:
    seen = ponds("serve", "--port", str(free_port))
    assert seen.code == 1
    assert "is not on this machine" in seen.err and "posterchat models pull" in seen.err
    assert "posterchat is at" not in seen.out


def test_serve_goes_beyond_this_machine_with_a_token_or_a_loud_word(
    ponds: Terminal, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = ("serve", "--host", "203.0.113.9", "--port", str(free_port))  # an address that is no machine's
    monkeypatch.setenv("POSTERCHAT_ALLOW_REMOTE", "1")
    seen = ponds(*taken)
    assert "WARNING: everybody" in seen.err and "cannot be used here" in seen.err
    monkeypatch.setenv("POSTERCHAT_ALLOW_REMOTE", "0")
    monkeypatch.setenv("POSTERCHAT_TOKEN", "a-lantern-in-the-fog-7")
    seen = ponds(*taken)
    assert "WARNING" not in seen.err and "knows the token" in seen.err and "cannot be used here" in seen.err
    monkeypatch.setenv("POSTERCHAT_TOKEN", "short")
    seen = ponds(*taken)
    assert seen.code == 2 and "at least 16" in seen.err and "short" not in seen.err.replace("shorter", "")


def test_serve_says_that_the_port_is_taken(ponds: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        seen = ponds("serve", "--port", str(port))
    assert seen.code == 2
    assert f"Port {port} is in use" in seen.err
    assert "--port" in seen.err


@pytest.mark.parametrize("options", [("--collection", "ponds"), ("--host", "0.0.0.0")])
def test_serve_needs_a_collection_where_the_page_can_add_none(
    posterchat: Terminal, free_port: int, options: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTERCHAT_ALLOW_REMOTE", "1")
    seen = posterchat("serve", "--port", str(free_port), *options)
    assert seen.code == 1
    assert "Nothing is indexed yet." in seen.err


def test_serve_opens_the_page_for_the_first_papers(
    posterchat: Terminal, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr("rag.serve.app.serve", lambda library, **options: opened.append(options["collection"]))
    seen = posterchat("serve", "--port", str(free_port))
    assert seen.code == 0, seen.err
    assert opened == [None]
    assert "add the saved page of a session in the browser" in seen.err
