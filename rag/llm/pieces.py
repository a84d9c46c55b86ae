"""What a thread that runs a model hands to whoever reads the answer."""

from __future__ import annotations

import queue
from collections.abc import Iterator

from rag.types import Piece

SIGN_OF_LIFE_S = 0.2

Pieces = queue.SimpleQueue[Piece | BaseException | None]  # None ends it


def read_pieces(pieces: Pieces) -> Iterator[Piece]:
    """The pieces as they come, and one without text whenever none has come for `SIGN_OF_LIFE_S` seconds. Raises the
    exception that stands among them."""
    while True:
        try:
            item = pieces.get(timeout=SIGN_OF_LIFE_S)
        except queue.Empty:
            yield Piece("", 1.0)
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield item
