"""Vectors of a fixed list of texts, kept on disk: every start needs them and they never change."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.index.files import write_atomic
from rag.types import Embedder

log = logging.getLogger(__name__)


class KeptVectors:
    """An `rag.types.Embedder` that reads the vectors of a list of texts from the directory `cache` if it was asked
    for that list before. A file's name holds a hash of the model's name and the texts, and one of the file. One list
    is kept at a time: a new one replaces it."""

    def __init__(self, embedder: Embedder, cache: Path) -> None:
        self._embedder = embedder
        self._cache = cache

    @property
    def name(self) -> str:
        """The name of the embedder behind it."""
        return self._embedder.name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._embedder.dimension

    @property
    def max_tokens(self) -> int:
        """As the embedder behind it."""
        return self._embedder.max_tokens

    def count_tokens(self, text: str) -> int:
        """As the embedder behind it."""
        return self._embedder.count_tokens(text)

    def embed(self, texts: list[str]) -> Any:
        """Array (len(texts), dimension), float32, rows of length 1."""
        import numpy as np

        key = hashlib.sha256("\0".join([self.name, *texts]).encode()).hexdigest()[:16]
        for path in self._cache.glob(f"{key}-*.f32"):
            with suppress(OSError):
                content = path.read_bytes()
                if path.name == _file_name(key, content) and len(content) == 4 * len(texts) * self.dimension:
                    return np.frombuffer(content, dtype="<f4").reshape(len(texts), self.dimension)
        rows = self._embedder.embed(texts)
        self._keep(key, np.asarray(rows, dtype="<f4").tobytes())
        return rows

    def _keep(self, key: str, content: bytes) -> None:
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            for other in self._cache.glob("*.f32"):
                other.unlink()
            write_atomic(self._cache / _file_name(key, content), content)
        except OSError as error:
            log.info("vectors cannot be kept in %s: %s", self._cache, error)


def _file_name(key: str, content: bytes) -> str:
    return f"{key}-{hashlib.sha256(content).hexdigest()[:16]}.f32"
