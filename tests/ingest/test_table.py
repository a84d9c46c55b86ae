"""Tables: which column is what is guessed from names or contents, and told; damaged rows cost only themselves."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from made_up_files import comma_table
from made_up_ponds import PAPERS

from rag.ingest.read import read_papers
from rag.types import Paper, Rejected


def read(path: Path, content: str | bytes) -> tuple[list[Paper], list[Rejected], list[str]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    notes: list[str] = []
    items = list(read_papers(path, note=notes.append))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)], notes


def rows(*header: str, delimiter: str = ",") -> str:
    """A table of number, title, authors and abstract under any header, or none."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    if header:
        writer.writerow(header)
    for p in PAPERS:
        writer.writerow([p.number, p.title, ", ".join(p.authors), p.abstract])
    return out.getvalue()


def test_the_columns_taken_are_told(tmp_path: Path) -> None:
    _, _, notes = read(tmp_path / "a.csv", comma_table(PAPERS))
    assert notes == [
        f"{tmp_path / 'a.csv'}: taken as title: column 2 “Paper Title”; abstract: column 4 “Abstract”; authors: "
        "column 3 “Author Names”; url: column 6 “URL”; award: column 5 “Award”. "
        "Not used: column 1 “ID”, column 7 “Score”."
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "header", [(), ("Nr", "Contribution", "People", "Blurb"), ("#", "Title of the talk", "Author(s)", "Abstract text")]
)
def test_headers_known_unknown_and_missing(tmp_path: Path, header: tuple[str, ...], delimiter: str) -> None:
    papers, rejected, notes = read(tmp_path / "a.csv", rows(*header, delimiter=delimiter))
    assert [(p.title, p.authors, p.abstract) for p in papers] == [(p.title, p.authors, p.abstract) for p in PAPERS]
    assert not rejected and ("by its contents" in notes[0]) == ("Title of the talk" not in header)


def test_a_table_needs_no_telling_name(tmp_path: Path) -> None:
    assert len(read(tmp_path / "download", comma_table(PAPERS))[0]) == 5


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_what_spreadsheets_save(tmp_path: Path, encoding: str) -> None:
    papers, _, _ = read(tmp_path / "a.csv", comma_table(PAPERS).decode().encode(encoding))
    assert papers[1].authors == PAPERS[1].authors and len(papers) == 5


def test_damaged_rows_are_named_with_their_line(tmp_path: Path) -> None:
    text = (
        "Title,Authors,Abstract\n"
        'Good,"Ada Quill","Two\nlines."\n'
        "Wide,Ada Quill,One, two, three\n"
        "Short\n"
        "\n"
        ",Ada Quill,No title.\n"
        "Last,Bo Marsh,Fine.\n"
    )
    papers, rejected, _ = read(tmp_path / "a.csv", text)
    assert [(p.title, p.abstract) for p in papers] == [("Good", "Two lines."), ("Last", "Fine.")]
    assert [(r.line, r.reason) for r in rejected] == [
        (4, "it has 5 columns instead of 3: is a quote mark missing?"),
        (5, "it has no abstract: Short"),
        (7, "it has no title"),
    ]


def test_an_open_quote_does_not_swallow_the_file(tmp_path: Path) -> None:
    body = "".join(f"Paper {n},Ada Quill,{'Fog is heavy. ' * 40}\n" for n in range(1000))
    papers, rejected, _ = read(tmp_path / "a.csv", f'Title,Authors,Abstract\nFirst,Bo Marsh,"Never closed\n{body}')
    assert len(papers) > 700 and rejected[0].line == 2 and "quote mark missing" in rejected[0].reason


def test_a_table_without_abstracts_says_so(tmp_path: Path) -> None:
    papers, (rejected,), _ = read(tmp_path / "a.csv", "Title,Authors\nFog,Ada Quill\nDew,Bo Marsh\n")
    assert not papers
    assert rejected.reason == (
        "the table has no column with abstracts (taken as title: column 1 “Title”; authors: column 2 “Authors”)"
    )


def test_prose_with_commas_is_no_table(tmp_path: Path) -> None:
    page = "".join(f"\n\n{p.title}\n\n{' · '.join(p.authors)}\n\n{p.abstract}\n" for p in PAPERS)
    assert len(read(tmp_path / "page.csv", page)[0]) == 5
