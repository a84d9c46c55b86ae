"""Whether the program works without a network: it indexes a made-up paper and answers a question about it, in a process
that may connect to nothing, and tells every try. On Linux that process has no network at all where the system allows,
so that libraries in other languages than Python are covered, too."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.settings import Settings

_WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg")
_QUESTION = "How many metres of rope does the bridge of Quillmarsh need?"
_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Tried:
    """What happened: `attempts` to reach other machines, whether `answered`, the reason where not, and whether the
    system itself took the network away (`cut_off`)."""

    attempts: tuple[str, ...]
    answered: bool
    problem: str
    cut_off: bool


def try_offline(settings: Settings) -> Tried:
    """Index and ask in a process without a network. Takes some seconds: it loads the models."""
    alone = _without_network()
    with tempfile.TemporaryDirectory(prefix="posterchat-offline-") as folder:
        environment = os.environ | {
            "POSTERCHAT_DATA_DIR": folder,
            "POSTERCHAT_MODELS_DIR": str(settings.models_path),
            "POSTERCHAT_LLM": settings.llm,
            "POSTERCHAT_EMBEDDER": settings.embedder,
            "POSTERCHAT_ALLOW_UNPINNED": str(settings.allow_unpinned),
            "POSTERCHAT_COLLECTION": "offline",
            "POSTERCHAT_KV_CACHE_MB": "0",
        }
        command = [*alone, sys.executable, "-m", "rag.serve.offline"]
        try:
            run = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
            )
            told = json.loads(run.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            return Tried((), False, f"it was not done after {_TIMEOUT_S} seconds", bool(alone))
        except (IndexError, ValueError):
            why = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
            return Tried((), False, why, bool(alone))
    return Tried(tuple(told["attempts"]), told["answered"], told["problem"], bool(alone))


def _without_network() -> list[str]:
    """The command that starts another one without a network; empty where there is none, or it may not be used."""
    found = shutil.which("unshare") if sys.platform == "linux" else None
    if found is None:
        return []
    command = [found, "--net"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [found, "--map-root-user", "--net"]
    may = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if may else []


def forbid_network(attempts: list[str]) -> None:
    """From now on every try of Python code in this process to reach another machine, or to look one up, is noted in
    `attempts` and fails. It cannot be undone."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _WATCHED:
            return
        address = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[-1]
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, bytes):
            host = host.decode("utf-8", "replace")
        if isinstance(host, str) and not host.startswith(("/", "\0")) and not _is_here(host):
            attempts.append(f"{event} {host}")
            raise OSError(f"{host} is not this machine")

    sys.addaudithook(watch)


def _is_here(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _answers() -> tuple[bool, str]:
    from rag.errors import PosterchatError
    from rag.settings import load_settings
    from rag.types import Done, Paper
    from rag.wiring import Library

    paper = Paper(
        "quillmarsh",
        "The Bridge of Quillmarsh",
        ("Ada Quill",),
        "We build a bridge at Quillmarsh. The bridge of Quillmarsh needs 340 metres of rope. It carries two geese.",
    )
    try:
        with Library(load_settings(), purpose="doctor --offline") as library:
            library.index([paper], "offline", sources=["made up"])
            events = list(library.assistant("offline").ask(_QUESTION))
    except PosterchatError as error:
        return False, f"{error} {error.hint}".strip()
    done = events[-1]
    right = isinstance(done, Done) and any(citation.paper_id == paper.id for citation in done.answer.citations)
    return right, "" if right else "the answer does not cite the paper"


def main() -> None:
    """Print `{"attempts", "answered", "problem"}`."""
    attempts: list[str] = []
    forbid_network(attempts)
    answered, problem = _answers()
    print(json.dumps({"attempts": attempts, "answered": answered, "problem": problem}))


if __name__ == "__main__":
    main()
