"""A Chroma collection that is open somewhere, and what all of ours have in common."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from rag.errors import IndexMismatch
from rag.index.origin import REMEDY
from rag.index.shape import Shape

BATCH = 5000  # Chroma refuses more than 5461 rows at once
# Chroma's defaults (l2, 100, 16, 100) find 72 % of the true neighbours of hard queries, these all of them;
# `ef_search` has no effect unless it is set when the collection is made.
HNSW: Any = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}


class Link(Protocol):
    """An open Chroma collection, and how its errors are told."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    def collection(self) -> Any:
        """Chroma's collection. Called inside `reading` or `writing`."""
        ...

    def reading(self) -> AbstractContextManager[None]: ...

    def writing(self) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...


def mismatch(built: Shape, running: Shape) -> IndexMismatch:
    """The error for an index of the shape `built` that is opened with `running`."""
    return IndexMismatch(f"The index was built with {built}, but this program runs {running}.", hint=REMEDY)


def new_collection(shape: Shape) -> dict[str, Any]:
    """How a collection of this shape is made, whatever holds it."""
    return {
        "embedding_function": None,
        "metadata": {"fingerprint": shape.fingerprint, "shape": shape.to_json()},
        "configuration": {"hnsw": HNSW},
    }


def check_shape(collection: Any, shape: Shape) -> None:
    """Raises IndexMismatch when Chroma's collection was built in another shape."""
    metadata = collection.metadata or {}
    if metadata.get("fingerprint") != shape.fingerprint:
        raise mismatch(Shape.from_json(metadata.get("shape")), shape)
