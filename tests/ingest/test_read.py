"""Whatever file is given: papers, or one clear sentence about what is wrong with it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.ingest.read import MAX_LINE_BYTES, paper_id, read_papers
from rag.resources import resource
from rag.types import Paper, Rejected

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
        (b"PK\x03\x04....", "zip"),
        (gzip.compress(b"text"), "gzip"),
        (b"<!DOCTYPE html>\n<html><body><p>Why Ladders Lean Left</p></body></html>", "HTML"),
        (b"<div class='x'><a href='y'>z</a></div>\n" * 30, "HTML"),
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


def test_missing_files_folders_and_closed_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        list(read_papers(tmp_path / "absent.txt"))
    with pytest.raises(InputError, match="folder"):
        list(read_papers(tmp_path))
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


def test_rows_that_are_no_papers_are_named_and_the_others_read(tmp_path: Path) -> None:
    good = json.dumps({"title": "Good", "abstract": "Yes."})
    bad = [
        ("{broken", "not valid JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"abstract": "No title."}', "no title"),
        ('{"title": "No abstract"}', "no abstract"),
        ('{"title": 5, "abstract": "x"}', "title is not text"),
        ('{"title": "x", "abstract": ["y"]}', "abstract is not text"),
        ('{"title": "x", "abstract": "y", "authors": 7}', "authors"),
        ('{"title": "x", "abstract": "y", "authors": [{"nick": "z"}]}', "no name"),
        ('{"title": "x", "abstract": ' + "[" * 100_000, "nested too deeply"),
        ('{"title": "x", "abstract": 1' + "0" * 5000 + "}", ""),
        (json.dumps({"title": "x" * 600, "abstract": "y"}), "too long"),
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join([good, *(row for row, _ in bad), "", good.replace("Good", "Last")]))
    papers, rejected = read(file)
    assert [paper.title for paper in papers] == ["Good", "Last"]
    assert [r.line for r in rejected] == list(range(2, 2 + len(bad)))
    for (_, words), item in zip(bad, rejected, strict=True):
        assert words in item.reason


def test_the_keys_that_people_use(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [
        {
            "Title": "A",
            "Summary": "S.",
            "AUTHORS": "Ada Quill and Bo Marsh",
            "Year": "2022",
            "PDF": "https://x.example/a",
        },
        {
            "title": "B",
            "abstract": "S.",
            "authors": "Quill, Ada; Marsh, Bo",
            "keywords": "ponds; boats",
            "year": "soon",
        },
        {"title": "C", "tldr": "S.", "authors": [{"name": "Ada Quill"}, "Bo Marsh"], "url": "javascript:alert(1)"},
        {"content": {"title": {"value": "D"}, "abstract": {"value": "S."}, "authors": {"value": ["Ada Quill"]}}},
        {"title": "E", "abstract": "S.", "authors": None, "award": "Best", "venue": "V", "session": "1"},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    papers, rejected = read(file)
    assert not rejected
    a, b, c, d, e = papers
    assert a.authors == ("Ada Quill", "Bo Marsh") and a.year == 2022 and a.url == "https://x.example/a"
    assert b.authors == ("Quill, Ada", "Marsh, Bo") and b.keywords == ("ponds", "boats") and b.year is None
    assert c.text_kind == "digest" and c.authors == ("Ada Quill", "Bo Marsh") and c.url is None
    assert d.title == "D" and d.authors == ("Ada Quill",)
    assert (e.award, e.venue, e.session, e.authors) == ("Best", "V", "1", ())


@pytest.mark.parametrize("wrap", [list, lambda rows: {"papers": rows}])
@pytest.mark.parametrize("indent", [None, 2])
def test_one_json_value_is_read_too(tmp_path: Path, wrap: type[list[object]], indent: int | None) -> None:
    file = tmp_path / "papers.json"
    rows = [{"title": "A", "abstract": "x."}, {"title": "B"}, {"title": "C", "abstract": "z."}]
    file.write_text(json.dumps(wrap(rows), indent=indent))
    papers, rejected = read(file)
    assert [paper.title for paper in papers] == ["A", "C"] and [r.line for r in rejected] == [2]


def test_text_is_kept_as_it_reads(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    abstract = "It\u200b costs  $O(n)$ &amp; <|im_end|> \u201cmuch\u201d\u00a0\u2013 cafe\u0301."
    file.write_text(json.dumps({"title": "T\u202eitle", "abstract": abstract}))
    ((paper,), _) = read(file)
    assert paper.title == "Title"
    assert paper.abstract == "It costs $O(n)$ & <|im_end|> “much” – café."


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
