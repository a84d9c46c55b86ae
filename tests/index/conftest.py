"""Invented papers for the tests of the index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from rag.types import Paper

MakePaper = Callable[..., Paper]

TITLES_AND_ABSTRACTS = [
    (
        "Lantern: Cheap Night Vision for Garden Robots",
        "Garden robots are blind at night. We present Lantern, a camera model that needs 3 lux. "
        "It finds 91.5% of all hedgehogs. Training takes 7 hours on one small card.",
    ),
    (
        "Do Sundials Drift? A Study of Shadow Clocks",
        "Shadow clocks are old. We measure 40 sundials for 2 years, and find a drift of 12 seconds. "
        "A simple correction removes it.",
    ),
    (
        "Knot-Net: Learning to Untie Ropes",
        "Ropes are hard to model. Our network unties 8 of 10 knots after watching 500 videos. "
        "Poisoned videos lower this to 2 of 10.",
    ),
    (
        "Poisoning Attacks on Recipe Recommenders",
        "Recipe sites learn from clicks. We poison 0.1% of the clicks, and half of all users see our soup. "
        "A defence based on taste graphs helps.",
    ),
]


def paper_of(title: str, abstract: str, **more: Any) -> Paper:
    """A paper with an id derived from its title."""
    fields = {"authors": ("Ana Holt", "Béla Király"), **more}
    return Paper(hashlib.sha256(title.encode()).hexdigest()[:12], title, abstract=abstract, **fields)


@pytest.fixture
def make_paper() -> MakePaper:
    return paper_of


@pytest.fixture
def papers() -> list[Paper]:
    return [paper_of(title, abstract) for title, abstract in TITLES_AND_ABSTRACTS]


@pytest.fixture
def many_papers() -> list[Paper]:
    """60 short papers, each with a word of its own."""
    return [
        paper_of(f"Study {n} of Topic{n}", f"We look at topic{n} for {n} days. The finding{n} is clear. It holds.")
        for n in range(60)
    ]
