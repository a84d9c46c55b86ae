"""Session pages of many layouts, written of made-up papers, to see whether the reader gets the papers back."""

from __future__ import annotations

import random
import textwrap
from dataclasses import dataclass

from made_up_papers import MadeUp


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


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
    seed: int = 0


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

    def put_all(self, lines: tuple[str, ...]) -> None:
        gap = 0
        for line in lines:
            if line:
                self.put(line, gap)
            gap = 0 if line else gap + 1

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
    """The whole page, furniture included."""
    page = PageWriter(style)
    page.put_all(style.head)
    for number, paper in enumerate(papers):
        write_paper(page, paper, number)
    page.put_all(style.foot)
    return page.text()


# Furniture, a line each; an empty line is a blank line.
HEADS = [
    (),
    _lines("Skip to the menu Skip to the content|||Session||Oral Session 3||Abstract:|Chat is closed."),
    _lines("Main Navigation|Home|Schedule|Papers|Help Center||Session||Morning Posters||Mon 3 May 9 a.m. PDT"),
    _lines("TideConf 2031|Select Year: (2031)||All times are in your own time zone.||Poster Session 12: Rivers"),
    _lines("My Stuff|Login||Dates · Calls · Guides · Organization|||Session||Tuesday Session B"),
    _lines("[ Browse ]|The virtual site is open to everyone. Please be kind to each other.|||Session||Spotlights 2"),
]
FOOTS = [
    (),
    _lines("||© 2031 TideConf. All rights reserved.|Privacy Policy · Terms of Use · Contact Us"),
    _lines(
        "||Successful Page Load||We use cookies to store which posters you have seen. Our Privacy Policy says more."
        "||Useful links|Press|Sponsors"
    ),
    _lines(
        "||Useful links||Sponsors|Help · About · Careers||The logo above may be used in talks. Right-click and choose "
        "download. It is a vector graphic."
    ),
    _lines("|Back to top"),
]
AFTERS = [
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
LABELS = [
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
