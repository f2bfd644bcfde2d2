"""A thousand rounds over three replicas on PostgreSQL; `make soak` runs it.

In each, people do something while a random replica is killed, or paused past its lease. Worlds of
three replicas go through them side by side. Set ALTCONTACT_SOAK_ROUNDS for fewer rounds in all,
ALTCONTACT_SOAK_WORLDS for a smaller machine, and ALTCONTACT_SOAK_SEED for others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.replica_rounds import go_through

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS: Final = int(os.environ.get("ALTCONTACT_SOAK_ROUNDS", "1000"))
WORLDS: Final = int(os.environ.get("ALTCONTACT_SOAK_WORLDS", "8"))
SEED: Final = int(os.environ.get("ALTCONTACT_SOAK_SEED", "1"))
LEAST_FIXES: Final = 0.3
"""Fixes for each round: at least 300 in a thousand rounds."""


@pytest.mark.timeout(12 * 3600)
def test_rounds_of_replicas(tmp_path: Path) -> None:
    """Nothing is lost, announced twice, unrecorded, or written by a former leader."""
    rounds = -(-ROUNDS // WORLDS)
    tally = go_through(tmp_path, range(SEED, SEED + WORLDS), rounds)
    print(tally)  # noqa: T201 - what whoever runs it wants to see
    assert not tally.wrong.total(), tally
    assert tally.done.total() >= ROUNDS
    assert tally.fixes >= LEAST_FIXES * ROUNDS
    assert tally.failover(0.95) < 30
