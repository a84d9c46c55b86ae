"""Made-up papers, to write session pages of."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    """
    Ada Björn Chiara Dmitri Elif Fatou Gwen Hyun-woo Iñigo Jun Kofi Lucía Mbali Noé Olga Priya Quentin Rosa Søren Tuán
    Uma Viktor Wei Xóchitl Yara Zsófia J. R.K. Jean-Luc Bo Yi
    """
)
LAST = _words(
    """
    Abara Brandão Castellanos D'Amico Eklund Fjeld Goh Håkansson Ibáñez Jørgensen Kowalczyk Lindqvist Müller Ng O’Neil
    Petrov Quispe Rossi Sato Takahashi Ueda Vu Wójcik Xu Yılmaz Zhang Smith-Jones Li
    """
)
_ODD_NAMES = [
    "ana de la cruz",
    "LI WEI",
    "Hans (Hansi) Vogel",
    "Wei Wang 0002",
    "Jan van der Berg",
    "Ludwig von und zu Stein",
    "Sukarno",
    "A. B. C. Dee",
    "Nguyễn Thị Minh",
    "李 明",
    "Karl Weiß Jr.",
    "mcKay oduya",
    "Ebele Okafor (Lagos State University)",
]
_TITLE_FORMS = [
    "{A} {B} for {C}",
    "{A}: {B} {C} under {D}",
    "On the {B} of {C}",
    "Do {C} Need {D}?",
    "{B} {C}",
    "{A}",
    "Towards {B} {C} with {D}: A Study in Three Parts",
    "{C} Are Not All You Think.",
    "$\\beta$-{A}: {B} {C}",
    "$O(n \\log n)$ {C}",
    "$\\mathcal{{L}}_{{\\infty}}$",
    "{A} · {B} · {C}",
    "{C}, {D}, and {B} {A}: how the {B} {C} of every {D} can be learned from a handful of {C}, whether or not {D} were "
    "seen before, and what this says about {A} and {B} {C} when the number of {D} grows without any bound",
    "“{A}” -- {B} {C}’s Last Word!",
    "why {C} forget",
    "3D {C} in 2.5 Dimensions",
]
_A = ["Tarnik", "MOSS-Net", "Lumen", "GraviCache", "Quillon", "PEBBLE2", "Orrery"]
_B = ["Robust", "Lazy", "Anisotropic", "Spectral", "Contrastive", "Certified", "Hierarchical", "Low-Rank"]
_C = ["Kites", "Sparse Gears", "Token Rivers", "Tide Models", "Lattice Maps", "Pebble Graphs", "Weather Agents"]
_D = ["Drift", "Noise", "Partial Views", "Label Scarcity", "Two-Party Trust", "Cold Starts"]
_SENTENCES = [
    "We study how {w} {c} behave under {d}, a setting that earlier work on {w} {w} has left aside.",
    "Despite much progress, {w} {c} remain hard to train when {w} {d} are present (see e.g. the survey of 2019).",
    "This paper introduces {w}, which replaces the usual {b} {w} by a lookup that costs $O(\\log n)$ time.",
    "Our method needs {n}.5 times fewer labels than {w}, the best baseline, i.e. {n}% of those in the benchmark.",
    "Surprisingly, the {w} effect vanishes for depth greater than {n}!",
    "Is the {w} gap real, or does it come from the {w} metric?",
    "We prove that the L2·norm of the {w} error is at most $\\epsilon^{n}$, and that (a) · ({w}) commute.",
    "Experiments on {n} data sets, among them {w}-Bench, confirm the theory; code is at https://example.org/{w}.",
    "The state-of-the-art in {w} {c} relies on {b} {w} priors -- an assumption that we drop.",
    "In contrast to Dr. {w} et al., nothing is assumed about {w} {d}.",
    "“Double {w} {c}” are explained, too.",
    "{w} {w}, {w} and {w} are four {w} that any {w} must have.",
    "Click models of {w} and privacy policy texts on {w} in the browser are our use cases, logos included.",
]
_SHORT = ["We prove that {w} {c} are {b}.", "A proof that {d} cannot be removed from {w}.", "{c} work {w}."]
_ITEMS = ["faster training on {w} {c}", "a {w} bound for all {d};", "an open data set of {w}.", "no {b} {w} prior"]
AWARDS = [
    "Outstanding Paper",
    "Honorable Mention",
    "Best Student Paper Award",
    "Runner-up",
    "Distinguished Contribution",
]


@dataclass(frozen=True)
class MadeUp:
    """A paper as it should come back. `paragraphs` are the abstract's, `items` list items that follow them."""

    title: str
    authors: tuple[str, ...]
    paragraphs: tuple[str, ...]
    items: tuple[str, ...] = ()
    award: str | None = None


def made_up_paper(rng: random.Random, *, authors: int | None = None) -> MadeUp:
    """A paper of invented words. Titles of one page are made different by `made_up_papers`."""

    def fill(form: str) -> str:
        while "{w}" in form:
            form = form.replace("{w}", _word(rng), 1)
        return form.format(n=rng.randint(2, 90),
            A=rng.choice(_A), B=rng.choice(_B), C=rng.choice(_C), D=rng.choice(_D),
            a=rng.choice(_A), b=rng.choice(_B).lower(), c=rng.choice(_C).lower(), d=rng.choice(_D).lower(),
        )  # fmt: skip

    count = authors or rng.choice([1, 2, 2, 3, 4, 5, 6, 14, 17])
    names = tuple(
        rng.choice(_ODD_NAMES) if rng.random() < 0.12 and count > 1 else f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        for _ in range(count)
    )
    if rng.random() < 0.12:
        return MadeUp(fill(rng.choice(_TITLE_FORMS)), names, (capitalised(fill(rng.choice(_SHORT))),))
    paragraphs = tuple(
        " ".join(capitalised(fill(s)) for s in rng.sample(_SENTENCES, rng.randint(2 if n else 3, 7)))
        for n in range(rng.choice([1, 1, 1, 1, 2, 3]))
    )
    items: tuple[str, ...] = ()
    if rng.random() < 0.1:
        paragraphs = (*paragraphs[:-1], paragraphs[-1] + " We contribute:")
        items = tuple(fill(item) for item in rng.sample(_ITEMS, 3))
    return MadeUp(fill(rng.choice(_TITLE_FORMS)), names, paragraphs, items)


def _word(rng: random.Random) -> str:
    syllables = _words("ba ce dri fo gul ha kin lor mu ne pli qua ren sto tu vi zar")
    return "".join(rng.choice(syllables) for _ in range(rng.randint(2, 4)))


def capitalised(text: str) -> str:
    return text[0].upper() + text[1:]


def made_up_papers(rng: random.Random, count: int) -> list[MadeUp]:
    """`count` papers with different titles, about one in ten with an award."""
    papers: list[MadeUp] = []
    while len(papers) < count:
        paper = made_up_paper(rng)
        if all(paper.title != other.title for other in papers):
            papers.append(replace(paper, award=rng.choice(AWARDS)) if rng.random() < 0.1 else paper)
    return papers
