"""How many threads a language model should have: cores that this process may use, and what was measured here."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

SYSTEM = Path("/sys")


def usable_cores(system: Path = SYSTEM) -> int:
    """Cores that this process may use: CPU affinity, cut by the cgroup's CPU quota where there is one."""
    return _within_quota(len(_allowed()), system)


def physical_cores(system: Path = SYSTEM) -> int:
    """The same without the second thread of a core: it has no arithmetic unit of its own, and a model that computes in
    step waits for the slowest thread."""
    seen: set[str] = set()
    allowed = _allowed()
    for cpu in allowed:
        place = system / "devices" / "system" / "cpu" / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        try:
            seen.add(place.read_text().strip())
        except OSError:  # not Linux, or not told
            return _within_quota(len(allowed), system)
    return _within_quota(len(seen), system)


def remembered_threads(file: Path, machine: str) -> int | None:
    """The threads that `models bench` found to be best on this `machine`; None when it never ran here."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["machine"] == machine and 1 <= int(kept["threads"]) <= 256:
            return int(kept["threads"])
    return None


def machine_name(llama_version: str, system: Path = SYSTEM, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What a measurement of threads depends on: processor, cores that may be used, version of llama.cpp's binding."""
    model = "unknown processor"
    with contextlib.suppress(OSError):
        lines = (line.partition(":") for line in cpuinfo.read_text(errors="replace").splitlines())
        model = next((value.strip() for name, _, value in lines if name.strip() == "model name"), model)
    return (
        f"{model}, {usable_cores(system)} threads on {physical_cores(system)} cores, llama-cpp-python {llama_version}"
    )


def _allowed() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _within_quota(cores: int, system: Path) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        quota, period = (system / "fs" / "cgroup" / "cpu.max").read_text().split()[:2]
        if quota != "max":
            cores = min(cores, max(1, round(int(quota) / int(period))))
    return max(1, cores)
