"""Search alone: which papers come first, over a real index of invented papers."""

from __future__ import annotations

import json

import pytest

from rag.evaluate.questions import Question
from rag.evaluate.ranking import QUESTION_MEASURES
from rag.evaluate.report import ALL
from rag.evaluate.retrieval import PROGRAM, WEIGHTS, WHOLE, Query, WholeAbstracts, measure, queries, rankings
from rag.ingest.clean import paper_id
from rag.retrieve.search import Searcher
from rag.types import Paper

HERONS, PEBBLES = "Counting Herons from Balloons", "Sorting Pebbles by Sound"
WAYS = ["dense", "lexical", *(f"fused {weight}" for weight in WEIGHTS), "RRF"]


def test_questions_become_queries(papers: list[Paper]) -> None:
    questions = [
        Question("a", "fact", "  how many\n herons? ", gold=("counting HERONS from balloons",)),
        Question("b", "unanswerable", "what is a quark?"),
        Question("c", "followup", "and how much is it?", gold=(PEBBLES,), history=("how are pebbles sorted?",)),
        Question("d", "find", "zebras?", gold=("Zebras", HERONS)),
        Question("e", "adversarial", " ", gold=(HERONS,)),
    ]
    made, lacking = queries(questions, papers)
    assert [(query.kind, query.text) for query in made] == [
        ("fact", "how many herons?"),
        ("find", "zebras?"),
    ]
    assert made[0].gains == {papers[0].id: 1.0}
    assert set(made[1].gains) == {papers[0].id, paper_id("Zebras")}
    assert lacking == ["Zebras"]


def test_gold_is_found_by_title_whatever_the_ids_are() -> None:
    paper = Paper("doc-17", HERONS, (), "We count herons.")
    made, lacking = queries([Question("a", "fact", "herons?", gold=(HERONS,))], [paper])
    assert (made[0].gains, lacking) == ({"doc-17": 1.0}, [])


def test_every_way_ranks(searcher: Searcher, papers: list[Paper]) -> None:
    query = "which pebbles are sorted by sound?"
    ways = rankings(query, searcher.embedder.embed([query])[0], searcher)
    assert list(ways) == WAYS
    pebbles = papers[1].id
    assert {way: ranked[0] for way, ranked in ways.items()} == dict.fromkeys(WAYS, pebbles)
    assert ways["lexical"] == [pebbles]  # no other paper holds one of the words
    assert sorted(ways["dense"]) == sorted(ways["RRF"]) == sorted(paper.id for paper in papers)


def test_whole_abstracts_rank_too(searcher: Searcher, papers: list[Paper]) -> None:
    whole = WholeAbstracts(papers, searcher.embedder)
    for paper in papers:  # each is nearest to itself
        assert whole.ranked(searcher.embedder.embed([f"{paper.title} {paper.abstract}"])[0])[0] == paper.id
    asked = [Query("fact", papers[1].title, {papers[1].id: 1.0})]
    figures = measure(asked, searcher, QUESTION_MEASURES, whole=whole)
    assert list(figures[ALL]["ways"]) == [*WAYS, PROGRAM, WHOLE]
    assert list(measure(asked, searcher, QUESTION_MEASURES)[ALL]["ways"]) == [*WAYS, PROGRAM]


def test_measures_per_kind_and_over_all(searcher: Searcher, papers: list[Paper]) -> None:
    herons, pebbles, otters, boats = (paper.id for paper in papers)
    asked = [
        Query("fact", "herons counted from balloons", {herons: 1.0}),
        Query("fact", "the sound of pebbles", {boats: 1.0}),  # wrong on purpose
        Query("find", "otters at night", {otters: 1.0}),
        Query("find", "quarks", {"not here": 1.0}),
    ]
    told: list[tuple[int, int | None]] = []
    found = measure(asked, searcher, QUESTION_MEASURES, progress=lambda done, total, what: told.append((done, total)))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert list(found["all"]["ways"]) == [*WAYS, PROGRAM]
    for way in (*WAYS, PROGRAM):
        figures = found["all"]["ways"][way]
        assert list(figures) == list(QUESTION_MEASURES)
        assert figures["hit@1"]["value"] == 0.5
        assert figures["hit@1"]["n"] == 4
        assert figures["MRR"]["low"] <= figures["MRR"]["value"] <= figures["MRR"]["high"]
    dense = {kind: group["ways"]["dense"]["hit@5"]["value"] for kind, group in found["kinds"].items()}
    assert dense == {"fact": 1.0, "find": 0.5}
    lexical = {kind: group["ways"]["lexical"]["hit@5"]["value"] for kind, group in found["kinds"].items()}
    assert lexical == {"fact": 0.5, "find": 0.5}
    assert found["search_s"]["n"] == 3  # the first one warms up
    assert json.loads(json.dumps(found)) == found
    single = measure(asked[:1], searcher, QUESTION_MEASURES)
    assert (single["kinds"], single["search_s"]["n"]) == ({}, 1)


@pytest.mark.parametrize("query", ["herons", "boats and otters at night", "counting by sound", "quark"])
def test_the_program_is_measured_as_it_searches(searcher: Searcher, query: str) -> None:
    for place, hit in enumerate(searcher.search(query, limit=100).hits, start=1):
        figures = measure([Query("fact", query, {hit.paper.id: 1.0})], searcher, QUESTION_MEASURES)["all"]["ways"]
        assert figures[PROGRAM]["MRR"]["value"] == 1 / place
