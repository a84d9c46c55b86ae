"""The web application on a real port of this machine, and a real browser, for whatever tests want them."""

from __future__ import annotations

import asyncio
import os
import queue
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class Site:
    """A running server and the library behind it."""

    url: str
    library: Any


@contextmanager
def served(library: Any, *, debug: bool = False, **options: Any) -> Iterator[Site]:
    """The application on a free port until the block ends. It is made in the server's thread, away from the event loop
    of Playwright. `debug` runs it in a loop that raises an error in whoever touches it from another thread."""
    import uvicorn

    from rag.serve.app import make_app

    made: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()

    def run() -> None:
        app = make_app(library, **options)
        config = uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        made.put((app, server))
        if debug:
            asyncio.run(server.serve(), debug=True)
        else:
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    app, server = made.get(timeout=120)
    while not server.started:
        assert thread.is_alive()
        thread.join(0.02)
    try:
        yield Site(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", library)
    finally:
        app.state.stop()
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


def chromium_path() -> str:
    """Chromium or Chrome from the PATH. Without one the test fails, unless POSTERCHAT_SKIP_BROWSER is 1."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None and os.environ.get("POSTERCHAT_SKIP_BROWSER") == "1":
        pytest.skip("no Chromium, and POSTERCHAT_SKIP_BROWSER=1")
    if found is None:
        pytest.fail("no chromium or google-chrome in the PATH: install one, or set POSTERCHAT_SKIP_BROWSER=1")
    return found
