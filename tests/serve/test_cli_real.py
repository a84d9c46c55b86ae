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


@pytest.mark.real
def test_bench(tmp_path: Path, models_dir: Path) -> None:
    """Every part runs and counts what it should; how quick it was is nobody's business here."""
    environment = os.environ | {"POSTERCHAT_MODELS_DIR": str(models_dir)}

    def posterchat(*argv: str) -> str:
        command = [sys.executable, "-m", "rag", "--data-dir", str(tmp_path / "data"), *argv]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    ponds = str(write_papers(tmp_path / "ponds.jsonl"))
    queries = tmp_path / "queries.jsonl"
    asked = {"query": "balloons that count herons above ponds", "title": PAPERS[0]["title"]}
    queries.write_text(json.dumps(asked) + "\n", encoding="utf-8")
    out = tmp_path / "out.json"
    shown = posterchat("bench", "scale", ponds, "--queries", str(queries), "--sizes", "2,0", "--json", str(out))
    sizes = json.loads(out.read_text())["sizes"]
    assert [(row["papers"], row["added"], row["hit_1"], row["n"]) for row in sizes] == [(2, 2, 1.0, 1), (3, 1, 1.0, 1)]
    assert all(row["disk_bytes"] > 0 and row["search_s"] > 0 for row in sizes) and "hit@5" in shown
    parts = "answers,decoding,indexing,cold"
    posterchat("bench", "--collection", "scale", "--questions", "1", "--parts", parts, "--json", str(out))
    report = json.loads(out.read_text())
    answers, decoding = report["answers"], report["decoding"]
    assert answers["questions"] == 1 and set(answers["summary"]) == {"recipe", "missing", "at_hand"}
    assert answers["summary"]["at_hand"]["first_quote_s"] > 0 and answers["summary"]["at_hand"]["beside_model_s"] > 0
    assert decoding["prompts"] == 1 and decoding["summary"]["bare_write_tokens_per_s"] > 0
    assert (report["indexing"]["papers"], report["cold"]["processes"]) == (3, 1)
