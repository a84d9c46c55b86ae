"""Makes this checkout ready to run. Safe to repeat, and quick when nothing is left to do.

    python scripts/setup.py env     environment with the developers' tools
    python scripts/setup.py chat    environment, models and the sample session
    python scripts/setup.py test    environment with the tools, a browser, nginx, models with the small one

Runs under any Python >= 3.11 with the standard library only. CONTRIBUTING.md lists the variables that steer it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import llama_wheel
from steps import SetupFailed, run_logged, say

REPO = Path(__file__).resolve().parent.parent
VENV = REPO / ".venv"
PYTHON = VENV / "bin" / "python"
POSTERCHAT = VENV / "bin" / "posterchat"
LOG = VENV / "setup.log"
STAMP = VENV / "setup-stamp.json"
# Lies there while pip writes. Found at the start, it means a killed run: the environment may hold half a package.
INSTALLING = VENV / "installing"
LOCK_NAME = "requirements.lock"
DEV_MARK = "# --- dev ---"
TEST_MODELS = ("qwen2.5-coder-1.5b", "all-minilm-l6-v2", "smollm2-135m")
ENV_BYTES = 3 * 10**9


@dataclass(frozen=True)
class Lock:
    """The two parts of requirements.lock, as requirement lines."""

    runtime: tuple[str, ...]
    dev: tuple[str, ...]

    def version(self, package: str) -> str:
        """The pinned version of `package`. Raises SetupFailed when it has none."""
        for line in self.runtime:
            name, _, version = line.partition("==")
            if name == package:
                return version.split()[0]
        raise SetupFailed(f"{LOCK_NAME} does not pin {package}: regenerate it with 'make lock'.")


def read_lock(path: Path) -> Lock:
    """The lock file's two parts. Raises SetupFailed when it cannot be read."""
    try:
        runtime, _, dev = path.read_text(encoding="utf-8").partition(DEV_MARK)
    except OSError as error:
        raise SetupFailed(f"{path} cannot be read: {error.strerror}.") from error
    parts = [tuple(line for line in part.splitlines() if line and line[0] != "#") for part in (runtime, dev)]
    return Lock(*parts)


def make_environment(*, dev: bool) -> None:
    """Creates or completes .venv, with the developers' tools where `dev`. Raises SetupFailed."""
    lock = read_lock(REPO / LOCK_NAME)
    runtime_key, dev_key = _key(lock.runtime), _key(lock.runtime + lock.dev)
    done = _read_stamp()
    if done.get("runtime") != runtime_key or not llama_wheel.flavour_fits(PYTHON):
        _create_venv()
        _install_runtime(lock)
        done = {"runtime": runtime_key}
        STAMP.write_text(json.dumps(done), encoding="utf-8")
    if dev and done.get("dev") != dev_key:
        say("Installing the developers' tools")
        _pip_install(_requirements("dev", lock.dev), "The developers' tools could not be installed.")
        STAMP.write_text(json.dumps({**done, "dev": dev_key}), encoding="utf-8")


def _install_runtime(lock: Lock) -> None:
    torch = lock.version("torch")
    say(f"Installing torch {torch}")
    index = os.environ.get("TORCH_INDEX")
    if not index and sys.platform == "linux" and platform.machine() == "x86_64":
        say("  (the usual Linux build may bring gigabytes of CUDA; TORCH_INDEX chooses another, see CONTRIBUTING.md)")
    _pip_install(
        [f"torch=={torch}", *(["--index-url", index] if index else [])], f"torch {torch} could not be installed."
    )
    with _pip_writes():
        llama_wheel.ensure(PYTHON, lock.version("llama-cpp-python"), LOG)
    say(f"Installing the {len(lock.runtime)} packages of {LOCK_NAME}")
    _pip_install(_requirements("runtime", lock.runtime), f"The packages of {LOCK_NAME} could not be installed.")
    # Its build tools are in the lock, so this step needs no network.
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(REPO)]
    _pip_install(editable, "posterchat itself could not be installed.")


