"""Files that were damaged, disks that are full, clocks that jump, two processes at once: said plainly, and mended."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_world import MERGED, NAME, OLD, Driver, World, titles

REPAIR = ("collections", "repair", NAME)


def vectors_of(world: World) -> Path:
    return world.generations[-1] / "vectors"


def graph_of(world: World) -> Path:
    return next(path for path in vectors_of(world).iterdir() if path.is_dir())


def spoil(path: Path, *, at: int, size: int = 4096, seed: int = 3) -> None:
    """Other bytes in place of some."""
    data = bytearray(path.read_bytes())
    data[at : at + size] = random.Random(seed).randbytes(min(size, len(data) - at))
    path.write_bytes(data)


def replace(path: Path, data: bytes) -> None:
    """Another file in its place: a pulled model may be a second name of the file that it was pulled from."""
    path.unlink()
    path.write_bytes(data)


def foreign_store(world: World) -> None:
    store = vectors_of(world) / "chroma.sqlite3"
    with sqlite3.connect(store) as db:
        db.execute("DELETE FROM collection_metadata")
    db.close()


VECTORS: dict[str, Callable[[World], Any]] = {
    "all are gone": lambda world: shutil.rmtree(vectors_of(world)),
    "the database is gone": lambda world: (vectors_of(world) / "chroma.sqlite3").unlink(),
    "the database is empty": lambda world: (vectors_of(world) / "chroma.sqlite3").write_bytes(b""),
    "the database is cut": lambda world: os.truncate(vectors_of(world) / "chroma.sqlite3", 50_000),
    "a page of the database is noise": lambda world: spoil(vectors_of(world) / "chroma.sqlite3", at=8192),
    "the first page is noise": lambda world: spoil(vectors_of(world) / "chroma.sqlite3", at=0),
    "the graph is gone": lambda world: shutil.rmtree(graph_of(world)),
    "a file of code beside the graph": lambda world: (graph_of(world) / "evil.pickle").write_bytes(b"\x80\x04."),
    "a link out of the folder": lambda world: (vectors_of(world) / "link").symlink_to("/etc"),
    "a database of another program": foreign_store,
}


@pytest.mark.parametrize("damage", VECTORS)
def test_damaged_vectors_are_found_and_made_again_by_one_command(world: World, damage: str) -> None:
    (world.folder / "old.jsonl").rename(world.folder / "away")  # the source is not needed
    try:
        VECTORS[damage](world)
        said = world.doctor()[f"collection {NAME}"]
        assert (said["state"], said["remedy"]) == ("FAIL", f"posterchat collections repair {NAME}"), said
        done = world(*REPAIR)
        assert (done["code"], done["out"]) == (0, f"{NAME} is whole: {len(OLD)} papers.\n"), done
        assert world.doctor()[f"collection {NAME}"]["state"] == "OK"
        assert world.papers() == titles(OLD)
    finally:
        (world.folder / "away").rename(world.folder / "old.jsonl")


@pytest.mark.parametrize("damage", ["a file of code beside the graph", "a database of another program"])
def test_vectors_of_unknown_origin_are_not_opened(world: World, damage: str) -> None:
    VECTORS[damage](world)
    before = {path: path.stat().st_mtime_ns for path in vectors_of(world).rglob("*")}
    done = world("check", NAME)
    assert done["code"] == 98 and "of unknown origin" in done["err"], done
    assert {path: path.stat().st_mtime_ns for path in vectors_of(world).rglob("*")} == before


@pytest.mark.parametrize("content", [b"", b"gen-9", b"gen-000099\n", b"../../gen-000001\n", b"\xff\xfe"])
def test_a_lost_pointer_is_found_again(world: World, content: bytes) -> None:
    (world.data / "collections" / NAME / "CURRENT").write_bytes(content)
    assert world.doctor()[f"collection {NAME}"]["state"] == "FAIL"
    assert world(*REPAIR)["code"] == 0
    assert world.papers() == titles(OLD)


def test_a_damaged_page_of_the_catalogue_is_found_wherever_it_is(world: World) -> None:
    path = world.generations[-1] / "catalogue.sqlite"
    whole = path.read_bytes()
    pages = range(0, len(whole), 4096)
    for page in random.Random(5).sample(pages, 6):
        spoil(path, at=page)
        said = world.doctor()[f"collection {NAME}"]
        assert said["state"] == "FAIL" and "collections remove" in said["remedy"], page
        done = world("papers", "list", "--collection", NAME)
        assert done["code"] in (0, 1) and "Traceback" not in done["err"] and "bug" not in done["err"], done
        path.write_bytes(whole)
    spoil(path, at=0)
    assert world(*REPAIR)["code"] == 1
    assert world("collections", "remove", NAME, "--yes")["code"] == 0
    assert world("index", str(world.folder / "old.jsonl"), "-c", NAME)["code"] == 0
    assert world.papers() == titles(OLD)


def test_one_changed_letter_is_found(world: World) -> None:
    path = world.generations[-1] / "catalogue.sqlite"
    data = path.read_bytes()
    at = data.index(b"Garden number7 is old")
    path.write_bytes(data[:at] + b"g" + data[at + 1 :])
    said = world.doctor()[f"collection {NAME}"]
    assert (said["state"], said["text"]) == ("FAIL", "1 papers are not as they were indexed")


def test_a_truncated_model_is_missing_and_a_changed_one_is_wrong(world: World) -> None:
    assert world("models", "pull", "tiny")["code"] == 0
    place = world.data / "models" / "tiny" / "tiny.gguf"
    replace(place, place.read_bytes()[:1_000_000])
    said = world.doctor()["language model"]
    assert said["state"] == "FAIL" and said["remedy"] == "posterchat models pull tiny"
    assert world("models", "pull", "tiny")["code"] == 0
    data = place.read_bytes()
    replace(place, data[:2_000_000] + bytes([data[2_000_000] ^ 1]) + data[2_000_001:])
    assert world.doctor("--full")["models"]["state"] == "FAIL"  # hashed again, found wrong and deleted
    assert not place.exists()
    assert world("models", "pull", "tiny")["code"] == 0
    assert world.doctor()["language model"]["state"] == "OK"


# --- no room, no permission ---


@pytest.mark.parametrize("largest_file", [30_000, 120_000, 250_000])
def test_a_file_that_cannot_grow_leaves_what_was(world: World, largest_file: int) -> None:
    for argv in (
        ("index", str(world.folder / "new.jsonl"), "-c", NAME),
        ("models", "pull", "tiny"),
        REPAIR,
    ):
        done = world(*argv, largest_file=largest_file, no_links=True)
        assert done["code"] == 1 and "Traceback" not in done["err"] and "bug" not in done["err"], (argv, done)
        assert world.papers() == titles(OLD)
    assert world("index", str(world.folder / "new.jsonl"), "-c", NAME)["code"] == 0
    assert world.papers() == titles(MERGED)


@pytest.fixture
def small_disk(world: World) -> Iterator[World]:
    """The data of a world on a disk of a few MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    shutil.rmtree(world.data)
    world.data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(world.data)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    shutil.copytree(world.folder / "kept", world.data, dirs_exist_ok=True)
    yield world
    subprocess.run(["umount", "-l", str(world.data)], check=True)


