"""A conference session page saved as text: furniture of the site, then papers (award, title, authors, abstract).

`page_lines` measures the lines, `page_path` says which line is what, and here papers are put together from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rag.ingest.clean import MAX_ABSTRACT, MAX_AUTHOR, MAX_TITLE, join_lines, paper_id
from rag.ingest.page_lines import PageLine, read_lines, split_names
from rag.ingest.page_path import best_roles
from rag.ingest.page_roles import (
    ABSTRACT,
    AUTHORS,
    AWARD,
    BETWEEN,
    FOOT,
    HEAD,
    LABEL,
    MORE,
    NOTE,
    TITLE,
    WRAPPED_AUTHORS,
    WRAPPED_TITLE,
)
from rag.types import Paper, Rejected

_ABSTRACT_LABEL = re.compile(r"^(?:abstract\s*[:—–]|\[\s*abstract\s*\]\s*:?)\s*(?=\S)", re.IGNORECASE)


def parse_session_page(lines: Iterable[str], source: str) -> Iterator[Paper | Rejected]:
    """The papers of a session page in their order, and what looks like a paper but is not whole, with its line.

    `lines` are the lines of the page with or without their ends; a line over 1 MB may come cut, if it is still over
    1 MB. The page is held in memory. Furniture is skipped in silence.
    """
    page = read_lines(lines)
    roles = best_roles(page)
    session = _session_name([line for line, role in zip(page, roles, strict=True) if role == HEAD])
    block = _Block()
    for line, role in zip(page, roles, strict=True):
        if block.ends_before(role):
            yield from block.finish(source, session)
            block = _Block()
        if role in (HEAD, BETWEEN, FOOT):
            if line.oversize:
                yield Rejected(source, line.number, "line longer than 1 MB")
        else:
            block.add(line, role)
    yield from block.finish(source, session)


@dataclass(slots=True)
class _Block:
    """The lines of one paper while they are collected."""

    lines: list[PageLine] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)

    def ends_before(self, role: int) -> bool:
        """Whether a line of this role belongs to what comes after the paper."""
        if role == TITLE:
            return self.roles != [AWARD]
        if role == AUTHORS:
            return self.roles[-1:] not in ([TITLE], [WRAPPED_TITLE], [LABEL])
        return role in (AWARD, BETWEEN, FOOT)

    def add(self, line: PageLine, role: int) -> None:
        self.lines.append(line)
        self.roles.append(role)

    def _of(self, *roles: int) -> list[PageLine]:
        return [line for line, role in zip(self.lines, self.roles, strict=True) if role in roles]

    def finish(self, source: str, session: str | None) -> Iterator[Paper | Rejected]:
        """The paper, or why it is none; nothing when no line was added."""
        if not self.lines:
            return
        titles = self._of(TITLE, WRAPPED_TITLE)
        first = titles[0] if titles else self.lines[0]
        title = join_lines([line.text for line in titles])
        authors = tuple(split_names(join_lines([line.text for line in self._of(AUTHORS, WRAPPED_AUTHORS)])))
        abstract = _abstract_text(self._of(ABSTRACT, MORE))
        oversize = [line.number for line in self.lines if line.oversize]
        problem = ""
        if not title:
            problem = "no title above the authors"
        elif not abstract:
            problem = f"no abstract for “{title[:80]}”"
        elif len(title) > MAX_TITLE:
            problem = f"title longer than {MAX_TITLE} characters"
        elif len(abstract) > MAX_ABSTRACT:
            problem = f"abstract longer than {MAX_ABSTRACT:,} characters"
        elif any(len(name) > MAX_AUTHOR for name in authors):
            problem = f"an author's name longer than {MAX_AUTHOR} characters"
        if oversize:
            yield Rejected(source, oversize[0], "line longer than 1 MB")
        elif problem:
            yield Rejected(source, first.number, problem)
        else:
            awards, links = self._of(AWARD), [line.text for line in self._of(LABEL, NOTE) if line.is_url]
            yield Paper(
                id=paper_id(title),
                title=title,
                authors=authors,
                abstract=abstract,
                award=awards[0].text if awards else None,
                url=links[0] if links and links[0].startswith("http") else None,
                session=session,
            )


def _abstract_text(lines: list[PageLine]) -> str:
    paragraphs: list[list[str]] = []
    for line in lines:
        if line.gap or not paragraphs:
            paragraphs.append([])
        paragraphs[-1].append(line.text)
    return _ABSTRACT_LABEL.sub("", "\n\n".join(map(join_lines, paragraphs)), count=1)


def _session_name(head: list[PageLine]) -> str | None:
    """The line under one that is just "Session", else the only heading with that word; None when unsure."""
    for before, line in zip(head, head[1:], strict=False):
        if before.text.casefold().strip(" :") == "session" and _is_heading(line):
            return line.text
    named = {line.text for line in head if re.search(r"\bsession\b", line.text, re.IGNORECASE) and _is_heading(line)}
    return named.pop() if len(named) == 1 else None


def _is_heading(line: PageLine) -> bool:
    return 2 <= line.words <= 14 and line.prose < 1 and not line.site_sentence and ":" not in line.text[-1:]
