"""Threads and models chosen by what the machine has and does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.llm.cores import machine_name, physical_cores, remembered_threads, usable_cores
from rag.llm.measure import Job, Speed, estimate, measure, quickest, recommend, suits, usable_memory
from rag.llm.registry import Manifest, ModelStore

GB = 10**9


def speed(name: str = "m", gb: float = 1.0, *, read: float = 100, write: float = 20, threads: int = 2) -> Speed:
    return Speed(name, int(gb * GB), threads, read, write, int(gb * 1.4 * GB))


# --- cores ---


def system(root: Path, *, quota: str | None = None, siblings: str | None = None) -> Path:
    """A made-up /sys in which all CPUs of this process have the same `siblings`."""
    if quota is not None:
        (root / "fs" / "cgroup").mkdir(parents=True)
        (root / "fs" / "cgroup" / "cpu.max").write_text(quota)
    if siblings is not None:
        for cpu in os.sched_getaffinity(0):
            folder = root / "devices" / "system" / "cpu" / f"cpu{cpu}" / "topology"
            folder.mkdir(parents=True)
            (folder / "thread_siblings_list").write_text(siblings + "\n")
    return root


def test_a_quota_counts_and_never_below_one(tmp_path: Path) -> None:
    all_of_them = len(os.sched_getaffinity(0))
    assert usable_cores(system(tmp_path / "a")) == all_of_them
    assert usable_cores(system(tmp_path / "b", quota="max 100000")) == all_of_them
    assert usable_cores(system(tmp_path / "c", quota="100000 100000")) == 1
    assert usable_cores(system(tmp_path / "d", quota="10000 100000")) == 1
    assert usable_cores(system(tmp_path / "e", quota="garbage")) == all_of_them


def test_two_threads_of_one_core_are_one_physical_core(tmp_path: Path) -> None:
    assert physical_cores(system(tmp_path / "a", siblings="0-1")) == 1
    assert physical_cores(system(tmp_path / "b")) == usable_cores(tmp_path / "b")  # not told


def test_measured_threads_are_kept_for_the_machine_that_they_were_measured_on(tmp_path: Path) -> None:
    file = tmp_path / "threads.json"
    assert remembered_threads(file, "this") is None
    file.write_text('{"machine": "this", "threads": 3}')
    assert (remembered_threads(file, "this"), remembered_threads(file, "that")) == (3, None)
    for damaged in ("", "[]", '{"machine": "this"}', '{"machine": "this", "threads": 0}'):
        file.write_text(damaged)
        assert remembered_threads(file, "this") is None


def test_the_name_of_a_machine_has_what_matters(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Abacus 9\n")
    name = machine_name("0.3.36", system(tmp_path / "sys", quota="100000 100000"), tmp_path / "cpuinfo")
    assert name == "Abacus 9, 1 threads on 1 cores, llama-cpp-python 0.3.36"


# --- which model ---


def test_the_quickest_and_among_equals_the_one_with_fewest_threads() -> None:
    assert quickest([speed(write=10, threads=1), speed(write=20, threads=2)]).threads == 2
    assert quickest([speed(write=19.8, threads=2), speed(write=20, threads=4)]).threads == 2


def test_a_model_that_is_not_here_is_estimated_by_the_nearest_in_size() -> None:
    seen = estimate("big", 4 * GB, [speed(gb=0.5, write=60), speed(gb=1, write=28, read=120)])
    assert (seen.write_per_s, seen.read_per_s, seen.estimated) == (7.0, 30.0, True)
    assert seen.memory == pytest.approx(4.4 * GB)


def test_the_largest_that_suits_is_recommended() -> None:
    small, middle = speed("small", 0.5, write=60, read=300), speed("middle", 1.1, write=27)
    big, tiny = speed("big", 2.5, write=11, read=45), speed("tiny", 0.1, write=200, read=900)
    rows = [small, middle, big, tiny]
    assert not suits(tiny, 16 * GB)  # it invents numbers
    assert recommend(rows, 16 * GB) == middle  # the big one reads too slowly
    assert recommend(rows, 2 * GB) == small
    assert recommend([speed("slow", 1.1, write=3), tiny], 16 * GB) == speed("slow", 1.1, write=3)
    assert recommend(rows, GB // 2) is None


def test_memory_is_the_machines_or_the_limit_of_the_group(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:       16000000 kB\n")
    (tmp_path / "fs" / "cgroup").mkdir(parents=True)
    limit = tmp_path / "fs" / "cgroup" / "memory.max"
    limit.write_text("max\n")
    assert usable_memory(tmp_path, tmp_path / "meminfo") == 16_384_000_000
    limit.write_text("1000000000\n")
    assert usable_memory(tmp_path, tmp_path / "meminfo") == 1_000_000_000


# --- measuring ---


@pytest.mark.real
def test_a_real_model_is_measured_in_a_process_of_its_own(models_dir: Path) -> None:
    path = ModelStore(models_dir, Manifest.load()).path("smollm2-135m")
    found = measure(Job("small", path, (1, 2), 1024, -1))
    assert [one.threads for one in found] == [1, 2]
    for one in found:
        assert one.read_per_s > one.write_per_s > 0
        assert one.bytes == path.stat().st_size < one.memory < 2 * GB


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.gguf").write_bytes(b"GGUF" + b"nothing" * 30)
    with pytest.raises(ModelError, match=r"no\.gguf could not be loaded"):
        measure(Job("no", tmp_path / "no.gguf", (1,), 1024, -1))
