"""A world to break, and the driver that runs commands in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fault_world import Driver, World


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    with Driver() as running:
        yield running


@pytest.fixture(scope="session")
def shared_world(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("faults"), driver)
    world.start()
    return world


@pytest.fixture
def world(shared_world: World) -> World:
    """A data directory with the collection of OLD, as it is after the first command."""
    shared_world.reset()
    return shared_world
