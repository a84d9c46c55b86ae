"""`posterchat doctor`: is everything here that answering needs? One line for each check, with the remedy."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import typer
from rich.text import Text

import rag
from rag.errors import DataDirBusy, PosterchatError, StorageFull
from rag.serve.api.guard import is_loopback
from rag.serve.cli.common import Cli, JsonOption, size_text
from rag.serve.terminal import plain
from rag.settings import Settings

State = Literal["OK", "WARN", "FAIL"]
_STYLE = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}
_FREE_BYTES = 1_000_000_000  # less than this and the next index or KV block may not fit

NETWORK = (
    ("models pull", "uses the network: the manifest's sources, or the folder POSTERCHAT_MODELS_FROM"),
    ("index, ask, chat, papers, collections, doctor", "use no network"),
    ("serve", "answers connections to the address it binds and makes none"),
    ("all of these", "reach the model and Chroma servers that the settings name, if they name any"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `remedy` is empty where nothing has to be done."""

    state: State
    what: str
    text: str
    remedy: str = ""


def add_to(app: typer.Typer) -> None:
    """Adds the command `doctor`."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Also say what uses the network, and try all else without one.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Also hash the models in full and load llama.cpp.")] = False,
    json: JsonOption = False,
) -> None:
    """Check the installation, the models and the index; exit 1 when something is wrong.

    OK is fine, WARN is worth knowing, FAIL must be mended: the line says how.
    """
    cli = Cli.of(context)
    findings: list[Finding] = []
    for finding in examine(cli.settings(), offline=offline, full=full):
        findings.append(finding)
        if not json:
            line = Text(f"{finding.state:<4} ", style=_STYLE[finding.state])
            line.append(f"{plain(finding.what)}: {plain(finding.text)}", style="not bold default")
            if finding.remedy:
                line.append(f" → {plain(finding.remedy)}", style="not bold default")
            cli.out.print(line)
    if json:
        cli.json([asdict(finding) for finding in findings])
    raise typer.Exit(1 if any(finding.state == "FAIL" for finding in findings) else 0)


def examine(settings: Settings, *, offline: bool = False, full: bool = False) -> Iterator[Finding]:
    """All findings, in the order in which they should be mended. A check that cannot be made is a FAIL."""
    checks: list[tuple[str, Callable[[Settings], Iterator[Finding]]]] = [
        ("Python", _python),
        ("libraries", _libraries),
        ("data directory", _data_dir),
        ("lock", _lock),
        ("models", _models_in_full if full else _models),
        ("servers", _servers),
        ("read papers", _blocks),
        ("prompts", _prompts),
        ("collections", _collections),
    ]
    if full:
        checks.append(("llama.cpp", _llama))
    if offline:
        checks.append(("offline", _offline))
    for name, check in checks:
        try:
            yield from check(settings)
        except PosterchatError as error:
            yield Finding("FAIL", name, str(error), error.hint)
        except OSError as error:
            yield Finding("FAIL", name, f"it cannot be examined: {error}", "Check the permissions.")


def _python(settings: Settings) -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    yield Finding("OK", "Python", f"{found}; posterchat {rag.__version__}")


def _libraries(settings: Settings) -> Iterator[Finding]:
    """Versions against the floors of our own metadata, without importing any library."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(text) for text in importlib.metadata.requires("posterchat") or ()]
    except importlib.metadata.PackageNotFoundError:
        yield Finding(
            "WARN", "libraries", "posterchat runs from a checkout, so that versions are unknown", "make setup"
        )
        return
    wrong = []
    count = 0
    for one in needed:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            found = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(found, prereleases=True):
            wrong.append(f"{one.name} is {found}, needed is {one.specifier}")
    if wrong:
        yield Finding("FAIL", "libraries", "; ".join(wrong), "Run `make setup`, or install posterchat again with pip.")
    else:
        yield Finding("OK", "libraries", f"all {count} are new enough")


