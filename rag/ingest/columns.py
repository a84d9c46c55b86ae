"""Which column of a table is the title, which the abstract: told by the columns' names, else by what stands in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.ingest.fields import KEYS, plain_key

ROLES = tuple(KEYS)
SAMPLE = 50
_LONGEST_NAME = 60
_PARTS = re.compile(r"\s*[;·|]\s*|,\s+|\s+and\s+")
_NAME_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_FUNCTION = frozenset(
    [
        "the",
        "of",
        "and",
        "for",
        "with",
        "in",
        "on",
        "to",
        "a",
        "an",
        "is",
        "are",
        "via",
        "from",
        "by",
        "using",
        "how",
        "why",
        "what",
    ]
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where what stands. `roles` maps a role of `fields.KEYS` to a column from 0; `names` are the columns' names,
    empty when the first row is a paper already."""

    roles: dict[str, int]
    width: int
    names: tuple[str, ...] = ()
    guessed: frozenset[str] = field(default_factory=frozenset)

    def record(self, row: Sequence[str]) -> dict[str, str]:
        """The row as a mapping for `fields.paper_of`."""
        return {role: row[at] for role, at in self.roles.items() if at < len(row)}

    def describe(self) -> str:
        """What was taken as what, for the user."""
        told = [
            f"{role}: {self._column(at)}{' (by its contents)' if role in self.guessed else ''}"
            for role, at in self.roles.items()
        ]
        unused = [self._column(at) for at in range(self.width) if at not in self.roles.values()]
        return "; ".join(told) + (f". Not used: {', '.join(unused[:12])}" if unused else "")

    def _column(self, at: int) -> str:
        name = self.names[at].strip()[:_LONGEST_NAME] if at < len(self.names) else ""
        return f"column {at + 1}" + (f" “{name}”" if name else "")


def guess_columns(rows: Sequence[Sequence[str]], *, header: Sequence[str] | None = None) -> Columns | None:
    """The columns of a table by its first rows; `header` when it is known to be one, else the first row may be one.
    None when no column can be the title."""
    if header is None and rows:
        named = _by_names(rows[0])
        if "title" in named or _is_header(rows):
            header, rows = rows[0], rows[1:]
    rows = rows[:SAMPLE]
    width = max((len(row) for row in [header or (), *rows]), default=0)
    roles = _by_names(header or ())
    by_names = set(roles)
    free = [at for at in range(width) if at not in roles.values()]
    if "abstract" not in roles and "digest" not in roles and (at := _longest(rows, free)) is not None:
        roles["abstract"] = at
        free.remove(at)
    if "title" not in roles and (at := _title_like(rows, free)) is not None:
        roles["title"] = at
        free.remove(at)
    if "authors" not in roles and (at := _names_like(rows, free)) is not None:
        roles["authors"] = at
    if "title" not in roles:
        return None
    ordered = {role: roles[role] for role in ROLES if role in roles}
    names = tuple(header) if header is not None else ()
    width = len(names) or Counter(map(len, rows)).most_common(1)[0][0]
    return Columns(ordered, width, names, frozenset(set(ordered) - by_names))


def _by_names(header: Sequence[str]) -> dict[str, int]:
    keys = [plain_key(name) if len(name) <= _LONGEST_NAME else "" for name in header]
    roles: dict[str, int] = {}
    for role in ROLES:
        for name in KEYS[role]:
            if name in keys and keys.index(name) not in roles.values():
                roles[role] = keys.index(name)
                break
    for role in ("title", "abstract", "authors"):  # "Title of the paper", "Author(s) and affiliation"
        stem = role.removesuffix("s")
        found = [at for at, key in enumerate(keys) if stem in key and at not in roles.values()]
        if role not in roles and len(found) == 1:
            roles[role] = found[0]
    return roles


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: all short, where the rows below have a text."""
    below = rows[1 : SAMPLE + 1]
    if not below or not all(len(cell) <= _LONGEST_NAME for cell in rows[0]):
        return False
    return _longest(below, range(max(map(len, below)))) is not None


def _cells(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    return [row[at].strip() for row in rows if at < len(row) and row[at].strip()]


def _longest(rows: Sequence[Sequence[str]], free: Sequence[int]) -> int | None:
    """The column with the longest texts, if they are as long as abstracts."""
    lengths = {at: sum(map(len, cells)) / len(cells) for at in free if (cells := _cells(rows, at))}
    best = max(lengths, key=lambda at: lengths[at], default=None)
    return best if best is not None and lengths[best] >= 120 else None


def _title_like(rows: Sequence[Sequence[str]], free: Sequence[int]) -> int | None:
    """The leftmost column of different short texts of several words that are no lists of names, nor links."""
    for wanted in (0.3, 1.1):  # what looks like names only when nothing else is there
        for at in free:
            cells = _cells(rows, at)
            if len(cells) < max(1, len(rows) * 0.8) or len(set(cells)) < 0.9 * len(cells):
                continue
            words = sum(len(cell.split()) for cell in cells) / len(cells)
            links = sum("://" in cell or cell.replace(".", "").isdigit() for cell in cells)
            if 1.5 <= words <= 30 and not links and _share_of_names(cells) < wanted:
                return at
    return None


def _names_like(rows: Sequence[Sequence[str]], free: Sequence[int]) -> int | None:
    shares = {at: _share_of_names(cells) for at in free if (cells := _cells(rows, at))}
    best = max(shares, key=lambda at: shares[at], default=None)
    return best if best is not None and shares[best] >= 0.7 else None


def _share_of_names(cells: Sequence[str]) -> float:
    """How many of the cells are lists of names: capitalised pieces of one to four words."""
    return sum(all(map(_is_name, filter(None, _PARTS.split(cell)))) for cell in cells) / len(cells)


def _is_name(text: str) -> bool:
    words = text.split()
    return (
        1 <= len(words) <= 5
        and all(_NAME_WORD.fullmatch(word) for word in words)
        and not any(word in _FUNCTION for word in words)
        and words[0][0].isupper()
        and words[-1][0].isupper()
    )
