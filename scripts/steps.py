"""What the set-up scripts share: one-line messages, and long commands run with a log and a sign of life.

Standard library only: these scripts run before anything is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

HEARTBEAT_S = 30
TAIL_LINES = 25
NINJA_STEP = re.compile(r"\[(\d+/\d+)\]")


class SetupFailed(Exception):
    """The set-up cannot go on; `str(error)` is the sentence for the user."""


def say(text: str) -> None:
    """Prints one line at once, also when the output is a pipe."""
    print(text, flush=True)


def run_logged(command: Sequence[str], *, log: Path, failed: str, env: dict[str, str] | None = None) -> None:
    """Runs `command` with its output added to `log`, printing a line each 30 s that it is still at work.

    Raises SetupFailed with the sentence `failed` after printing the log's tail.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("a", encoding="utf-8") as out:
        out.write(f"\n$ {' '.join(command)}\n")
        out.flush()
        start = log.stat().st_size
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env)
        try:
            while True:
                try:
                    code = process.wait(timeout=HEARTBEAT_S)
                    break
                except subprocess.TimeoutExpired:
                    say(f"  still at it after {time.monotonic() - began:.0f} s{_progress(log, start)}")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code != 0:
        for line in _lines(log, start)[-TAIL_LINES:]:
            print(f"  | {line}", file=sys.stderr)
        raise SetupFailed(f"{failed} The whole log is in {log}.")


def _lines(log: Path, start: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace").splitlines()


def _progress(log: Path, start: int) -> str:
    """The last `[12/140]` that a compiler run printed, as `, step 12/140`."""
    steps = NINJA_STEP.findall("\n".join(_lines(log, start)[-200:]))
    return f", step {steps[-1]}" if steps else ""
