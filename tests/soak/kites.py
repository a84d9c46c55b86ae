"""Made-up papers about numbered kites, and questions whose right answer is known: whoever asks about one kite and is
told of another has got somebody else's answer."""

from __future__ import annotations

import random
from dataclasses import dataclass

from rag.types import Paper

KITES = 80
KINDS = ("fact", "fact", "fact", "catalogue", "catalogue", "find", "compare", "overview", "refuse")


def papers() -> list[Paper]:
    """All of them."""
    return [
        Paper(
            f"kite{n}",
            f"Kite{n}x: weaving a sail",
            (f"Wim Gale{n}", "Una Drift"),
            f"We weave Kite{n}x, a sail of silk. Kite{n}x flies at {height(n)} metres. Its tail of Kite{n}x is "
            f"{n + 3000} centimetres long. It lands by itself on dry grass.",
        )
        for n in range(KITES)
    ]


def height(n: int) -> int:
    """How high a kite flies: no two are equal."""
    return 20_000 + 7 * n


@dataclass(frozen=True)
class Question:
    """A question, and what its answer must have (`text` in the answer, `paper` among those cited)."""

    kind: str
    text: str
    says: str = ""
    paper: str = ""


def question(rng: random.Random) -> Question:
    """One of any kind."""
    n, m = rng.sample(range(KITES), 2)
    kind = rng.choice(KINDS)
    if kind == "fact":
        return Question(kind, f"At how many metres does Kite{n}x fly?", str(height(n)), f"kite{n}")
    if kind == "catalogue":
        return Question(kind, f"Who wrote the paper “Kite{n}x: weaving a sail”?", f"Wim Gale{n}", f"kite{n}")
    if kind == "find":
        return Question(kind, f"Is there a paper on Kite{n}x?", "", f"kite{n}")
    if kind == "compare":
        return Question(kind, f"How do Kite{n}x and Kite{m}x differ?", "", f"kite{n}")
    if kind == "overview":
        return Question(kind, "Give me an overview of sails of silk.")
    return Question(kind, f"What is the boiling point of Basalt{n}q?")
