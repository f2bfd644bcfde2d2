"""Homes are published when they are opened, in order, and kept up to date for a while."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import structlog

from bot.domain.actors import Actor
from bot.domain.errors import NotifierError, StoreError, TooManyChecks
from bot.domain.findings import Outcome
from bot.domain.overview import Overview
from bot.services.home import LATELY, MAX_VIEWERS, HomeService
from tests.unit.fakes import PATIENCE, START, FakeClock, Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.errors import AltcontactError
    from bot.services.ports.home import HomeContent

ALICE, BOB = Actor("U0ALICE001"), Actor("U0BOB00002")


class FakeOverviews:
    """A store of which a test says how many accounts are compliant, or that it fails."""

    def __init__(self) -> None:
        self.compliant = 0
        self.fault: Exception | None = None

    def overview(self, accounts: int, exemptions: int) -> Overview:
        assert (accounts, exemptions) == (10, 5)
        if self.fault is not None:
            raise self.fault
        return Overview({Outcome.COMPLIANT: self.compliant})


class FakePage:
    """What people see, in order: (who, how many compliant accounts, the notice).

    `gate`: the next publishing stands still there. `fault` is raised.
    """

    def __init__(self) -> None:
        self.shown: list[tuple[str, int, str]] = []
        self.problems: list[tuple[str, str]] = []
        self.gate: Gate | None = None
        self.fault: Exception | None = None
        self.at_once: dict[str, int] = {}
        self._more = threading.Condition()

    def publish(self, actor: Actor, content: HomeContent) -> None:
        assert content.next_check == START
        assert not self.at_once.get(actor.user_id), "twice at once for one person"
        self.at_once[actor.user_id] = 1
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.stand()
        self.at_once[actor.user_id] = 0
        notice = str(content.notice) if content.notice is not None else ""
        with self._more:
            self._more.notify_all()
            if self.fault is not None:
                self.shown.append((actor.user_id, -1, notice))
                raise self.fault
            self.shown.append((actor.user_id, content.overview.compliant, notice))

    def publish_problem(self, actor: Actor, error: AltcontactError) -> None:
        with self._more:
            self.problems.append((actor.user_id, str(error)))
            self._more.notify_all()

    def wait(self, fits: Callable[[], bool]) -> None:
        with self._more:
            assert self._more.wait_for(fits, PATIENCE)


@pytest.fixture
def overviews() -> FakeOverviews:
    """What Homes show."""
    return FakeOverviews()


@pytest.fixture
def page() -> FakePage:
    """Where they are shown."""
    return FakePage()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def home(overviews: FakeOverviews, page: FakePage, clock: FakeClock) -> Iterator[HomeService]:
    """The unit under test; its updates run where a test starts them."""
    service = HomeService(overviews, page, clock, next_check=lambda: START, settle=0.0, pace=0.0)
    yield service
    service.stop()


def test_it_is_published_when_it_is_opened(home: HomeService, page: FakePage) -> None:
    """To whoever opened it, with what they should know of what they asked for."""
    home.open(ALICE)
    home.open(BOB, TooManyChecks("Too many checks.", "Wait."))
    page.wait(lambda: len(page.shown) == 2)
    assert sorted(page.shown) == [(ALICE.user_id, 0, ""), (BOB.user_id, 0, "Too many checks.")]


def test_what_changes_meanwhile_is_published_last(
    home: HomeService, overviews: FakeOverviews, page: FakePage
) -> None:
    """One person's Home is never published twice at once, and its last version stays."""
    page.gate = gate = Gate()
    home.open(ALICE)
    with gate.held():
        for compliant in range(1, 6):
            overviews.compliant = compliant
            home.open(ALICE)
            home.update()
        home.open(BOB)
        page.wait(lambda: (BOB.user_id, 5, "") in page.shown)
    page.wait(lambda: (ALICE.user_id, 5, "") in page.shown)
    home.stop()
    assert [shown[1] for shown in page.shown if shown[0] == ALICE.user_id] == [0, 5]


def test_who_opened_it_lately_gets_what_is_recorded(
    home: HomeService, overviews: FakeOverviews, page: FakePage, clock: FakeClock
) -> None:
    """By itself, once for all that is recorded together; a notice stays until the next press."""
    home.start()
    home.open(ALICE, TooManyChecks("Too many checks.", "Wait."))
    page.wait(lambda: len(page.shown) == 1)
    overviews.compliant = 7
    home.changed()
    page.wait(lambda: (ALICE.user_id, 7, "Too many checks.") in page.shown)
    clock.tick(LATELY)
    home.open(BOB)
    page.wait(lambda: (BOB.user_id, 7, "") in page.shown)
    shown = len(page.shown)
    overviews.compliant = 8
    home.changed()
    page.wait(lambda: (BOB.user_id, 8, "") in page.shown)
    home.stop()
    assert [each[0] for each in page.shown[shown:]] == [BOB.user_id]


