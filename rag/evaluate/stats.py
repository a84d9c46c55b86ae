"""How sure a figure is: bootstrap intervals, quantiles, and a sign test for two runs over the same questions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

RESAMPLES = 2000
SEED = 0
LEVEL = 0.95
_CELLS = 2_000_000  # memory of one block of resamples, in numbers


def interval(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float]:
    """The percentile bootstrap interval (95 %, 2,000 resamples, always the same ones) of sum(numerators) /
    sum(denominators), resampling whole questions. Each pair belongs to one question; every denominator is above 0.
    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13."""
    top, bottom = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    rng = np.random.default_rng(SEED)
    block = max(1, _CELLS // len(top))
    shares: list[np.ndarray] = []
    for start in range(0, RESAMPLES, block):
        size = (min(block, RESAMPLES - start), len(top))
        drawn = rng.integers(0, len(top), size=size)
        shares.append(top[drawn].sum(axis=1) / bottom[drawn].sum(axis=1))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(shares), [tail, 1 - tail])
    return float(low), float(high)


def quantile(values: Sequence[float], share: float) -> float:
    """The `share`-quantile (0..1), interpolated between neighbours. `values` has at least one."""
    return float(np.quantile(np.asarray(values, dtype=float), share))


def sign_test(gained: int, lost: int) -> float:
    """Two-sided exact p of so uneven a split when a flip is as likely one way as the other; 1 without flips."""
    flips = gained + lost
    tail = sum(math.comb(flips, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(2 * tail / 2**flips))
