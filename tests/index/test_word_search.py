"""The quick search by words ranks as SQLite's own."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from rag.index.catalogue import Catalogue
from rag.index.rows import Entry, any_of, phrases_of
from rag.index.word_search import Read, WordSearch, ranked
from rag.types import Paper

# The first words are in nearly all papers, the last in few.
WORDS = [f"word{letter}" for letter in "abcdefghijklmnopqrst"] + ["colour", "color", "ponds", "pond"]
PAPERS = 200


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(4)
    file = tmp_path_factory.mktemp("words") / "c.sqlite"
    with Catalogue.create(file) as catalogue:
        for n in range(PAPERS):
            said = [word for at, word in enumerate(WORDS) for _ in range(3) if rng.random() < 1 / (1 + at / 3)]
            rng.shuffle(said)
            catalogue.put([Entry(Paper(f"p{n}", " ".join(said[:4]), ("Ada Quill",), " ".join(said[4:])), [], 1)])
        catalogue.remove(f"p{n}" for n in range(20, 40))  # rows have gaps then
    return file


@contextmanager
def reading(path: Path) -> Iterator[Read]:
    with closing(sqlite3.connect(path)) as db:
        yield lambda sql, values: db.execute(sql, values).fetchall()


@pytest.mark.parametrize("frequent", [0, 30, 100, PAPERS])
def test_frequent_words_are_ranked_as_by_sqlite(path: Path, frequent: int) -> None:
    rng = random.Random(frequent)
    with reading(path) as read:
        search = WordSearch(read, frequent=frequent)
        for _ in range(60):
            terms = rng.sample(WORDS, rng.randint(1, 8)) + ["absent"] * rng.randint(0, 1)
            limit = rng.choice([1, 10, 500])
            expected = ranked(read, any_of(phrases_of(terms)), limit)
            found = search.search(terms, limit)
            assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=1e-5)
            assert dict(found) == pytest.approx(dict(expected), rel=1e-5) or len(found) == limit  # ties at the end


def test_nothing_is_found_for_no_words_or_for_words_that_nobody_has(path: Path) -> None:
    with reading(path) as read:
        search = WordSearch(read, frequent=5)
        assert search.search([], 5) == search.search(["absent"], 5) == search.search(["?"], 5) == []


def test_preparing_ends_when_the_catalogue_is_closed(path: Path) -> None:
    catalogue = Catalogue.open(path)
    catalogue.prepare()
    catalogue.close()
    catalogue.prepare()


def test_preparing_computes_what_searches_need(path: Path) -> None:
    with reading(path) as read:
        asked: list[str] = []

        def noting(sql: str, values: Sequence[Any]) -> list[Any]:
            asked.append(sql)
            return read(sql, values)

        prepared = WordSearch(noting, frequent=100)
        prepared.prepare(WORDS)
        assert prepared.kept_bytes > 8 * 100
        asked.clear()
        frequent = WORDS[:3]
        assert prepared.search(frequent, 20) == WordSearch(read, frequent=100).search(frequent, 20)
        assert asked and not any("bm25" in sql for sql in asked)


def test_what_is_kept_of_frequent_words_is_bounded(path: Path) -> None:
    with reading(path) as read:
        search = WordSearch(read, frequent=5, most_bytes=3_000)
        first = search.search(WORDS, 50)
        assert 0 < search.kept_bytes <= 3_000
        assert search.search(WORDS, 50) == first == WordSearch(read, frequent=5).search(WORDS, 50)
