"""An index of attacked papers, read by the program's own reader, and an assistant whose model obeys every attacker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attacked import Attacked
from attacks import attacks, write_papers
from worst_model import ObedientModel

from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.answer.records import Records
from rag.answer.support import SupportModel
from rag.index.build import build
from rag.index.collections import Collections
from rag.ingest.read import read_papers
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.relevance import Relevance
from rag.retrieve.search import Searcher
from rag.testing import HashEmbedder


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    tries = attacks()
    write_papers(folder / "papers.jsonl", tries)
    model, embedder = ObedientModel(tries), HashEmbedder(dimension=1024)
    store = Collections(folder)
    build(store, "rope", read_papers(Path(folder / "papers.jsonl")), lambda: embedder, sources=["attacks"])
    with store.open("rope", embedder) as collection:
        finder = EvidenceFinder(collection.catalogue, embedder)
        assistant = Assistant(
            info=collection.info,
            searcher=Searcher(collection.catalogue, collection.vectors, embedder, Relevance(embedder, ["bake bread"])),
            finder=finder,
            records=Records(collection.catalogue),
            support=SupportModel.load(),
            generator=lambda: model,
            model_name=model.name,
            prompts=Prompts.load(),
            answer_tokens=160,
        )
        yield Attacked(assistant, model, tries, {paper.id: paper for paper in collection.catalogue.papers()})
