"""Vectors of a fixed list of texts, kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rag.index.embed_kept import KeptVectors
from rag.testing import HashEmbedder
from rag.types import Embedder

TEXTS = ["what is for lunch?", "how tall is a lamp?", ""]


def test_the_same_list_is_embedded_once(tmp_path: Path) -> None:
    behind = HashEmbedder()
    first = KeptVectors(behind, tmp_path / "new").embed(TEXTS)
    again = KeptVectors(behind, tmp_path / "new").embed(TEXTS)
    assert behind.calls == [TEXTS]
    assert again.dtype == np.float32 and np.array_equal(first, again)
    assert np.array_equal(first, HashEmbedder().embed(TEXTS))


def test_other_texts_or_another_model_replace_them(tmp_path: Path) -> None:
    behind, renamed = HashEmbedder(), HashEmbedder(name="hash-2")
    for embedder, texts in ((behind, TEXTS), (behind, TEXTS[:2]), (behind, TEXTS[::-1]), (renamed, TEXTS[::-1])):
        assert np.array_equal(KeptVectors(embedder, tmp_path).embed(texts), HashEmbedder().embed(texts))
        assert len(list(tmp_path.iterdir())) == 1
    assert len(behind.calls) == 3 and len(renamed.calls) == 1


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    behind = HashEmbedder()
    kept = KeptVectors(behind, tmp_path)
    right = kept.embed(TEXTS)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for times, damaged in enumerate((whole[:-4], b"", bytes([whole[0] ^ 1]) + whole[1:], whole + whole), start=2):
        path.write_bytes(damaged)
        assert np.array_equal(kept.embed(TEXTS), right)
        assert len(behind.calls) == times
        assert [file.read_bytes() for file in tmp_path.iterdir()] == [whole]


def test_a_directory_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    kept = KeptVectors(HashEmbedder(), tmp_path / "cache")
    assert isinstance(kept, Embedder)
    assert kept.embed(TEXTS).shape == (3, 64)
    assert (kept.count_tokens("two words"), kept.max_tokens, kept.name) == (4, 256, "hash-1")
