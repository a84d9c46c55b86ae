"""Session pages of many layouts give back every paper, whole, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_pages import (
    FOOTS,
    HEADS,
    PageWriter,
    Style,
    any_style,
    write_page,
    write_paper,
)
from made_up_papers import MadeUp, made_up_papers

from rag.ingest.session_page import parse_session_page
from rag.types import Paper, Rejected

HEAD = "Skip to the menu\n\n\nSession\n\nEvening Posters 3\n\nAbstract:\nChat is closed.\n"
PROSE = "We study {0} in gardens. Our results show that {0} need little water. The effect is stable over five seasons."


def parse(text: str) -> tuple[list[Paper], list[Rejected]]:
    items = list(parse_session_page(text.split("\n"), "page.txt"))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)]


def facts(paper: Paper) -> tuple[str, tuple[str, ...], str | None, str]:
    return paper.title, paper.authors, paper.award, " ".join(paper.abstract.split())


def wanted(paper: MadeUp, style: Style) -> tuple[str, tuple[str, ...], str | None, str]:
    abstract = " ".join([*paper.paragraphs, *(style.bullet + item for item in paper.items)])
    return paper.title, paper.authors, paper.award, " ".join(abstract.split())


def entry(title: str, authors: str | None, abstract: str | None, *, award: str = "") -> str:
    parts = [part for part in (title, authors, abstract) if part is not None]
    return "\n\n\n" + (f"{award}\n" if award else "") + "\n\n".join(parts) + "\n"


GOOD = [
    entry("Why Ferns Forget", "Ada Quill · Bo Marsh", PROSE.format("ferns")),
    entry("Mosses at Night", "Cy Dow · Di Fenn · Ed Oar", PROSE.format("mosses")),
    entry("Slow Reeds", "Flo Ito · Gus Hay", PROSE.format("reeds")),
]


def between(*middle: str) -> tuple[list[Paper], list[Rejected]]:
    """What is read of a page with good papers before and after `middle`; they must come through unharmed."""
    papers, rejected = parse(HEAD + GOOD[0] + GOOD[1] + "".join(middle) + GOOD[2])
    assert [facts(p) for p in (*papers[:2], papers[-1])] == [
        ("Why Ferns Forget", ("Ada Quill", "Bo Marsh"), None, PROSE.format("ferns")),
        ("Mosses at Night", ("Cy Dow", "Di Fenn", "Ed Oar"), None, PROSE.format("mosses")),
        ("Slow Reeds", ("Flo Ito", "Gus Hay"), None, PROSE.format("reeds")),
    ]
    return papers[2:-1], rejected


# --- whole pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_pages_set_like_the_site_come_back_whole(seed: int) -> None:
    """Whatever stands at the top, at the bottom and between, wrapped or not, with any line ends."""
    rng = random.Random(seed)
    style = replace(any_style(rng), paper_gap=2, inner_gap=1, extra_blanks=0.0)
    papers = made_up_papers(rng, rng.randint(3, 14))
    read, rejected = parse(write_page(papers, style))
    assert [facts(paper) for paper in read] == [wanted(paper, style) for paper in papers]
    assert not rejected


def test_pages_of_any_spacing_come_back_almost_whole() -> None:
    """Blank lines missing, doubled or put in at random: what they say is then said by the lines alone."""
    right = total = 0
    for seed in range(1000, 1100):
        rng = random.Random(seed)
        style, papers = any_style(rng), made_up_papers(rng, rng.randint(3, 14))
        read = {facts(paper) for paper in parse(write_page(papers, style))[0]}
        total += len(papers)
        right += len(read & {wanted(paper, style) for paper in papers})
    assert right / total >= 0.995


@pytest.mark.parametrize("seed", range(30))
def test_pages_of_single_authors_come_back_whole(seed: int) -> None:
    rng = random.Random(seed)
    style = replace(any_style(rng), paper_gap=2, inner_gap=1, extra_blanks=0.0)
    papers = [replace(paper, authors=(f"{'ABCDEFGH'[n]}. Marsh",)) for n, paper in enumerate(made_up_papers(rng, 8))]
    read, rejected = parse(write_page(papers, style))
    assert [facts(paper) for paper in read] == [wanted(paper, style) for paper in papers] and not rejected


@pytest.mark.parametrize("seed", range(20))
def test_unknown_lines_between_papers_are_not_joined_to_them(seed: int) -> None:
    rng = random.Random(seed)
    style = replace(any_style(rng), paper_gap=2, inner_gap=1, extra_blanks=0.0, wrap=0)
    papers = made_up_papers(rng, 8)
    page = PageWriter(style)
    for number, paper in enumerate(papers):
        write_paper(page, paper, number)
        page.put(rng.choice(["3 people starred it", "Zoom into the poster", "Presenter on site", "Live captions"]), 1)
    assert [facts(paper) for paper in parse(page.text())[0]] == [wanted(paper, style) for paper in papers]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("foot", FOOTS)
def test_furniture_alone_is_no_paper(head: tuple[str, ...], foot: tuple[str, ...]) -> None:
    assert parse(write_page([], Style(head=head, foot=foot))) == ([], [])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([*"".join(GOOD).split("\n"), "", ""])), max_size=40))
def test_any_lines_are_read_without_a_crash_and_nothing_is_made_up(lines: list[str]) -> None:
    items = list(parse_session_page(lines, "page.txt"))
    for item in items:
        if isinstance(item, Rejected):
            assert 1 <= item.line <= len(lines) and item.reason
        else:
            words = {word for line in lines for word in line.split()}
            assert item.title and item.abstract
            if all(line.isascii() and "&" not in line for line in lines):
                assert {word for word in item.abstract.split() if "-" not in word} <= words | {"Abstract:"}


# --- one thing at a time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Reeds · Ferns · Moss",
        "Ferns Are Not All You Think.",
        "Do Ferns Need Rain?",
        "$\\mathcal{F}_{\\infty}$",
        "ferns",
        "Deep Ferns",
        "A Theory of Everything Green: "
        + "how it grows, why it stops and what it means for the gardener, " * 4
        + "in short",
        "“Ferns” -- The Last Word!",
        "3D Ferns: 2.5 Times Greener",
    ],
)
@pytest.mark.parametrize("authors", ["Hal Penn · Ivy Rush", "Hal Penn", "hal penn · ivy rush"])
def test_titles_of_any_shape(title: str, authors: str) -> None:
    (paper,), rejected = between(entry(title, authors, PROSE.format("sedges")))
    assert facts(paper) == (title, tuple(authors.split(" · ")), None, PROSE.format("sedges")) and not rejected


@pytest.mark.parametrize(
    "authors",
    [
        "Jan van der Berg · LI WEI · brian oak",
        "Hao-Tien (Lewis) Chiang · Søren D'Amico · R.K. O’Neil Jr.",
        "Wei Wang 0002 · Nguyễn Thị Minh · 李 明 · Sukarno",
        "Ebele Okafor (Lagos State University) · Hal Penn (ETH Zürich)",
        "Jun Sun · May Hall · A.M. Page",
        " · ".join(f"Hal {letter}. Penn" for letter in "ABCDEFGHIJKLMNOPQRST"),
    ],
)
def test_names_of_any_shape(authors: str) -> None:
    (paper,), rejected = between(entry("A Year of Sedges", authors, PROSE.format("sedges")))
    assert paper.authors == tuple(authors.split(" · ")) and not rejected


@pytest.mark.parametrize(
    "abstract",
    [
        "We prove it.",
        "Sedges grow.",
        "The L2·norm of a sedge is small, and (a) · (b) commute for every pair of sedges that we found.",
        "Sedges are green\nand wet, which is\nwhy we like them.",
        "We list three facts about sedges. They are:\n- green\n- wet\n- there",
        "We list two facts about sedges:\n\n• they are green\n\n• they are wet\n\nBoth facts are new to us.",
        "We study sedges. They are wet.\n\nWe also study reeds, which our earlier work left out for no good reason.",
        "We measured sedges for ten years without a pause and found that none of them ever moved",
        "Privacy policies of garden clubs are long. We click through 300 of them in a browser and count the words.",
        "Code and data can be found here: https://sedges.example/code",
    ],
)
def test_abstracts_of_any_shape_are_whole(abstract: str) -> None:
    (paper,), rejected = between(entry("A Year of Sedges", "Hal Penn · Ivy Rush", abstract))
    assert " ".join(paper.abstract.split()) == " ".join(abstract.split()) and not rejected


def test_paragraphs_and_lists_keep_their_lines() -> None:
    abstract = (
        "We study sedges. They are:\n- green,\n- and wet.\n\nWe also study reeds, which our earlier work left out."
    )
    ((paper,), _) = between(entry("A Year of Sedges", "Hal Penn · Ivy Rush", abstract))
    assert paper.abstract == abstract


@pytest.mark.parametrize(
    "award", ["Outstanding Paper", "Best Student Paper Award", "Runner-up", "Jury's Darling", "Test of Time", "Top 5%"]
)
def test_the_line_directly_above_a_title_is_its_award(award: str) -> None:
    (paper,), rejected = between(entry("A Year of Sedges", "Hal Penn", PROSE.format("sedges"), award=award))
    assert paper.award == award and paper.title == "A Year of Sedges" and not rejected


@pytest.mark.parametrize("kind", ["Poster", "Spotlight", "[ Virtual ]", "Mon 3 May 5:30 p.m. PDT", "Poster #117"])
def test_kinds_and_times_above_a_title_are_no_award(kind: str) -> None:
    (paper,), rejected = between(entry("A Year of Sedges", "Hal Penn", PROSE.format("sedges"), award=kind))
    assert paper.award is None and paper.title == "A Year of Sedges" and not rejected


def test_a_line_above_every_title_is_no_award() -> None:
    text = "".join(good.replace("\n\n\n", "\n\n\nGarden Track\n", 1) for good in GOOD)
    assert [paper.award for paper in parse(HEAD + text)[0]] == [None] * 3


def test_a_paper_without_an_abstract_is_named_with_its_line() -> None:
    papers, (rejected,) = between(entry("A Year of Sedges", "Hal Penn · Ivy Rush", None))
    assert papers == []
    assert (rejected.source, rejected.reason) == ("page.txt", "no abstract for “A Year of Sedges”")
    assert (HEAD + GOOD[0] + GOOD[1]).count("\n") + 4 == rejected.line


def test_a_single_authors_paper_without_an_abstract_is_named_too() -> None:
    papers, rejected = between(entry("A Year of Sedges", "Hal Penn", None))
    assert papers == [] and [r.reason for r in rejected] == ["no abstract for “A Year of Sedges”"]


def test_the_last_paper_without_an_abstract_is_named() -> None:
    papers, rejected = parse(HEAD + "".join(GOOD) + entry("A Year of Sedges", "Hal Penn · Ivy Rush", None))
    assert len(papers) == 3 and [r.reason for r in rejected] == ["no abstract for “A Year of Sedges”"]


def test_a_paper_without_authors_is_kept_without_them() -> None:
    (paper,), rejected = between(entry("A Year of Sedges in the Rain", None, PROSE.format("sedges")))
    assert facts(paper) == ("A Year of Sedges in the Rain", (), None, PROSE.format("sedges")) and not rejected


def test_a_paper_without_a_title_is_named() -> None:
    papers, rejected = between("\n\n\nHal Penn · Ivy Rush\n\n" + PROSE.format("sedges") + "\n")
    assert papers == [] and [r.reason for r in rejected] == ["no title above the authors"]


@pytest.mark.parametrize(
    ("title", "authors", "abstract", "reason"),
    [
        ("Long " * 120 + "Sedges", "Hal Penn · Ivy Rush", PROSE.format("sedges"), "title longer than 500"),
        ("Sedges", "Hal Penn · Ivy Rush", PROSE.format("sedges") * 300, "abstract longer than 20,000"),
        (
            "Sedges",
            "Ada Quill · Bo Marsh · Hal (" + "of the Pond " * 20 + ") Penn",
            PROSE.format("sedges"),
            "name longer",
        ),
    ],
)
def test_what_is_too_long_is_rejected_not_cut(title: str, authors: str, abstract: str, reason: str) -> None:
    papers, rejected = between(entry(title, authors, abstract))
    assert papers == [] and len(rejected) == 1 and reason in rejected[0].reason


def test_a_line_over_one_megabyte_costs_only_its_paper() -> None:
    papers, rejected = between(entry("Sedges", "Hal Penn · Ivy Rush", "We like sedges. " * 70_000))
    assert papers == [] and [r.reason for r in rejected] == ["line longer than 1 MB"]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (HEAD, "Evening Posters 3"),
        ("TideConf 2031\n\nOral Session 2: Ponds\n\nMon 3 May\n", "Oral Session 2: Ponds"),
        ("Session Guide\n\nSession Map\n\nTideConf\n", None),
        ("Welcome\n\nPosters\n", None),
        ("Session\n\nThis session has been moved to Tuesday. Please come to the pond instead.\n", None),
    ],
)
def test_the_session_is_named_only_when_it_is_clear(head: str, name: str | None) -> None:
    assert {paper.session for paper in parse(head + "".join(GOOD))[0]} == {name}


def test_labels_above_the_abstract_are_not_part_of_it() -> None:
    abstract = "[ Virtual ]\n\nhttps://ponds.example/sedges\n\nAbstract:\n\n" + PROSE.format("sedges")
    (paper,), _ = between(entry("A Year of Sedges", "Hal Penn · Ivy Rush", abstract))
    assert paper.abstract == PROSE.format("sedges") and paper.url == "https://ponds.example/sedges"
    (paper,), _ = between(entry("A Year of Sedges", "Hal Penn · Ivy Rush", "Abstract: " + PROSE.format("sedges")))
    assert paper.abstract == PROSE.format("sedges")
    (paper,), _ = between(
        entry("A Year of Sedges", "Hal Penn", "Abstract interpretation of sedges is hard. We try it.")
    )
    assert paper.abstract.startswith("Abstract interpretation")


def test_spaces_and_entities_are_cleaned_once() -> None:
    text = entry("A\xa0Year &amp; a Day", "\tHal\xa0Penn · Ivy\u200b Rush  ", "We  like\u00ad sedges &amp;lt; reeds.")
    (paper,), _ = between(text)
    assert facts(paper) == ("A Year & a Day", ("Hal Penn", "Ivy Rush"), None, "We like sedges &lt; reeds.")
