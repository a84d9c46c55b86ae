"""The server that is put under load: `serve_soak.py DATA_DIR fast|real [MODELS_DIR]`. It prints its address."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kites import papers

import rag.llm.local
import rag.wiring
from rag.serve.app import serve
from rag.serve.memory import share_pools
from rag.settings import Settings
from rag.testing import HashEmbedder
from rag.types import Embedder


class FastLibrary(rag.wiring.Library):
    """`Library` with hashed vectors."""

    kind: type[HashEmbedder] = HashEmbedder

    def embedder(self) -> Embedder:
        if self._embedder is None:
            spec = self.models.manifest.get(self.settings.embedder)
            self._embedder = self.kind(spec.dimension or 64, spec.max_tokens or 256, spec.identity, calls=Forgets())
        return self._embedder

    def indexing_embedder(self) -> Embedder:
        return self.embedder()


class Forgets(list[Any]):
    """Keeps no record of calls, which would grow."""

    def append(self, item: Any) -> None:
        """Drop it."""


def main(data_dir: Path, how: str, models_dir: str) -> None:
    """Index the kites and serve them."""
    share_pools()  # as `posterchat serve` does
    settings: dict[str, Any] = {"data_dir": data_dir, "collection": "kites", "log_format": "text"}
    if how == "fast":
        from fast_engine import FastEngine

        rag.llm.local.Engine = FastEngine  # type: ignore[assignment, misc]
        model = data_dir.parent / "fast.gguf"
        model.write_bytes(b"GGUF of nothing")
        settings |= {"llm": str(model), "allow_unpinned": True, "kv_cache_mb": 0}
    if models_dir:
        settings["models_dir"] = Path(models_dir)
    kind = FastLibrary if how == "fast" else rag.wiring.Library
    with kind(Settings(**settings), purpose="soak") as library:
        library.index(papers(), "kites", sources=["made up"])
        serve(library, host="127.0.0.1", port=0, ready=lambda url: print(url, flush=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
