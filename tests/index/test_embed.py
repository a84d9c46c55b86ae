"""The real embedder, and what it says about folders that hold none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelCorrupt, ModelMissing
from rag.index.build import build
from rag.index.collections import Collections
from rag.index.embed import SentenceTransformerEmbedder
from rag.types import Embedder, Paper

NAME = "all-minilm-l6-v2"


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="all-minilm") as error:
        SentenceTransformerEmbedder(tmp_path / "nothing", NAME)
    assert "models pull" in error.value.hint


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> Iterator[SentenceTransformerEmbedder]:
    yield SentenceTransformerEmbedder(models_dir / NAME, f"{NAME}@1")


@pytest.mark.real
def test_what_it_is(embedder: SentenceTransformerEmbedder) -> None:
    assert isinstance(embedder, Embedder)
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (f"{NAME}@1", 384, 256)
    assert embedder.count_tokens("") == 2
    assert embedder.count_tokens("two words") == 4
    assert embedder.count_tokens("word " * 2000) == 2002


@pytest.mark.real
def test_vectors_are_normal_ordered_and_mean_something(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["A dog runs.", "The stock market fell sharply today after the news.", "A puppy is running."]
    rows = embedder.embed(texts)
    assert rows.dtype == np.float32 and rows.shape == (3, 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[2] > 0.6 > rows[0] @ rows[1]
    assert np.allclose(embedder.embed(texts[1:2])[0], rows[1], atol=1e-5)
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.real
def test_threads_take_turns(embedder: SentenceTransformerEmbedder) -> None:
    texts = [f"Text number {n} about topic {n}." for n in range(8)]
    alone = embedder.embed(texts)
    with ThreadPoolExecutor(4) as pool:
        counts = pool.map(embedder.count_tokens, texts * 4)
        rows = list(pool.map(lambda text: embedder.embed([text])[0], texts))
        assert len(set(counts)) == 1
    assert np.allclose(np.stack(rows), alone, atol=1e-5)


@pytest.mark.real
def test_a_damaged_model_is_named(models_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(models_dir / NAME, tmp_path / "m", ignore=shutil.ignore_patterns("model.safetensors"))
    (tmp_path / "m" / "model.safetensors").write_bytes(b"garbage" * 100)
    with pytest.raises(ModelCorrupt) as error:
        SentenceTransformerEmbedder(tmp_path / "m", NAME)
    assert "models verify" in error.value.hint


@pytest.mark.real
def test_papers_are_found_by_meaning(
    embedder: SentenceTransformerEmbedder, tmp_path: Path, papers: list[Paper]
) -> None:
    collections = Collections(tmp_path)
    assert build(collections, "garden", papers, lambda: embedder, sources=["x"]).added == 4
    questions = [
        "seeing small animals in the dark",
        "how accurate is telling the time from the sun",
        "machine that loosens tangled cords",
        "an attack on food suggestions",
    ]
    with collections.open("garden", embedder) as collection:
        for paper, vector in zip(papers, embedder.embed(questions), strict=True):
            assert collection.vectors.nearest(vector, 1)[0][0] == paper.id
