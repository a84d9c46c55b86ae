"""Saved KV blocks are a cache: a foreign or damaged one is never used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.llm.blocks import BlockStore

TOKENS = [1, 2, 3, 70_000]
STATE = np.arange(10_000, dtype=np.uint32).view(np.uint8)


@pytest.fixture
def store(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "kv", "model-1|f16")


def test_what_is_saved_comes_back(store: BlockStore) -> None:
    assert store.load(TOKENS) is None
    assert store.save(TOKENS, STATE)
    state = store.load(TOKENS)
    assert state is not None and np.array_equal(state, STATE)
    assert store.load(TOKENS[:-1]) is None, "other tokens, other block"
    assert [path.suffix for path in store.directory.iterdir()] == [".kv"], "no temporary file stays"


def test_a_block_of_another_model_or_setting_is_not_used(store: BlockStore) -> None:
    store.save(TOKENS, STATE)
    other = BlockStore(store.directory, "model-2|f16")
    assert other.load(TOKENS) is None
    store.path(TOKENS).rename(other.path(TOKENS))
    assert other.load(TOKENS) is None, "not even under the right name"


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "garbage", "extend"])
def test_a_damaged_block_is_not_used(store: BlockStore, damage: str) -> None:
    store.save(TOKENS, STATE)
    path = store.path(TOKENS)
    raw = bytearray(path.read_bytes())
    if damage == "flip":
        raw[len(raw) // 2] ^= 1
    changed = {"truncate": raw[:-100], "flip": raw, "empty": b"", "garbage": b"x" * 500, "extend": raw + b"x"}[damage]
    path.write_bytes(changed)
    assert store.load(TOKENS) is None
    assert store.save(TOKENS, STATE) and store.load(TOKENS) is not None, "a new one takes its place"


def test_no_room_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "kv").write_text("a file where the folder should be")
    store = BlockStore(tmp_path / "kv", "m")
    assert store.save(TOKENS, STATE) is False
    assert store.load(TOKENS) is None
