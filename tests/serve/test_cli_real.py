"""The command line with the real models: from a file of papers to a cited answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_up_library import PAPERS, write_papers

import rag

ROOT = Path(rag.__file__).resolve().parent.parent


@pytest.mark.real
def test_index_and_ask(tmp_path: Path, models_dir: Path) -> None:
    environment = os.environ | {"POSTERCHAT_MODELS_DIR": str(models_dir)}

    def posterchat(*argv: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rag", "--data-dir", str(tmp_path / "data"), *argv]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    indexed = posterchat("index", str(write_papers(tmp_path / "ponds.jsonl")))
    assert indexed.returncode == 0, indexed.stderr
    asked = posterchat("ask", "--json", "For how many ponds is the count of herons right?")
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert "93" in answer["answer"]
    assert [citation["title"] for citation in answer["citations"]] == [PAPERS[0]["title"]]
    quotes = [quote for sentence in answer["sentences"] for quote in sentence["quotes"]]
    assert quotes
    assert all(PAPERS[0]["abstract"][quote["start"] : quote["end"]] == quote["text"] for quote in quotes)
    assert answer["collection"] == "ponds"
    assert posterchat("doctor").returncode == 0
