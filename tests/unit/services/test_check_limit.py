"""How many checks one person may start."""

from __future__ import annotations

import pytest

from bot.domain.errors import TooManyChecks
from bot.services.check_limit import WITHIN, CheckLimit
from tests.unit.fakes import FakeClock


def test_so_many_checks_in_a_time() -> None:
    """After so many a person learns when the next may start; others may meanwhile."""
    clock = FakeClock()
    limit = CheckLimit("all accounts", 2, clock)
    limit.take("U1")
    clock.tick(100)
    limit.take("U1")
    with pytest.raises(TooManyChecks, match="2 checks of all accounts within 10 min") as caught:
        limit.take("U1")
    assert caught.value.remedy == "You can start the next one in 9 minutes."
    limit.take("U2")
    clock.tick(WITHIN - 101)
    with pytest.raises(TooManyChecks) as caught:
        limit.take("U1")
    assert caught.value.remedy == "You can start the next one in 1 minute."
    clock.tick(1)
    limit.take("U1")
    with pytest.raises(TooManyChecks):
        limit.take("U1")


def test_what_was_not_started_is_given_back() -> None:
    """A check that turned out to be another process's does not count."""
    limit = CheckLimit("all accounts", 1, FakeClock())
    limit.give_back("U1")
    limit.take("U1")
    limit.give_back("U1")
    limit.take("U1")
