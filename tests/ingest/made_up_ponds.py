"""A few invented papers with accents, signs, a formula and an award, to write files of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Invented:
    """A paper and what surrounds it."""

    number: int
    title: str
    authors: tuple[str, ...]
    abstract: str
    award: str | None = None

    @property
    def address(self) -> str:
        """Where it can be read."""
        return f"https://ponds.example/paper/{self.number}"


PAPERS = (
    Invented(
        1,
        "Why Ladders Lean Left: A Study of Garden Walls",
        ("Ada Quill", "Bo Marsh"),
        "Ladders lean left in 62 percent of all gardens. We show that this follows from the handedness of apples. The "
        "effect is stable across seasons, and it vanishes when the wall is painted blue.",
        "Best Paper Award",
    ),
    Invented(
        2,
        "Slow Clocks for Fast Rooms",
        ("Zoë Ångström", "Hal Penn", "Ivo Rush"),
        "Fast rooms make people late. This paper introduces a slow clock, adjusted by 4 seconds an hour, which brings "
        "them back on time. In a trial with 120 visitors nobody missed the tea; R&D costs fell by 9 percent.",
    ),
    Invented(
        3,
        "Sedges & Reeds, Compared in the Rain",
        ("José Núñez",),
        "We compare sedges, reeds and rushes under 14 kinds of rain. Reeds bend first, sedges last. A bound of "
        "$O(n^2)$ on the number of drops is proved, and an open set of 3,000 drops is published.",
    ),
    Invented(
        4,
        "Teaching a Heron to Count",
        ("Mbali Ode", "Søren Fjeld"),
        "Herons count fish, but only up to three. With a reward of one minnow for each right answer they reach "
        "eleven after six weeks. We discuss what this means for the study of number sense in waders.",
    ),
    Invented(
        5,
        "The Weight of Fog",
        ("Chiara Wójcik", "Dmitri Vu", "Elif Sato", "Fatou Goh"),
        "Fog has been weighed before, yet never on a slope. Our balance, made of two kites and a spring, measures "
        "it to within 3 grams. Results from five valleys agree with a simple model of drifting mist.",
    ),
)
