"""A thousand rounds over three replicas on PostgreSQL; `make soak` runs it, which takes hours.

In each, people do something while a random replica is killed, or paused past its lease. Set
ALTCONTACT_SOAK_ROUNDS for fewer, and ALTCONTACT_SOAK_SEED for others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.replica_world import World
from tests.postgres import server

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS: Final = int(os.environ.get("ALTCONTACT_SOAK_ROUNDS", "1000"))
SEED: Final = int(os.environ.get("ALTCONTACT_SOAK_SEED", "1"))
LEAST_FIXES: Final = 0.3
"""Fixes for each round: at least 300 in a thousand rounds."""


@pytest.mark.timeout(12 * 3600)
def test_rounds_of_replicas(tmp_path: Path) -> None:
    """Nothing is lost, announced twice, unrecorded, or written by a former leader."""
    with World(server().create(), tmp_path, seed=SEED) as world:
        world.settle()
        counted = world.go_through(ROUNDS)
        print(world.report())  # noqa: T201 - what whoever runs it wants to see
        assert not any(counted.values()), counted
        assert world.fixes() >= LEAST_FIXES * ROUNDS
        assert world.failover.quantile(0.95) < 30
