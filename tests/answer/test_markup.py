"""What a model may not bring by itself: titles and names that it makes up."""

from __future__ import annotations

import pytest

from rag.answer.markup import foreign_words
from rag.types import Paper

PAPER = Paper("wax", "WaxNet: Boats that Float", ("Cleo Tarn",), "We wax boats [cold], for “a short while, at least”.")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Read “Boats and Their Wax: A Survey” by the same authors.", "Boats and Their Wax: A Survey"),
        ('It is "WaxNet: Boats that Float" by [Author\'s Name], [Year].', "Author's Name"),
        ('See "WaxNet: Boats that Float", which waxes boats [cold].', ""),
        ('They float "a short while, at least".', ""),
        ('A "floating boat" in the "wax of life" sense', "wax of life"),
        ('What you call "the slow way out" is not in it.', ""),
        ('It needs 3" and 4" of wax, and [0, 1] of time [2].', ""),
    ],
)
def test_words_that_nobody_said_are_found(text: str, found: str) -> None:
    assert foreign_words(text, PAPER, 'Is it "the slow way out"?') == found
