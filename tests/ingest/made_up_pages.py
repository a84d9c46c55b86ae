"""Made-up papers, and session pages of many layouts made of them, to see whether the reader gets them back."""

from __future__ import annotations

import random
import textwrap
from dataclasses import dataclass, field, replace


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

    @property
    def words(self) -> str:
        """The abstract without regard to white space."""
        return " ".join(" ".join((*self.paragraphs, *self.items)).split())


@dataclass(frozen=True)
class Style:
    """How a page is set."""

    paper_gap: int = 2
    inner_gap: int = 1
    extra_blanks: float = 0.0  # share of gaps (other than 0) that get one or two blank lines more
    wrap: int = 0
    wrap_all: bool = False
    break_hyphens: bool = True
    newline: str = "\n"
    dirty_spaces: bool = False
    head: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    after: tuple[str, ...] = ()  # furniture after every abstract
    after_gap: int = 1
    above: str = ""  # furniture above every title
    above_gap: int = 0
    under_title: str = ""
    before_abstract: tuple[str, ...] = ()
    inline_label: str = ""
    every: int = 1  # furniture stands at every n-th paper
    bullet: str = "- "
    item_gap: int = 0
    seed: int = field(default=0)


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
    syllables = (
        "ba",
        "ce",
        "dri",
        "fo",
        "gul",
        "ha",
        "kin",
        "lor",
        "mu",
        "ne",
        "pli",
        "qua",
        "ren",
        "sto",
        "tu",
        "vi",
        "zar",
    )
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


class PageWriter:
    """Writes the lines of a page: `put(text, gap)` leaves `gap` blank lines before the text."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.rng = random.Random(style.seed)
        self.lines: list[str] = []

    def put(self, text: str, gap: int, *, wrap: bool = False) -> None:
        if gap and self.rng.random() < self.style.extra_blanks:
            gap += self.rng.randint(1, 2)
        if self.lines:
            self.lines += [""] * gap
        if self.style.wrap and (wrap or self.style.wrap_all):
            self.lines += textwrap.wrap(
                text, self.style.wrap, break_long_words=False, break_on_hyphens=self.style.break_hyphens
            )
        else:
            self.lines.append(text)

    def text(self) -> str:
        if self.style.dirty_spaces:
            lines = [
                self.rng.choice(["", " ", "\t", "\xa0"]) + line.replace(" ", "\xa0", 1) + "  " for line in self.lines
            ]
        else:
            lines = self.lines
        return self.style.newline.join([*lines, ""])


def write_paper(page: PageWriter, paper: MadeUp, number: int, *, parts: str = "tab") -> None:
    """One paper in the page's style. `parts` holds what it has: t(itle), a(uthors), (a)b(stract)."""
    style = page.style
    furnished = number % style.every == 0
    gap = style.paper_gap
    if style.above and furnished:
        page.put(style.above, gap)
        gap = style.above_gap
    if paper.award:
        page.put(paper.award, gap)
        gap = 0
    if "t" in parts:
        page.put(paper.title, gap)
        gap = style.inner_gap
    if style.under_title and furnished:
        page.put(style.under_title, gap)
    if "a" in parts:
        page.put(" · ".join(paper.authors), gap)
        gap = style.inner_gap
    if "b" in parts:
        for label in style.before_abstract if furnished else ():
            page.put(label, gap)
            gap = 0 if style.inner_gap == 0 else 1
        for n, paragraph in enumerate(paper.paragraphs):
            page.put(paragraph if n else style.inline_label + paragraph, style.inner_gap, wrap=True)
        for n, item in enumerate(paper.items):
            page.put(style.bullet + item, style.item_gap if n else min(style.item_gap, style.inner_gap), wrap=True)
    for n, line in enumerate(style.after if furnished else ()):
        page.put(line, 0 if n else style.after_gap)


def write_page(papers: list[MadeUp], style: Style) -> str:
    """The whole page, furniture included. A `head` or `foot` line may begin with newlines, which are blank lines."""
    page = PageWriter(style)
    for line in style.head:
        page.put(line.lstrip("\n"), line.count("\n"))
    for number, paper in enumerate(papers):
        write_paper(page, paper, number)
    for line in style.foot:
        page.put(line.lstrip("\n"), line.count("\n"))
    return page.text()


