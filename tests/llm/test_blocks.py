"""Saved KV blocks are a cache: a foreign or damaged one is never used, and all together stay within a limit."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rag.llm.blocks import BlockStore, stored
from rag.serve.cli.doctor import examine
from rag.settings import load_settings

TOKENS = [1, 2, 3, 70_000]
STATE = np.arange(10_000, dtype=np.uint32).view(np.uint8)
ROOM_FOR_THREE = 3 * (STATE.nbytes + 100)


@pytest.fixture
def store(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "kv", "model-1|f16", ROOM_FOR_THREE)


def test_what_is_saved_comes_back(store: BlockStore) -> None:
    assert store.load(TOKENS) is None
    assert store.save(TOKENS, STATE)
    state = store.load(TOKENS)
    assert state is not None and np.array_equal(state, STATE)
    assert store.load(TOKENS[:-1]) is None, "other tokens, other block"
    assert [path.suffix for path in store.directory.iterdir()] == [".kv"], "no temporary file stays"


def test_a_block_of_another_model_or_setting_is_not_used(store: BlockStore) -> None:
    store.save(TOKENS, STATE)
    other = BlockStore(store.directory, "model-2|f16", ROOM_FOR_THREE)
    assert other.load(TOKENS) is None
    store.path(TOKENS).rename(other.path(TOKENS))
    assert other.load(TOKENS) is None, "not even under the right name"
    assert not other.path(TOKENS).exists(), "and it does not stay there"


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "garbage", "extend"])
def test_a_damaged_block_is_not_used(store: BlockStore, damage: str) -> None:
    store.save(TOKENS, STATE)
    path = store.path(TOKENS)
    raw = bytearray(path.read_bytes())
    if damage == "flip":
        raw[len(raw) // 2] ^= 1
    changed = {"truncate": raw[:-100], "flip": raw, "empty": b"", "garbage": b"x" * 500, "extend": raw + b"x"}[damage]
    path.write_bytes(changed)
    assert store.load(TOKENS) is None and not path.exists()
    assert store.save(TOKENS, STATE) and store.load(TOKENS) is not None, "a new one takes its place"


def test_no_room_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "kv").write_text("a file where the folder should be")
    store = BlockStore(tmp_path / "kv", "m", ROOM_FOR_THREE)
    assert store.save(TOKENS, STATE) is False
    assert store.load(TOKENS) is None


def save_aged(store: BlockStore, token: int, hours: float) -> Path:
    """A block that was last used some hours ago."""
    assert store.save([token], STATE)
    then = time.time() - hours * 3600
    os.utime(store.path([token]), (then, then))
    return store.path([token])


def there(store: BlockStore, *tokens: int) -> list[int]:
    return [token for token in tokens if store.path([token]).exists()]


def test_the_longest_unused_go_first(store: BlockStore) -> None:
    for token, hours in ((1, 3), (2, 2), (3, 1)):
        save_aged(store, token, hours)
    assert store.load([1]) is not None, "which is a use"
    assert store.save([4], STATE)
    assert there(store, 1, 2, 3, 4) == [1, 3, 4]
    assert store.use([3]) and store.use([1]) and not store.use([2])
    os.utime(store.path([4]), (1, 1))
    assert store.save([5], STATE)
    assert there(store, 1, 3, 4, 5) == [1, 3, 5]
    assert sum(block.bytes for block in stored(store.directory)) <= store.limit


def test_blocks_of_other_conditions_and_broken_off_writes_go_before_all_others(store: BlockStore) -> None:
    old = save_aged(store, 1, 100)
    other = BlockStore(store.directory, "model-2|f16", ROOM_FOR_THREE)
    assert other.save([1], STATE)
    left = store.directory / "tmpabc.tmp"
    left.write_bytes(STATE.tobytes())
    assert store.save([2], STATE) and store.save([3], STATE)
    assert not left.exists() and not other.path([1]).exists() and old.exists()
    assert there(store, 1, 2, 3) == [1, 2, 3]


def test_what_was_used_lately_can_be_spared(store: BlockStore) -> None:
    for token, hours in ((1, 30), (2, 2), (3, 1)):
        save_aged(store, token, hours)
    assert store.save([4], STATE, spare_s=24 * 3600)
    assert not store.save([5], STATE, spare_s=24 * 3600)
    assert there(store, 1, 2, 3, 4, 5) == [2, 3, 4]


def test_what_is_larger_than_the_limit_drops_nothing(store: BlockStore) -> None:
    assert store.save([1], STATE)
    assert not store.save([2], np.zeros(ROOM_FOR_THREE, np.uint8))
    assert there(store, 1, 2) == [1]


def test_two_threads_at_once_never_get_a_wrong_block(store: BlockStore) -> None:
    wrong: list[int] = []

    def work(first: int) -> None:
        for round_ in range(60):
            token = (first + round_) % 5
            store.save([token], STATE + np.uint8(token))
            state = store.load([token])
            if state is not None and not np.array_equal(state, STATE + np.uint8(token)):
                wrong.append(token)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert all(block.path.suffix == ".kv" for block in stored(store.directory))


def test_doctor_says_how_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    BlockStore(settings.data_dir / "kv", "m", 10_000_000).save(TOKENS, np.zeros(2_000_000, np.uint8))

    def said() -> str:
        return next(finding.text for finding in examine(load_settings()) if finding.what == "read papers")

    assert said() == "1 kept for the model, 2 MB of at most 1024 MB"
    monkeypatch.setenv("POSTERCHAT_KV_CACHE_MB", "0")
    assert "kv_cache_mb is 0" in said()
