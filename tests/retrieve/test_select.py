"""Which of the found papers belong to a topic."""

from __future__ import annotations

import pytest

from rag.retrieve.select import FEW_WITH_WORDS, relevant, relevant_set
from rag.types import Hit, Paper


def hit(name: str, score: float, *, dense: float, lexical: float = 0.0) -> Hit:
    return Hit(Paper(name, name, (), ""), score, dense, lexical)


def ids(hits: list[Hit]) -> list[str]:
    return [one.paper.id for one in hits]


# Of these only `drone` has the word that was asked for; `uav` is as near, the others are about something else.
LAWNS = [hit(f"lawn{at}", 0.2, dense=0.1) for at in range(20)]
RARE = [hit("drone", 1.0, dense=0.4, lexical=9.0), hit("uav", 0.55, dense=0.4), *LAWNS]


def test_a_word_that_few_papers_have_does_not_settle_the_topic() -> None:
    assert ids(relevant(RARE)) == ["drone"]
    assert ids(relevant_set(RARE, ())) == ["drone", "uav"]
    assert ids(relevant_set(RARE, {"drone"})) == ["drone", "uav"]


@pytest.mark.parametrize("having", [2, 11])
def test_where_a_tenth_of_the_papers_or_many_have_the_words_they_count_as_in_the_search(having: int) -> None:
    others = [hit(f"also{at}", 0.1, dense=0.1, lexical=1.0) for at in range(having)]
    assert ids(relevant_set([*RARE, *others], ())) == ["drone"]
    spelled = {"drone", "also1", "near"}
    assert ids(relevant_set([RARE[0], hit("near", 0.31, dense=0.1), *RARE[1:], *others], spelled)) == ["drone", "near"]


def test_in_a_large_collection_a_dozen_is_few() -> None:
    many = [*RARE, *(hit(f"more{at}", 0.1, dense=0.1) for at in range(200))]
    others = [hit(f"also{at}", 0.1, dense=0.1, lexical=1.0) for at in range(FEW_WITH_WORDS)]
    assert ids(relevant_set([*many, *others[2:]], ())) == ["drone", "uav"]
    assert ids(relevant_set([*many, *others], ())) == ["drone"]


@pytest.mark.parametrize("dense", [0.1, 0.3])
def test_papers_alike_in_meaning_differ_by_their_words(dense: float) -> None:
    hits = [hit("b", 1.0, dense=dense, lexical=2.0), hit("a", 0.9, dense=dense, lexical=4.0), *LAWNS[:19]]
    assert ids(relevant_set(hits, ()))[0] == "a"
    assert relevant_set([], ()) == []
