"""The set-up scripts, run as a user runs them: on a made-up project with made-up packages, without a network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
BACKEND = """
import pathlib, time, zipfile
def _wheel(folder):
    while pathlib.Path("wait").exists():
        time.sleep(0.1)
    name, info = "posterchat-0.1-py3-none-any.whl", "posterchat-0.1.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as out:
        out.writestr("posterchat.pth", str(pathlib.Path.cwd()))
        out.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: posterchat\\nVersion: 0.1\\n")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        out.writestr(f"{info}/entry_points.txt", "[console_scripts]\\nposterchat = rag.cli:main\\n")
        out.writestr(f"{info}/RECORD", "")
    return name
def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder)
build_wheel = build_editable
"""
CLI = """
import pathlib, sys
def main():
    with open("calls", "a") as out:
        print(*sys.argv[1:], file=out)
    return 1 if pathlib.Path("refuse").exists() else 0
"""
WHERE = """
import json, pathlib
indexed = "index --sample" in pathlib.Path("calls").read_text() if pathlib.Path("calls").exists() else False
places = {"models_dir": "/a/models", "data_dir": "/a"}
print(json.dumps({**places, "llm": "big", "embedder": "small", "sample_indexed": indexed}))
"""
LOCK = "torch==2.13.0\nllama-cpp-python==0.3.36\n# a remark\nplain==1.0\n\n# --- dev ---\ntool==3\n"


def make_wheel(folder: Path, name: str, version: str) -> None:
    """Writes a wheel of a made-up package that has one empty module."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as out:
        out.writestr(f"{module}.py", "")
        out.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{info}/RECORD", "")


