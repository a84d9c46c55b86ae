"""Runs the real command line again and again, each time in a fork of one warm process, and kills some of the runs.

It reads requests as JSON lines and answers each with one: `{"argv", "env"?, "kill_at"?, "kill_after_s"?, "clock_s"?,
"largest_file"?, "no_links"?, "hold"?}` gives `{"code", "out", "err", "events", "seconds"}`. The library has hashed
vectors in place of the embedding model; all else (files, SQLite, Chroma, locks, commands) is the program's. `kill_at` N
is a `kill -9` just before the N-th thing that the process does to its files, `kill_after_s` one at a time. The command
`check NAME` is ours: it opens a collection and searches for each of its papers.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401  (imported before the forks, which then begin at once)
import chromadb.config  # noqa: F401
import numpy as np  # noqa: F401

import rag.wiring
from rag.index.topics import make_topics  # noqa: F401
from rag.serve.cli.main import main
from rag.testing import HashEmbedder
from rag.types import Embedder

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "os.utime", "os.chmod"),
    *("sqlite3.connect", "shutil.rmtree", "shutil.copytree", "shutil.copyfile"),
}
GRACE_S = 120.0


class FastLibrary(rag.wiring.Library):
    """`Library` with hashed vectors under the name of the real embedder."""

    pause: Callable[[], None] = staticmethod(lambda: None)

    def embedder(self) -> Embedder:
        spec = self.models.manifest.get(self.settings.embedder)
        embedder = HashEmbedder(spec.dimension or 64, spec.max_tokens or 256, spec.identity)
        embed = embedder.embed

        def slow(texts: list[str]) -> Any:
            type(self).pause()
            return embed(texts)

        embedder.embed = slow  # type: ignore[method-assign]
        return embedder

    def indexing_embedder(self) -> Embedder:
        return self.embedder()


def check(name: str) -> int:
    """Print the papers of a collection; fails when one of them is not found by its own text."""
    from rag.settings import load_settings

    with (
        FastLibrary(load_settings(), purpose="check") as library,
        library.index_store.open(name, library.embedder()) as collection,
    ):
        papers = collection.catalogue.papers()
        assert collection.vectors.count() == collection.catalogue.chunk_count()
        for paper in papers:
            (vector,) = library.embedder().embed([f"{paper.title}\n{paper.abstract}"])
            assert paper.id in dict(collection.vectors.nearest(vector, 3)), paper.title
            assert paper.id in [hit for hit, _ in collection.catalogue.search([paper.title], 5)], paper.title
        print(json.dumps({paper.title: paper.abstract for paper in papers}))
    return 0


def run(request: dict[str, Any]) -> dict[str, Any]:
    """One run in a fork."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.TemporaryFile("w+") as told:
        begun = time.monotonic()
        child = os.fork()
        if child == 0:
            _be_the_command(request, out.fileno(), err.fileno(), told.fileno())
        timer = threading.Timer(request.get("kill_after_s", GRACE_S), os.kill, (child, signal.SIGKILL))
        timer.start()
        _, status = os.waitpid(child, 0)
        timer.cancel()
        for file in (out, err, told):
            file.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read(),
            "err": err.read(),
            "events": int(told.read() or -1),
            "seconds": time.monotonic() - begun,
        }


def _be_the_command(request: dict[str, Any], out: int, err: int, told: int) -> None:
    code: Any = 99
    try:
        os.setsid()
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.update(request.get("env", {}))
        if request.get("no_links"):
            os.link = _no_link
        _shift_clock(request.get("clock_s", 0.0))
        if size := request.get("largest_file"):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        if hold := request.get("hold"):
            FastLibrary.pause = staticmethod(lambda: _hold(Path(hold)))
        count = _count_changes(request.get("kill_at", -1))
        code = _command(request["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(told, str(count()).encode())
    finally:
        os._exit(code if isinstance(code, int) else 1)


def _command(argv: list[str]) -> Any:
    try:
        if argv[0] == "check":
            return check(argv[1])
        main(argv, open_library=FastLibrary)
    except SystemExit as leaving:
        return 0 if leaving.code is None else leaving.code
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 98


def _count_changes(kill_at: int) -> Callable[[], int]:
    seen, me = 0, os.getpid()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        changes = event in CHANGES or (event == "open" and bool((arguments[2] or 0) & WRITES))
        if changes and os.getpid() == me:
            seen += 1
            if seen == kill_at:
                os.kill(me, signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: seen


def _no_link(*names: Any, **options: Any) -> None:
    """As on a disk that has no links, so that files are copied."""
    raise OSError("no links here")


def _shift_clock(seconds: float) -> None:
    if seconds:
        now, now_ns = time.time, time.time_ns
        time.time = lambda: now() + seconds
        time.time_ns = lambda: now_ns() + int(seconds * 1e9)


def _hold(file: Path) -> None:
    """Say that the command is in the middle of its work, and wait until the file is removed."""
    file.write_text("here")
    while file.exists():
        time.sleep(0.02)


def serve_requests() -> None:
    """Answer the requests on standard input until it ends."""
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve_requests()
