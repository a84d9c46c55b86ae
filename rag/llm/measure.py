"""How quick a model is on this machine, and which one suits it. Each model is measured in a process of its own: a build
for another processor kills it, and memory is counted from nothing."""

from __future__ import annotations

import multiprocessing
import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import ModelError
from rag.llm.engine import Engine
from rag.types import Prompt

WRITTEN = 24  # tokens
REPEATS = 2
# A read of an abstract (about 350 tokens) that is not at hand should take at most 6 s, and people read 4 to 5 words a
# second: less is felt as slow. A model should leave most of the memory to everything else.
LEAST_READ, LEAST_WRITE = 60.0, 8.0
SHARE_OF_MEMORY = 0.5
# The 135M model, which invents numbers, is smaller; the 0.5B is larger.
LEAST_BYTES = 300_000_000
_TEXT = "Boats made of paper float on small ponds until the water has found its way through every fold of them. " * 14


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second while reading a prompt and while writing, the most memory in bytes, and with how many threads.
    `estimated`: from another model's figures, by size."""

    name: str
    bytes: int
    threads: int
    read_per_s: float
    write_per_s: float
    memory: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A model file to measure with some numbers of threads."""

    name: str
    path: Path
    threads: tuple[int, ...]
    context_tokens: int
    gpu_layers: int


def measure(job: Job) -> list[Speed]:
    """The speeds with each number of threads. Raises ModelError, also when llama.cpp kills the process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_measure_here, job).result()
        except BrokenProcessPool as error:
            raise ModelError(
                f"llama.cpp died while it ran {job.name}.",
                hint="There may be too little memory, or the build is for another processor: see `posterchat doctor`.",
            ) from error


def _measure_here(job: Job) -> list[Speed]:
    engine = Engine(
        job.path,
        identity=job.name,
        context_tokens=job.context_tokens,
        threads=max(job.threads),
        gpu_layers=job.gpu_layers,
        blocks_dir=None,
        blocks_bytes=0,
        aborted=lambda: False,
    )
    stable, tail = engine.tokens(Prompt("You describe papers.", _TEXT, "What is this about?"))
    prompt = [*stable, *tail]
    found = []
    for threads in job.threads:
        engine.use_threads(threads)
        runs = [_run(engine, prompt) for _ in range(REPEATS)]
        read, write = (statistics.median(run[at] for run in runs) for at in (0, 1))
        found.append(Speed(job.name, job.path.stat().st_size, threads, len(prompt) / read, WRITTEN / write, 0))
    memory = _most_memory()
    engine.close()
    return [replace(speed, memory=memory) for speed in found]


def _run(engine: Engine, prompt: list[int]) -> tuple[float, float]:
    """Seconds to read the prompt, and to write `WRITTEN` tokens (an end of the text does not end it)."""
    engine.reset()
    begun = time.perf_counter()
    engine.read(prompt)
    read = time.perf_counter()
    for _ in range(WRITTEN):
        engine.read([engine.next_token()[0]])
    return read - begun, time.perf_counter() - read


def _most_memory() -> int:
    """Bytes that this process has had in memory at most, the mapped weights included; 0 where that is not told."""
    with suppress(OSError):  # Linux: what `getrusage` says there counts the process that started this one, too
        told = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
        if told:
            return int(told.group(1)) * 1024
    with suppress(ImportError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return 0


def quickest(speeds: Sequence[Speed]) -> Speed:
    """The one to use: reading and writing weigh the same; of those within 3 %, the one with the fewest threads."""
    best = max(speed.read_per_s * speed.write_per_s for speed in speeds)
    near = [speed for speed in speeds if speed.read_per_s * speed.write_per_s >= 0.94 * best]
    return min(near, key=lambda speed: speed.threads)


def estimate(name: str, size: int, measured: Sequence[Speed]) -> Speed:
    """What a model of `size` bytes that is not here would do: reading and writing both use each weight once
    a token, so speed goes down as size goes up."""
    like = min(measured, key=lambda speed: abs(speed.bytes - size))
    share = like.bytes / size
    memory = max(0, like.memory - like.bytes) + size
    return Speed(name, size, like.threads, like.read_per_s * share, like.write_per_s * share, memory, True)


def suits(speed: Speed, memory: int) -> bool:
    """Whether a model runs well on a machine with `memory` bytes."""
    small_enough = speed.memory <= SHARE_OF_MEMORY * memory
    quick_enough = speed.read_per_s >= LEAST_READ and speed.write_per_s >= LEAST_WRITE
    return small_enough and quick_enough and speed.bytes >= LEAST_BYTES


def recommend(speeds: Sequence[Speed], memory: int) -> Speed | None:
    """The largest model that suits the machine; else the quickest that fits its memory and can answer at all."""
    fitting = [speed for speed in speeds if suits(speed, memory)]
    if fitting:
        return max(fitting, key=lambda speed: speed.bytes)
    able = [s for s in speeds if s.bytes >= LEAST_BYTES and s.memory <= SHARE_OF_MEMORY * memory]
    return max(able, key=lambda speed: speed.write_per_s, default=None)


def usable_memory(system: Path = Path("/sys"), meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that this process may use in all: the machine's, or the cgroup's limit. 0 where that is not told."""
    total = 0
    with suppress(OSError, ValueError, IndexError):
        total = int(meminfo.read_text().split()[1]) * 1024
    if not total:
        with suppress(ValueError, OSError, AttributeError):
            total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        limit = (system / "fs" / "cgroup" / "memory.max").read_text().strip()
        total = min(total, int(limit)) if limit != "max" else total
    return total
