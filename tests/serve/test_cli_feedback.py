"""`posterchat feedback`: what was kept comes out, in a form that other programs read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from made_up_library import HERONS, Terminal, finished

from rag.serve.feedback import add_feedback, feedback_path, read_feedback
from rag.settings import load_settings
from rag.types import Sentence

ANSWER = finished("How many ponds?", Sentence("There are 3 ponds.", (1,), "supported"), papers=(HERONS,))


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    data_dir = load_settings().data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    add_feedback(data_dir, ANSWER, "up")
    add_feedback(data_dir, ANSWER, "down", "=HYPERLINK(1)\nnot ünderstood")
    return Terminal(capsys)


def test_verdicts_come_out_as_json_and_as_a_table(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal("feedback")
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [(line["verdict"], line["word"]) for line in lines] == [("up", ""), ("down", "=HYPERLINK(1) not ünderstood")]
    assert lines[0]["answer"] == "There are 3 ponds [1]." and lines[0]["cited"] == [HERONS.id]
    assert "2 in all: 1 up, 1 down." in shown.err
    out = tmp_path / "feedback.csv"
    assert terminal("feedback", "--format", "csv", "--out", out).code == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert rows[1]["word"] == "'=HYPERLINK(1) not ünderstood"  # no formula for a spreadsheet


def test_feedback_can_be_forgotten_and_damage_is_passed_over(terminal: Terminal) -> None:
    data_dir = load_settings().data_dir
    path = feedback_path(data_dir)
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b'{"verdict": "up"\n\xff\xfe\n[1]\n' + path.read_bytes())
    assert len(list(read_feedback(data_dir))) == 2
    assert terminal("feedback", "--clear").code == 0
    assert not path.exists()
    assert "There is no feedback yet." in terminal("feedback").err
