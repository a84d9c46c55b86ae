"""Intervals, quantiles and the sign test, against values known from elsewhere."""

from __future__ import annotations

import math

import pytest

from rag.evaluate.stats import interval, quantile, sign_test


def test_the_interval_is_the_same_every_time() -> None:
    tops = [math.sqrt(n) / 10 for n in range(50)]  # no two resamples have the same mean
    assert interval(tops, [1.0] * 50) == interval(tops, [1.0] * 50)


@pytest.mark.parametrize(("right", "n"), [(30, 60), (54, 60), (300, 1000)])
def test_the_interval_is_about_the_normal_one(right: int, n: int) -> None:
    low, high = interval([1.0] * right + [0.0] * (n - right), [1.0] * n)
    share = right / n
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    assert low == pytest.approx(share - half, abs=1.5 / n + 0.01)
    assert high == pytest.approx(share + half, abs=1.5 / n + 0.01)


def test_extremes_have_no_width() -> None:
    assert interval([1.0], [1.0]) == (1.0, 1.0)
    assert interval([0.0] * 9, [1.0] * 9) == (0.0, 0.0)


def test_whole_questions_are_resampled() -> None:
    """Ten sentences of one answer are not ten independent ones: the interval is as wide as that of two questions."""
    low, high = interval([10.0, 0.0], [10.0, 10.0])
    assert (low, high) == (0.0, 1.0)
    # The share is of sums: a question with many sentences weighs more.
    assert interval([30.0, 0.0] * 200, [30.0, 10.0] * 200)[0] > 0.65


def test_many_questions_need_little_memory() -> None:
    n = 30_000  # more than one resample does not fit a block
    low, high = interval([1.0, 0.0] * (n // 2), [1.0] * n)
    assert 0.49 < low < 0.5 < high < 0.51


def test_quantiles() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0, 2.0], 0.5) == 1.5
    assert quantile(list(range(101)), 0.95) == 95.0
    assert quantile([7.0], 0.95) == 7.0


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    # Binomial tails by hand: 2 x (1 + 10) / 2**10, 2 / 2**5, 2 x (1 + 8 + 28) / 2**8.
    [(0, 0, 1.0), (3, 3, 1.0), (9, 1, 22 / 1024), (0, 5, 2 / 32), (6, 2, 74 / 256), (1, 0, 1.0)],
)
def test_the_sign_test(gained: int, lost: int, p: float) -> None:
    assert sign_test(gained, lost) == pytest.approx(p)
    assert sign_test(lost, gained) == pytest.approx(p)
