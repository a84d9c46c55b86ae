"""The roles that lines of a session page can play, the order in which they can follow, and how a page is laid out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rag.ingest.page_lines import WRAP_SLACK, PageLine, wrap_width

# A paper is AWARD? TITLE WRAPPED_TITLE* LABEL* AUTHORS? WRAPPED_AUTHORS* NOTE* ABSTRACT MORE*; HEAD, BETWEEN and FOOT
# are furniture at the top, between papers and at the bottom.
HEAD, AWARD, TITLE, WRAPPED_TITLE, LABEL, AUTHORS, WRAPPED_AUTHORS, NOTE, ABSTRACT, MORE, BETWEEN, FOOT = range(12)
START = -1

_NEW_PAPER = (AWARD, TITLE, AUTHORS)
_AFTER_PAPER = (BETWEEN, FOOT, *_NEW_PAPER)
NEXT: dict[int, tuple[int, ...]] = {
    START: (HEAD, *_NEW_PAPER),
    HEAD: (HEAD, *_NEW_PAPER),
    AWARD: (TITLE,),
    TITLE: (WRAPPED_TITLE, LABEL, AUTHORS, ABSTRACT),
    WRAPPED_TITLE: (WRAPPED_TITLE, LABEL, AUTHORS, ABSTRACT),
    LABEL: (LABEL, AUTHORS, ABSTRACT),
    AUTHORS: (WRAPPED_AUTHORS, NOTE, ABSTRACT, *_AFTER_PAPER),
    WRAPPED_AUTHORS: (WRAPPED_AUTHORS, NOTE, ABSTRACT, *_AFTER_PAPER),
    NOTE: (NOTE, ABSTRACT),
    ABSTRACT: (MORE, *_AFTER_PAPER),
    MORE: (MORE, *_AFTER_PAPER),
    BETWEEN: (BETWEEN, *_NEW_PAPER),
    FOOT: (FOOT,),
}
PREVIOUS = {role: tuple(before for before, after in NEXT.items() if role in after) for role in range(12)}
MAY_END = frozenset((HEAD, AUTHORS, WRAPPED_AUTHORS, ABSTRACT, MORE, FOOT))
IN_TITLE = frozenset((TITLE, WRAPPED_TITLE, LABEL))
IN_AUTHORS = frozenset((AUTHORS, WRAPPED_AUTHORS))
IN_ABSTRACT = frozenset((ABSTRACT, MORE))

# How much of a line must look like names for it to be a list of authors whatever stands around it.
SURE_NAMES = 0.6


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page sets its papers, in blank lines: before a paper, before its authors, before its abstract; the width
    in characters at which text is wrapped (0: not), and whether titles and authors are wrapped too."""

    paper_gap: int
    authors_gap: int
    abstract_gap: int
    width: int
    all_wrapped: bool

    @property
    def inner_gap(self) -> int:
        return max(self.authors_gap, self.abstract_gap)


def measure_layout(page: list[PageLine]) -> Layout:
    """Measured at the lines that are certain, names over prose; where there are none, from all gaps."""
    above: Counter[int] = Counter()
    authors: Counter[int] = Counter()
    abstract: Counter[int] = Counter()
    for at in range(1, len(page) - 1):
        if not _surely_authors(page, at) or page[at - 1].names >= SURE_NAMES:
            continue
        title = at - 1
        while title > 0 and page[title].label:
            title -= 1
        authors[max(line.gap for line in page[title + 1 : at + 1])] += 1
        top = title
        while top > 0 and title - top < 5 and (page[top].gap == 0 or page[top - 1].label):
            top -= 1
        above[max(line.gap for line in page[top : title + 1])] += 1 if top else 0
        end = at + 1
        while end < len(page) - 1 and (page[end].label or page[end].names >= SURE_NAMES):
            end += 1
        abstract[max(line.gap for line in page[at + 1 : end + 1])] += 1
    width = wrap_width(page)
    wrapped = (width, sum(len(line.text) > width + WRAP_SLACK for line in page) <= len(page) // 50)
    gaps = Counter(line.gap for line in page[1:])
    common = sorted(gap for gap, count in gaps.items() if count >= max(2, len(page) // 10)) or [0]
    paper_gap = _most_common(above, default=common[-1])
    inner_gap = next((gap for gap in common if gap > 0), 0)
    return Layout(
        paper_gap, _most_common(authors, default=inner_gap), _most_common(abstract, default=inner_gap), *wrapped
    )


def _most_common(counts: Counter[int], *, default: int) -> int:
    return counts.most_common(1)[0][0] if counts.total() else default


def _surely_authors(page: list[PageLine], at: int) -> bool:
    if page[at].names >= SURE_NAMES:
        return True
    below = next((line for line in page[at + 1 : at + 4] if not line.label), page[at])
    return page[at].lone_name == 1 and not page[at].repeated and page[at - 1].prose < 2 and below.prose >= 4
