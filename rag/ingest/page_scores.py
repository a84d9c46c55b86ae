"""How well a line fits a role (`score`), and one role the next (`step`), by the blank lines between them.

The scores are in no unit: what matters is which of two readings of a page costs more. They were set by hand and are
held by `tests/ingest/test_session_page.py`, which writes pages of many layouts and wants every paper back.
"""

from __future__ import annotations

import re

from rag.ingest.clean import starts_list_item
from rag.ingest.page_lines import PageLine, was_full
from rag.ingest.page_roles import (
    ABSTRACT,
    AUTHORS,
    AWARD,
    BETWEEN,
    FOOT,
    HEAD,
    IN_ABSTRACT,
    IN_AUTHORS,
    IN_TITLE,
    LABEL,
    MORE,
    NOTE,
    SURE_NAMES,
    TITLE,
    WRAPPED_AUTHORS,
    WRAPPED_TITLE,
    Layout,
)

_IMPOSSIBLE = -1000.0
NO_ABSTRACT = -3.0
_NO_AUTHORS = -5.5
NO_TITLE = -8.0

# --- what a line looks like --------------------------------------------------------------------------------------


def score(role: int, line: PageLine) -> float:
    """How well `line` fits `role`, whatever stands around it."""
    if role in (HEAD, FOOT):
        if line.names >= SURE_NAMES:
            return -1.0
        abstract_like = line.prose >= 4 and line.speaks_of_research and not line.site_sentence
        return 0.3 if line.label or line.repeated else -1.0 if role == FOOT and abstract_like else 0.0
    if role == BETWEEN:
        return _between_score(line)
    if role == AWARD:
        return _award_score(line)
    if role in (TITLE, WRAPPED_TITLE):
        return _title_score(role, line)
    if role in IN_AUTHORS:
        return _authors_score(role, line)
    if role in (LABEL, NOTE):
        return _note_score(role, line)
    return _abstract_score(line) if role == ABSTRACT else _more_score(line)


def _is_furniture(line: PageLine) -> bool:
    return line.label or line.repeated or _speaks_of_site(line)


def _speaks_of_site(line: PageLine) -> bool:
    return line.site_sentence and line.prose < 4


def _between_score(line: PageLine) -> float:
    """Between papers stand buttons and dates, hardly ever prose."""
    if line.oversize or line.label or line.repeated:
        return 0.0
    if _speaks_of_site(line):
        return -2.0 if line.speaks_of_research else 0.0
    if line.names >= SURE_NAMES:
        return -8.0
    if starts_list_item(line.text):
        return -3.0
    if line.prose < (1 if line.ended else 2):
        return -0.3
    return -1.5 if line.prose < 2.5 else -6.0


def _award_score(line: PageLine) -> float:
    """Short, and either in the words of awards or seen hardly more than once on the page."""
    if line.words > 8 or len(line.text) > 70 or line.prose >= 1.5 or line.names >= SURE_NAMES or line.is_url:
        return -6.0
    if line.says_award:
        return 1.0
    if _is_furniture(line):
        return -6.0
    return (-0.7 if line.words <= 6 else -2.0) - (3.0 if any(map(str.isdigit, line.text)) else 0.0)


def _title_score(role: int, line: PageLine) -> float:
    if line.oversize:
        return -20.0
    score = -min(6.0, max(0.0, line.prose - 1.0))
    if role == WRAPPED_TITLE:
        return score / 2 - (4.0 if line.label and line.repeated else 0.0)
    if line.label:
        score -= 8.5 if line.repeated else 4.0
    elif line.says_award and line.words <= 5:
        score -= 2.0
    elif line.repeated or starts_list_item(line.text):
        score -= 3.0
    if line.site_sentence and line.prose >= 1:
        score -= 1.0
    if line.text.endswith((":", ".", ",", ";")):
        score -= 0.5
    return score - (1.0 if line.names >= SURE_NAMES else 0.0)


