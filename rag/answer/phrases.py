"""English for what the catalogue says: counts, lists and names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answer import record_wording
from rag.index.rows import Record

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the answer with the papers that it is cited to."""

    text: str
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the catalogue says: lines to answer with, or `refusal` with names or titles that come near."""

    lines: tuple[Line, ...] = ()
    refusal: str = ""
    nearest: tuple[str, ...] = ()


# Ids of the papers that a search finds for the question, best first, where it finds what is described.
Nearest = Callable[[], Sequence[str]]


def authors_line(record: Record, question: str) -> Line:
    """Who wrote a paper, or its first or last author where the question asks for that one."""
    place = first_or_last(question)
    if not record.authors:
        return Line(f"The authors of {quoted(record)} are not given.", (record.id,))
    if place is not None:
        return Line(
            f"The {'first' if place == 0 else 'last'} author of {quoted(record)} is {record.authors[place]}.",
            (record.id,),
        )
    return Line(f"{quoted(record)} is by {listed(record.authors)}.", (record.id,))


def first_or_last(question: str) -> int | None:
    """Place of the author that a question asks for: 0, -1, or None for all."""
    if record_wording.FIRST_AUTHOR.search(question):
        return 0
    return -1 if record_wording.LAST_AUTHOR.search(question) else None


def quoted(record: Record) -> str:
    """A title in quotation marks."""
    return f"“{record.title}”"


def count_papers(count: int) -> str:
    """`1 paper`, `2 papers`."""
    return "1 paper" if count == 1 else f"{count:,} papers"


def have(count: int, *, of: str = "paper") -> str:
    """`1 paper has`, `2 papers have`."""
    return f"1 {of} has" if count == 1 else f"{count:,} {of}s have"


def listed(names: Sequence[str], *, last: str = "and") -> str:
    """`Ada, Bo and Cleo`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def heading(label: str) -> str:
    """The label of a topic or theme as it opens a line; `Others` for a group without one."""
    return label[:1].upper() + label[1:] or "Others"


def paper_list(lead: str, records: Sequence[Record], *, award: bool = False, by: bool = False) -> Recorded:
    """A line that says what is listed, then a line for each paper, with its award or who it is `by`, `MOST_LISTED` at
    most; the others are counted."""
    shown = records[:MOST_LISTED]
    lines = [Line(lead, tuple(r.id for r in shown) if len(shown) <= 20 else ())]
    for record in shown:
        also = f" ({record.award})" if award and record.award else ""
        also += f", by {listed(record.authors)}" if by and record.authors else ""
        lines.append(Line(f"- {record.title}{also}", (record.id,)))
    if len(records) > len(shown):
        lines.append(Line(f"- … and {len(records) - len(shown)} more."))
    return Recorded(tuple(lines))
