"""Papers side by side: every cell is a quote of the right sentence, or empty."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.answer.grid import ASPECTS, aspects, compare
from rag.testing import made_up_papers
from rag.text import split_sentences

ORDINARY = (
    "Kites are flown in many towns. However, long strings tangle in strong wind. We propose Windle, a reel that turns "
    "with the gusts. We evaluate it on two datasets of recorded flights. Windle reduces tangles by 40% compared to a "
    "plain reel."
)


def test_each_aspect_gets_its_sentence() -> None:
    found = aspects(split_sentences(ORDINARY))
    assert found["problem"].text == "However, long strings tangle in strong wind."
    assert found["method"].text.startswith("We propose Windle")
    assert found["data"].text.startswith("We evaluate it on two datasets")
    assert found["result"].text.startswith("Windle reduces tangles by 40%")


def test_what_no_sentence_tells_is_left_empty() -> None:
    found = aspects(split_sentences("We propose a lamp."))
    assert set(found) == {"method"}


def test_some_sentence_always_says_what_is_done() -> None:
    assert aspects(split_sentences("Ladders lean. We count apples."))["method"].text == "We count apples."
    assert aspects(split_sentences("Ladders lean. Apples fall."))["method"].text == "Ladders lean."
    assert aspects([]) == {}


def test_the_first_sentence_stands_for_a_problem_told_without_trouble() -> None:
    found = aspects(split_sentences("Maps are copied by hand. We propose a press for maps."))
    assert found["problem"].text == "Maps are copied by hand."


def test_a_result_is_not_looked_for_before_the_method() -> None:
    text = "Recent kites achieve better heights. We introduce a short string. It flies in rain."
    found = aspects(split_sentences(text))
    assert "result" not in found


SENTENCES = [*(span.text for span in split_sentences(ORDINARY)), "Rain fell.", "Results!", ""]


@given(st.lists(st.sampled_from(SENTENCES), max_size=8))
def test_cells_are_exact_quotes_of_different_sentences(sentences: list[str]) -> None:
    abstract = " ".join(sentences)
    found = aspects(split_sentences(abstract))
    assert all(abstract[span.start : span.end] == span.text for span in found.values())
    alone = [span for aspect, span in found.items() if aspect != "data"]
    assert len(alone) == len({(span.start, span.end) for span in alone})


def test_the_grid_has_a_row_for_each_aspect_and_a_cell_for_each_paper() -> None:
    papers = made_up_papers()[:3]
    rows = compare([(n, split_sentences(paper.abstract)) for n, paper in enumerate(papers, start=1)])
    assert [row.aspect for row in rows] == list(ASPECTS)
    for row in rows:
        assert [cell.n for cell in row.cells] == [1, 2, 3]
        for cell, paper in zip(row.cells, papers, strict=True):
            if cell.quote:
                assert cell.quote.n == cell.n
                assert paper.abstract[cell.quote.start : cell.quote.end] == cell.quote.text
