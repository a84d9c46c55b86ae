"""What shapes an index. Two indexes of the same shape are interchangeable; others must be built again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from rag.errors import IndexCorrupt
from rag.index.chunk import CHUNKING
from rag.types import Embedder

SCHEMA = 1  # raised when tables, stored words or metadata change their meaning


@dataclass(frozen=True, slots=True)
class Shape:
    """The facts that decide every vector and every row."""

    embedder: str
    dimension: int
    max_tokens: int
    chunking: str = CHUNKING
    schema: int = SCHEMA

    @classmethod
    def of(cls, embedder: Embedder) -> Shape:
        """The shape of an index that this program would build with `embedder`."""
        return cls(embedder=embedder.name, dimension=embedder.dimension, max_tokens=embedder.max_tokens)

    @classmethod
    def from_json(cls, text: str | None) -> Shape:
        """The shape written by `to_json`. Raises IndexCorrupt when it is not one."""
        try:
            return cls(**json.loads(text or ""))
        except (ValueError, TypeError) as exc:
            raise IndexCorrupt(
                "The index does not say how it was built.",
                hint="Remove it with `posterchat collections remove NAME` and index the files again.",
            ) from exc

    def to_json(self) -> str:
        """The facts as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def fingerprint(self) -> str:
        """12 hex digits of the SHA-256 over the facts."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.embedder} ({self.dimension} numbers, {self.chunking}, schema {self.schema})"
