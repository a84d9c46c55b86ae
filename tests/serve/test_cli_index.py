"""`posterchat index`, `collections` and `papers` on the real index."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_library import PAPERS, Terminal, write_papers

from rag.index.collections import Collections
from rag.serve.naming import slug


@pytest.fixture
def posterchat(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_papers(tmp_path / "Pond Papers.jsonl")


def counts(text: str) -> dict[str, int]:
    return {what: int(count) for what, count in re.findall(r"^  (\w+) +(\d+)$", text, flags=re.MULTILINE)}


def test_the_report_and_that_it_is_idempotent(posterchat: Terminal, papers: Path) -> None:
    first = posterchat("index", papers)
    assert first.code == 0
    assert first.out.startswith("Collection pond-papers: 3 papers")
    assert counts(first.out) == {"added": 3, "changed": 0, "unchanged": 0, "duplicates": 0, "rejected": 0}
    assert 'posterchat ask "..."' in first.err
    again = posterchat("index", papers)
    assert again.code == 0
    assert counts(again.out) == {"added": 0, "changed": 0, "unchanged": 3, "duplicates": 0, "rejected": 0}


def test_several_files_and_a_change(posterchat: Terminal, papers: Path, tmp_path: Path) -> None:
    posterchat("index", papers, "-c", "ponds")
    changed = PAPERS[0] | {"abstract": "We count herons from kites now."}
    more = [{"title": "Newts in Winter", "abstract": "Newts sleep."}, changed]
    seen = posterchat("index", papers, write_papers(tmp_path / "more.jsonl", more), "--collection", "ponds", "--json")
    report = json.loads(seen.out)
    assert report["collection"] == "ponds"
    assert (report["added"], report["total"]) == (1, 4)
    assert Path(report["directory"]).is_dir()
    assert any("merged" in warning for warning in report["warnings"])  # two versions in one run: the longer stays


def test_rejected_rows_are_named_with_file_and_line(posterchat: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    good = json.dumps(PAPERS[0])
    path.write_text(good + "\n" + '{"title": "Without abstract"}\n' * 30 + "not json\n", encoding="utf-8")
    seen = posterchat("index", path)
    assert seen.code == 0
    assert counts(seen.out)["rejected"] == 31
    told = [line for line in seen.err.splitlines() if line.startswith(f"{path}:")]
    assert len(told) == 20
    assert told[0].startswith(f"{path}:2: ")
    assert "and 11 more; --all-rejected shows them" in seen.err
    everything = posterchat("index", path, "--all-rejected").err
    assert f"{path}:32: " in everything
    assert "more; --all-rejected" not in everything


def test_nothing_read_is_1(posterchat: Terminal, papers: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"title": "Without abstract"}\n', encoding="utf-8")
    assert posterchat("index", papers, "-c", "ponds").code == 0
    into_old = posterchat("index", bad, "-c", "ponds")
    assert into_old.code == 1
    assert f"{bad}:1: " in into_old.err
    assert posterchat("papers", "list", "-c", "ponds").out.count("\n") == 3
    assert posterchat("index", bad, "-c", "fresh").code == 1
    assert "fresh" not in posterchat("collections", "list").out


@pytest.mark.parametrize("content", [None, b"", b"  \n", b"%PDF-1.7\n", b"\x00\x01"])
def test_a_file_that_cannot_be_read_changes_nothing(
    posterchat: Terminal, papers: Path, tmp_path: Path, content: bytes | None
) -> None:
    bad = tmp_path / "bad.txt"
    if content is not None:
        bad.write_bytes(content)
    posterchat("index", papers, "-c", "ponds")
    more = write_papers(tmp_path / "more.jsonl", [{"title": "Newts in Winter", "abstract": "Newts sleep."}])
    seen = posterchat("index", more, bad, "-c", "ponds")
    assert seen.code == 1
    assert "bad.txt" in seen.err
    assert "Newts" not in posterchat("papers", "list", "-c", "ponds").out


def test_usage(posterchat: Terminal, papers: Path) -> None:
    assert posterchat("index").code == 2
    assert posterchat("index", "--sample", papers).code == 2
    assert posterchat("index", papers, "-c", "../evil").code == 2


def test_the_sample_is_there(posterchat: Terminal) -> None:
    seen = posterchat("index", "--sample", "--json")
    report = json.loads(seen.out)
    assert (report["collection"], report["total"], report["rejected"]) == ("iclr2022-poster-session-8", 116, [])


def test_the_collection_indexed_last_is_asked(
    posterchat: Terminal, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posterchat("index", papers)
    newts = write_papers(tmp_path / "newts.jsonl", [{"title": "Newts in Winter", "abstract": "Newts sleep."}])
    posterchat("index", newts)
    assert "Newts in Winter" in posterchat("papers", "list").out
    monkeypatch.setenv("POSTERCHAT_COLLECTION", "pond-papers")  # what the user sets comes first
    assert "Newts in Winter" not in posterchat("papers", "list").out
    assert "--collection newts" in posterchat("index", newts).err
    monkeypatch.delenv("POSTERCHAT_COLLECTION")
    posterchat("collections", "remove", "newts", "--yes")
    gone = posterchat("papers", "list")
    assert gone.code == 1
    assert "pond-papers" in gone.err


@given(st.text())
def test_any_file_name_gives_a_collection_name(stem: str) -> None:
    name = slug(stem)
    assert Collections(Path("data")).path(name).name == name
    assert slug(name) == name


def test_a_file_name_stays_recognisable() -> None:
    assert slug("ICLR 2022: Poster Session 8 (Zoë)") == "iclr-2022-poster-session-8-zoe"
    assert slug("海報") == "papers"


def test_collections(posterchat: Terminal, papers: Path) -> None:
    nothing = posterchat("collections", "list")
    assert (nothing.code, nothing.out) == (0, "")
    posterchat("index", papers)
    rows = json.loads(posterchat("collections", "list", "--json").out)
    assert [(row["name"], row["papers"], row["default"]) for row in rows] == [("pond-papers", 3, True)]
    assert "pond-papers" in posterchat("collections", "list").out
    unknown = posterchat("collections", "remove", "lakes", "--yes")
    assert unknown.code == 1
    assert "pond-papers" in unknown.err
    assert posterchat("collections", "remove", "pond-papers", "--yes").out == "pond-papers is deleted.\n"
    assert json.loads(posterchat("collections", "list", "--json").out) == []


def test_a_damaged_collection_is_told_and_can_be_removed(posterchat: Terminal, papers: Path, own_world: Path) -> None:
    posterchat("index", papers)
    for catalogue in own_world.rglob("catalogue.sqlite"):
        catalogue.write_bytes(b"no database")
    listed = posterchat("collections", "list")
    assert listed.code == 0
    assert "pond-papers cannot be read" in listed.err
    assert posterchat("papers", "list").code == 1
    assert posterchat("collections", "remove", "pond-papers", "-y").code == 0


def test_papers(posterchat: Terminal, papers: Path) -> None:
    posterchat("index", papers)
    rows = json.loads(posterchat("papers", "list", "--json").out)
    assert [row["title"] for row in rows] == [paper["title"] for paper in PAPERS]
    assert rows[0]["authors"] == ["Ada Quill", "Björn Tarn"]
    assert rows[0]["award"] == "Best Pond Paper"
    assert rows[0]["url"] == "https://example.org/herons"
    assert "abstract" not in rows[0]
    by_ada = json.loads(posterchat("papers", "list", "--author", "quill", "--json").out)
    assert [row["title"] for row in by_ada] == [PAPERS[0]["title"], PAPERS[2]["title"]]
    assert len(json.loads(posterchat("papers", "list", "--author", "bjorn TARN", "--json").out)) == 1
    assert len(json.loads(posterchat("papers", "list", "--award", "--json").out)) == 1
    text = posterchat("papers", "list").out
    assert len(text.splitlines()) == 3
    assert "[Best Pond Paper]" in text.splitlines()[0]


def test_one_paper(posterchat: Terminal, papers: Path) -> None:
    posterchat("index", papers)
    by_title = json.loads(posterchat("papers", "show", "sorting PEBBLES", "--json").out)
    assert by_title["abstract"] == PAPERS[1]["abstract"]
    by_id = posterchat("papers", "show", by_title["id"])
    assert PAPERS[1]["abstract"] in by_id.out
    several = posterchat("papers", "show", "counting")
    assert several.code == 2
    assert PAPERS[0]["title"] in several.err and PAPERS[2]["title"] in several.err
    assert posterchat("papers", "show", PAPERS[2]["title"]).code == 0
    unknown = posterchat("papers", "show", "badgers")
    assert unknown.code == 1
    assert "papers list" in unknown.err
    assert posterchat("papers", "show", " ").code == 1


def test_hostile_papers_stay_text(posterchat: Terminal, tmp_path: Path) -> None:
    evil = {"title": "\u001b[2JWiped [red]x[/red]", "authors": ["\u001b]0;own\u0007Eve"], "abstract": "\u001b[31mRed."}
    assert posterchat("index", write_papers(tmp_path / "evil.jsonl", [evil])).code == 0
    for argv in (["list"], ["show", "Wiped"]):
        seen = posterchat("papers", *argv)
        assert "\x1b" not in seen.out + seen.err
        assert "[red]x[/red]" in seen.out
