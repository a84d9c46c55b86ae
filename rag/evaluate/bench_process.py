"""What only whole processes show: a cold start, and memory over many answers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.pipeline import Assistant
from rag.errors import PosterchatError
from rag.types import Progress

_PAGE = 4096 if os.name == "nt" else os.sysconf("SC_PAGE_SIZE")


def memory_bytes() -> int | None:
    """Memory of this process that is in RAM; None where the system does not tell (it is read from /proc)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return None


def cold_start(
    arguments: Sequence[str], questions: Sequence[str], *, collection: str, progress: Progress
) -> dict[str, Any]:
    """Ask each question in a new process (`posterchat ARGUMENTS ask --json`). Seconds from the start of the process
    to the first quote and to the first word, with what the process takes to end counted in, and of a light command."""
    rows = []
    light = _seconds([*arguments, "collections", "list"])[0]
    for number, question in enumerate(questions):
        progress(number, len(questions), "cold starts")
        took, out = _seconds([*arguments, "ask", "--json", "--collection", collection, question])
        timings = json.loads(out)["timings"]
        before = took - timings["total_s"]
        row = {"quote_s": before + timings["first_evidence_s"], "process_s": took}
        if timings["first_token_s"] is not None:
            row["word_s"] = before + timings["first_token_s"]
        rows.append(row)
    progress(len(questions), len(questions), "cold starts")
    names = ("quote_s", "word_s", "process_s")
    medians = {name: statistics.median(row[name] for row in rows if name in row) for name in names}
    return {"processes": len(rows), "light_command_s": light, "summary": medians, "runs": rows}


def _seconds(command: Sequence[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "rag", *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PosterchatError(
            f"`posterchat {' '.join(command[:4])} …` failed: {done.stderr.strip()[-300:]}", hint="Run it by itself."
        )
    return time.perf_counter() - started, done.stdout


def memory_slope(assistant: Assistant, questions: Sequence[str], answers: int, *, progress: Progress) -> dict[str, Any]:
    """Answer `answers` times, the questions in turn; bytes in RAM at the end, and by how many they grow with each
    answer over the second half (a line of least squares)."""
    seen = []
    for number in range(answers):
        progress(number, answers, "memory")
        for _ in assistant.ask(questions[number % len(questions)]):
            pass
        seen.append(memory_bytes() or 0)
    progress(answers, answers, "memory")
    half = seen[len(seen) // 2 :]
    slope = float(np.polyfit(range(len(half)), half, 1)[0]) if len(half) > 1 else 0.0
    return {"answers": answers, "bytes": seen[-1], "bytes_per_answer": slope, "runs": seen[:: max(1, answers // 50)]}
