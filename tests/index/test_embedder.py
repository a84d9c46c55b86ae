"""The embedder without torch: the vectors and counts of sentence-transformers, and what happens to its graph."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import ModelCorrupt, ModelMissing
from rag.index.embed import SentenceTransformerEmbedder
from rag.index.embed_graph import sentence_graph
from rag.index.embed_onnx import OnnxEmbedder
from rag.index.embedder import LEAST_COSINE, agreement, kept_graph, open_embedder
from rag.index.shape import Shape
from rag.types import Embedder

MODEL = "all-minilm-l6-v2"
NAME = f"{MODEL}@0123456789abcdef"
BERT = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "layer_norm_eps": 1e-12,
    "vocab_size": 30,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
}
ODD_TEXTS = [
    "",
    " ",
    "\n\t \u00a0",
    ".",
    "a",
    "x" * 400,
    "word " * 2000,
    "Grüße aus Zürich: naïve façade, Ångström, İstanbul, ﬁne ligatures",
    "时钟和沙漏的研究表明时间过得很快。" * 3,
    "東京タワーは高い。カタカナとひらがな、漢字。",
    "한국어 문장은 짧습니다.",
    "Привет, мир! Это короткое предложение.",
    "مرحبا بالعالم",
    "emoji 🙂🙃 and flags 🇨🇭 and a family 👨‍👩‍👧",
    "[CLS] and [SEP] and [MASK] and [PAD] written out",
    "<|im_end|> <script>alert(1)</script>",
    "tab\tnew\nline\r\nzero\u200bwidth soft\u00adhyphen nul\x00 bell\x07 bad\ufffd",
    "e\u0301 is é, and 3.14159e-10 is $\\alpha_{i}^{2}$ or 1,234,567.89%",
]


def made_up_texts(count: int) -> list[str]:
    """Texts of 1 to 400 words, short ones more often."""
    pick = random.Random(7)
    line = (
        "clock lantern pond boat measures drift of the a 12 3.5% unmeasurably overfitted we show that, garden; robots "
        "naïve Schrödinger 雪 antidisestablishmentarianism (see Fig. 3) O(n^2) state-of-the-art ladders lean left"
    )
    words = line.split()
    return [" ".join(pick.choices(words, k=round(400 ** pick.random()))) for _ in range(count)]


@pytest.fixture(scope="module")
def reference(models_dir: Path) -> Iterator[SentenceTransformerEmbedder]:
    yield SentenceTransformerEmbedder(models_dir / MODEL, NAME)


@pytest.fixture(scope="module")
def graph(models_dir: Path) -> bytes:
    return sentence_graph(models_dir / MODEL)


@pytest.fixture(scope="module")
def quick(models_dir: Path, graph: bytes) -> OnnxEmbedder:
    return OnnxEmbedder(models_dir / MODEL, NAME, graph, threads=2)


@pytest.mark.real
def test_vectors_and_counts_are_those_of_the_reference(
    quick: OnnxEmbedder, reference: SentenceTransformerEmbedder
) -> None:
    texts = [*ODD_TEXTS, *made_up_texts(520)]
    counts = [quick.count_tokens(text) for text in texts]
    assert counts == [reference.count_tokens(text) for text in texts]
    assert sum(count > quick.max_tokens for count in counts) > 30  # cut ones are among them
    rows = quick.embed(texts)
    assert rows.dtype == np.float32 and rows.shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    cosines = (rows * reference.embed(texts)).sum(axis=1)
    assert cosines.min() >= LEAST_COSINE


@pytest.mark.real
def test_an_index_takes_both_for_the_same(quick: OnnxEmbedder, reference: SentenceTransformerEmbedder) -> None:
    assert isinstance(quick, Embedder)
    assert Shape.of(quick) == Shape.of(reference) == Shape(NAME, 384, 256)


@pytest.mark.real
def test_batches_and_threads_change_nothing(quick: OnnxEmbedder) -> None:
    texts = made_up_texts(40)
    together = quick.embed(texts)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda text: quick.embed([text])[0], texts))
    assert np.allclose(np.stack(alone), together, atol=1e-5)
    assert quick.embed([]).shape == (0, 384)


@pytest.mark.real
def test_it_needs_neither_torch_nor_sentence_transformers(models_dir: Path, tmp_path: Path, graph: bytes) -> None:
    (tmp_path / "graph").write_bytes(graph)
    program = f"""
