"""The doctor's first lines: alerts that wait, and another bot on the same app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.app.alert_checks import AlertChecks
from bot.domain.errors import StoreError
from bot.domain.leadership import Leader
from bot.domain.slack_health import OtherBots, Refusal, WaitingAlerts
from bot.services.doctor import Section, State
from tests.unit.fakes import START

if TYPE_CHECKING:
    from bot.services.doctor import CheckResult


def found(
    waiting: WaitingAlerts | None = None,
    others: OtherBots | None = None,
    leader: Leader | None = None,
) -> list[CheckResult]:
    """The lines."""
    checks = AlertChecks(lambda: waiting, lambda: others, lambda: leader).checks()
    return [line for check in checks for line in check.run()]


def test_all_is_posted() -> None:
    """One line says that nothing waits."""
    (line,) = found()
    assert (line.section, line.state) == (Section.ALERTS, State.OK)
    assert next(iter(Section)) is Section.ALERTS


@pytest.mark.parametrize(
    ("permanent", "code", "state"),
    [(True, "is_archived", State.FAILURE), (False, "", State.WARNING)],
)
def test_alerts_that_wait(code: str, state: State, *, permanent: bool) -> None:
    """How many, since when, why, Slack's code, and what to do."""
    refusal = Refusal("The channel is archived.", "Unarchive it.", code, permanent)
    (line,) = found(WaitingAlerts(2, START, refusal))
    assert (line.state, line.remedy) == (state, "Unarchive it.")
    assert line.message.startswith(
        "2 alerts have been waiting to be posted since 2026-01-05 09:00 UTC."
    )
    assert "The last try failed: The channel is archived." in line.message
    assert line.message.endswith("A running bot tries again by itself.")
    assert ("(Slack's code: is_archived)" in line.message) is bool(code)
    (line,) = found(WaitingAlerts(1, START, refusal))
    assert line.message.startswith("1 alert has been waiting")


@pytest.mark.parametrize("lasting", [True, False])
def test_other_bots(*, lasting: bool) -> None:
    """How many, since when, what it means; whether it may be a restart."""
    _, line = found(others=OtherBots(1, START, lasting))
    assert line.state is State.WARNING
    assert "1 other connection for" in line.message
    assert ("restart" in line.message) is not lasting
    assert line.remedy
    assert line.snippet
    _, line = found(others=OtherBots(2, START, lasting))
    assert "2 other connections" in line.message


def test_a_database_that_cannot_be_read() -> None:
    """What is in it is not known."""

    def fail() -> None:
        raise StoreError("Broken.")

    checks = AlertChecks(fail, fail, fail).checks()
    (line,) = [line for check in checks for line in check.run()]
    assert line.state is State.NOT_TESTED


@pytest.mark.parametrize(
    ("leader", "state", "words"),
    [
        (Leader("a", START, 3, is_own=True), State.OK, "this replica leads since 2026-01-05 09:00"),
        (Leader("a", START, 3), State.OK, "the replica on a leads since 2026-01-05 09:00 UTC"),
        (
            Leader("a", START, 3, is_over=True),
            State.WARNING,
            "no bot leads now; the last one, on a",
        ),
    ],
)
def test_who_leads(leader: Leader, state: State, words: str) -> None:
    """Which replica, since when; or that none does, and what to do."""
    _, line = found(leader=leader)
    assert line.state is state
    assert line.message.startswith(words)
    assert bool(line.remedy) is (state is State.WARNING)
