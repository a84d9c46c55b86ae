"""The map of papers: the first two principal components of their vectors, by plain numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, MARGIN = 960, 400, 18
# Points nearer than this (in units of the drawing) are pushed apart, so that each can be pointed at.
APART = 15.0
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Dot:
    """A paper on the map: its id, the number of its topic, and its place in a drawing of WIDTH x HEIGHT."""

    paper: str
    topic: int
    x: float
    y: float


def scatter(rows: Sequence[tuple[str, int, Any]]) -> tuple[Dot, ...]:
    """A dot for each (paper, topic, vector), in the same order; the same for the same rows.

    The signs of principal components mean nothing: the entry of the largest size is made positive. Each axis is
    stretched half way to equal distances between neighbours, since outliers would press all others together.
    """
    if not rows:
        return ()
    import numpy as np

    vectors = np.stack([row[2] for row in rows]).astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(rows), 2))
    for at, axis in enumerate(axes[:2]):
        sign = 1.0 if axis[np.argmax(np.abs(axis))] >= 0 else -1.0
        plane[:, at] = _spread(np, sign * (centred @ axis))
    inner = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    places = _push_apart(np, MARGIN + plane * inner)
    return tuple(
        Dot(paper, topic, round(float(x), 1), round(float(y), 1))
        for (paper, topic, _), (x, y) in zip(rows, places, strict=True)
    )


def _spread(np: Any, values: Any) -> Any:
    """Values in 0..1: the mean of their place between the ends and of their rank."""
    if len(values) == 1 or np.ptp(values) < 1e-9:
        return np.full(len(values), 0.5)
    ranks = np.argsort(np.argsort(np.round(values, 9), kind="stable"), kind="stable") / (len(values) - 1)
    return (ranks + (values - values.min()) / np.ptp(values)) / 2


def _push_apart(np: Any, places: Any) -> Any:
    """The places with those that lie too near each other moved apart, a little in each round."""
    if not 1 < len(places) <= 400:  # every pair is looked at; more dots than that would not fit anyway
        return places
    turns = np.arange(len(places))
    places = places + 0.01 * np.stack([np.cos(turns), np.sin(turns)], axis=1)  # equal vectors: each its own way
    for _ in range(_ROUNDS):
        gaps = places[:, None] - places[None]
        far = np.hypot(gaps[..., 0], gaps[..., 1])
        np.fill_diagonal(far, APART)
        lacking = np.clip(APART - far, 0, None)[..., None]
        if not lacking.any():
            break
        places = places + 0.25 * (lacking * gaps / np.maximum(far, 1e-6)[..., None]).clip(-APART, APART).sum(axis=1)
        places = places.clip((MARGIN, MARGIN), (WIDTH - MARGIN, HEIGHT - MARGIN))
    return places
