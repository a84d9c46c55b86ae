"""Papers that are exported and read in again are the same papers, in every form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ingest.clean import paper_id
from rag.ingest.read import read_papers
from rag.resources import resource
from rag.serve.export import PAPER_FORMATS, export_papers
from rag.types import Paper

FULL = Paper(
    paper_id('Herons & “Balloons” – a 50% $\\epsilon$-Count of PondNet\'s {"Best"} ~ Tricks'),
    'Herons & “Balloons” – a 50% $\\epsilon$-Count of PondNet\'s {"Best"} ~ Tricks',
    ("Zoë Ångström", "Jan van der Berg", "Bo Marsh Jr.", "Łukasz Čech", "PondLab", "Nguyễn María", "李明"),
    "We count α herons at 5 % cost: it takes \\mathcal O(n) or $O(n^2)$ steps, or $5.\n\nThere are three parts:\n"
    "- the pond\n- the reed, at ≤ 3 m\n- {the} bird\n\n@birds: that is all.",
    award="Best Paper & More",
    url="https://example.org/a_b?c=1;d=2#e",
    venue="Pond & Lake, 3rd ed.",
    session="Poster Session #8",
    year=2031,
    keywords=("ponds, deep", "α-herons"),
    identifiers=("doi:10.1234/fog_1(2)<3>", "arxiv:3105.01234", "openreview:aBcD_123-4"),
)
PLAIN = Paper(paper_id("The Weight of Fog"), "The Weight of Fog", (), "It is heavy.", keywords=("fog", "dew"))
DIGEST = Paper(
    paper_id("Dew"), "Dew", ("Ada Quill",), "It is light.\n\nIt falls: at night.", text_kind="digest", session="Late"
)
# Words in which letters, signs and formulas stand as they do in abstracts.
WORDS = (
    "fog Dew PondNet GPT-4 naïve Łódź 日本 α ≤ 5% $3 a_b {x} \\alpha $x_1$ $\\mathbb{R}^d$ “so” it's R&D #1 ~ ^ ” – "
    "— … - • (1) <b> @ / | \\ & && \\& \\% 10.1/x"
)
TEXT = st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=12).map(" ".join)


def again(papers: Sequence[Paper], form: str, folder: Path) -> list[Paper]:
    """The papers that are read from their export; nothing may be rejected."""
    path = folder / f"papers.{form}"
    path.write_text(export_papers(papers, form), encoding="utf-8")
    items = list(read_papers(path))
    assert all(isinstance(item, Paper) for item in items), items
    return [item for item in items if isinstance(item, Paper)]


@pytest.mark.parametrize("form", PAPER_FORMATS)
def test_every_field_comes_back(tmp_path: Path, form: str) -> None:
    assert again([FULL, PLAIN, DIGEST], form, tmp_path) == [FULL, PLAIN, DIGEST]


@pytest.mark.parametrize("form", PAPER_FORMATS)
def test_the_sample_comes_back(tmp_path: Path, form: str) -> None:
    papers = [item for item in read_papers(resource("sample/iclr2022_poster_session_8.jsonl"))]
    assert len(papers) == 116 and again(papers, form, tmp_path) == papers  # type: ignore[arg-type]


@pytest.mark.parametrize("form", PAPER_FORMATS)
def test_a_real_session_comes_back(tmp_path: Path, session_page: Path, form: str) -> None:
    papers = [item for item in read_papers(session_page) if isinstance(item, Paper)]
    assert len(papers) == 116 and again(papers, form, tmp_path) == papers


@pytest.mark.parametrize("form", PAPER_FORMATS)
@settings(max_examples=40, deadline=None)
@given(title=TEXT, abstract=st.lists(TEXT, min_size=1, max_size=3).map("\n\n".join), words=st.lists(TEXT, max_size=2))
def test_odd_text_comes_back(form: str, title: str, abstract: str, words: list[str]) -> None:
    with TemporaryDirectory() as name:
        row = Paper("0", f"On {title}", ("Ada Quill",), f"We ask. {abstract}", venue=f"P {title}")
        (first,) = again([row], "jsonl", Path(name))
        assert again([first], form, Path(name)) == [first]


def test_a_line_that_looks_like_a_tag_of_ris_stays_text(tmp_path: Path) -> None:
    odd = Paper("0", "Fog", (), "It is heavy.\n\nER  - is no end.\n\nAB - nor that.")
    (read,) = again([odd], "ris", tmp_path)
    assert read.abstract == "It is heavy. ER - is no end. AB - nor that."