def test_a_full_disk_leaves_what_was_for_every_command(small_disk: World) -> None:
    ballast = small_disk.data / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk.data).free - 60_000))
    for argv in (
        ("index", str(small_disk.folder / "new.jsonl"), "-c", NAME),
        ("models", "pull", "tiny"),
        ("papers", "export", "-c", NAME, "-o", str(small_disk.data / "big.bib"), "-f", "bibtex"),
        REPAIR,
    ):
        done = small_disk(*argv)
        assert done["code"] in (0, 1) and "Traceback" not in done["err"] and "bug" not in done["err"], (argv, done)
        assert done["code"] == 1 or "export" in argv
    ballast.unlink()
    assert small_disk.papers() == titles(OLD)
    assert small_disk("index", str(small_disk.folder / "new.jsonl"), "-c", NAME)["code"] == 0
    assert small_disk.papers() == titles(MERGED)


def test_a_read_only_disk_is_said_and_read(small_disk: World) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk.data)], check=True)
    for argv in (("index", str(small_disk.folder / "new.jsonl"), "-c", NAME), ("models", "pull", "tiny"), REPAIR):
        done = small_disk(*argv)
        assert done["code"] == 1 and "written" in done["err"] and "Traceback" not in done["err"], (argv, done)
    assert small_disk("papers", "list", "--collection", NAME)["code"] == 0
    assert small_disk.doctor()["data directory"]["state"] == "FAIL"
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk.data)], check=True)
    assert small_disk.papers() == titles(OLD)


# --- time, and each other ---

YEARS = 365.25 * 24 * 3600


@pytest.mark.parametrize("jump", [-20 * YEARS, 30 * YEARS])
def test_a_clock_that_jumps_does_no_harm(world: World, jump: float) -> None:
    assert world("index", str(world.folder / "new.jsonl"), "-c", NAME, clock_s=jump)["code"] == 0
    assert world.papers() == titles(MERGED)
    for path in world.data.rglob("*"):
        os.utime(path, (time.time() + jump, time.time() + jump))
    assert world("index", str(world.folder / "old.jsonl"), "-c", NAME)["code"] == 0
    assert world.papers() == titles([*OLD, *MERGED[30:][10:]])
    assert world.doctor()[f"collection {NAME}"]["state"] == "OK"


def test_a_second_process_is_turned_away_and_the_first_finishes(world: World) -> None:
    hold = world.folder / "hold"
    with Driver() as first:
        argv = ("index", str(world.folder / "new.jsonl"), "-c", NAME)
        first.begin(*argv, env=world.env, hold=str(hold))
        while not hold.exists():
            time.sleep(0.02)
        for command in (argv, REPAIR, ("collections", "remove", NAME, "--yes"), ("check", NAME)):
            done = world(*command)
            assert done["code"] in (1, 98) and "in use by `index` (process" in done["err"], done
        assert world("papers", "list", "--collection", NAME)["code"] == 0  # reading the old state goes on
        assert world.doctor()["lock"]["state"] == "WARN"
        hold.unlink()
        assert first.end()["code"] == 0
    assert world.papers() == titles(MERGED)
