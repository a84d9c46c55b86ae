"""The quick search by words ranks as SQLite's own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag.index.catalogue import Catalogue
from rag.index.rows import Entry, any_of, phrases_of
from rag.index.word_search import WordSearch, ranked
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


@pytest.mark.parametrize("frequent", [0, 30, 100, PAPERS])
def test_frequent_words_are_ranked_as_by_sqlite(path: Path, frequent: int) -> None:
    rng = random.Random(frequent)
    with Catalogue.open(path) as catalogue:
        search = WordSearch(catalogue._all, frequent=frequent)
        for _ in range(60):
            terms = rng.sample(WORDS, rng.randint(1, 8)) + ["absent"] * rng.randint(0, 1)
            limit = rng.choice([1, 10, 500])
            expected = ranked(catalogue._all, any_of(phrases_of(terms)), limit)
            found = search.search(terms, limit)
            assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=1e-5)
            assert dict(found) == pytest.approx(dict(expected), rel=1e-5) or len(found) == limit  # ties at the end


def test_nothing_is_found_for_no_words_or_for_words_that_nobody_has(path: Path) -> None:
    with Catalogue.open(path) as catalogue:
        search = WordSearch(catalogue._all, frequent=5)
        assert search.search([], 5) == search.search(["absent"], 5) == search.search(["?"], 5) == []


def test_preparing_ends_when_the_catalogue_is_closed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue.open(path)
    catalogue._words = WordSearch(catalogue._all, frequent=5)
    steps: list[str] = []

    def closes(phrase: str) -> None:
        steps.append(phrase)
        catalogue.close()
        catalogue.count()

    monkeypatch.setattr(catalogue._words, "_parts", closes)
    catalogue.prepare()
    assert len(steps) == 1


def test_preparing_computes_what_searches_need(path: Path) -> None:
    with Catalogue.open(path) as catalogue:
        catalogue._words = WordSearch(catalogue._all, frequent=100)
        before = catalogue.search(WORDS, 20)
        catalogue._words = WordSearch(catalogue._all, frequent=100)
        catalogue.prepare()
        kept = dict(catalogue._words._kept)
        assert kept and all(count > 100 for _, count in kept)
        assert catalogue.search(WORDS, 20) == before
        assert catalogue._words._kept.keys() == kept.keys()


def test_what_is_kept_of_frequent_words_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.index.word_search._MOST_KEPT_BYTES", 3_000)
    with Catalogue.open(path) as catalogue:
        search = WordSearch(catalogue._all, frequent=5)
        first = search.search(WORDS, 50)
        kept = sum(rows.nbytes + parts.nbytes for rows, parts in search._kept.values())
        assert 0 < kept <= 3_000
        assert search.search(WORDS, 50) == first
