"""A long run that is stopped leaves its vectors for the next one; whatever happened to the file, vectors are right."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_world import World

from rag.errors import Cancelled
from rag.index.embed_log import LOG, START
from rag.types import Paper


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def long_list() -> list[Paper]:
    return [Paper(f"p{n}", f"Pond {n}", (), f"Pond number {n} holds {n * 7} frogs.") for n in range(START + 700)]


def stop_after(world: World, calls: int):
    return lambda: len(world.embedder.calls) >= calls


def embedded(world: World) -> list[str]:
    return [text for call in world.embedder.calls for text in call]


@pytest.mark.parametrize("damage", ["none", "cut", "flipped", "other", "empty"])
def test_the_next_run_goes_on(world: World, long_list: list[Paper], damage: str) -> None:
    with pytest.raises(Cancelled) as error:
        world.index(long_list, stop=stop_after(world, 48))
    assert "goes on where" in error.value.hint and list(world.collections.names()) == []
    log = world.folder / LOG
    content = bytearray(log.read_bytes())
    if damage == "cut":
        content = content[:-100]
    elif damage == "flipped":
        content[-100] ^= 1
    elif damage == "other":
        content[25] ^= 1  # in the name of the index's shape
    elif damage == "empty":
        content.clear()
    log.write_bytes(content)
    before = len(embedded(world))
    report = world.index(long_list)
    again = len(embedded(world)) - before
    kept = {"none": before, "cut": before - 1, "flipped": before - 1, "other": 0, "empty": 0}[damage]
    assert before > START and report.embedded_chunks == again == len(long_list) - kept
    assert any(str(kept) in warning for warning in report.warnings) is (kept > 0)
    world.check(long_list)
    assert not log.exists()


def test_a_log_is_used_twice(world: World, long_list: list[Paper]) -> None:
    for calls in (48, 52):
        with pytest.raises(Cancelled):
            world.index(long_list, stop=stop_after(world, calls))
    assert world.index(long_list).embedded_chunks < len(long_list) - START
    world.check(long_list)


def test_a_changed_paper_is_embedded(world: World, long_list: list[Paper]) -> None:
    with pytest.raises(Cancelled):
        world.index(long_list, stop=stop_after(world, 48))
    long_list[0] = Paper("p0", "Pond 0", (), "Pond number 0 fell dry.")
    world.index(long_list)
    assert embedded(world).count("Pond 0\nPond number 0 fell dry.") == 1
    world.check(long_list)


def test_a_short_run_keeps_nothing(world: World, long_list: list[Paper]) -> None:
    with pytest.raises(Cancelled) as error:
        world.index(long_list, stop=stop_after(world, 9))
    assert "goes on" not in error.value.hint and not (world.folder / LOG).exists()
