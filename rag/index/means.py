"""One vector for each paper: the mean of its chunks' vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def means_of(parts: Iterable[tuple[Sequence[str], Any]], most: int) -> dict[str, Any]:
    """For each paper the mean of its rows, scaled to length 1, as float32.

    `parts` has pairs of the paper of each chunk and the array of their vectors, about `most` papers or fewer. All is
    added up in one array, since twice the vectors of 100,000 papers is memory that a laptop misses.
    """
    import numpy as np

    row_of: dict[str, int] = {}
    sums: Any = None
    for papers, vectors in parts:
        if sums is None:
            sums = np.zeros((most, vectors.shape[1]), dtype=np.float32)
        np.add.at(sums, [row_of.setdefault(paper, len(row_of)) for paper in papers], vectors)
    if sums is None:
        return {}
    rows = sums[: len(row_of)]
    rows /= np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), 1e-12)[:, None]
    return dict(zip(row_of, rows, strict=True))
