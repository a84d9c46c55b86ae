"""Many scores → one report; two reports → what flipped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InputError
from rag.evaluate.compare import compare, load_report
from rag.evaluate.questions import Question
from rag.evaluate.report import figure, make_report
from rag.evaluate.score import score

TITLE = "Counting Herons from Balloons"


def answer(text: str, *, support: str = "supported", cite: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "answer": text,
        "refused": False,
        "sentences": [{"text": text, "citations": [1] if cite else [], "support": support}],
        "citations": [{"n": 1, "title": TITLE}] if cite else [],
        "collection": "ponds",
        "model": "made-up",
        "index": "0123/abc",
        "timings": {"total_s": 2.0, "first_token_s": None},
        **more,
    }


def fact(number: int) -> Question:
    return Question(f"f{number}", "fact", f"question {number}", gold=(TITLE,), must=(("93",),))


def report_of(questions: Sequence[Question], answers: Sequence[dict[str, Any]], **about: Any) -> dict[str, Any]:
    return make_report([score(q, a) for q, a in zip(questions, answers, strict=True)], answers, about)


QUESTIONS = [
    Question("u", "unanswerable", "what weighs a heron?"),
    *(fact(n) for n in range(4)),
    Question("z", "zoo", "any zebras?", gold=("Zebras",)),
]
ANSWERS = [
    answer("", cite=False, refused=True, sentences=[]),
    answer("93"),
    answer("It is 93.", support="partial", timings={"total_s": 4.0, "first_token_s": 1.0}),
    answer("none", cite=False, support="unsupported"),
    answer("", refused=True, cite=False, sentences=[]),
    {"id": "z", "error": "failed"},
]


def test_figures_per_kind() -> None:
    report = report_of(QUESTIONS, ANSWERS, prompts="p1")
    assert list(report["kinds"]) == ["fact", "unanswerable", "zoo"]
    facts = report["kinds"]["fact"]
    values = {name: (figure["value"], figure["n"]) for name, figure in facts["metrics"].items()}
    assert values == {
        "passed": (0.5, 4),
        "right": (0.5, 4),
        "right_with_quotes": (0.5, 4),
        "precision": (1.0, 2),  # two of them cite nothing
        "recall": (0.5, 4),
        "all_cited": (0.5, 4),
        "first_right": (0.5, 4),
        "exact": (0.5, 4),
        "wrongly_refused": (0.25, 4),
        "supported": (pytest.approx(1 / 3), 3),
        "partial": (pytest.approx(1 / 3), 3),
    }
    assert (facts["n"], facts["sentences"], facts["unknown_citations"]) == (4, 3, 0)
    assert facts["timings"]["total_s"] == {"median": 2.0, "p95": pytest.approx(3.7), "n": 4}
    assert facts["timings"]["first_token_s"]["n"] == 1
    assert "prompt_tokens" not in facts["timings"]
    assert set(report["kinds"]["unanswerable"]["metrics"]) == {"passed", "abstained"}
    assert report["kinds"]["zoo"]["metrics"]["passed"]["value"] == 0
    assert report["all"]["n"] == 6
    assert report["all"]["metrics"]["passed"] == {**figure([(1, 1)] * 3 + [(0, 1)] * 3), "n": 6}  # type: ignore[dict-item]


def test_sentences_are_counted_over_all_answers() -> None:
    """One answer of 3 sentences and one of 1: shares are of the 4, not the mean of two answers."""
    long = answer(
        "93", sentences=[{"text": "x", "citations": [1], "support": s} for s in ("supported", "partial", "partial")]
    )
    metrics = report_of([fact(0), fact(1)], [long, answer("93")])["all"]["metrics"]
    assert (metrics["supported"]["value"], metrics["partial"]["value"], metrics["partial"]["n"]) == (0.5, 0.5, 4)
    assert (metrics["partial"]["low"], metrics["partial"]["high"]) == (0.0, pytest.approx(2 / 3))


def test_the_report_says_what_made_it_and_is_json() -> None:
    report = report_of(QUESTIONS, ANSWERS, prompts="p1")
    assert (report["prompts"], report["model"], report["index"]) == ("p1", ["made-up"], ["0123/abc"])
    assert report["bootstrap"] == {"resamples": 2000, "seed": 0, "level": 0.95}
    assert json.loads(json.dumps(report)) == report
    assert report_of(QUESTIONS, ANSWERS, prompts="p1") == report
    mixed = report_of(QUESTIONS[:2], [ANSWERS[0], answer("93", model="another")])
    assert mixed["model"] == ["another", "made-up"]


def test_rows_say_what_was_expected_and_what_came() -> None:
    rows = {row["id"]: row for row in report_of(QUESTIONS, ANSWERS)["rows"]}
    assert rows["u"]["expected"] == "no answer"
    assert rows["f2"]["expected"] == f"93; cites {TITLE}"
    assert (rows["f2"]["answer"], rows["f2"]["cited"], rows["f2"]["passed"]) == ("none", [], False)
    assert rows["f2"]["why"] == "lacks '93'; does not cite the right paper"
    assert rows["z"]["why"] == "failed: failed"


def test_a_figure_of_nothing_is_none() -> None:
    assert figure([]) is None
    assert figure([None, None]) is None
    assert figure([None, (1.0, 1.0)]) == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}


def right(*which: int, of: int = 8) -> dict[str, Any]:
    """A report in which these of the questions passed."""
    return report_of([fact(n) for n in range(of)], [answer("93" if n in which else "none") for n in range(of)])


def test_flips_are_found() -> None:
    old, new = right(0, 1), right(1, 2, 3, 4)
    found = compare(old, new)
    assert [row["id"] for row in found["gained"]] == ["f2", "f3", "f4"]
    assert [row["id"] for row in found["lost"]] == ["f0"]
    assert found["gained"][0]["why"] == found["lost"][0]["why"] == "lacks '93'"
    assert (found["same"], found["left_out"]) == (4, 0)
    assert found["p"] == pytest.approx(2 * (1 + 4) / 16)
    assert {"kind": "fact", "metric": "right", "old": 0.25, "new": 0.5} in found["figures"]
    assert {moved["metric"] for moved in found["figures"]} == {"passed", "right", "right_with_quotes"}
    same = compare(old, old)
    assert (same["gained"], same["lost"], same["same"], same["p"], same["figures"]) == ([], [], 8, 1.0, [])


def test_only_the_same_questions_are_compared() -> None:
    old, new = right(0, of=6), right(*range(8))
    old["rows"][1]["question"] = "in other words"
    found = compare(old, new)
    assert [row["id"] for row in found["gained"]] == ["f2", "f3", "f4", "f5"]
    assert (found["same"], found["left_out"]) == (1, 4)  # f1 twice, f6, f7
    assert found["figures"] == []
    # A kind that both asked in full has its figures compared, whatever else one of them asked.
    more = [*(fact(n) for n in range(2)), Question("u", "unanswerable", "why?")]
    mixed = report_of(more, [answer("93"), answer("none"), ANSWERS[0]])
    assert {moved["kind"] for moved in compare(right(of=2), mixed)["figures"]} == {"fact"}
    nothing = report_of([Question("m", "meta", "hm?")], [answer("hm")])
    assert compare(nothing, nothing)["same"] == 0  # no verdict, nothing to compare


def test_reports_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps(right(0)), encoding="utf-8")
    assert load_report(path) == right(0)
    with pytest.raises(InputError, match="cannot be read"):
        load_report(tmp_path / "none.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"form": "posterchat-eval-0", "rows": []}', '{"rows": []}', "[" * 9999]
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no report"):
        load_report(path)
