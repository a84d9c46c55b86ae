"""The simulation of waiting, against what queueing theory says exactly."""

from __future__ import annotations

import statistics

import pytest
from queue_simulation import Load, main, percentile, waits


def test_one_place_with_constant_service_waits_as_pollaczek_and_khinchine_say() -> None:
    load = Load(0.5, (1.2,))  # busy 60 % of the time
    seen = waits(load, 1, hours=40)
    busy = load.busy(1)
    assert statistics.fmean(seen) == pytest.approx(busy * 1.2 / (2 * (1 - busy)), rel=0.05)
    assert sum(one > 0 for one in seen) / len(seen) == pytest.approx(busy, rel=0.05)


def test_one_place_with_mixed_service_waits_longer() -> None:
    load = Load(0.5, (0.2, 2.2))
    mean_square = (0.2**2 + 2.2**2) / 2
    expected = 0.5 * mean_square / (2 * (1 - load.busy(1)))
    assert statistics.fmean(waits(load, 1, hours=80)) == pytest.approx(expected, rel=0.07)


def test_two_places_share_one_queue() -> None:
    alone, shared = waits(Load(0.4, (2.0,)), 1, hours=20), waits(Load(0.8, (2.0,)), 2, hours=20)
    assert statistics.fmean(shared) < statistics.fmean(alone)


def test_the_command_tells_figures_or_that_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--users", "100", "--an-hour", "6", "--seconds", "4,6"]
    assert main([*more, "--places", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("0.17 questions a second for the model, 2 places, 42% busy; wait: p50 0.0 s")
    assert main([*more, "--places", "2"]) == 0 and capsys.readouterr().out == told
    assert main([*more, "--places", "1", "--users", "2000"]) == 1
    assert "without end" in capsys.readouterr().out


def test_percentiles() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([], 0.5) == 0