def run(*command: str | Path, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The finished command, with its output as text."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False, timeout=300)


class Checkout:
    """A made-up project with the real scripts, and an index folder of made-up wheels."""

    def __init__(self, root: Path) -> None:
        self.root, self.index, self.cache = root / "project", root / "index", root / "cache"
        shutil.copytree(SCRIPTS, self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (self.root / "rag").mkdir()
        for name, text in (
            ("backend.py", BACKEND),
            ("rag/cli.py", CLI),
            ("scripts/where.py", WHERE),
            ("requirements.lock", LOCK),
            ("pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'),
        ):
            (self.root / name).write_text(text, encoding="utf-8")
        for name, version in (("torch", "2.13.0"), ("plain", "1.0"), ("plain", "2.0"), ("tool", "3")):
            make_wheel(self.index, name, version)
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "CMAKE_", "PYTHON"))}
        self.env |= {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.index),
            "PIP_CONFIG_FILE": os.devnull,
            "POSTERCHAT_CACHE": str(self.cache),
        }
        code = "import llama_wheel; print(llama_wheel.wheel_folder('0.3.36'))"
        self.kept = Path(run(sys.executable, "-c", code, cwd=self.root / "scripts", env=self.env).stdout.strip())
        make_wheel(self.kept, "llama-cpp-python", "0.3.36")

    def setup(self, mode: str = "chat", **env: str) -> subprocess.CompletedProcess[str]:
        """One run of the set-up."""
        return run(sys.executable, "scripts/setup.py", mode, cwd=self.root, env={**self.env, **env})

    def installed(self) -> dict[str, str]:
        """What is in the environment, by name."""
        code = "import importlib.metadata as m; print(*(f'{d.name}={d.version}' for d in m.distributions()))"
        done = run(self.root / ".venv/bin/python", "-c", code, cwd=self.root, env=self.env)
        return dict(word.split("=") for word in done.stdout.split())

    def log(self) -> str:
        """All that pip has said."""
        return (self.root / ".venv/setup.log").read_text(encoding="utf-8")

    def calls(self) -> list[str]:
        """The commands that were given to `posterchat`, in order."""
        return (self.root / "calls").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A made-up project that was never set up."""
    return Checkout(tmp_path)


def test_set_up_again_after_a_change_and_after_a_move(checkout: Checkout) -> None:
    """One story, because each new environment costs seconds."""
    first = checkout.setup()
    assert first.returncode == 0, first.stderr + first.stdout
    have = checkout.installed()
    assert {
        "torch": "2.13.0",
        "llama-cpp-python": "0.3.36",
        "plain": "1.0",
        "posterchat": "0.1",
    }.items() <= have.items()
    assert "tool" not in have
    assert checkout.calls() == ["models pull big small", "index --sample"]
    for line in (f"Environment  {checkout.root}/.venv", "Models       /a/models", "Data         /a"):
        assert line in first.stdout.splitlines()

    log = checkout.log()
    again = checkout.setup()
    assert again.returncode == 0
    assert checkout.log() == log, "pip ran although nothing was left to do"
    assert checkout.calls()[2:] == ["models pull big small"], "the sample is indexed once"

    for_tests = checkout.setup("test", POSTERCHAT_SKIP_BROWSER="1", POSTERCHAT_SKIP_CLUSTER="1")
    assert for_tests.returncode == 0, for_tests.stderr
    assert checkout.installed()["tool"] == "3"
    assert checkout.calls()[3:] == ["models pull qwen2.5-coder-1.5b all-minilm-l6-v2 smollm2-135m"]

    (checkout.root / "refuse").touch()
    refused = checkout.setup()
    assert (refused.returncode, refused.stderr.splitlines()) == (1, ["The models could not be fetched."])
    (checkout.root / "refuse").unlink()

    lock = checkout.root / "requirements.lock"
    lock.write_text(LOCK.replace("plain==1.0", "plain==2.0"), encoding="utf-8")
    assert checkout.setup().returncode == 0
    assert checkout.installed()["plain"] == "2.0"

    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    moved = checkout.setup()
    assert moved.returncode == 0, moved.stderr
    assert "Creating .venv" in moved.stdout
    shebang = (checkout.root / ".venv/bin/posterchat").read_text(encoding="utf-8").splitlines()[0]
    assert str(checkout.root) in shebang


def test_a_failed_and_a_killed_run_are_followed_by_a_good_one(checkout: Checkout) -> None:
    wheel = checkout.index / "plain-1.0-py3-none-any.whl"
    wheel.rename(checkout.root / wheel.name)
    failed = checkout.setup()
    assert failed.returncode == 1
    assert "The packages of requirements.lock could not be installed." in failed.stderr
    assert "No matching distribution found for plain==1.0" in failed.stderr
    assert "Traceback" not in failed.stderr
    (checkout.root / wheel.name).rename(wheel)

    (checkout.root / "wait").touch()
    command = [sys.executable, "scripts/setup.py", "chat"]
    told = checkout.root / "told"
    with (
        told.open("w") as out,
        subprocess.Popen(command, cwd=checkout.root, env=checkout.env, stdout=out, start_new_session=True) as process,
    ):
        deadline = time.monotonic() + 120
        while "--editable" not in checkout.log():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert "Creating .venv" not in told.read_text(encoding="utf-8"), "after a plain failure the environment is kept"
    (checkout.root / "wait").unlink()

    done = checkout.setup()
    assert done.returncode == 0, done.stderr
    assert "stopped while it was installing" in done.stdout
    assert checkout.installed()["posterchat"] == "0.1"


def test_without_a_compiler_it_says_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "c++").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (broken / "c++").chmod(0o755)
    code = "import llama_wheel, steps\ntry: llama_wheel.check_compiler()\nexcept steps.SetupFailed as e: print(e)"
    env = {**checkout.env, "PATH": str(broken), "CXX": ""}
    sentence = run(sys.executable, "-c", code, cwd=checkout.root / "scripts", env=env).stdout.strip()
    assert "no working C++ compiler was found" in sentence and "LLAMA_WHEEL_INDEX" in sentence
    assert "\n" not in sentence


def test_other_build_options_are_another_wheel(checkout: Checkout) -> None:
    code = "import llama_wheel as w; print(w.cached_wheel('0.3.36'))"
    for extra, found in (({}, True), ({"CMAKE_ARGS": "-DGGML_CUDA=on"}, False)):
        done = run(sys.executable, "-c", code, cwd=checkout.root / "scripts", env={**checkout.env, **extra})
        assert (done.stdout.strip() != "None") is found, done.stderr


def test_an_unknown_mode_is_a_usage_error(checkout: Checkout) -> None:
    done = checkout.setup("everything")
    assert done.returncode == 2
    assert "scripts/setup.py chat" in done.stderr


@pytest.mark.parametrize(
    ("script", "asked", "said"),
    [
        ("exit 1", {}, "python3 is older than Python 3.11"),
        ('case "$2" in *venv*) exit 1;; esac', {}, "python3 cannot make virtual environments"),
        (None, {}, "No Python was found"),
        (None, {"PYTHON": "no-such-python"}, "There is no no-such-python"),
    ],
)
def test_unusable_pythons(tmp_path: Path, script: str | None, asked: dict[str, str], said: str) -> None:
    if script is not None:
        (tmp_path / "python3").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / "python3").chmod(0o755)
    done = run("/bin/sh", SCRIPTS / "find_python.sh", cwd=tmp_path, env={"PATH": str(tmp_path), **asked})
    assert done.returncode == 1
    assert done.stderr.startswith(said) and len(done.stderr.splitlines()) == 1


def test_a_usable_python_is_named_and_never_one_inside_an_environment() -> None:
    done = run("/bin/sh", SCRIPTS / "find_python.sh", cwd=SCRIPTS, env={**os.environ, "PYTHON": sys.executable})
    named = Path(done.stdout.strip())
    assert named.is_file() and not (named.parent.parent / "pyvenv.cfg").exists()


@pytest.mark.parametrize(
    ("browser", "asked", "code"),
    [(True, {}, 0), (False, {}, 1), (False, {"POSTERCHAT_SKIP_BROWSER": "1"}, 0)],
)
def test_the_browser_is_there_or_named(tmp_path: Path, browser: bool, asked: dict[str, str], code: int) -> None:
    if browser:
        (tmp_path / "chromium").write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / "chromium").chmod(0o755)
    done = run("/bin/sh", SCRIPTS / "browser.sh", cwd=tmp_path, env={"PATH": str(tmp_path), **asked})
    assert done.returncode == code
    assert ("need Chromium" in done.stderr) is (code == 1)
