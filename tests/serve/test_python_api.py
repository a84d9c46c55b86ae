"""The Python API and its example, on real models; and that importing it loads nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from api_world import ApiLibrary
from made_up_library import PAPERS, write_papers

import rag
from rag import OpenCollection, open_collection, turn
from rag.errors import UnknownCollection, UsageError
from rag.testing import made_up_papers

ROOT = Path(rag.__file__).resolve().parent.parent


def test_six_lines_index_and_ask(tmp_path: Path) -> None:
    with OpenCollection(ApiLibrary(tmp_path), "small") as session:
        report = session.index(write_papers(tmp_path / "ponds.jsonl"), papers=made_up_papers())
        assert (report.added, report.unchanged, report.total) == (6, 2, 8)
        answer = session.ask("Do maps fade?")
        assert answer.citations[0].title.startswith("Lanternfish")
        after = session.ask("And then?", ["Boats?", turn(answer)])
        assert after.question == "And then?"
        asked = session._library.scripted["small"].asked[-1][1]  # type: ignore[attr-defined]
        assert [one.question for one in asked] == ["Boats?", "Do maps fade?"]
        assert asked[1].cited == (answer.citations[0].paper_id,)


def test_what_goes_wrong_is_one_of_our_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="threads"):
        open_collection(data_dir=tmp_path, threads=-1)
    with open_collection("nothing", data_dir=tmp_path) as session, pytest.raises(UnknownCollection):
        session.papers  # noqa: B018


def test_the_import_is_light() -> None:
    code = "import sys, rag; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"torch", "chromadb", "numpy", "gradio", "rag.wiring"} & set(done.stdout.split())


@pytest.mark.real
def test_the_example_runs(tmp_path: Path, models_dir: Path) -> None:
    environment = os.environ | {"POSTERCHAT_MODELS_DIR": str(models_dir), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "examples/ask_your_session.py", str(write_papers(tmp_path / "ponds.jsonl"))]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 papers: 3 added, 0 unchanged" in done.stdout
    assert f"[1] {PAPERS[0]['title']}" in done.stdout
    assert "Ada Quill" in done.stdout
    assert "@misc{quill-nd-counting" in done.stdout
