"""How long people wait when many ask: a queue in front of model servers, with measured seconds of service.

    python scripts/queue_simulation.py --users 10000 --an-hour 6 --places 120 --seconds 2.1,4.0,6.5,9.0

Arrivals are random and independent (Poisson). Each question takes one of the `--seconds`, drawn at random, of one of
the `--places`; who finds none waits, first come first served. `--without-model` is the share of questions that need
none (catalogue, overviews, refusals). Half an hour of warming up is left out. The same seed gives the same figures.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

WARM_UP_S = 1800.0


@dataclass(frozen=True)
class Load:
    """Questions a second that need a model, and how many seconds of a place each takes."""

    a_second: float
    seconds: tuple[float, ...]

    def busy(self, places: int) -> float:
        """The share of the places that is busy on average; at 1 and above the queue grows without end."""
        return self.a_second * sum(self.seconds) / len(self.seconds) / places


def waits(load: Load, places: int, *, hours: float, seed: int = 0) -> list[float]:
    """Seconds that each question waits before its service begins, in the order of arrival."""
    chance = random.Random(seed)
    free_at = [0.0] * places
    found: list[float] = []
    now = 0.0
    while now < WARM_UP_S + hours * 3600:
        now += chance.expovariate(load.a_second)
        begins = max(now, free_at[0])
        heapq.heapreplace(free_at, begins + chance.choice(load.seconds))
        if now >= WARM_UP_S:
            found.append(begins - now)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one line of figures. Returns 0, or 1 when the queue would grow without end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--an-hour", type=float, default=6.0, help="questions of one user in an hour")
    parser.add_argument("--without-model", type=float, default=0.0, help="share of questions that need no model")
    parser.add_argument("--places", type=int, required=True, help="questions that are served at a time")
    parser.add_argument("--seconds", required=True, help="measured seconds of service, parted by commas")
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    a_second = given.users * given.an_hour * (1 - given.without_model) / 3600
    load = Load(a_second, tuple(float(one) for one in given.seconds.split(",")))
    busy = load.busy(given.places)
    print(f"{a_second:.2f} questions a second for the model, {given.places} places, {busy:.0%} busy", end="")
    if busy >= 1:
        print(": the queue grows without end")
        return 1
    seen = waits(load, given.places, hours=given.hours, seed=given.seed)
    told = ", ".join(f"p{share * 100:.0f} {percentile(seen, share):.1f} s" for share in (0.5, 0.95, 0.99))
    print(f"; wait: {told}; {sum(one > 0 for one in seen) / len(seen):.0%} wait at all ({len(seen):,} questions)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
