"""Whatever breaks a build (errors, Ctrl-C, kill -9, a full disk), the old generation stays and answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from index_world import World

from rag.errors import Cancelled, InputError, StorageFull
from rag.testing import HashEmbedder
from rag.types import Paper


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class Breaks(HashEmbedder):
    def embed(self, texts: list[str]):
        raise self.error

    error: BaseException = RuntimeError("broken")


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("first", [True, False])
def test_a_failing_embedder_leaves_everything_as_it_was(
    world: World, papers: list[Paper], error: BaseException, first: bool
) -> None:
    if not first:
        world.index(papers[:2])
    good, world.embedder = world.embedder, Breaks()
    world.embedder.error = error
    with pytest.raises(type(error)):
        world.index(papers)
    world.embedder = good
    if first:
        assert list(world.collections.names()) == [] and world.files() == []
    else:
        world.check(papers[:2])
    world.index(papers)
    world.check(papers)


def test_a_failing_reader_leaves_everything_as_it_was(
    world: World, papers: list[Paper], many_papers: list[Paper]
) -> None:
    def reader() -> Iterator[Paper]:
        yield from many_papers * 5
        yield papers[3]
        raise InputError("the file ends in the middle")

    world.index(papers[:2])
    with pytest.raises(InputError, match="middle"):
        world.index(reader())
    world.check(papers[:2])


def test_stop_leaves_everything_as_it_was(world: World, papers: list[Paper], many_papers: list[Paper]) -> None:
    world.index(papers)
    with pytest.raises(Cancelled):
        world.index(many_papers, stop=lambda: len(world.embedder.calls) >= 2)
    assert len(world.embedder.calls) == 2
    world.check(papers)


BUILD = """
import sys
from pathlib import Path
from rag.index.build import build
from rag.index.collections import Collections
from rag.testing import HashEmbedder
from rag.types import Paper

class Slow(HashEmbedder):
    def embed(self, texts):
        if len(self.calls) == int(sys.argv[2]):
            print("here", flush=True)
            sys.stdin.read()
        return super().embed(texts)

papers = [Paper(f"k{n}", f"Killed {n}", (), f"Killed paper {n}. It has text{n}.") for n in range(700)]
build(Collections(Path(sys.argv[1])), "garden", papers, Slow, sources=["killed"])
"""


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("calls", [0, 12])
def test_kill_9_in_the_middle(world: World, papers: list[Paper], tmp_path: Path, first: bool, calls: int) -> None:
    if not first:
        world.index(papers)
    arguments = [sys.executable, "-c", BUILD, str(tmp_path), str(calls)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    assert any(name.endswith(".tmp") for name in world.files())
    if first:
        assert list(world.collections.names()) == []
    else:
        with world.collections.open("garden", world.embedder) as collection:
            assert collection.catalogue.papers() == papers
    world.index(papers)  # cleans up, also when it has nothing to do itself
    world.check(papers)


def test_killed_between_the_last_two_steps(world: World, papers: list[Paper]) -> None:
    world.index(papers)
    (world.folder / "CURRENT").unlink()  # as a first build leaves it that had no time to write the pointer
    assert world.collections.info("garden").papers == 4
    world.index(papers[:1])
    shutil.copytree(world.folder / "gen-000001", world.folder / "gen-000002")  # ... and a later build
    (world.folder / "CURRENT").write_text("gen-000001\n")
    (world.folder / "CURRENT.tmp").write_text("gen-0000")
    world.index(papers[:1])
    world.check(papers)


FULL = """
import resource, sys
from pathlib import Path
from rag.errors import StorageFull
from rag.index.build import build
from rag.index.collections import Collections
from rag.testing import HashEmbedder
from rag.types import Paper

if sys.argv[2] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
papers = [Paper(f"k{n}", f"Big {n}", (), f"Big paper {n} has text. " * 20) for n in range(3000)]
try:
    build(Collections(Path(sys.argv[1])), "garden", papers, HashEmbedder, sources=["big"])
except StorageFull as error:
    print("full:", error, "|", error.hint)
"""


def _fill(data_dir: Path, largest_file: int = 0) -> str:
    arguments = [sys.executable, "-c", FULL, str(data_dir), str(largest_file)]
    return subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=300).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files here")
@pytest.mark.parametrize("largest_file", [20_000, 200_000, 400_000, 1_500_000])
def test_a_file_that_cannot_grow(world: World, papers: list[Paper], tmp_path: Path, largest_file: int) -> None:
    world.index(papers)
    assert _fill(tmp_path, largest_file).startswith("full: ")
    world.check(papers)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def _remount(disk: Path, mode: str) -> None:
    """Chroma's threads close a database a moment after the client is gone; until then the disk is busy."""
    for _ in range(100):
        done = subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(done.stderr)


@pytest.mark.parametrize("ballast", [0, 700_000, 1_200_000, 1_500_000])
def test_a_full_disk(small_disk: Path, papers: list[Paper], ballast: int) -> None:
    world = World(small_disk)
    world.index(papers)
    (small_disk / "ballast").write_bytes(b"x" * ballast)
    printed = _fill(small_disk)
    assert printed.startswith("full: ") and "Free some disk space" in printed
    (small_disk / "ballast").unlink()
    world.check(papers)
    world.index([Paper("n", "New one", (), "There is room again.")])


def test_opening_on_a_full_or_read_only_disk_does_not_blame_the_index(small_disk: Path, papers: list[Paper]) -> None:
    world = World(small_disk)
    world.index(papers)
    with open(small_disk / "ballast", "wb", buffering=0) as ballast, pytest.raises(OSError):
        while True:
            ballast.write(b"x" * 4096)
    assert world.collections.info("garden").papers == 4  # reading the catalogue needs no room
    with pytest.raises(StorageFull):
        world.collections.open("garden", world.embedder)
    (small_disk / "ballast").unlink()
    world.check(papers)
    _remount(small_disk, "ro")
    assert world.collections.info("garden").papers == 4
    with pytest.raises(StorageFull):
        world.collections.open("garden", world.embedder)
    for call in (lambda: world.index([Paper("n", "New", (), "New.")]), lambda: world.collections.remove("garden")):
        with pytest.raises(StorageFull):
            call()
    _remount(small_disk, "rw")
    world.check(papers)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path, papers: list[Paper]) -> None:
    (tmp_path / "collections").write_text("a file is in the way")
    with pytest.raises(StorageFull):
        World(tmp_path).index(papers)


def test_a_collection_open_in_this_process_answers_while_the_next_is_built(world: World, papers: list[Paper]) -> None:
    world.index(papers[:3])
    with world.collections.open("garden", world.embedder) as old:
        (vector,) = world.embedder.embed(["ropes"])
        assert old.vectors.nearest(vector, 1)[0][0] == papers[2].id
        world.index(papers[3:])
        assert old.catalogue.papers() == papers[:3]
        assert old.vectors.nearest(vector, 1)[0][0] == papers[2].id
    world.check(papers)