def _authors_score(role: int, line: PageLine) -> float:
    if line.names >= 0.25:
        return 8.0 if line.names >= SURE_NAMES else 6.0 * (line.names - 0.25)
    if role == WRAPPED_AUTHORS:
        rest = line.text.isdigit() or (len(line.text) <= 60 and bool(re.search(r"[()]", line.text)))
        return 0.5 if rest else 0.0 if line.lone_name else -20.0
    if not line.lone_name or line.label:
        return -20.0
    score = {1.0: 0.5, 0.8: 0.0, 0.3: -2.5}.get(line.lone_name, -0.5)
    return score - (1.5 if line.repeated else 0.0)


def _note_score(role: int, line: PageLine) -> float:
    """A label between title and abstract: `[ Virtual ]`, a time, a link, `Abstract:`."""
    if line.label or line.repeated or (_speaks_of_site(line) and line.prose < 2 and line.words <= 12):
        return 0.0
    if role == LABEL or line.names >= SURE_NAMES or line.prose >= 1 or line.ended or line.words > 8:
        return -20.0
    return -5.0 if line.lone_name >= 0.6 else -2.0


def _abstract_score(line: PageLine) -> float:
    """The first line of an abstract. One sentence is enough; a fragment is, when the page is wrapped."""
    if line.names >= SURE_NAMES:
        return -8.0
    if line.label or line.repeated:
        return -6.0
    score = min(3.0, line.prose) if line.prose >= 1 else 0.0 if line.ended else -1.0 if line.words >= 4 else -3.0
    if _speaks_of_site(line):
        score -= 3.5 if line.speaks_of_research else 4.0
    return score + (1.0 if line.speaks_of_research else 0.0)


def _more_score(line: PageLine) -> float:
    """A later line of an abstract; what it follows decides the rest (`_more_step`)."""
    return -8.0 if line.names >= SURE_NAMES else 0.0


# --- what the step between two lines says ------------------------------------------------------------------------


def step(before_role: int, role: int, before: PageLine, line: PageLine, layout: Layout) -> float:
    """How well `role` at `line` follows `before_role` at `before`; `line.gap` blank lines lie between."""
    if role in (WRAPPED_TITLE, WRAPPED_AUTHORS):
        return _wrap_step(role, before, line, layout)
    if role == LABEL:
        if _may_be_wrapped(before, line, layout):
            return -2.5
        # A name over labels and an abstract is no title, even where the blank lines set it apart.
        return -3.0 if before_role == TITLE and before.lone_name >= 0.6 else 0.0
    if role == AUTHORS:
        if before_role not in IN_TITLE:
            return NO_TITLE + _leaving(before_role, before, line, layout)
        if line.names < SURE_NAMES and _may_be_wrapped(before, line, layout):
            return -3.0
        if line.gap == layout.authors_gap:
            return 0.5
        return -2.0 if line.gap >= layout.paper_gap > layout.inner_gap else -0.5
    if role in (NOTE, ABSTRACT):
        return _abstract_step(before_role, role, before, line, layout)
    if role == MORE:
        return _more_step(before, line, layout)
    if role == TITLE and _may_be_wrapped(before, line, layout):
        return -2.5 + _leaving(before_role, before, line, layout)
    if role == TITLE and before_role == AWARD:
        if line.gap == 0:
            return 1.0 if layout.inner_gap else 0.0
        return -0.5 if before.says_award and line.gap <= layout.inner_gap else -4.0
    if role in (AWARD, TITLE):
        return _leaving(before_role, before, line, layout) + _new_paper(before_role, before, line, layout)
    if role in (BETWEEN, FOOT):
        return _leaving(before_role, before, line, layout)
    return 0.0


