"""A real server on a free port, over a real index with made-up papers and scripted answers."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.settings import Settings
from rag.testing import HashEmbedder, made_up_papers
from rag.testing_library import ScriptedAssistant
from rag.types import Embedder
from rag.wiring import Library


class ApiLibrary(Library):
    """`Library` with hashed vectors and `ScriptedAssistant`s."""

    def __init__(self, data_dir: Path, *, delay_s: float = 0.0, **settings: Any) -> None:
        chosen = Settings(data_dir=data_dir, collection="made-up", **settings)
        super().__init__(chosen, purpose="test")
        self.scripted: dict[str, ScriptedAssistant] = {}
        self.delay_s = delay_s
        self.add("made-up", 5)
        self.add("small", 2)

    def add(self, name: str, papers: int) -> None:
        """A collection of the first made-up papers."""
        self.index(list(made_up_papers()[:papers]), name, sources=["made-up"])
        found = tuple(self.papers(name))
        info = replace(self.index_store.info(name), name=name)
        self.scripted[name] = ScriptedAssistant(info, found, self.delay_s)

    def embedder(self) -> Embedder:
        return HashEmbedder()

    def generator(self) -> Any:
        return None

    def loaded(self) -> tuple[bool, bool]:
        return True, True

    def assistant(self, name: str | None = None) -> Any:
        return self.scripted[name or "made-up"]


@dataclass
class Site:
    """A running server and the library behind it."""

    url: str
    library: Any


@contextmanager
def served(library: Any, *, debug: bool = False, **options: Any) -> Iterator[Site]:
    """The application on a free port until the block ends. `debug` runs it in a loop that raises an error in whoever
    touches it from another thread."""
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


def wait_for(condition: Any, *, tries: int = 500) -> bool:
    """Whether `condition()` came true within some seconds."""
    for _ in range(tries):
        if condition():
            return True
        threading.Event().wait(0.02)
    return False