HEADS = [
    (),
    ("Skip to the menu Skip to the content", "\n\nSession", "\nOral Session 3", "\nAbstract:", "Chat is closed."),
    (
        "Main Navigation",
        "Home",
        "Schedule",
        "Papers",
        "Help Center",
        "\nSession",
        "\nMorning Posters",
        "\nMon 3 May 9 a.m. PDT",
    ),
    (
        "TideConf 2031",
        "Select Year: (2031)",
        "\nAll times are shown in your own time zone.",
        "\nPoster Session 12: Rivers",
    ),
    ("My Stuff", "Login", "\nDates · Calls · Guides · Organization", "\n\nSession", "\nTuesday Session B"),
    (
        "[ Browse ]",
        "The virtual site is open to everyone. Please be kind to each other.",
        "\n\nSession",
        "\nSpotlights 2",
    ),
]
FOOTS = [
    (),
    ("\n\n© 2031 TideConf. All rights reserved.", "Privacy Policy · Terms of Use · Contact Us"),
    (
        "\n\nSuccessful Page Load",
        "\nWe use cookies to store which posters you have seen. Our Privacy Policy says more.",
        "\nUseful links",
        "Press",
        "Sponsors",
    ),
    (
        "\n\nUseful links",
        "\nSponsors",
        "Help · About · Careers",
        "\nThe logo above may be used in talks. Right-click and choose download. It is a vector graphic.",
    ),
    ("\nBack to top",),
]
AFTERS: list[tuple[str, ...]] = [
    (),
    ("Add to calendar",),
    ("Show details",),
    ("[ Paper ]", "[ Video ]", "[ Slides ]"),
    ("Paper · Video · Slides",),
    ("View paper on OpenReview", "Bookmark"),
    ("Chat is not open yet.",),
]
ABOVES = ["", "Poster", "Spotlight", "Mon 3 May 5:30 p.m. PDT", "Poster #117", "[ Virtual ]", "Hall B, board 12"]
UNDERS = ["", "[ Virtual ]", "Poster", "Tue 4 May 10:00 — 12:00"]
LABELS: list[tuple[str, ...]] = [
    (),
    ("Abstract:",),
    ("Abstract",),
    ("[ Abstract ]",),
    ("Mon 3 May 5 p.m.", "Abstract:"),
    ("https://papers.example/7",),
]


def any_style(rng: random.Random) -> Style:
    """A style at random. Gaps of a collapsed page carry no meaning, so it gets less furniture of unknown words."""
    paper_gap, inner_gap = rng.choice([(2, 1), (2, 1), (2, 1), (1, 1), (0, 0), (3, 1), (1, 0), (3, 2)])
    return Style(
        paper_gap=paper_gap,
        inner_gap=inner_gap,
        extra_blanks=rng.choice([0.0, 0.0, 0.05]) if paper_gap > inner_gap else 0.0,
        wrap=rng.choice([0, 0, 72, 80, 100]),
        wrap_all=rng.random() < 0.4,
        break_hyphens=rng.random() < 0.5,
        newline=rng.choice(["\n", "\n", "\r\n"]),
        dirty_spaces=rng.random() < 0.2,
        head=rng.choice(HEADS),
        foot=rng.choice(FOOTS),
        after=rng.choice(AFTERS) if rng.random() < 0.5 else (),
        after_gap=rng.choice([0, 1, 2]) if inner_gap else 0,
        above=rng.choice(ABOVES) if rng.random() < 0.5 else "",
        above_gap=rng.choice([0, 1]) if inner_gap else 0,
        under_title=rng.choice(UNDERS) if rng.random() < 0.3 else "",
        before_abstract=rng.choice(LABELS) if rng.random() < 0.5 else (),
        inline_label=rng.choice(["", "", "", "Abstract: "]),
        every=rng.choice([1, 1, 2, 5]),
        bullet=rng.choice(["- ", "• ", "* "]),
        item_gap=rng.choice([0, 1]) if inner_gap else 0,
        seed=rng.randrange(1 << 30),
    )
