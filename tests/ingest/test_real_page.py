"""The session page that the project was started from, and the digests that stand for it in the sample."""

from __future__ import annotations

import html
import re
import textwrap
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.ingest.read import read_papers
from rag.resources import resource
from rag.types import Paper, Rejected


def papers(path: Path) -> list[Paper]:
    items = list(read_papers(path))
    assert all(isinstance(item, Paper) for item in items), [item for item in items if not isinstance(item, Paper)]
    return [item for item in items if isinstance(item, Paper)]


def test_every_paper_with_its_authors_award_and_whole_abstract(session_page: Path) -> None:
    read = papers(session_page)
    assert len(read) == 116 and len({paper.id for paper in read}) == 116
    assert [(p.award, p.title.split(" ")[0]) for p in read if p.award] == [
        ("Outstanding Paper", "Comparing"),
        ("Honorable Mention", "Understanding"),
    ]
    assert {paper.session for paper in read} == {"Poster Session 8"}
    lines = {" ".join(line.split()) for line in session_page.read_text(encoding="utf-8").splitlines()}
    for paper in read:
        assert paper.title in lines and " · ".join(paper.authors) in lines
        assert paper.abstract in lines, "neither cut nor joined with its neighbours"


def test_the_sample_has_the_same_papers(session_page: Path) -> None:
    sample = papers(resource("sample/iclr2022_poster_session_8.jsonl"))
    facts = [(p.title, p.authors, p.award) for p in sample]
    assert facts == [(p.title, p.authors, p.award) for p in papers(session_page)]


def test_digests_share_no_run_of_six_words_with_the_abstracts(session_page: Path) -> None:
    sample = papers(resource("sample/iclr2022_poster_session_8.jsonl"))
    for digest, paper in zip(sample, papers(session_page), strict=True):
        own, theirs, title = (f" {' '.join(plain(text))} " for text in (digest.abstract, paper.abstract, paper.title))
        run = own.split()
        shared = [" ".join(run[at : at + 6]) for at in range(len(run) - 5)]
        copied = [piece for piece in shared if f" {piece} " in theirs and f" {piece} " not in title]
        assert not copied, (paper.title, copied)


def test_digests_state_no_number_that_the_abstract_lacks(session_page: Path) -> None:
    sample = papers(resource("sample/iclr2022_poster_session_8.jsonl"))
    for digest, paper in zip(sample, papers(session_page), strict=True):
        extra = numbers(digest.abstract) - numbers(f"{paper.title} {paper.abstract}")
        assert not extra, (paper.title, extra)


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9][a-z0-9.\-+%']*[a-z0-9%+]|[a-z0-9]", text.lower().replace("’", "'"))


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d.,]*\d|\d", text))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: re.sub(r"\n{2,}", "\n\n", text), id="single blank lines"),
        pytest.param(lambda text: re.sub(r"\n{2,}", "\n", text), id="no blank lines"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param(lambda text: text.replace("\n", "\n\n"), id="double spacing"),
        pytest.param(lambda text: text.replace("\n\n\n", "\n\n\n\n\n"), id="more blank lines"),
        pytest.param(lambda text: text.replace(" · ", "\u00a0·\u00a0").replace("\n", " \t\n"), id="other spaces"),
        pytest.param(
            lambda text: "\n".join(textwrap.fill(line, 80, break_on_hyphens=False) for line in text.split("\n")),
            id="wrapped",
        ),
        pytest.param(
            lambda text: text.replace("\n\n\n", "\n\nAdd to calendar\n\n\nPoster\n"), id="buttons between papers"
        ),
        pytest.param(
            lambda text: text + "\n\n\nUseful links\n\nSponsors\n\n© The conference. Contact us.\n", id="footer"
        ),
    ],
)
def test_the_page_set_otherwise_has_the_same_papers(
    session_page: Path, tmp_path: Path, change: Callable[[str], str]
) -> None:
    file = tmp_path / "page.txt"
    file.write_text(change(session_page.read_text(encoding="utf-8")), encoding="utf-8", newline="")
    facts = [(p.title, p.authors, p.award, p.abstract) for p in papers(session_page)]
    assert [(p.title, p.authors, p.award, p.abstract) for p in papers(file)] == facts


MARKUP: dict[str, tuple[str, str, str, str, str, str]] = {
    # around a paper, before its award, before its title, before its authors, before its abstract, after each of these
    "paragraphs": ("", "<p>", "<p>", "<p>", "<p>", "</p>"),
    "blocks": ("<div>", "<div>", "<div>", "<div>", "<div>", "</div>"),
    "list items": ("<li>", "<div>", "<h4>", "<div>", "<p>", "</div>"),
    "named elements": (
        "<div>",
        '<div class="award">',
        '<div class="maincard-title">',
        '<div class="maincard-authors">',
        '<div class="abstract-display">',
        "</div>",
    ),
}


@pytest.mark.parametrize("style", MARKUP)
def test_the_page_saved_as_html_has_the_same_papers(session_page: Path, tmp_path: Path, style: str) -> None:
    around, award, title, authors, abstract, end = MARKUP[style]
    body = ["<nav>Skip to the content</nav><h1>Session</h1><h2>Poster Session 8</h2><p>Chat is not available.</p>"]
    for paper in papers(session_page):
        lines = [(award, paper.award), (title, paper.title), (authors, " · ".join(paper.authors))]
        lines.append((abstract, paper.abstract))
        closing = around.replace("<", "</")
        body.append(around + "".join(f"{tag}{html.escape(text)}{end}" for tag, text in lines if text) + closing)
    file = tmp_path / "page.html"
    file.write_text(f"<!DOCTYPE html><html><body>{''.join(body)}</body></html>", encoding="utf-8")
    facts = [(p.title, p.authors, p.award, p.abstract) for p in papers(session_page)]
    assert [(p.title, p.authors, p.award, p.abstract) for p in papers(file)] == facts


def test_a_table_of_titles_is_named_as_what_it_is(bench_data: Path) -> None:
    (rejected,) = read_papers(bench_data / "html" / "iclr2023_submissions_table.html.gz")
    assert isinstance(rejected, Rejected)
    assert "a table of 4,874 rows has titles but no abstracts" in rejected.reason and "“Title”" in rejected.reason


def test_papers_of_another_corpus_stream_from_gzip(bench_data: Path) -> None:
    tracemalloc.start()
    count = sum(isinstance(item, Paper) for item in read_papers(bench_data / "scifact" / "corpus.jsonl.gz"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 5183 and peak < 5_000_000, "held in memory"
