"""What `posterchat doctor` finds out about the collections: whether each is whole, and fits what runs now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from rag.errors import IndexMismatch, PosterchatError
from rag.serve.naming import default_collection
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.index.shape import Shape

Row = tuple[Literal["OK", "WARN", "FAIL"], str, str, str]


def collections(settings: Settings) -> Iterator[Row]:
    """State, name, finding and remedy of each collection."""
    from rag.index.repair import examine
    from rag.wiring import collections as on_disk

    store = on_disk(settings)
    names = store.names()
    if not names:
        yield "WARN", "collections", "there is none yet", "posterchat index FILE, or: posterchat index --sample"
        return
    expected = _expected_shape(settings)
    for name in names:
        what = f"collection {name}"
        try:
            info = store.info(name)
        except IndexMismatch as error:
            yield "FAIL", what, str(error), error.hint
            continue
        except PosterchatError:
            info = None
        condition = examine(store, name, vectors=not getattr(settings, "chroma_url", None))
        if condition.problems:
            text = "; ".join(problem.rstrip(".") for problem in condition.problems)
            again = f"posterchat collections remove {name}, then index its files again"
            mend = f"posterchat collections repair {name}"
            yield "FAIL", what, text, mend if condition.mendable else again
        elif expected is not None and info is not None and info.fingerprint != expected.fingerprint:
            text = f"it was built with {info.embedder}, and {expected} is what runs now"
            yield "FAIL", what, text, f"posterchat collections repair {name}"
        else:
            left = "; an index command was killed here: the next one clears up" if condition.unfinished else ""
            yield "OK", what, f"whole: {condition.papers} papers, state {condition.generation}{left}", ""
    default = default_collection(settings)
    if default not in names:
        remedy = f"posterchat index --collection {default} FILE, or unset the setting"
        yield "WARN", "collections", f"{default}, which is asked by default, does not exist", remedy


def _expected_shape(settings: Settings) -> Shape | None:
    """The shape of an index that would be built now, told from the manifest without loading the embedder."""
    from rag.index.shape import Shape
    from rag.wiring import model_store

    spec = model_store(settings).manifest.get(settings.embedder)
    if spec.dimension is None or spec.max_tokens is None:
        return None
    return Shape(embedder=spec.identity, dimension=spec.dimension, max_tokens=spec.max_tokens)