def test_not_everybody_is_kept_up_to_date(
    home: HomeService, overviews: FakeOverviews, page: FakePage
) -> None:
    """Only those who opened theirs last, and the pause grows with them: Slack takes so many."""
    people = [Actor(f"U{number:09}") for number in range(MAX_VIEWERS + 15)]
    for number, person in enumerate(people, start=1):
        home.open(person)
        page.wait(lambda number=number: len(page.shown) == number)  # type: ignore[misc]
    overviews.compliant = 1
    home.update()
    page.wait(lambda: len(page.shown) >= len(people) + MAX_VIEWERS)
    home.stop()
    updated = {user for user, compliant, _ in page.shown if compliant}
    assert len(updated) <= MAX_VIEWERS + 1
    assert people[-1].user_id in updated
    assert people[0].user_id not in updated


def test_updates_stay_below_slacks_limit(page: FakePage, clock: FakeClock) -> None:
    """Tier 4 is about 100 calls a minute."""
    home = HomeService(FakeOverviews(), page, clock, next_check=lambda: START)
    for number in range(MAX_VIEWERS):
        home.open(Actor(f"U{number:09}"))
    pause = home.update()
    home.stop()
    assert MAX_VIEWERS / pause * 60 < 100


def test_a_database_that_fails_is_shown(
    home: HomeService, overviews: FakeOverviews, page: FakePage
) -> None:
    """The person reads why there is nothing to see, and sees it once it works."""
    overviews.fault = StoreError("The database is locked.", "Try again.")
    home.open(ALICE)
    page.wait(lambda: page.problems == [(ALICE.user_id, "The database is locked.")])
    overviews.fault = None
    home.open(ALICE)
    page.wait(lambda: page.shown == [(ALICE.user_id, 0, "")])


def test_what_slack_refuses_is_logged_and_known(home: HomeService, page: FakePage) -> None:
    """The doctor tells it, until a Home is published; nobody else is held up."""
    assert home.status().published_at is None
    page.fault = NotifierError("The Home tab is off.", "Turn it on.", code="not_enabled")
    with structlog.testing.capture_logs() as logged:
        home.open(ALICE)
        page.wait(lambda: bool(page.shown))
        page.fault = ZeroDivisionError()
        home.open(BOB)
        page.wait(lambda: len(page.shown) == 2)
        page.fault = None
        problem = home.status().problem
        home.open(ALICE)
        page.wait(lambda: (ALICE.user_id, 0, "") in page.shown)
        home.stop()
    assert problem is not None
    assert problem.code == "not_enabled"
    (refused,) = (line for line in logged if line["event"] == "home not published")
    assert (refused["user"], refused["code"]) == (ALICE.user_id, "not_enabled")
    (defect,) = (line for line in logged if line["event"] == "home failed")
    assert defect["reference"]
    assert home.status().problem is None
    assert home.status().published_at == START


def test_what_slack_may_accept_later_is_published_again(
    overviews: FakeOverviews, page: FakePage, clock: FakeClock
) -> None:
    """By itself, also if nothing changes."""
    home = HomeService(
        overviews, page, clock, next_check=lambda: START, settle=0.0, pace=0.0, retry_interval=0.001
    )
    page.fault = NotifierError("Slack is busy.", code="ratelimited", retry_after=90.0)
    home.open(ALICE)
    page.wait(lambda: len(page.shown) == 1)
    home.start()
    page.wait(lambda: len(page.shown) > 1)
    page.fault = None
    page.wait(lambda: (ALICE.user_id, 0, "") in page.shown)
    home.stop()


@pytest.mark.parametrize("permanent", [True, False])
def test_what_takes_a_person_to_change_is_not(
    overviews: FakeOverviews, page: FakePage, clock: FakeClock, *, permanent: bool
) -> None:
    """A Home tab that is off stays off however often the bot tries."""
    home = HomeService(overviews, page, clock, next_check=lambda: START, pace=1.0)
    page.fault = NotifierError("The Home tab is off.", code="not_enabled", permanent=permanent)
    home.open(ALICE)
    page.wait(lambda: len(page.shown) == 1)
    home.stop()
    assert home.update(only_failed=True) == (0.0 if permanent else 1.0)


def test_nothing_is_published_after_a_stop(home: HomeService, page: FakePage) -> None:
    """What is asked for then is dropped, and logged."""
    home.start()
    home.stop()
    home.open(ALICE)
    home.changed()
    assert page.shown == []
