"""`posterchat eval-support` on made-up claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_up_library import Terminal

from rag.answer.support import SupportModel


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "claims"
    folder.mkdir()
    with (folder / "dev.jsonl").open("w", encoding="utf-8") as file:
        for at in range(20):
            told = f"The heron of pond {at + 20} caught {at + 50} fish."
            row = {
                "question": f"q{at}",
                "claim": told if at % 2 else f"Otters sleep under {at} bridges.",
                "references": [told],
                "attribution_label": "attributable" if at % 2 else "not attributable",
                "src_dataset": "Ponds",
            }
            file.write(json.dumps(row) + "\n")
    return folder


def report(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_shipped_checker_is_measured(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    seen = Terminal(capsys)("eval-support", data, "--json", tmp_path / "out.json")
    assert seen.code == 0, seen.err
    assert "AttributionBench: Ponds" in seen.out
    assert "1.000" in seen.out
    assert "too good" not in seen.out
    figures = report(tmp_path / "out.json")
    assert set(figures["models"]) == {"words", "vectors"}
    assert figures["models"]["words"]["judged"]["AttributionBench"]["balanced_accuracy"] == 1


def test_words_only_loads_no_embedder(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    seen = Terminal(capsys)("eval-support", data, "--words-only", "--json", tmp_path / "out.json")
    assert seen.code == 0, seen.err
    assert set(report(tmp_path / "out.json")["models"]) == {"words"}
    assert not (tmp_path / "data" / "eval").exists()


def test_training_replaces_the_file(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "support.json"
    monkeypatch.setattr("rag.answer.support.MODEL_FILE", place)
    seen = Terminal(capsys)("eval-support", data, "--train")
    assert seen.code == 0, seen.err
    assert str(place) in seen.err.replace("\n", "")
    assert "cross-validated" in seen.out
    model = SupportModel.load(place)
    assert model.words.weights["covered"] > 0
    assert len(model.trained_on) == 1


def test_figures_on_the_training_data_are_called_too_good(
    capsys: pytest.CaptureFixture[str], data: Path, bench_data: Path
) -> None:
    source = bench_data / "support" / "wice_claim_dev.jsonl"
    if not source.is_file():
        pytest.skip(f"{source} is not there")
    (data / "dev.jsonl").unlink()
    (data / source.name).write_bytes(source.read_bytes())
    seen = Terminal(capsys)("eval-support", data, "--words-only")
    assert seen.code == 0, seen.err
    assert f"trained on {source.name}" in seen.out.replace("\n", " ")


@pytest.mark.parametrize(
    ("extra", "code", "said"),
    [(["--train", "--words-only"], 2, "fits both models"), (["--json", "/"], 2, "no place for a file")],
)
def test_requests_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], data: Path, extra: list[str], code: int, said: str
) -> None:
    seen = Terminal(capsys)("eval-support", data, *extra)
    assert seen.code == code
    assert said in seen.err


def test_a_folder_without_claims(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seen = Terminal(capsys)("eval-support", tmp_path, "--words-only")
    assert seen.code == 1
    assert "no judged claims" in seen.err.replace("\n", " ")
