"""Whatever is killed, the old or the new state is whole, and a retry finishes it. `make soak` kills 50 times."""

from __future__ import annotations

from fault_world import World
from kills import kill_everywhere


def test_kill_9_at_some_points_of_every_command(world: World) -> None:
    points = kill_everywhere(world, points=10, seed=1)
    assert len(points) == 10
    assert sum(point.state != "finished before the kill" for point in points) >= 6, "hardly any kill hit"