def _create_venv() -> None:
    """A working .venv of this Python: the one that is there, or a new one."""
    if INSTALLING.exists():
        say("The last set-up was stopped while it was installing: starting the environment afresh")
    elif _venv_works():
        return
    if shutil.disk_usage(REPO).free < ENV_BYTES:
        raise SetupFailed(f"Less than {ENV_BYTES // 10**9} GB are free in {REPO}: make room and try again.")
    say(f"Creating .venv with Python {platform.python_version()}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        last = (made.stdout + made.stderr).strip().splitlines()[-1:] or ["no reason given"]
        raise SetupFailed(f"The environment {VENV} could not be created: {last[0]}")


def _venv_works() -> bool:
    """Whether .venv has this Python's version, has pip, and was made at this path (its scripts name the path)."""
    code = "import sys, pip; print(*sys.version_info[:2])"
    try:
        seen = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False, env=_clean_env())
        at_home = str(VENV) in (VENV / "bin" / "activate").read_text(encoding="utf-8")
    except OSError:
        return False
    return at_home and seen.stdout.split() == [str(part) for part in sys.version_info[:2]]


@contextlib.contextmanager
def _pip_writes() -> Iterator[None]:
    """Marks the environment as being written to. A failure that pip reports itself leaves it whole."""
    INSTALLING.touch()
    try:
        yield
    except SetupFailed:
        INSTALLING.unlink()
        raise
    INSTALLING.unlink()


def _pip_install(what: Sequence[str], failed: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *what]
    with _pip_writes():
        run_logged(command, log=LOG, failed=failed, env=_clean_env())


def _requirements(name: str, lines: Sequence[str]) -> list[str]:
    file = VENV / f"requirements-{name}.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["--requirement", str(file)]


def _key(lines: Sequence[str]) -> str:
    """Changes with all that shapes the environment: pins, this project's own metadata, Python, place."""
    project = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    facts = [*lines, project, platform.python_version(), sys.implementation.name, platform.machine(), str(VENV)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _read_stamp() -> dict[str, str]:
    if INSTALLING.exists() or not POSTERCHAT.exists() or not PYTHON.exists():
        return {}
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _clean_env() -> dict[str, str]:
    """The environment without variables that would make .venv see other packages."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_USER")}


def fetch(*, for_tests: bool) -> None:
    """Fetches the models, indexes the sample session, and says where everything is. Raises SetupFailed."""
    probe = [str(PYTHON), str(REPO / "scripts" / "where.py")]
    asked = subprocess.run(probe, capture_output=True, text=True, check=False, cwd=REPO, env=_clean_env())
    if asked.returncode != 0:
        raise SetupFailed((asked.stderr.strip().splitlines() or ["The settings cannot be read."])[-1])
    where = json.loads(asked.stdout)
    named = TEST_MODELS if for_tests else (where["llm"], where["embedder"])
    models = [name for name in named if not Path(name).expanduser().is_file()]  # a GGUF file of the user's own stays
    if models:
        _call([str(POSTERCHAT), "models", "pull", *models], "The models could not be fetched.")
    # Once only: what the user has put into that collection since, such as the full abstracts, stays as it is.
    if not for_tests and not where["sample_indexed"]:
        _call([str(POSTERCHAT), "index", "--sample"], "The sample session could not be indexed.")
    say(f"Environment  {VENV}\nModels       {where['models_dir']}\nData         {where['data_dir']}")


def _call(command: Sequence[str], failed: str) -> None:
    code = subprocess.run(command, check=False, cwd=REPO, env=_clean_env()).returncode
    if code == 130:
        raise KeyboardInterrupt
    if code != 0:
        raise SetupFailed(failed)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Holds this checkout for one set-up; a second one waits."""
    with (REPO / ".venv.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another set-up is running in this folder: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str]) -> int:
    """Runs one mode. Returns the exit code: 0 fine, 1 with a sentence on stderr, 2 usage, 130 stopped."""
    if len(arguments) != 1 or arguments[0] not in ("env", "chat", "test"):
        print(__doc__, file=sys.stderr)
        return 2
    mode = arguments[0]
    try:
        with _one_at_a_time():
            make_environment(dev=mode != "chat")
            if mode == "test":
                _call(["sh", str(REPO / "scripts" / "browser.sh")], "The tests cannot run without a browser.")
                _call(["sh", str(REPO / "scripts" / "nginx.sh")], "The tests of the cluster cannot run without nginx.")
            if mode != "env":
                fetch(for_tests=mode == "test")
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
