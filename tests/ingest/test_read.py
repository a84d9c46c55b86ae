"""Whatever file is given: papers, or one clear sentence about what is wrong with it."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.ingest.read import MAX_LINE_BYTES, paper_id, read_papers
from rag.resources import resource
from rag.types import Paper, Rejected

ROOT = Path(__file__).resolve().parents[2]
PAGE = """Skip to main content

Session

Afternoon Posters

Abstract:
Chat is not available.


Why Ladders Lean Left

Finn Oar · Gia Moss

Ladders lean left in 62 percent of all gardens. We show that this follows from the handedness of apples. The effect
is stable across seasons.


Slow Clocks for Fast Rooms

Hal Penn · Ivo Rush

Fast rooms make people late. A slow clock, adjusted by 4 seconds an hour, brings them back on time. We test it.
"""


def read(path: Path) -> tuple[list[Paper], list[Rejected]]:
    items = list(read_papers(path))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)]


def test_the_form_is_recognised_by_content_not_by_name(tmp_path: Path) -> None:
    page, rows = tmp_path / "a.jsonl", tmp_path / "b.txt"
    page.write_text(PAGE)
    rows.write_text('{"title": "A", "abstract": "B."}\n')
    assert [paper.title for paper in read(page)[0]] == ["Why Ladders Lean Left", "Slow Clocks for Fast Rooms"]
    assert [paper.title for paper in read(rows)[0]] == ["A"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    file = tmp_path / "page.txt"
    file.write_bytes(PAGE.replace("Gia Moss", "Gía Möss").replace("\n", newline).encode(encoding))
    papers, rejected = read(file)
    assert [paper.authors for paper in papers] == [("Finn Oar", "Gía Möss"), ("Hal Penn", "Ivo Rush")] and not rejected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\t\n \n", "is empty"),
        (b"\x7fELF\x02\x01\x00\x00binary", "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "damaged or cut off"),
        (gzip.compress(b"text"), "no papers"),
        (gzip.compress(b""), "is empty"),
        (b"<?xml version='1.0'?><kml><Placemark/></kml>", "kml"),
        (b"<!DOCTYPE html>\n<html><body><p>Why Ladders Lean Left</p></body></html>", "HTML.*no papers"),
        (b"<div class='x'><a href='y'>z</a></div>\n" * 30, "HTML.*no papers"),
        (b"<div>" * 100_000, "nested"),
        (b"Just some prose about nothing in particular.\n\nAnd a second paragraph of it.\n", "no papers"),
        (b"Menu\nHome\nLog in\n", "no papers"),
        ("naïve".encode("utf-16-be") + b"\x00", "binary"),
        (b"Title\n\x81\x8d\x8f\n", "not UTF-8"),
    ],
)
def test_what_is_no_paper_is_said_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "input.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        list(read_papers(file))
    assert str(file) in str(caught.value) and caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_page_may_begin_with_brackets_and_speak_of_html(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text("[ Browse ]\n\n" + PAGE.replace("apples", "<html> and <body> tags"))
    assert [paper.title for paper in read(file)[0]] == ["Why Ladders Lean Left", "Slow Clocks for Fast Rooms"]


def test_line_ends_of_old_macs(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_bytes(PAGE.replace("\n", "\r").encode())
    assert len(read(file)[0]) == 2


@pytest.mark.parametrize("word", ["garden \u00e9t\u00e9s\u00e9\u2014so", "\u201cGarten\u201d"])
def test_windows_latin_is_read(tmp_path: Path, word: str) -> None:
    file = tmp_path / "page.txt"
    file.write_bytes(PAGE.replace("gardens", word).encode("cp1252"))
    assert word in read(file)[0][0].abstract


@pytest.mark.parametrize("damage", [b"caf\xc3\xa9 \xc3", "\u516c\u56ed\u82b1\u56ed".encode("gbk")])
def test_damaged_and_other_encodings_are_refused_with_their_line(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "page.txt"
    file.write_bytes(PAGE.encode().replace(b"gardens", damage))
    line = PAGE[: PAGE.index("gardens")].count("\n") + 1
    with pytest.raises(InputError, match=rf"not UTF-8 text \(line {line}\)"):
        list(read_papers(file))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_refused_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="not a regular file"):
        list(read_papers(pipe))


def test_reading_needs_the_standard_library_only() -> None:
    code = "import sys; import rag.ingest.read; print([m for m in sys.modules if not m.startswith(('rag', '_'))])"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {name.strip("' []\n").split(".")[0] for name in loaded.split(",")} <= sys.stdlib_module_names | {"__main__"}


def test_missing_files_folders_and_closed_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        list(read_papers(tmp_path / "absent.txt"))
    with pytest.raises(InputError, match="holds no file of papers"):
        list(read_papers(tmp_path))  # a folder
    closed = tmp_path / "closed.txt"
    closed.write_text(PAGE)
    closed.chmod(0)
    if os.access(closed, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError, match="may not be read"):
        list(read_papers(closed))


def test_a_line_of_50_megabytes_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "big.jsonl"
    with file.open("w") as out:
        out.write('{"title": "First", "abstract": "A."}\n{"title": "Huge", "abstract": "')
        for _ in range(50):
            out.write("x" * 1_000_000)
        out.write('"}\n{"title": "Last", "abstract": "B."}\n')
    papers, rejected = read(file)
    assert [paper.title for paper in papers] == ["First", "Last"]
    assert [(r.line, r.reason) for r in rejected] == [(2, "line longer than 1 MB")]


def test_a_page_with_a_huge_line_keeps_its_papers(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text("x" * (6 * MAX_LINE_BYTES) + "\n\n\n" + PAGE)
    papers, rejected = read(file)
    assert [paper.title for paper in papers] == ["Why Ladders Lean Left", "Slow Clocks for Fast Rooms"]
    assert [r.line for r in rejected] == [1]


def test_ids_meet_across_spellings() -> None:
    assert paper_id("Why “Ladders” Lean") == paper_id("why 'ladders'  lean") == paper_id("$Why$ Ladders — Lean")
    assert paper_id("Why Ladders Lean") != paper_id("Why Ladders Lean Left")
    assert len(paper_id("x")) == 12


def test_the_sample_is_whole() -> None:
    papers, rejected = read(resource("sample/iclr2022_poster_session_8.jsonl"))
    assert len(papers) == 116 and not rejected
    assert len({paper.id for paper in papers}) == 116
    assert sorted(paper.award for paper in papers if paper.award) == ["Honorable Mention", "Outstanding Paper"]
    assert all(paper.text_kind == "digest" and paper.authors and 100 < len(paper.abstract) < 900 for paper in papers)
