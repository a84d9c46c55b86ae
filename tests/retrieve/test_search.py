"""Fusion, relevance and sentence evidence over a real index of made-up papers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.errors import PromptFileError
from rag.index.build import build
from rag.index.collections import Collection, Collections
from rag.retrieve.evidence import EvidenceFinder, overlap
from rag.retrieve.relevance import THRESHOLD, Relevance, off_topic_questions
from rag.retrieve.search import DENSE_WEIGHT, Searcher, dense_weight, fuse
from rag.retrieve.select import relevant
from rag.testing import HashEmbedder, made_up_papers
from rag.text import split_sentences
from rag.types import Hit, Paper

EMBEDDER = HashEmbedder(dimension=1024)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    store = Collections(tmp_path)
    build(store, "ponds", made_up_papers(), lambda: EMBEDDER, sources=["test"])
    with store.open("ponds", EMBEDDER) as opened:
        yield opened


@pytest.fixture
def searcher(collection: Collection) -> Searcher:
    relevance = Relevance(EMBEDDER, ["what will the weather be tomorrow"])
    return Searcher(collection.catalogue, collection.vectors, EMBEDDER, relevance)


def test_fusion_is_the_weighted_sum_of_scaled_scores() -> None:
    fused = fuse({"a": 0.8, "b": 0.4, "c": 0.6}, {"b": 10.0, "d": 5.0}, weight=0.6)
    assert fused == pytest.approx({"a": 0.6, "b": 0.4, "c": 0.3, "d": 0.2})


def test_fusion_of_nothing_or_of_equals() -> None:
    assert fuse({}, {}, weight=0.6) == {}
    assert fuse({"a": 0.5}, {}, weight=0.6) == pytest.approx({"a": 0.6})
    assert fuse({"a": 0.5, "b": 0.5}, {"b": 1.0}, weight=0.6) == pytest.approx({"a": 0.6, "b": 1.0})
    equal = fuse({"a": 0.81649679, "b": 0.81649673}, {"a": 3e-6, "b": 1.5e-6}, weight=0.6)
    assert equal == pytest.approx({"a": 1.0, "b": 0.8})


def test_the_paper_that_was_asked_for_comes_first(searcher: Searcher) -> None:
    found = searcher.search("how long until folded boats sink")
    assert found.hits[0].paper.title == "A Census of Paper Boats"
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
    assert len(searcher.search("boats", limit=2).hits) == 2


@pytest.mark.parametrize("question", ['"', "AND OR NOT", "a* NEAR(b)", "'; DROP TABLE papers; --", "\x00", "💥", "%s"])
def test_any_string_is_a_safe_question(searcher: Searcher, question: str) -> None:
    assert len(searcher.search(question).hits) > 0


def test_words_count_for_more_among_many_papers() -> None:
    assert dense_weight(116) == DENSE_WEIGHT > dense_weight(100_000) > 0


def test_relevance_tells_the_collection_from_everyday_life(searcher: Searcher) -> None:
    assert searcher.search("how long until folded paper boats sink on ponds").relevance >= THRESHOLD
    assert searcher.search("what will the weather be tomorrow").relevance < THRESHOLD
    assert Relevance(EMBEDDER, ["x"]).of(np.zeros(1024), [], 5) == 0.0


def test_off_topic_questions_come_from_the_file(tmp_path: Path) -> None:
    assert len(off_topic_questions()) > 100
    file = tmp_path / "off.txt"
    file.write_text("# a comment\n\nwhere is the bus stop\n")
    assert off_topic_questions(file) == ["where is the bus stop"]
    with pytest.raises(PromptFileError):
        off_topic_questions(tmp_path / "absent.txt")


def test_the_sentence_that_answers_is_ranked_first(collection: Collection) -> None:
    finder = EvidenceFinder(collection.catalogue, EMBEDDER)
    paper = next(p for p in made_up_papers() if "Boats" in p.title)
    question = "after how long did waxed boats sink"
    ((best, score), *_), *rest = finder.rank(question, EMBEDDER.embed([question])[0], [paper])
    assert "waxed boats after 3 hours" in best.text and 0 < score <= 1
    assert paper.abstract[best.start : best.end] == best.text
    assert rest == []
    assert finder.rank(question, EMBEDDER.embed([question])[0], []) == []


def test_what_a_fact_asks_beyond_the_title_ranks_its_sentences(collection: Collection) -> None:
    finder = EvidenceFinder(collection.catalogue, EMBEDDER)
    paper = next(p for p in made_up_papers() if "Boats" in p.title)

    def first(question: str, *, beyond_titles: bool) -> str:
        (vector,) = EMBEDDER.embed([question])
        ((best, _), *_), *_ = finder.rank(question, vector, [paper], beyond_titles=beyond_titles)
        return best.text

    question = "In the census of paper boats, and wind?"
    assert first(question, beyond_titles=False) == "We count paper boats on three ponds."
    assert first(question, beyond_titles=True) == "Wind explains most of the difference between ponds."
    only_the_title = "the census of paper boats"
    assert first(only_the_title, beyond_titles=True) == first(only_the_title, beyond_titles=False)


def test_own_work_begins_where_a_paper_says_what_it_does(collection: Collection) -> None:
    finder = EvidenceFinder(collection.catalogue, EMBEDDER)
    ladders, clocks = (next(p for p in made_up_papers() if word in p.title) for word in ("Ladders", "Clocks"))
    assert [span.text for span in finder.own_work(ladders)] == [
        "We show that this follows from the handedness of apples."
    ]
    assert finder.own_work(clocks) == finder.sentences(clocks)  # it never says so


def test_close_papers_are_ordered_by_their_nearest_sentence(collection: Collection) -> None:
    finder = EvidenceFinder(collection.catalogue, EMBEDDER)
    boats, clocks, ladders = (next(p for p in made_up_papers() if w in p.title) for w in ("Boats", "Clocks", "Ladders"))
    vector = EMBEDDER.embed(["waxed boats after 3 hours"])[0]

    def order(*scores: float) -> list[tuple[Paper, float]]:
        hits = [Hit(paper, s, 0.3, 1.0) for paper, s in zip((clocks, boats, ladders), scores, strict=True)]
        return [(hit.paper, hit.score) for hit in finder.by_nearest_sentence(vector, hits)]

    assert order(1.0, 0.95, 0.5) == [(boats, 1.0), (clocks, 0.95), (ladders, 0.5)]
    assert order(1.0, 0.8, 0.79) == [(clocks, 1.0), (boats, 0.8), (ladders, 0.79)], "the first leads"
    assert finder.by_nearest_sentence(vector, []) == ()


@pytest.mark.parametrize(
    ("abstract", "statement"),
    [
        ("Kites are used everywhere. We build Kitebench, a benchmark for kites.", 1),
        ("We show that kites fly higher. We introduce Kitebench, a dataset. It has kites.", 1),
        ("We create a dataset. Furthermore, we present two applications of kites.", 0),
        ("Kites fly. In this work, kites are flown without strings. Kites are cheap.", 1),
        ("Kites fly. We provide the first survey of strings, which also lists kites. Kites are cheap.", 1),
    ],
)
def test_what_a_paper_brings_is_its_statement_before_findings_and_additions(
    abstract: str, statement: int, tmp_path: Path
) -> None:
    paper = replace(made_up_papers()[0], abstract=abstract)
    store = Collections(tmp_path)
    build(store, "kites", [paper], lambda: EMBEDDER, sources=["test"])
    with store.open("kites", EMBEDDER) as opened:
        found = EvidenceFinder(opened.catalogue, EMBEDDER).statement("kites", paper)
    assert found.text == split_sentences(abstract)[statement].text


def test_the_statement_of_a_paper_says_what_it_does(collection: Collection) -> None:
    finder = EvidenceFinder(collection.catalogue, EMBEDDER)
    ladders = next(p for p in made_up_papers() if "Ladders" in p.title)
    assert finder.statement("gardens", ladders).text.startswith("We show that")


def test_rare_words_weigh_more(collection: Collection) -> None:
    weights = EvidenceFinder(collection.catalogue, EMBEDDER).weights.of("boats that are for paper zeppelins")
    assert weights["zeppelin"] > weights["boat"] > 0
    assert set(weights) == {"boat", "paper", "zeppelin"}
    assert overlap(weights, "paper boat") < 1 == pytest.approx(overlap(weights, "paper boats, zeppelins"))
    assert overlap({}, "anything") == 0


def test_selection_is_relative_to_the_best() -> None:
    hits = [Hit(Paper(str(s), str(s), (), ""), s, 0.0, 0.0) for s in (0.9, 0.6, 0.5, 0.1)]
    assert [hit.score for hit in relevant(hits, share=0.6)] == [0.9, 0.6]
    assert relevant([], share=0.6) == []
