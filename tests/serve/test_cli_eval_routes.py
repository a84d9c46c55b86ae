"""`posterchat eval-routes`: on the questions that the router was fitted to, on other files, and on damaged ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_library import Terminal

from rag.answer.router import MODEL_FILE, ROUTES, Router
from rag.evaluate.route_fit import fit, load_examples, save
from rag.resources import resource

QUESTIONS = resource("prompts") / "route_questions.jsonl"


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_router_of_the_program_knows_its_own_questions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seen = Terminal(capsys)("eval-routes", QUESTIONS, "--json", tmp_path / "out.json")
    assert seen.code == 0, seen.err
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["n"] == len(load_examples(QUESTIONS)) > 2000
    assert report["accuracy"] > 0.95 and not report["cross_validated"]
    assert all(row["accuracy"] > 0.9 for row in report["routes"].values())
    assert sum(count for row in report["taken_for"].values() for count in row.values()) == report["n"]


def test_the_shipped_file_is_what_the_questions_give(tmp_path: Path) -> None:
    """If this fails, fit again: `posterchat eval-routes prompts/route_questions.jsonl --train`."""
    save(fit(load_examples(QUESTIONS)), tmp_path / "routes.json")
    made, shipped = Router.load(tmp_path / "routes.json"), Router.load(MODEL_FILE)
    assert made.known == shipped.known
    for example in load_examples(QUESTIONS)[::25]:
        told = shipped.probabilities(example.question)
        assert made.probabilities(example.question) == pytest.approx(told, abs=0.05)


def test_training_replaces_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "routes.json"
    monkeypatch.setattr("rag.answer.router.MODEL_FILE", place)
    asks = {"fact": "Why does {} sink?", "find": "Is there one that waxes {}?", "overview": "Which papers are on {}?"}
    asks |= {"compare": "How do the two on {} differ?", "catalogue": "Who wrote about {}?"}
    rows: list[dict[str, object]] = [
        {"question": asked.format(f"subject{at}"), "route": route, "group": at}
        for route, asked in asks.items()
        for at in range(12)
    ]
    seen = Terminal(capsys)("eval-routes", write(tmp_path / "q.jsonl", rows), "--train")
    assert seen.code == 0, seen.err
    assert "cross-validated" in seen.out
    assert list(Router.load(place).probabilities("Who wrote about herons?"))[0] == "catalogue"
    assert set(Router.load(place).probabilities("x")) == set(ROUTES)


def test_files_of_questions_with_answers_will_do(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": 1, "kind": "subfield", "question": "Herons?"},
        {"id": 2, "kind": "meta", "question": "Who wrote it?", "history": ["Herons?"]},
        {"id": 3, "kind": "unanswerable", "question": "Lunch?"},
    ]
    (example,) = load_examples(write(tmp_path / "q.jsonl", rows))
    assert (example.question, example.route) == ("Herons?", "overview")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "1 is no question with a route"),
        ('{"question": "Herons?"}', "it lacks 'kind'"),
        ('{"question": "Herons?", "route": "lunch"}', "its route is 'lunch'"),
        ("[]", "1 is no question with a route"),
        ('{"question": 3, "route": "fact"}', "1 is no question with a route"),
        ('{"question": "Lunch?", "kind": "unanswerable"}', "no question with a route"),
    ],
)
def test_bad_files_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "q.jsonl").write_text(text, encoding="utf-8")
    seen = Terminal(capsys)("eval-routes", tmp_path / "q.jsonl")
    assert seen.code == 1
    assert said in " ".join(seen.err.split())
