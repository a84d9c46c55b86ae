"""Rows and arrays of JSON: the keys that people use, and what becomes of rows that are no papers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.ingest.read import read_papers
from rag.types import Paper, Rejected


def read(path: Path) -> tuple[list[Paper], list[Rejected]]:
    items = list(read_papers(path))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)]


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
    assert b.authors == ("Ada Quill", "Bo Marsh") and b.keywords == ("ponds", "boats") and b.year is None
    assert c.text_kind == "digest" and c.authors == ("Ada Quill", "Bo Marsh") and c.url is None
    assert d.title == "D" and d.authors == ("Ada Quill",)
    assert (e.award, e.venue, e.session, e.authors) == ("Best", "V", "1", ())


def test_a_broken_first_row_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    for first in ['{"title": "A", "abst', "# an export of 2031", "{"]:
        file.write_text(first + '\n{"title": "B", "abstract": "b."}\n{"title": "C", "abstract": "c."}\n')
        papers, rejected = read(file)
        assert [paper.title for paper in papers] == ["B", "C"] and [r.line for r in rejected] == [1]


def test_facts_that_a_paper_need_not_have_do_not_cost_the_paper(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    extras = {"award": False, "venue": {"id": 3}, "session": "x" * 1000, "year": float("nan"), "url": 7, "keywords": 1}
    file.write_text(json.dumps({"title": "A", "abstract": "a.", **extras}))
    ((paper,), rejected) = read(file)
    assert not rejected
    assert (paper.award, paper.venue, paper.session, paper.year, paper.url, paper.keywords) == (None,) * 5 + ((),)


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Ada Quill", ["Ada Quill"]),
        ("Ada Quill · Bo Marsh", ["Ada Quill", "Bo Marsh"]),
        ("Ada Quill, Bo Marsh, and Cy Dow", ["Ada Quill", "Bo Marsh", "Cy Dow"]),
        ("Ada Quill, Bo Marsh and Cy Dow", ["Ada Quill", "Bo Marsh", "Cy Dow"]),
        ("Quill, Ada and Marsh, Bo", ["Ada Quill", "Bo Marsh"]),
        ("Quill, Ada; Marsh, Bo;", ["Ada Quill", "Bo Marsh"]),
        ("Quill, Ada B.", ["Ada B. Quill"]),
        (
            ["Quill, Ada", "Marsh, Bo, Jr.", "Fen, III, Dag", "Cy Dow, Jr."],
            ["Ada Quill", "Bo Marsh Jr.", "Dag Fen III", "Cy Dow Jr."],
        ),
        (["Ada Quill, PhD"], ["Ada Quill, PhD"]),
        (
            [{"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"}, {"literal": "PondLab"}],
            ["Jan van der Berg", "PondLab"],
        ),
        ([{"family": "Marsh", "given": "Bo", "suffix": "Jr."}], ["Bo Marsh Jr."]),
        ([{"fullname": "Ada Quill"}, " Bo  Marsh ", ""], ["Ada Quill", "Bo Marsh"]),
        (
            "Ada Quill;Bo Marsh;Ada Quill;Bo Marsh",
            ["Ada Quill", "Bo Marsh"],
        ),  # a list twice, as some proceedings have it
        (["Wei Marsh", "Ada Quill", "Wei Marsh"], ["Wei Marsh", "Ada Quill", "Wei Marsh"]),  # two people of one name
        ([], []),
    ],
)
def test_authors_in_every_form(tmp_path: Path, authors: object, names: list[str]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"title": "A", "abstract": "a.", "authors": authors}))
    ((paper,), _) = read(file)
    assert list(paper.authors) == names


def test_hostile_json_is_survived(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [
        '{"title": "A", "title": "B", "TITLE": "C", "abstract": "a."}',
        '{"title": "D \\ud800", "abstract": "lone \\udc00 surrogate"}',
        '{"title": "E", "abstract": "a.", "x": NaN, "y": -Infinity, "z": 1e999}',
        '{"title": "F", "abstract": "a.", "x": ' + "[" * 500 + "]" * 500 + "}",
    ]
    file.write_text("\n".join(rows))
    papers, rejected = read(file)
    assert [paper.title for paper in papers] == ["C", "D", "E", "F"] and not rejected
    for paper in papers:
        assert paper.content_hash


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


def test_papers_anywhere_inside_one_value(tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    first, second = [{"title": "A", "abstract": "x."}, {"title": "B"}], [{"title": "C", "abstract": "z."}]
    by_session = {"sessions": [{"name": "1", "papers": first}, {"papers": []}, {"name": "2", "papers": second}]}
    by_id = {"7": {"content": {"title": "A", "abstract": "x."}}, "8": {"content": {"title": "C", "abstract": "z."}}}
    for value, lines in ((by_session, [2]), (by_id, [])):
        file.write_text(json.dumps(value))
        papers, rejected = read(file)
        assert [paper.title for paper in papers] == ["A", "C"] and [r.line for r in rejected] == lines


def test_reviews_in_an_openreview_dump_are_named_as_such(tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    paper = {"id": "abcDEF123", "forum": "abcDEF123", "content": {"title": "A", "abstract": "x."}, "replyto": None}
    review = {"forum": "abcDEF123", "replyto": "abcDEF123", "content": {"title": "Good paper", "review": "Yes."}}
    file.write_text(json.dumps({"notes": [paper, review]}))
    papers, (rejected,) = read(file)
    assert papers[0].url == "https://openreview.net/forum?id=abcDEF123"
    assert rejected.reason == "it is a review, decision or comment on a submission: Good paper"


def test_json_that_is_cut_off_gives_the_whole_papers(tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    text = json.dumps({"papers": [{"title": name, "abstract": "x."} for name in "ABC"]}, indent=1)
    file.write_text(text[: text.index('"C"') + 8])
    papers, (rejected,) = read(file)
    assert [paper.title for paper in papers] == ["A", "B"] and "not valid JSON (line" in rejected.reason


def test_one_line_of_many_megabytes_is_one_value(tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    rows = [{"title": f"Paper {n}", "abstract": "x" * 1000} for n in range(3000)]
    file.write_text(json.dumps({"count": 3000, "papers": rows}))
    assert file.stat().st_size > 3_000_000 and len(read(file)[0]) == 3000
