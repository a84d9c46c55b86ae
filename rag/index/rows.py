"""How papers are laid out in the catalogue's tables, and what its full-text index is asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import IndexCorrupt, StorageFull
from rag.text import american, spellings, words
from rag.types import Paper, Span

# The full-text table holds what `rag.text.words` makes of each column, not the text itself (it is contentless), so
# that `GPT-3` and `GPT3` meet; porter then joins `poisoned` and `poisoning`.
SCHEMA_SQL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, position INTEGER NOT NULL UNIQUE, content_hash TEXT NOT NULL,
    chunks INTEGER NOT NULL, title TEXT NOT NULL, authors TEXT NOT NULL, abstract TEXT NOT NULL, award TEXT, url TEXT,
    venue TEXT, session TEXT, year INTEGER, keywords TEXT NOT NULL, text_kind TEXT NOT NULL,
    identifiers TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE sentences (
    paper INTEGER NOT NULL, position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    PRIMARY KEY (paper, position)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE terms USING fts5(
    title, authors, abstract, content='', tokenize='porter unicode61 remove_diacritics 2'
);
"""
FIELDS = "id, title, authors, abstract, award, url, venue, session, year, keywords, text_kind, identifiers"
# Catalogues that were made before papers had identifiers lack the column.
OLD_FIELDS = FIELDS.replace("identifiers", "'[]'")
ADD_IDENTIFIERS = "ALTER TABLE papers ADD COLUMN identifiers TEXT NOT NULL DEFAULT '[]'"
REMEDY = "Remove the collection with `posterchat collections remove NAME` and index the files again."


# SQLite's primary result codes that mean no room, no permission, or a device that fails.
UNWRITABLE = frozenset(
    (
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR),
        *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as it is stored: with its sentences, and the number of chunks that the vectors hold for it."""

    paper: Paper
    sentences: Sequence[Span]
    chunks: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a paper besides its abstract."""

    id: str
    title: str
    authors: tuple[str, ...]
    award: str | None
    url: str | None


def translated(error: sqlite3.Error, path: Path, *, writing: bool) -> IndexCorrupt | StorageFull:
    """Our error for an SQLite error: StorageFull when a writer has no room or no permission, else IndexCorrupt."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, see sqlite.org/rescode.html
    if writing and code in UNWRITABLE:
        return StorageFull(
            f"The catalogue {path} could not be written: {error}.",
            hint="Free some disk space, or choose a directory that you may write to with --data-dir.",
        )
    return IndexCorrupt(f"The catalogue {path} is damaged: {error}.", hint=REMEDY)


def match_query(terms: Sequence[str], *, authors: bool) -> str:
    """An FTS5 query for any of `terms`, in any spelling, safe for every string; empty when they hold no word."""
    return any_of(phrases_of(terms), authors=authors)


def phrases_of(terms: Sequence[str]) -> list[str]:
    """The distinct words of `terms`, or words in a row, in each of their spellings."""
    phrases = [phrase for term in terms for phrase in _phrases(words(term))]
    return [phrase for phrase in dict.fromkeys(phrases) if phrase]


def any_of(phrases: Sequence[str], *, authors: bool = False) -> str:
    """An FTS5 query for any of the phrases in title and abstract, or in the names of authors; empty without phrases."""
    quoted = " OR ".join(f'"{phrase}"' for phrase in phrases)
    return f"{{{'authors' if authors else 'title abstract'}}} : ({quoted})" if quoted else ""


def _phrases(told: Sequence[str]) -> list[str]:
    if len(told) == 1:
        return sorted(spellings(told[0]))
    return [" ".join(told), " ".join(map(american, told))]


def term_columns(paper: Paper) -> tuple[str, str, str]:
    """The title, authors and abstract of a paper as the full-text table takes them."""
    return " ".join(words(paper.title)), " ".join(words(" ".join(paper.authors))), " ".join(words(paper.abstract))


def paper_from_row(row: Sequence[Any]) -> Paper:
    """The paper in a row of `FIELDS`."""
    paper_id, title, authors, abstract, award, url, venue, session, year, keywords, kind, known = row
    try:
        names, tags, numbers = (tuple(json.loads(values)) for values in (authors, keywords, known))
    except ValueError as exc:
        raise IndexCorrupt(f"The catalogue holds a damaged row for {title!r}.", hint=REMEDY) from exc
    return Paper(paper_id, title, names, abstract, award, url, venue, session, year, tags, kind, numbers)


def json_list(values: Sequence[str]) -> str:
    """A list of strings as it is stored."""
    return json.dumps(list(values), ensure_ascii=False)