import sys
from pathlib import Path
from rag.index.embed_onnx import OnnxEmbedder
quick = OnnxEmbedder(Path({str(models_dir / MODEL)!r}), "m", Path({str(tmp_path / "graph")!r}).read_bytes(), threads=1)
assert quick.embed(["a clock"]).shape == (1, 384)
print([name for name in ("torch", "sentence_transformers", "transformers", "onnx") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.real
def test_the_graph_is_made_once_and_made_again_when_damaged(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "new" / "embedder"
    assert kept_graph(cache, NAME) is None
    first = open_embedder(models_dir / MODEL, NAME, cache=cache, threads=1)
    kept = kept_graph(cache, NAME)
    assert isinstance(first, OnnxEmbedder) and kept is not None
    assert [path.name for path in cache.iterdir()] == [kept.name]

    whole = kept.read_bytes()
    for damaged in (whole[:-1], whole + b"\0", b"", b"something else"):
        kept.write_bytes(damaged)
        assert kept_graph(cache, NAME) is None
    assert kept_graph(cache, f"{MODEL}@fedcba9876543210") is None  # of another model

    again = open_embedder(models_dir / MODEL, NAME, cache=cache, threads=1)
    assert isinstance(again, OnnxEmbedder)
    assert [path.read_bytes() for path in cache.iterdir()] == [whole]

    # With the graph in place nothing asks for the reference any more.
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    third = open_embedder(models_dir / MODEL, NAME, cache=cache, threads=1)
    assert np.allclose(third.embed(["a clock"]), first.embed(["a clock"]))


@pytest.mark.real
@pytest.mark.parametrize("missing", ["onnxruntime", "onnx"])
def test_without_a_library_the_reference_runs(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # importing it fails
    embedder = open_embedder(models_dir / MODEL, NAME, cache=tmp_path, threads=1)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
def test_a_cache_that_cannot_be_written_is_no_obstacle(models_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "embedder").write_text("a file where the directory should be")
    embedder = open_embedder(models_dir / MODEL, NAME, cache=tmp_path / "embedder", threads=1)
    assert isinstance(embedder, OnnxEmbedder)


@pytest.mark.real
def test_another_kind_of_model_stays_with_the_reference(models_dir: Path, tmp_path: Path) -> None:
    """The same weights with the vector of the first word piece instead of the mean: the graph must not be used."""
    model = tmp_path / "model"
    shutil.copytree(models_dir / MODEL, model)
    pooling = {"word_embedding_dimension": 384, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (model / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    embedder = open_embedder(model, NAME, cache=tmp_path / "cache", threads=1)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert not (tmp_path / "cache").exists()


@pytest.mark.real
def test_other_vectors_do_not_agree(
    models_dir: Path, graph: bytes, quick: OnnxEmbedder, reference: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    assert agreement(quick, reference) >= LEAST_COSINE
    for change in ({"max_seq_length": 128}, {"max_seq_length": 200}):
        other = tmp_path / str(change["max_seq_length"])
        shutil.copytree(models_dir / MODEL, other)
        (other / "sentence_bert_config.json").write_text(json.dumps(change))
        assert agreement(OnnxEmbedder(other, NAME, graph, threads=1), reference) == 0.0
    weights = tmp_path / "weights"
    shutil.copytree(models_dir / MODEL, weights)
    with (weights / "model.safetensors").open("r+b") as file:
        file.seek(-10_000_000, 2)  # in the last layer
        file.write(b"\0" * 200_000)
    assert agreement(OnnxEmbedder(weights, NAME, graph, threads=1), reference) < LEAST_COSINE


@pytest.mark.real
def test_damaged_weights_are_named_though_the_graph_is_whole(models_dir: Path, tmp_path: Path, graph: bytes) -> None:
    model = tmp_path / "model"
    shutil.copytree(models_dir / MODEL, model)
    open_embedder(model, NAME, cache=tmp_path / "cache", threads=1)
    (model / "model.safetensors").write_bytes(b"garbage" * 100)
    with pytest.raises(ModelCorrupt) as error:
        open_embedder(model, NAME, cache=tmp_path / "cache", threads=1)
    assert "models verify" in error.value.hint


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="all-minilm") as error:
        open_embedder(tmp_path / "nothing", NAME, cache=tmp_path, threads=1)
    assert "models pull" in error.value.hint
    with pytest.raises(ModelMissing):
        OnnxEmbedder(tmp_path / "nothing", NAME, b"", threads=1)


def lay_config(folder: Path, *, pooling: str = "mean_tokens", last: str = "Normalize", **changes: Any) -> Path:
    """The configuration files of a tiny model, without weights."""
    (folder / "1_Pooling").mkdir(parents=True)
    steps = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2", last)]
    modules = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in steps]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "config.json").write_text(json.dumps({**BERT, **changes}))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{pooling}": True}))
    return folder


def test_the_graph_depends_on_the_configuration_alone(tmp_path: Path) -> None:
    one = sentence_graph(lay_config(tmp_path / "one"))
    assert one == sentence_graph(lay_config(tmp_path / "same"))
    assert one != sentence_graph(lay_config(tmp_path / "deeper", num_hidden_layers=2))
    assert len(one) < 10_000  # the weights are not in it


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model_type": "mpnet"}, "model_type"),
        ({"hidden_act": "relu"}, "hidden_act"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"pooling": "cls_token"}, "pooling"),
        ({"last": "Dense"}, "modules"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        sentence_graph(lay_config(tmp_path / "other", **change))
