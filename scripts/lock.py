"""Rewrites requirements.lock: the versions that a fresh environment gets from pyproject.toml. Run by `make lock`.

    python scripts/lock.py

Takes Python 3.11, the oldest supported, so that every pin exists for it. Needs the network and a few minutes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import llama_wheel
from setup import DEV_MARK, LOCK_NAME, REPO
from steps import SetupFailed, run_logged, say

# These two decide how long a set-up takes and what the figures in the README were measured with: chosen by hand.
TORCH = "torch==2.13.0"
LLAMA_VERSION = "0.3.36"
# Needed to install the project itself without a network.
BUILD_TOOLS = ("hatchling", "editables")
# Parts of the environment itself, and what only torch's CUDA build brings.
LEFT_OUT = re.compile(r"^(pip|setuptools|wheel|posterchat|triton|nvidia-.*|cuda-.*)$")
MARKERS = {"uvloop": ' ; sys_platform != "win32"'}
HEADER = f"""\
# Every package of the environment, pinned. Written by `make lock` from pyproject.toml; do not edit by hand.
# Made with Python 3.11 on Linux. On other systems pip adds what only they need.
# torch comes first and from the index that TORCH_INDEX names, if it is set: the pin fits CPU and CUDA builds alike.
# The part after "{DEV_MARK.strip("# ")}" is for tests and checks only.
"""


def main() -> int:
    """Rewrites the lock file. Returns 0, or 1 with a sentence on stderr."""
    if sys.version_info[:2] != (3, 11):
        print("The lock is made with Python 3.11: name it with PYTHON=/path/to/python3.11.", file=sys.stderr)
        return 1
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        with tempfile.TemporaryDirectory(prefix="posterchat-lock-") as folder:
            runtime, dev = resolve(Path(folder), project["dependencies"], project["optional-dependencies"]["dev"])
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    lines = [HEADER.rstrip(), *runtime, "", DEV_MARK, *dev]
    (REPO / LOCK_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    say(f"{LOCK_NAME}: {len(runtime)} packages and {len(dev)} for developers")
    return 0


def resolve(folder: Path, dependencies: list[str], dev: list[str]) -> tuple[list[str], list[str]]:
    """Installs everything into a new environment in `folder`. Returns the pins of both parts. Raises SetupFailed."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    log = Path(tempfile.gettempdir()) / "posterchat-lock.log"

    def install(*what: str) -> None:
        say(f"Installing {' '.join(what)[:100]}")
        command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *what]
        run_logged(command, log=log, failed="The packages could not be installed.")

    install(TORCH)
    llama_wheel.ensure(python, LLAMA_VERSION, log)
    install(TORCH, *dependencies, *BUILD_TOOLS)
    runtime = pins(python)
    install(TORCH, *dependencies, *dev)
    return runtime, [pin for pin in pins(python) if pin not in runtime]


def pins(python: Path) -> list[str]:
    """`name==version` of all that `python` sees, sorted, without local versions such as `+cpu`."""
    command = [str(python), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    named = {re.sub(r"[-_.]+", "-", row["name"]).lower(): row["version"].partition("+")[0] for row in rows}
    return [
        f"{name}=={version}{MARKERS.get(name, '')}"
        for name, version in sorted(named.items())
        if not LEFT_OUT.match(name)
    ]


if __name__ == "__main__":
    sys.exit(main())
