"""Search by words in the full-text table of a catalogue: BM25 as SQLite's FTS5 has it, quick in large collections."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from snowballstemmer.porter_stemmer import PorterStemmer

from rag.index.rows import any_of, phrases_of

TITLE_WEIGHT = 2.0  # of a title word in BM25, against 1 for a word of the abstract
# A word that more papers have is frequent. Of 103,000 papers these are 931 words, with 65 MB of scores.
FREQUENT = 2_000
MOST_BYTES = 64_000_000
_BYTES_A_PAPER = 8  # of a word: its row and the part of its score, of 4 bytes each
_COUNTS_KEPT = 50_000

Read = Callable[[str, Sequence[Any]], list[Any]]


class WordSearch:
    """Searches through `read`, which runs an SQL query on a catalogue that does not change meanwhile.

    FTS5 goes through all papers that have any word of the query, and half of all papers say "propose": with 103,000
    papers that took .22 s a query (docs/decisions.md). BM25 is a sum over words, so the part of a frequent word is
    computed once, kept, and added to what FTS5 says of the others. The ranking is the same.
    """

    def __init__(self, read: Read, *, frequent: int = FREQUENT, most_bytes: int = MOST_BYTES) -> None:
        self._read = read
        self._frequent = frequent
        self._most_bytes = most_bytes
        self._holding = lru_cache(maxsize=_COUNTS_KEPT)(self._count)
        self._kept: OrderedDict[tuple[str, int], tuple[Any, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def search(self, terms: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """Ids of papers that hold any of `terms` in title or abstract, with their BM25 score (above 0), best first."""
        phrases = phrases_of(terms)
        large = self._last_row > self._frequent
        frequent = [phrase for phrase in phrases if large and self._holding(phrase) > self._frequent]
        if not frequent:
            return ranked(self._read, any_of(phrases), limit)
        import numpy as np

        scores = np.zeros(1 + self._last_row)
        for phrase in frequent:
            rows, parts = self._parts(phrase)
            scores[rows] += parts
        rare = any_of([phrase for phrase in phrases if phrase not in frequent])
        for row, part in self._scores(rare) if rare else ():
            scores[row] += part
        found = np.flatnonzero(scores)
        if len(found) > limit:  # the best, and those that equal the last of them
            found = found[scores[found] >= np.partition(scores[found], -limit)[-limit]]
        best = found[np.lexsort((found, -scores[found]))][:limit].tolist()
        sql = "SELECT row, id FROM papers WHERE row IN (SELECT value FROM json_each(?))"
        ids = dict(self._read(sql, [json.dumps(best)]))
        return [(ids[row], float(scores[row])) for row in best]

    @cached_property
    def _last_row(self) -> int:
        return int(self._read("SELECT coalesce(max(row), 0) FROM papers", ())[0][0])

    def _count(self, phrase: str) -> int:
        """Number of papers that have a phrase."""
        sql = "SELECT count(*) FROM terms WHERE terms MATCH ?"
        return int(self._read(sql, [any_of([phrase])])[0][0])

    def prepare(self, words: Iterable[str]) -> None:
        """Compute the parts of those of `words` that are frequent now, the most frequent first, while there is room."""
        if self._last_row <= self._frequent:
            return
        counts = {phrase: self._holding(phrase) for phrase in phrases_of(list(words))}
        for phrase, count in sorted(counts.items(), key=lambda pair: -pair[1]):
            if count <= self._frequent or self.kept_bytes > self._most_bytes - _BYTES_A_PAPER * count:
                return
            self._parts(phrase)

    def _parts(self, phrase: str) -> tuple[Any, Any]:
        """The rows of the papers that have a frequent phrase, and its part of their scores."""
        import numpy as np

        # FTS5 reduces words by Porter's rules. What has the same stem and is in as many papers is one word to it.
        key = " ".join(map(PorterStemmer().stemWord, phrase.split())), self._holding(phrase)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._scores(any_of([phrase]))
        rows = np.fromiter((row for row, _ in found), dtype=np.int32, count=len(found))
        parts = np.fromiter((part for _, part in found), dtype=np.float32, count=len(found))
        with self._lock:
            self._kept[key] = (rows, parts)
            while self.kept_bytes > self._most_bytes:
                self._kept.popitem(last=False)
        return rows, parts

    @property
    def kept_bytes(self) -> int:
        """Bytes of the scores that are kept."""
        return _BYTES_A_PAPER * sum(count for _, count in self._kept)

    def _scores(self, query: str) -> list[Any]:
        sql = "SELECT rowid, -bm25(terms, ?, 1.0, 1.0) FROM terms WHERE terms MATCH ?"
        return self._read(sql, [TITLE_WEIGHT, query])


def ranked(read: Read, query: str, limit: int) -> list[tuple[str, float]]:
    """Ids and scores of the best papers for an FTS5 query, by FTS5 alone; none for an empty query."""
    if not query or limit < 1:
        return []
    rows = read(  # ranked first, so that only the best rows of the big table are touched
        "SELECT p.id, best.score FROM (SELECT rowid AS row, -bm25(terms, ?, 1.0, 1.0) AS score FROM terms"
        " WHERE terms MATCH ? ORDER BY score DESC, row LIMIT ?) AS best JOIN papers p ON p.row = best.row"
        " ORDER BY best.score DESC, best.row",
        [TITLE_WEIGHT, query, limit],
    )
    return [(paper_id, float(score)) for paper_id, score in rows]
