"""`posterchat eval` on made-up papers, with answers made by a script."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from made_up_library import HERONS, PAPERS, PEBBLES, RIGHT, Terminal, evidence, finished, write_papers

from rag.errors import PromptTooLong
from rag.index.build import build
from rag.index.collections import Collections
from rag.ingest.clean import paper_id
from rag.testing import HashEmbedder
from rag.types import Done, Event, Paper, Sentence, Turn

OTTERS_TITLE = "Counting Otters at Night"
QUESTIONS: list[dict[str, Any]] = [
    {"id": "f1", "kind": "fact", "question": "How many ponds are right?", "gold": [HERONS.title], "must": [["93"]]},
    {"id": "f2", "kind": "fact", "question": "How much is the microphone?", "gold": [PEBBLES.title], "must": [["4 e"]]},
    {"id": "n1", "kind": "find", "question": "Is there a paper on otters?", "gold": [OTTERS_TITLE], "must": []},
    {"id": "u1", "kind": "unanswerable", "question": "How heavy is a heron?", "gold": [], "must": []},
    {
        "id": "w1",
        "kind": "followup",
        "question": "and how many of 100?",
        "gold": [HERONS.title],
        "must": [["93"]],
        "history": ["Who counts herons?"],
    },
]


def write(path: Path, rows: Sequence[dict[str, Any]] = QUESTIONS) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def only_herons(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
    """Knows one fact and gives it as every answer, but refuses when asked for a weight."""
    if "heavy" in question:
        yield Done(finished(question, route="refuse", refused=True, reason="Not stated."))
        return
    fact = Sentence("It is right for 93 of 100 ponds.", (1,), "supported", evidence(1, HERONS, RIGHT).quotes)
    yield Done(finished(question, fact, papers=[HERONS]))


def all_right(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
    """`only_herons` that knows the price of the microphone too."""
    if "microphone" not in question:
        yield from only_herons(question, history, stop)
        return
    yield Done(finished(question, Sentence("A microphone is 4 euros.", (1,), "partial"), papers=[PEBBLES]))


@pytest.fixture
def posterchat(capsys: pytest.CaptureFixture[str], own_world: Path) -> Terminal:
    papers = [Paper(paper_id(p["title"]), p["title"], tuple(p["authors"]), p["abstract"]) for p in PAPERS]
    build(Collections(own_world / "data"), "ponds", papers, lambda: HashEmbedder(dimension=64), sources=["made up"])
    (own_world / "data" / "last_collection").write_text("ponds\n")
    return Terminal(capsys, only_herons)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "questions.jsonl")


def test_the_tables_and_the_report(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    seen = posterchat("eval", source, "--json", out)
    assert seen.code == 0
    lines = [line.split() for line in seen.out.splitlines()]
    assert ["kind", "n", "passed", "right", "+quotes", "prec.", "recall", "all", "first", "exact"] in lines
    assert ["fact", "2", ".50", ".50", ".50", ".50", ".50", ".50", ".50", ".50"] in lines
    assert ["find", "1", ".00", "·", "·", ".00", ".00", ".00", ".00", ".00"] in lines
    assert ["unanswerable", "0", "0", "1.00", "·", "·", "·"] in lines
    assert ["3", "of", "5", "questions", "passed."] in lines
    assert max(map(len, seen.out.splitlines())) <= 80
    assert posterchat.asked[-1] == ("and how many of 100?", (Turn("Who counts herons?"),))
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["all"]["metrics"]["passed"]["value"] == 0.6
    assert report["kinds"]["followup"]["metrics"]["passed"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}
    assert (report["collection"], report["model"], report["index"]) == (["ponds"], ["made-up"], ["0123/gen-000001"])
    assert report["questions"]["file"] == "questions.jsonl"
    assert len(report["prompts"]) == len(report["code"]) == 12
    assert report["versions"]["chromadb"].startswith("1.")
    assert str(tmp_path) not in out.read_text(encoding="utf-8")


def test_answers_are_asked_once(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    first = posterchat("eval", source, "--json", tmp_path / "one.json", "--kinds", "fact")
    assert first.code == 0
    assert len(posterchat.asked) == 2
    again = posterchat("eval", source, "--json", tmp_path / "one.json")
    assert len(posterchat.asked) == 5  # the two facts were there already
    assert "2 of 5 rows are answered already" in again.err
    files = list(tmp_path.glob("one.answers-*.jsonl"))
    assert len(files) == 1
    assert str(files[0]) in again.err
    assert [row["id"] for row in rows(files[0])] == ["f1", "f2", "n1", "u1", "w1"]
    # The report is the same, however often it was stopped.
    report = (tmp_path / "one.json").read_bytes()
    assert posterchat("eval", source, "--json", tmp_path / "one.json").code == 0
    assert (tmp_path / "one.json").read_bytes() == report
    assert len(posterchat.asked) == 5


def test_without_a_report_answers_are_kept_in_the_data_directory(
    posterchat: Terminal, source: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert posterchat("eval", source).code == 0
    assert len(list((own_world / "data" / "eval").glob("questions.answers-*.jsonl"))) == 1
    assert posterchat("eval", source, "--limit", "3").code == 0
    assert len(posterchat.asked) == 5
    # What shapes answers starts a new file: a setting, the questions themselves.
    monkeypatch.setenv("POSTERCHAT_ANSWER_TOKENS", "99")
    assert posterchat("eval", source, "--limit", "1").code == 0
    assert len(posterchat.asked) == 6
    write(source, [{**QUESTIONS[0], "question": "How many ponds?"}])
    assert posterchat("eval", source).code == 0
    assert posterchat.asked[6:] == [("How many ponds?", ())]


def test_named_answers_are_scored_without_a_library(
    posterchat: Terminal, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, out = tmp_path / "answers.jsonl", tmp_path / "out.json"
    assert posterchat("ask", "--batch", source, "--out", answers).code == 0
    posterchat.asked.clear()
    monkeypatch.setenv("POSTERCHAT_DATA_DIR", str(tmp_path / "nothing here"))
    seen = posterchat("eval", "answers", source, "--answers", answers, "--json", out)
    assert seen.code == 0
    assert posterchat.asked == []
    report = json.loads(out.read_text(encoding="utf-8"))
    assert (report["prompts"], report["code"]) == (None, None)  # nobody knows which program wrote them
    assert report["all"]["n"] == 5
    assert not (tmp_path / "nothing here").exists()


def test_new_answers_in_a_named_file_are_of_this_program(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    answers, out = tmp_path / "answers.jsonl", tmp_path / "out.json"
    assert posterchat("eval", source, "--answers", answers, "--json", out).code == 0
    assert len(rows(answers)) == 5
    assert json.loads(out.read_text(encoding="utf-8"))["prompts"]


def test_answers_of_several_models_are_told(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    posterchat("eval", source, "--answers", answers, "--limit", "1")
    write(answers, [{**row, "model": "another"} for row in rows(answers)])
    seen = posterchat("eval", source, "--answers", answers)
    assert "not all of one model: another, made-up" in seen.err


def test_failures_are_shown(posterchat: Terminal, source: Path) -> None:
    seen = posterchat("eval", source, "--show-failures")
    lines = [line.strip() for line in seen.out.splitlines()]
    start = lines.index("f2 (fact): How much is the microphone?")
    assert lines[start + 1 : start + 5] == [
        f"expected: 4 e; cites {PEBBLES.title}",
        "answer: It is right for 93 of 100 ponds [1].",
        f"cited: {HERONS.title}",
        "why: lacks '4 e'; does not cite the right paper",
    ]
    assert "f1 (fact): How many ponds are right?" not in lines
    assert "f2 (fact)" not in posterchat("eval", source).out


def test_two_runs_are_compared(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    posterchat("eval", source, "--json", old)
    posterchat.script = all_right
    seen = posterchat("eval", source, "--json", new, "--compare", old)
    assert seen.code == 0
    assert "Since old.json: 1 wrong → right, 0 right → wrong, 4 as before; sign test p = 1.000." in seen.out
    assert "+ f2 How much is the microphone? (it was: lacks '4 e'; does not cite the right paper)" in seen.out
    assert "fact right: .50 → 1.00" in seen.out
    assert json.loads(new.read_text(encoding="utf-8"))["compared"]["gained"][0]["id"] == "f2"
    back = posterchat("eval", source, "--json", tmp_path / "x.json", "--answers", tmp_path / "y", "--compare", old)
    assert "1 wrong → right" in back.out


def test_a_failed_question_counts_as_wrong_and_is_tried_again(
    posterchat: Terminal, source: Path, tmp_path: Path
) -> None:
    def failing(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
        if "heavy" in question:
            raise PromptTooLong("It is too long.")
        yield from only_herons(question, history, stop)

    posterchat.script = failing
    out = tmp_path / "out.json"
    seen = posterchat("eval", source, "--json", out, "--show-failures")
    assert seen.code == 1
    assert "line 4: It is too long." in seen.err
    assert "why: failed: It is too long." in seen.out
    assert json.loads(out.read_text(encoding="utf-8"))["kinds"]["unanswerable"]["metrics"]["abstained"]["value"] == 0
    posterchat.script = only_herons
    posterchat.asked.clear()
    assert posterchat("eval", source, "--json", out).code == 0
    assert [question for question, _ in posterchat.asked] == ["How heavy is a heron?"]
    assert json.loads(out.read_text(encoding="utf-8"))["kinds"]["unanswerable"]["metrics"]["abstained"]["value"] == 1


def test_control_c_keeps_the_answers_and_writes_no_report(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    def interrupted(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
        if "otters" in question:
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.wait(5)
        yield from only_herons(question, history, stop)

    posterchat.script = interrupted
    out = tmp_path / "out.json"
    seen = posterchat("eval", source, "--json", out)
    assert (seen.code, seen.out) == (130, "")
    assert not out.exists()
    posterchat.script = only_herons
    assert posterchat("eval", source, "--json", out).code == 0
    assert [question for question, _ in posterchat.asked].count("How many ponds are right?") == 1
    assert json.loads(out.read_text(encoding="utf-8"))["all"]["n"] == 5


def test_what_cannot_be_used_is_told_before_anything_is_asked(
    posterchat: Terminal, source: Path, tmp_path: Path
) -> None:
    before = source.read_bytes()
    diary = tmp_path / "diary"
    diary.write_text("dear diary\nof mine\n")
    for argv, code, said in [
        ([tmp_path / "none.jsonl"], 1, "cannot be read"),
        ([diary], 1, f"{diary}:1: the row is not valid JSON"),
        ([source, "--kinds", "fact,fiction"], 1, "'fiction'"),
        ([source, "--limit", "0"], 2, "--limit"),
        ([source, "--json", source], 2, "is the file of questions"),
        ([source, "--answers", source], 2, "is the file of questions"),
        ([source, "--json", tmp_path], 2, "no place for a file"),
        ([source, "--json", tmp_path / "no" / "such.json"], 2, "no place for a file"),
        ([source, "--answers", diary], 1, "not valid JSON"),
        ([source, "--compare", diary], 1, "no report"),
        ([source, "--collection", "lakes"], 1, "lakes"),
        (["--limit", "3"], 2, "QUESTIONS.jsonl"),
    ]:
        seen = posterchat("eval", *argv)
        assert (seen.code, seen.out) == (code, ""), argv
        assert said in seen.err
    assert posterchat.asked == []
    assert source.read_bytes() == before
    assert diary.read_text() == "dear diary\nof mine\n"


def test_foreign_text_cannot_drive_the_terminal(posterchat: Terminal, tmp_path: Path) -> None:
    row = {"id": "\x1b[2J", "kind": "od\x1b[31md", "question": "\x1b[31mred?\u202e", "gold": ["\x1b]0;x\x07T"]}
    seen = posterchat("eval", write(tmp_path / "q.jsonl", [row]), "--show-failures")
    assert seen.code == 0
    assert "red?" in seen.out
    assert not {"\x1b", "\u202e", "\x07"} & set(seen.out + seen.err)


# --- search alone ---


def test_retrieval(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    seen = posterchat("eval", "retrieval", source, "--json", out)
    assert seen.code == 0
    assert posterchat.asked == []
    lines = [line.split() for line in seen.out.splitlines()]
    assert ["way", "hit@1", "hit@5", "MRR", "nDCG@10"] in lines
    assert {line[0] for line in lines if line} >= {"dense", "lexical", "fused", "RRF", "program", "find"}
    assert seen.out.splitlines()[-1].startswith("3 queries over 3 papers; a search takes ")
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["form"] == "posterchat-eval-retrieval-1"
    assert (report["embedder"], report["papers"], report["lacking"]) == ("hash-1", 3, 0)
    assert report["kinds"]["find"]["ways"]["lexical"]["hit@1"]["value"] == 1.0
    facts = posterchat("eval", "retrieval", source, "--kinds", "fact", "--limit", "1")
    assert facts.out.splitlines()[-1].startswith("1 queries over 3 papers")
    assert "by kind" not in facts.out


def test_retrieval_says_which_titles_are_not_there(posterchat: Terminal, tmp_path: Path) -> None:
    known = [{"query": "herons from balloons", "title": HERONS.title}]
    known += [{"query": "zebras", "title": f"Zebra {n}"} for n in range(7)]
    seen = posterchat("eval", "retrieval", write(tmp_path / "q.jsonl", known))
    assert seen.code == 0
    assert "ponds has no paper 'Zebra 0'; it counts as not found." in seen.err
    assert "and 2 more titles" in seen.err
    assert ["lexical", ".125", ".125", ".125", ".125"] in [line.split() for line in seen.out.splitlines()]


def test_retrieval_needs_one_source_with_gold(posterchat: Terminal, source: Path, tmp_path: Path) -> None:
    for argv, code, said in [
        ([], 2, "either a file of questions or --beir"),
        ([source, "--beir", tmp_path], 2, "either a file of questions or --beir"),
        ([source, "--kinds", "unanswerable"], 2, "gold titles"),
        (["--beir", tmp_path, "--kinds", "fact"], 2, "--kinds"),
        (["--beir", tmp_path], 1, "has no queries.jsonl"),
        ([source, "--collection", "lakes"], 1, "lakes"),
    ]:
        seen = posterchat("eval", "retrieval", *argv)
        assert (seen.code, seen.out) == (code, ""), argv
        assert said in seen.err


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "lakes"
    (folder / "qrels").mkdir(parents=True)
    write(
        folder / "corpus.jsonl",
        [{"_id": f"d{n}", "title": p["title"], "text": p["abstract"]} for n, p in enumerate(PAPERS)],
    )
    write(folder / "queries.jsonl", [{"_id": "1", "text": "otters at night"}, {"_id": "2", "text": "sound of pebbles"}])
    (folder / "qrels" / "test.trec").write_text("1 0 d2 1\n2 0 d1 1\n")
    return folder


def test_a_test_collection_leaves_nothing_behind(posterchat: Terminal, beir: Path, own_world: Path) -> None:
    seen = posterchat("eval", "retrieval", "--beir", beir)
    assert seen.code == 0
    lines = [line.split() for line in seen.out.splitlines()]
    assert ["way", "nDCG@10", "R@5", "R@10", "R@100"] in lines
    assert ["lexical", "1.000", "1.000", "1.000", "1.000"] in lines
    assert "whole abstracts" not in seen.out
    assert "whole abstracts" in posterchat("eval", "retrieval", "--beir", beir, "--whole").out
    assert [path.name for path in (own_world / "data" / "collections").iterdir()] == ["ponds"]


def test_a_named_test_collection_is_kept(posterchat: Terminal, beir: Path, own_world: Path) -> None:
    for _ in range(2):
        seen = posterchat("eval", "retrieval", "--beir", beir, "--collection", "lakes")
        assert seen.code == 0
        assert seen.out.splitlines()[-1].startswith("2 queries over 3 papers")
    assert '"lakes"' in posterchat("collections", "list", "--json").out
    taken = posterchat("eval", "retrieval", "--beir", beir, "--collection", "ponds")
    assert taken.code == 2
    assert "holds other papers" in taken.err
    assert (own_world / "data" / "last_collection").read_text() == "ponds\n"


def test_a_part_that_there_is_not_is_refused_before_anything_is_asked(posterchat: Terminal, source: Path) -> None:
    seen = posterchat("eval", source, "--without", "check,magic")
    assert seen.code == 2 and not posterchat.asked
    assert "no part called magic" in seen.err and "beyond-titles" in seen.err


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["bench", "--parts", "answers,naps"], "no part 'naps'"),
        (["bench", "--parts", ","], "no part"),
        (["bench", "scale", "PAPERS", "--queries", "QUERIES", "--sizes", "many"], "whole numbers"),
        (["bench", "scale", "PAPERS", "--queries", "QUERIES", "--sizes", "-3"], "above 0"),
    ],
)
def test_a_benchmark_that_makes_no_sense(posterchat: Terminal, tmp_path: Path, argv: list[str], told: str) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text(json.dumps({"query": "herons", "title": HERONS.title}) + "\n")
    names = {"PAPERS": write_papers(tmp_path / "ponds.jsonl"), "QUERIES": queries}
    assert posterchat("index", names["PAPERS"]).code == 0
    done = posterchat(*(names.get(word, word) for word in argv))
    assert (done.code, told in done.err) == (2, True), done.err
