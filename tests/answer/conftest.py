"""A real index (SQLite and Chroma) of made-up papers with fake models around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.answer.records import Records
from rag.answer.support import SupportModel
from rag.index.build import build
from rag.index.collections import Collections
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.relevance import Relevance
from rag.retrieve.search import Searcher
from rag.testing import HashEmbedder, ScriptedGenerator, made_up_papers


@pytest.fixture
def model() -> ScriptedGenerator:
    return ScriptedGenerator()


@pytest.fixture
def assistant(tmp_path: Path, model: ScriptedGenerator) -> Iterator[Assistant]:
    embedder = HashEmbedder(dimension=1024)
    store = Collections(tmp_path)
    build(store, "ponds", made_up_papers(), lambda: embedder, sources=["test"])
    with store.open("ponds", embedder) as collection:
        finder = EvidenceFinder(collection.catalogue, embedder)
        off_topic = ["what will the weather be tomorrow", "how do I bake bread"]
        yield Assistant(
            info=collection.info,
            searcher=Searcher(collection.catalogue, collection.vectors, embedder, Relevance(embedder, off_topic)),
            finder=finder,
            records=Records(collection.catalogue),
            support=SupportModel.load(),
            generator=lambda: model,
            model_name=model.name,
            prompts=Prompts.load(),
            answer_tokens=60,
        )
