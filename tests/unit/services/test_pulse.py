"""Signs of life: a loop that waits is alive; one that works for too long, or failed, isn't."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from bot.domain.errors import AltcontactError
from bot.services.pulse import PoolPulse, Pulse


class Time:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Its time."""
        return self.now


def test_a_loop_is_silent_only_while_it_works() -> None:
    """However long it waits, it is alive; each beat is a sign."""
    time = Time()
    pulse = Pulse("loop", time)
    time.now += 1_000
    assert pulse.silence() == 0
    pulse.beat()
    time.now += 30
    assert pulse.silence() == 30
    pulse.beat()
    assert pulse.silence() == 0
    pulse.rest()
    time.now += 1_000
    assert pulse.silence() == 0


def test_a_loop_that_an_error_ended_gives_no_sign_any_more() -> None:
    """One that ended by itself is at rest."""
    pulse = Pulse("loop", Time())
    with pulse.lasting():
        pulse.beat()
    assert pulse.silence() == 0
    with pytest.raises(RuntimeError), pulse.lasting():
        raise RuntimeError
    assert pulse.silence() == math.inf


def test_a_pool_is_silent_while_a_task_waits_in_it() -> None:
    """It is asked again once it has answered."""
    time, go, began = Time(), Event(), Event()

    def hang() -> None:
        began.set()
        assert go.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pulse = PoolPulse("pool", pool.submit, time)
        pool.submit(hang)
        assert began.wait(60)
        assert pulse.silence() == 0  # asked now
        time.now += 40
        assert pulse.silence() == 40
        go.set()
        pool.submit(lambda: None).result(60)  # behind the question, so that is answered
        assert pulse.silence() == 0
        pool.submit(lambda: None).result(60)
        time.now += 400
        assert pulse.silence() == 0


@pytest.mark.parametrize("error", [RuntimeError(), AltcontactError("The bot is stopping.", "")])
def test_a_pool_that_takes_no_task_does_not_hang(error: Exception) -> None:
    """It stops, which is not for this to judge."""

    def refuse(_: object) -> None:
        raise error

    time = Time()
    pulse = PoolPulse("pool", refuse, time)
    assert pulse.silence() == 0
    time.now += 1_000
    assert pulse.silence() == 0
