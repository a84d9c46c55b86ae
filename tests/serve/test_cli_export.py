"""`posterchat export` and `papers export` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_library import PAPERS, Terminal, write_papers
from pybtex.database import parse_string


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """The command line with the made-up papers indexed as `ponds`."""
    terminal = Terminal(capsys)
    assert terminal("index", write_papers(tmp_path / "ponds.jsonl")).code == 0
    return terminal


def test_exported_papers_make_the_same_collection(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "again.jsonl"
    assert terminal("papers", "export", "--collection", "ponds", "--format", "jsonl", "--out", out).code == 0
    assert terminal("index", out, "--collection", "again").code == 0
    first, second = (terminal("papers", "export", "-c", name, "-f", "jsonl").out for name in ("ponds", "again"))
    assert first == second == out.read_text(encoding="utf-8")
    assert terminal("index", out, "--collection", "ponds", "--json").out.count('"unchanged": 3') == 1


def test_papers_are_exported_as_references(terminal: Terminal) -> None:
    entries = parse_string(terminal("papers", "export", "-c", "ponds").out, "bibtex").entries
    assert [entry.fields["title"] for entry in entries.values()] == [paper["title"] for paper in PAPERS]
    assert terminal("papers", "export", "-c", "ponds", "-f", "ris").out.count("TY  - ") == 3
    assert len(json.loads(terminal("papers", "export", "-c", "ponds", "-f", "csl-json").out)) == 3


def test_an_answer_is_exported_in_every_form(terminal: Terminal, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(terminal("ask", "--json", "how many ponds?").out, encoding="utf-8")
    assert "## how many ponds?" in terminal("export", answer).out
    entry = parse_string(terminal("export", answer, "--format", "bibtex").out, "bibtex").entries
    assert [item.fields["title"] for item in entry.values()] == [PAPERS[0]["title"]]
    assert terminal("export", answer, "-f", "ris").out.startswith("TY  - ")
    assert json.loads(terminal("export", answer, "-f", "csl-json").out)[0]["author"][0]["family"] == "Quill"
    again = tmp_path / "again.json"
    assert terminal("export", answer, "-f", "json", "--out", again).code == 0
    assert terminal("export", again).out == terminal("export", answer).out


def test_a_batch_is_one_document_without_what_failed(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "question": "how many?"}\n{"id": 2}\n', encoding="utf-8")
    terminal("ask", "--batch", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl")
    result = terminal("export", tmp_path / "out.jsonl")
    assert result.out.count("## ") == 2  # one question, and the references
    assert "not answered" in result.err


def test_what_cannot_be_done_is_one_sentence(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal("export", tmp_path / "nothing.json").code == 1
    assert terminal("export", tmp_path / "ponds.jsonl").code == 1
    assert terminal("papers", "export", "-c", "ponds", "--format", "docx").code == 2
    result = terminal("papers", "export", "-c", "ponds", "--out", tmp_path / "no" / "such" / "folder")
    assert (result.code, result.err.count("cannot be written")) == (1, 1)
