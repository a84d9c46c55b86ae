"""A real server on a free port, over a real index with made-up papers and scripted answers."""

from __future__ import annotations

import threading
from dataclasses import replace
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


def wait_for(condition: Any, *, tries: int = 500) -> bool:
    """Whether `condition()` came true within some seconds."""
    for _ in range(tries):
        if condition():
            return True
        threading.Event().wait(0.02)
    return False
