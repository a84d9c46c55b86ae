"""The catalogue: papers, their sentences and a full-text index in one SQLite file. It is the source of truth."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from rag.errors import IndexCorrupt
from rag.index.rows import (
    ADD_IDENTIFIERS,
    FIELDS,
    OLD_FIELDS,
    REMEDY,
    SCHEMA_SQL,
    Entry,
    Record,
    json_list,
    match_query,
    paper_from_row,
    term_columns,
    translated,
)
from rag.index.word_search import WordSearch, ranked
from rag.text import words
from rag.types import Paper, Span

# Papers whose words are looked up to know the frequent ones, and how far they are apart.
_SAMPLE, _SPREAD = 500, 211


class Catalogue:
    """Made by `create` or `open`; a context manager; reads are safe from several threads.

    Every method raises IndexCorrupt when the file is damaged and StorageFull when it cannot be written.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        self._path = path
        self._db = connection
        self._writable = writable
        self._lock = threading.RLock()
        self._fields = FIELDS
        self._words = WordSearch(self._all)

    @classmethod
    def create(cls, path: Path) -> Catalogue:
        """A new empty catalogue at `path`, which must not exist."""
        catalogue = cls(path, cls._connect(path, "rwc"), writable=True)
        with catalogue._guard():
            # The file is written aside and thrown away when anything fails: syncing each step would only cost time.
            catalogue._db.execute("PRAGMA synchronous = OFF")
            catalogue._db.executescript(SCHEMA_SQL)
        return catalogue

    @classmethod
    def open(cls, path: Path, *, writable: bool = False) -> Catalogue:
        """The catalogue at `path`, read-only unless `writable`. Raises IndexCorrupt when it is missing or damaged."""
        if not path.is_file():
            raise IndexCorrupt(f"The catalogue {path} is missing.", hint=REMEDY)
        catalogue = cls(path, cls._connect(path, "rw" if writable else "ro&immutable=1"), writable=writable)
        try:
            with catalogue._guard():
                if writable:
                    catalogue._db.execute("PRAGMA synchronous = OFF")
                catalogue._know_identifiers()
                catalogue._db.execute(f"SELECT {catalogue._fields}, position, chunks FROM papers LIMIT 1").fetchone()
        except BaseException:
            catalogue.close()
            raise
        return catalogue

    def _know_identifiers(self) -> None:
        """Of an older catalogue: adds the column where it may be written, else reads it as empty."""
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(papers)")}
        if columns and "identifiers" not in columns:
            if self._writable:
                self._db.execute(ADD_IDENTIFIERS)
            else:
                self._fields = OLD_FIELDS

    @staticmethod
    def _connect(path: Path, mode: str) -> sqlite3.Connection:
        try:
            return sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, check_same_thread=False, isolation_level=None
            )
        except sqlite3.Error as exc:
            raise translated(exc, path, writing=mode.startswith("rw")) from exc

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release the file. Closing twice does no harm."""
        with self._lock:
            self._db.close()

    # --- reading ---------------------------------------------------------------------------------------------

    def count(self) -> int:
        """Number of papers."""
        return int(self._all("SELECT count(*) FROM papers")[0][0])

    def chunk_count(self) -> int:
        """Number of chunks that the vectors must hold."""
        return int(self._all("SELECT coalesce(sum(chunks), 0) FROM papers")[0][0])

    def all_digests(self) -> bool:
        """Whether no paper has its full abstract."""
        return not self._all("SELECT 1 FROM papers WHERE text_kind <> 'digest' LIMIT 1")

    def papers(self) -> list[Paper]:
        """All papers in the order in which they were first given."""
        return [paper_from_row(row) for row in self._all(f"SELECT {self._fields} FROM papers ORDER BY position")]

    def records(self) -> list[Record]:
        """Title, authors, award and link of all papers, without their abstracts, in the order of `papers`."""
        rows = self._all("SELECT id, title, authors, award, url FROM papers ORDER BY position")
        return [Record(key, title, tuple(json.loads(names)), award, url) for key, title, names, award, url in rows]

    def origins(self) -> list[tuple[str, int]]:
        """Session, venue and year of papers (`Poster Session 8, ICLR 2022`) and how many have these, most first."""
        text = "trim(coalesce(session || ', ', '') || coalesce(venue || ' ', '') || coalesce(year, ''), ' ,')"
        rows = self._all(f"SELECT {text}, count(*) FROM papers GROUP BY 1 HAVING {text} != '' ORDER BY 2 DESC, 1")
        return [(str(origin), int(count)) for origin, count in rows]

    def containing(self, *texts: str) -> list[str]:
        """Ids of the papers whose abstract contains one of `texts`, letter for letter but for the case of a to z."""
        any_ = " OR ".join(["abstract LIKE '%' || ? || '%' ESCAPE '\\'"] * len(texts))
        escaped = [re.sub(r"([\\%_])", r"\\\1", text) for text in texts]
        rows = self._all(f"SELECT id FROM papers WHERE {any_} ORDER BY position", escaped)
        return [row[0] for row in rows]

    def paper(self, paper_id: str) -> Paper | None:
        """One paper, None when it is not here."""
        return self.papers_by_id([paper_id]).get(paper_id)

    def papers_by_id(self, ids: Iterable[str]) -> dict[str, Paper]:
        """Those of the papers `ids` that are here, in the order of `ids`."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Paper] = {}
        for part in _parts(wanted):
            rows = self._all(f"SELECT {self._fields} FROM papers WHERE id IN ({_marks(part)})", part)
            found |= {row[0]: paper_from_row(row) for row in rows}
        return {paper_id: found[paper_id] for paper_id in wanted if paper_id in found}

    def hashes(self) -> dict[str, str]:
        """`content_hash` by paper id, in the order in which papers were first given."""
        return dict(self._all("SELECT id, content_hash FROM papers ORDER BY position"))

    def sentences(self, paper_id: str) -> list[Span]:
        """The sentences of a paper in order, none when it is not here."""
        return next((spans for _, spans in self.sentences_of([paper_id])), [])

    def sentences_of(self, ids: Iterable[str]) -> Iterator[tuple[str, list[Span]]]:
        """Of each of the papers `ids` that is here, its id and its sentences in order."""
        for part in _parts(list(ids)):
            papers = self._all(f"SELECT row, id, abstract FROM papers WHERE id IN ({_marks(part)}) ORDER BY row", part)
            places: dict[int, list[tuple[int, int]]] = {row: [] for row, _, _ in papers}
            for row, start, end in self._all(
                "SELECT paper, start, end FROM sentences WHERE paper IN"
                f" (SELECT row FROM papers WHERE id IN ({_marks(part)})) ORDER BY paper, position",
                part,
            ):
                places[row].append((start, end))
            for row, paper_id, text in papers:
                yield paper_id, [Span(text[start:end], start, end) for start, end in places[row]]

    def search(self, terms: Sequence[str], limit: int, *, authors: bool = False) -> list[tuple[str, float]]:
        """Ids of papers that hold any of `terms`, with their BM25 score (above 0), best first.

        Terms are words or phrases, unstemmed (`rag.text.search_words`); any string is safe. Title words
        weigh double; with `authors=True` the names of authors are searched instead of title and abstract.
        """
        if authors or self._writable or limit < 1:
            return ranked(self._all, match_query(terms, authors=authors), limit)
        return self._words.search(terms, limit)

    def prepare(self) -> None:
        """Make the first searches in a large collection as quick as later ones; takes half a minute for 100,000
        papers, and no time for a few. Ends early when the catalogue is closed."""
        with suppress(sqlite3.ProgrammingError):  # closed meanwhile
            rows = self._all("SELECT title, abstract FROM papers ORDER BY row % ?, row LIMIT ?", [_SPREAD, _SAMPLE])
            self._words.prepare(dict.fromkeys(word for row in rows for text in row for word in words(text)))

    def holding(self, phrase: str) -> set[str]:
        """Ids of all papers whose title or abstract has these words in a row, in this or another form."""
        query = match_query([phrase], authors=False)
        sql = "SELECT id FROM papers WHERE row IN (SELECT rowid FROM terms WHERE terms MATCH ?)"
        return {row[0] for row in self._all(sql, [query])} if query else set()

    def document_frequency(self, term: str) -> int:
        """Number of papers whose title or abstract holds `term` or another form of it (`poisoned`, `poisoning`)."""
        query = match_query([term], authors=False)
        return int(self._all("SELECT count(*) FROM terms WHERE terms MATCH ?", [query])[0][0]) if query else 0

    def get_meta(self, key: str) -> str | None:
        """A value stored by `set_meta`, None when there is none."""
        rows = self._all("SELECT value FROM meta WHERE key = ?", [key])
        return str(rows[0][0]) if rows else None

    # --- writing ---------------------------------------------------------------------------------------------

    def set_meta(self, key: str, value: str) -> None:
        """Store a fact about the index."""
        with self._guard():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def put(self, entries: Iterable[Entry]) -> None:
        """Add papers, or replace those of the same id (they keep their place), all or none of them."""
        with self._transaction():
            top = int(self._db.execute("SELECT coalesce(max(position), -1) FROM papers").fetchone()[0])
            for entry in entries:
                row, position = self._take_out(entry.paper.id) or (None, top := top + 1)
                self._insert(entry, row, position)

    def remove(self, ids: Iterable[str]) -> int:
        """Remove papers; returns how many were here."""
        with self._transaction():
            return sum(self._take_out(paper_id) is not None for paper_id in ids)

    def _insert(self, entry: Entry, row: int | None, position: int) -> None:
        paper = entry.paper
        cursor = self._db.execute(
            f"INSERT INTO papers (row, position, content_hash, chunks, {FIELDS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(row, position, paper.content_hash, entry.chunks, paper.id, paper.title, json_list(paper.authors)),
                *(paper.abstract, paper.award, paper.url, paper.venue, paper.session, paper.year),
                *(json_list(paper.keywords), paper.text_kind, json_list(paper.identifiers)),
            ),
        )
        number = cursor.lastrowid
        self._db.execute(
            "INSERT INTO terms (rowid, title, authors, abstract) VALUES (?, ?, ?, ?)", (number, *term_columns(paper))
        )
        self._db.executemany(
            "INSERT INTO sentences VALUES (?, ?, ?, ?)",
            [(number, at, span.start, span.end) for at, span in enumerate(entry.sentences)],
        )

    def _take_out(self, paper_id: str) -> tuple[int, int] | None:
        """Remove a paper; returns its row and position."""
        found = self._db.execute(f"SELECT row, position, {FIELDS} FROM papers WHERE id = ?", (paper_id,)).fetchone()
        if found is None:
            return None
        row, position = found[:2]
        # A contentless table forgets a row only when it is told again what it was given.
        self._db.execute(
            "INSERT INTO terms (terms, rowid, title, authors, abstract) VALUES ('delete', ?, ?, ?, ?)",
            (row, *term_columns(paper_from_row(found[2:]))),
        )
        self._db.execute("DELETE FROM sentences WHERE paper = ?", (row,))
        self._db.execute("DELETE FROM papers WHERE row = ?", (row,))
        return row, position

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._guard():
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.ProgrammingError:
                raise  # our own mistake, such as reading after close
            except sqlite3.Error as exc:
                raise translated(exc, self._path, writing=self._writable) from exc

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guard():
            self._db.execute("BEGIN")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _parts(values: list[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