def _abstract_step(before_role: int, role: int, before: PageLine, line: PageLine, layout: Layout) -> float:
    """From authors (or a title without authors) to the abstract, or to a label above it."""
    far = 0.0
    if line.gap >= layout.paper_gap > layout.inner_gap:
        far = -1.0 if line.label or line.prose >= 2 else -4.0 if line.ended else -5.0
    if role == NOTE:
        return far - 2.0 if far and line.label else 2 * far
    fits = 0.5 if line.gap == layout.abstract_gap else -0.5 if line.gap == 0 else 0.0
    if before_role not in IN_TITLE:
        return far + fits
    fits += 0.7 if line.gap == layout.abstract_gap < layout.paper_gap else 0.0
    fits -= 4.0 if before.lone_name >= 0.6 else 0.0
    if line.text.casefold().startswith("abstract:") or _is_abstract_label(before):
        fits += 2.0
    return far + fits + _NO_AUTHORS + (-2.5 if line.site_sentence else 2.0 if line.speaks_of_research else 0.0)


def _is_abstract_label(line: PageLine) -> bool:
    return line.text.casefold().strip("[] :") == "abstract"


def _leaving(before_role: int, before: PageLine, line: PageLine, layout: Layout) -> float:
    """What it costs to end a paper here."""
    if before_role in IN_AUTHORS:
        if before_role == WRAPPED_AUTHORS or before.names >= SURE_NAMES:
            return NO_ABSTRACT
        # A lone name that no abstract follows is a paper only where the blank lines say so.
        return NO_ABSTRACT + (0.8 if line.gap >= layout.paper_gap > layout.inner_gap else -2.0)
    if before_role in IN_ABSTRACT and line.gap == 0 and not before.ended:
        if was_full(before, line, layout.width) and not line.label:
            return -6.0
        return 0.0 if before.is_url or starts_list_item(before.text) else -1.5
    return 0.0


def _new_paper(before_role: int, before: PageLine, line: PageLine, layout: Layout) -> float:
    """What the blank lines say when a paper begins at `line`, or at a label (`Poster`) above it."""
    widest = max(line.gap, before.gap if before_role == BETWEEN and before.label else 0)
    if widest >= layout.paper_gap > layout.inner_gap:
        return 1.0
    if before_role in (HEAD, BETWEEN) or line.gap >= layout.paper_gap:
        return 0.0
    return -1.0 if line.gap else -2.5


def _more_step(before: PageLine, line: PageLine, layout: Layout) -> float:
    """How well the abstract goes on at `line`: as a piece of a wrapped sentence, as an item, as a new paragraph."""
    item = starts_list_item(line.text)
    sentence = line.prose >= (1 if line.ended else 2)
    furniture = -4.0 if line.label or line.repeated else 0.0
    if line.gap == 0 and was_full(before, line, layout.width):
        return 0.3 + furniture if before.ended else -4.0 if line.label and not line.is_url else 0.0
    if line.gap == 0 and line.is_url and not before.ended:
        return 0.3
    if not furniture and _speaks_of_site(line):
        furniture = -1.0 if line.speaks_of_research else -2.5
    if line.gap == 0:
        return furniture + (0.3 if item or sentence else 0.0 if not before.ended else -1.5)
    far = 0.0
    if line.gap >= layout.paper_gap > layout.inner_gap:
        far = -1.0 if line.prose >= 4 and line.speaks_of_research else -2.0 if line.prose >= 1 or item else -4.0
    if line.prose >= 2 or item:
        return furniture + far + 0.5
    if (line.prose >= 1 and line.ended) or line.text.endswith(":"):
        return furniture + far
    return furniture + far - (1.0 if "$" in line.text or "=" in line.text else 2.0)


def _wrap_step(role: int, before: PageLine, line: PageLine, layout: Layout) -> float:
    """Titles and author lists go on in the next line only where the page is wrapped and the line was full."""
    if role == WRAPPED_AUTHORS and line.gap == 0 and (before.text.endswith("·") or line.text.startswith("·")):
        return 0.5
    return 0.0 if _may_be_wrapped(before, line, layout) else _IMPOSSIBLE


def _may_be_wrapped(before: PageLine, line: PageLine, layout: Layout) -> bool:
    return line.gap == 0 and layout.all_wrapped and was_full(before, line, layout.width)
