"""`kill -9` at many points of every command that writes, and what must be true afterwards. Used by the test (some)
and by `scripts/soak.py` (all of them)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fault_world import MERGED, NAME, OLD, World, titles


@dataclass(frozen=True)
class Operation:
    """A command, the state that it begins with, and the papers that are there before and after it."""

    name: str
    argv: tuple[str, ...]
    before: dict[str, str]
    after: dict[str, str]
    check: Callable[[World, bool], None] | None = None


@dataclass(frozen=True)
class Point:
    """One kill: where (an event of the files, or a share of the time that the command takes), and what came of it."""

    operation: str
    where: str
    state: str


def operations(world: World) -> list[Operation]:
    """All commands that change something on disk."""
    old, merged = titles(OLD), titles(MERGED)
    new = str(world.folder / "new.jsonl")
    return [
        Operation("index (first)", ("index", str(world.folder / "old.jsonl"), "-c", NAME), {}, old),
        Operation("index (update)", ("index", new, "-c", NAME), old, merged),
        Operation("index --rebuild", ("index", new, "-c", NAME, "--rebuild"), old, merged),
        Operation("collections repair", ("collections", "repair", NAME), old, old),
        Operation("collections remove", ("collections", "remove", NAME, "--yes"), old, {}),
        Operation(
            "papers export",
            ("papers", "export", "-c", NAME, "-f", "jsonl", "-o", str(world.folder / "out.jsonl")),
            *(old, old),
            _export_is_whole,
        ),
        Operation("models pull", ("models", "pull", "tiny"), old, old, _model_is_whole),
    ]


def _export_is_whole(world: World, finished: bool) -> None:
    out = world.folder / "out.jsonl"
    assert out.exists() or not finished
    if out.exists():
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [row["title"] for row in rows] == [row["title"] for row in OLD]


def _model_is_whole(world: World, finished: bool) -> None:
    place = world.data / "models" / "tiny" / "tiny.gguf"
    assert place.exists() or not finished
    if place.exists():
        assert world("models", "verify", "tiny")["code"] == 0
        assert place.read_bytes() == (world.folder / "from" / "tiny.gguf").read_bytes()


def kill_everywhere(world: World, *, points: int, seed: int) -> list[Point]:
    """Kill each operation at its share of `points` places, half of them at changes of files and half at times; returns
    what was left each time. Fails when a state is not whole, `doctor` does not say which it is, or a retry does not
    finish."""
    rng = random.Random(seed)
    every = operations(world)
    done = []
    for number, operation in enumerate(every):
        share = points // len(every) + (number < points % len(every))
        world.reset(empty=not operation.before)
        whole = world(*operation.argv, no_links=True)
        assert whole["code"] == 0, whole
        events = sorted(rng.sample(range(1, whole["events"] + 1), min(-(-share // 2), whole["events"])))
        times = [rng.uniform(0.02, 1.0) * whole["seconds"] for _ in range(share - len(events))]
        requests = [{"kill_at": event} for event in events] + [{"kill_after_s": time} for time in sorted(times)]
        done += [kill_once(world, operation, request) for request in requests]
    return done


def kill_once(world: World, operation: Operation, request: dict[str, Any]) -> Point:
    """One kill, and all that must be true after it."""
    where = f"change {request['kill_at']}" if "kill_at" in request else f"{request['kill_after_s']:.2f} s"
    told = f"{operation.name}, killed at {where}"
    world.reset(empty=not operation.before)
    killed = world(*operation.argv, no_links=True, **request)
    assert killed["code"] in (0, -9), (told, killed)
    said = world.doctor().get(f"collection {NAME}")
    found = world.papers()
    assert found in (operation.before, operation.after), told
    if found:
        assert said and said["state"] == "OK" and said["text"].startswith(f"whole: {len(found)} papers"), (told, said)
    else:
        assert said is None, (told, said)
    if operation.check:
        operation.check(world, False)
    retried = world(*operation.argv)
    if operation.name == "collections remove" and not found:
        assert retried["code"] == 1, (told, retried)
        world("index", str(world.folder / "old.jsonl"), "-c", NAME)  # the next command that writes clears up
    else:
        assert retried["code"] == 0, (told, retried)
        assert world.papers() == operation.after, told
    if operation.check:
        operation.check(world, True)
    assert world.leftovers() == [], (told, world.leftovers())
    assert len(world.generations) <= 1, told
    state = "finished before the kill" if killed["code"] == 0 else "new" if found == operation.after else "old"
    if operation.before == operation.after:
        state = "finished before the kill" if killed["code"] == 0 else "whole"
    return Point(operation.name, where, state)
