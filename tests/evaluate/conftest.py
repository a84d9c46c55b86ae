"""A small collection of invented papers, indexed for real with hashed vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.index.build import build
from rag.index.collections import Collections
from rag.ingest.clean import paper_id
from rag.retrieve.relevance import Relevance
from rag.retrieve.search import Searcher
from rag.testing import HashEmbedder
from rag.types import Paper

TEXTS = {
    "Counting Herons from Balloons": "We count herons from balloons. The count is right for 93 of 100 ponds.",
    "Sorting Pebbles by Sound": "Pebbles are sorted by the sound of their fall. A microphone for 4 euros is enough.",
    "Counting Otters at Night": "Otters are counted at night by their splashes. It needs no camera.",
    "Folding Boats of Wax": "Boats of waxed paper float for 3 hours. Wind sinks all other boats.",
}


@pytest.fixture
def papers() -> list[Paper]:
    return [Paper(paper_id(title), title, (), text) for title, text in TEXTS.items()]


@pytest.fixture
def searcher(papers: list[Paper], tmp_path: Path) -> Iterator[Searcher]:
    embedder = HashEmbedder(dimension=256)
    store = Collections(tmp_path / "data")
    build(store, "ponds", papers, lambda: embedder, sources=["made up"])
    with store.open("ponds", embedder) as collection:
        yield Searcher(collection.catalogue, collection.vectors, embedder, Relevance(embedder, ["what is for lunch?"]))