def _data_dir(settings: Settings) -> Iterator[Finding]:
    directory = settings.data_dir
    there = next(path for path in (directory, *directory.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        remedy = "Correct its permissions, or name another with --data-dir or POSTERCHAT_DATA_DIR."
        yield Finding("FAIL", "data directory", f"{there} cannot be written", remedy)
        return
    free = shutil.disk_usage(there).free
    text = f"{directory}{'' if there == directory else ' (made at first use)'}, {size_text(free)} free"
    low = free < _FREE_BYTES
    yield Finding("WARN" if low else "OK", "data directory", text, "Make room." if low else "")


def _lock(settings: Settings) -> Iterator[Finding]:
    from rag.index.lock import DataDirLock

    if not settings.data_dir.is_dir():
        yield Finding("OK", "lock", "nobody uses the data directory")
        return
    try:
        with DataDirLock(settings.data_dir, "doctor"):
            yield Finding("OK", "lock", "nobody uses the data directory")
    except DataDirBusy as error:
        yield Finding("WARN", "lock", str(error), "Only one command can index or answer at a time; let it finish.")
    except StorageFull as error:
        yield Finding("FAIL", "lock", str(error), error.hint)


def _models(settings: Settings) -> Iterator[Finding]:
    from rag.index.embedder import kept_graph
    from rag.wiring import embedder_cache, model_store

    store = model_store(settings)
    yield Finding("OK", "manifest", f"{len(store.manifest.names())} models are known")
    for use, name in _needed(settings):
        if use == "language model" and name not in store.manifest.names():
            found = store.resolve(name)
            yield Finding("WARN", use, f"{found.path} is a file of yours, with no pinned SHA-256 to check it against")
            continue
        spec = store.manifest.get(name)
        if store.present(name):
            how = ""
            if use == "embedder":
                made = kept_graph(embedder_cache(settings), spec.identity) is not None
                how = "; " + ("it runs in ONNX Runtime" if made else "made ready for ONNX Runtime at its first use")
            yield Finding("OK", use, f"{name} is here, {size_text(spec.bytes)}{how}")
        else:
            yield Finding("FAIL", use, f"{name} is not in {settings.models_path}", f"posterchat models pull {name}")


def _needed(settings: Settings) -> list[tuple[str, str]]:
    """The models that must be on this machine, with their use."""
    llm = [] if settings.llm_url else [("language model", settings.llm)]
    return [*llm, ("embedder", settings.embedder)]


def _servers(settings: Settings) -> Iterator[Finding]:
    from rag.serve.cli.doctor_servers import servers

    yield from (Finding(*row) for row in servers(settings))


def _models_in_full(settings: Settings) -> Iterator[Finding]:
    from rag.wiring import model_store

    store = model_store(settings)
    yield from _models(settings)
    for _, name in _needed(settings):
        if name in store.manifest.names() and store.present(name):
            store.verify(name)
            yield Finding("OK", "SHA-256", f"{name} is what the manifest says")


def _blocks(settings: Settings) -> Iterator[Finding]:
    from rag.llm.blocks import stored
    from rag.wiring import blocks_dir

    directory = blocks_dir(settings)
    if directory is None:
        yield Finding("OK", "read papers", "none are kept (kv_cache_mb is 0)")
        return
    blocks = stored(directory)
    kept = size_text(sum(block.bytes for block in blocks))
    yield Finding("OK", "read papers", f"{len(blocks)} kept for the model, {kept} of at most {settings.kv_cache_mb} MB")


def _prompts(settings: Settings) -> Iterator[Finding]:
    from rag.answer.prompts import Prompts

    yield Finding("OK", "prompts", f"{len(Prompts.load().templates)} are in order")


def _collections(settings: Settings) -> Iterator[Finding]:
    from rag.serve.cli.doctor_index import collections

    yield from (Finding(*row) for row in collections(settings))


def _llama(settings: Settings) -> Iterator[Finding]:
    """In a process of its own, because a build for another CPU does not fail: it kills the process."""
    ask = "import llama_cpp; print(llama_cpp.llama_supports_gpu_offload())"
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        why = f"signal {-run.returncode}" if run.returncode < 0 else (run.stderr.splitlines() or ["no message"])[-1]
        yield Finding("FAIL", "llama.cpp", f"it does not run here: {why}", "Install llama-cpp-python for this machine.")
    else:
        device = "can use a GPU" if run.stdout.strip() == "True" else "runs on the CPU only"
        yield Finding("OK", "llama.cpp", f"this build {device}")


def _offline(settings: Settings) -> Iterator[Finding]:
    """Says which commands use the network, and tries those that should not: indexing and asking."""
    from rag.serve.offline import try_offline

    for what, text in NETWORK:
        yield Finding("OK", what, text)
    tried = try_offline(settings)
    how = "in a process without a network" if tried.cut_off else "watching Python's sockets only"
    if tried.attempts:
        text = f"indexing or asking tried to reach {', '.join(dict.fromkeys(tried.attempts))}"
        yield Finding("FAIL", "offline", text, "Please report this: it must not happen.")
    elif not tried.answered:
        yield Finding("FAIL", "offline", f"tried {how}: {tried.problem}", "Mend what the lines above say.")
    else:
        yield Finding("OK", "offline", f"a paper was indexed and a question about it answered, {how}")
    if not is_loopback(settings.host):
        remedy = "Set POSTERCHAT_HOST to 127.0.0.1, unless that is wanted."
        yield Finding("WARN", "serve", f"it is set to bind {settings.host}, which other machines can reach", remedy)
