"""An assistant over a real index (SQLite and Chroma, hashed vectors) of any papers, around a fake model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.answer.records import Records
from rag.answer.router import Router
from rag.answer.support import SupportModel
from rag.index.build import build
from rag.index.collections import Collections
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.relevance import Relevance
from rag.retrieve.search import Searcher
from rag.testing import HashEmbedder
from rag.types import Generator, Paper, Rejected


@contextmanager
def assistant_of(
    folder: Path,
    name: str,
    items: Iterable[Paper | Rejected],
    model: Generator,
    *,
    off_topic: Sequence[str],
    dimension: int = 1024,
    answer_tokens: int = 60,
) -> Iterator[Assistant]:
    """Index `items` in `folder` as the collection `name`, and answer about them."""
    embedder = HashEmbedder(dimension=dimension)
    store = Collections(folder)
    build(store, name, items, lambda: embedder, sources=["test"])
    with store.open(name, embedder) as collection:
        yield Assistant(
            info=collection.info,
            searcher=Searcher(collection.catalogue, collection.vectors, embedder, Relevance(embedder, off_topic)),
            finder=EvidenceFinder(collection.catalogue, embedder),
            records=Records(collection.catalogue),
            router=Router.load(),
            support=SupportModel.load(),
            generator=lambda: model,
            model_name=model.name,
            prompts=Prompts.load(),
            answer_tokens=answer_tokens,
        )
