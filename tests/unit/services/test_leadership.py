"""Who leads by a process's own clock, and what follows when that changes."""

from __future__ import annotations

import threading

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StoreError
from bot.domain.leadership import Leader
from bot.services.leadership import MARGIN, LeadershipService
from bot.services.send_window import SendWindow
from tests.unit.fakes import PATIENCE, START

LEASE = 10.0


class FakeLeadership:
    """The lead as the database has it."""

    def __init__(self) -> None:
        self.token = 0
        self.held_by_another = False
        self.fails = False
        self.released: list[int] = []
        self.enforced = False

    def enforce(self) -> None:
        self.enforced = True

    def claim(self) -> int | None:
        self._check()
        if self.held_by_another:
            return None
        self.token += 1
        return self.token

    def renew(self, token: int) -> bool:
        self._check()
        return not self.held_by_another and token == self.token

    def release(self, token: int) -> None:
        self._check()
        self.released.append(token)

    def leader(self) -> Leader | None:
        return Leader("other", START, self.token)

    def _check(self) -> None:
        if self.fails:
            raise StoreError("The database can't be reached.")


class World:
    """A process, a clock of its own, and the lead."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.leadership = FakeLeadership()
        self.gained, self.lost = threading.Event(), threading.Event()
        self.service = LeadershipService(
            self.leadership,
            lease=LEASE,
            elapsed=lambda: self.now,
            on_gained=self.gained.set,
            on_lost=self.lost.set,
        )


@pytest.fixture
def world() -> World:
    """A process that was just started."""
    return World()


def test_it_leads_until_its_deadline(world: World) -> None:
    """A leader that couldn't renew stops by its own clock before the lease is over."""
    world.service.beat()
    assert world.service.leads()
    world.leadership.fails = True
    world.now += LEASE * (1 - MARGIN) - 0.1
    with pytest.raises(StoreError):
        world.service.beat()
    assert world.service.leads()
    world.now += 0.2
    assert not world.service.leads()
    world.leadership.fails = False
    world.service.beat()
    assert world.service.leads()


def test_a_lease_counts_from_before_it_was_requested(world: World) -> None:
    """A slow answer of the database doesn't make the lease longer."""
    renew = world.leadership.renew

    def slowly(token: int) -> bool:
        world.now += 5
        return renew(token)

    world.service.beat()
    world.leadership.renew = slowly  # type: ignore[method-assign]
    world.service.beat()
    world.now += LEASE * (1 - MARGIN) - 5 + 0.1
    assert not world.service.leads()


def test_a_paused_leader_finds_another_one(world: World) -> None:
    """It no longer leads as soon as it wakes, says so, and takes the lead when that is free."""
    world.service.beat()
    world.now += 3 * LEASE
    world.leadership.held_by_another = True
    assert not world.service.leads()
    with capture_logs() as logs:
        world.service.beat()
        world.service.beat()
        world.service.beat()
    assert [each["event"] for each in logs] == [
        "this process no longer leads",
        "another process leads, this one answers Slack",
    ]
    world.leadership.held_by_another = False
    world.service.beat()
    assert world.service.leads()


def test_the_first_lead_is_begun_at_the_start(world: World) -> None:
    """What follows is done before `start` returns, and the lead is given up at the stop."""
    world.service.start()
    assert world.leadership.enforced
    assert world.gained.is_set()
    world.service.stop()
    assert world.leadership.released == [1]
    assert not world.service.leads()


def test_a_follower_takes_over() -> None:
    """What follows from a lead that came later is done on a thread; a failure is tried again."""
    leadership = FakeLeadership()
    leadership.held_by_another = True
    tries: list[int] = []
    begun, ended = threading.Event(), threading.Event()

    def begin() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise StoreError("The database can't be reached.")
        begun.set()

    service = LeadershipService(
        leadership,
        lease=LEASE,
        elapsed=lambda: now[0],
        on_gained=begin,
        on_lost=ended.set,
        interval=0.01,
    )
    now = [1000.0]
    service.start()
    assert not tries
    leadership.held_by_another = False
    assert begun.wait(PATIENCE)
    leadership.held_by_another = True
    assert ended.wait(PATIENCE)
    service.stop()
    assert leadership.released == []


def test_a_lead_that_cant_be_given_up_ends_by_itself(world: World) -> None:
    """A stop goes on without the database."""
    world.service.start()
    world.leadership.fails = True
    world.service.stop()
    assert not world.service.leads()


def test_a_window_closes_by_itself() -> None:
    """A write may be sent only for a part of the claim, from before it was made."""
    now = [0.0]
    window = SendWindow(30.0, lambda: now[0])
    assert not window.is_open()

    def claim() -> bool:
        now[0] += 4
        return True

    assert window.claimed(claim)
    now[0] = 30.0 * (1 - MARGIN) - 0.1
    assert window.is_open()
    now[0] += 0.2
    assert not window.is_open()
    window.claimed(claim)
    assert window.is_open()
    assert not window.claimed(lambda: False)
    assert not window.is_open()
