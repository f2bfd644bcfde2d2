"""Slack is asked for a sign of life only while it is quiet."""

from __future__ import annotations

import threading

from bot.services.slack_probe import QUIET, SlackProbe
from tests.unit.fakes import PATIENCE
from tests.unit.services.test_pulse import Time


class Slack:
    """Calls the bot, or answers it."""

    def __init__(self) -> None:
        self.called: float | None = None
        self.answers = True
        self.asked = 0

    def silence(self) -> float | None:
        """Seconds since its last request."""
        return self.called

    def ask(self) -> bool:
        """A question of the bot."""
        self.asked += 1
        return self.answers


def test_slack_is_asked_if_it_never_called() -> None:
    """Its answer counts as a sign for as long as it is young."""
    time, slack = Time(), Slack()
    probe = SlackProbe(slack.silence, slack.ask, clock=time)
    assert probe.silence() is None
    assert probe.look() == QUIET
    assert (probe.silence(), slack.asked) == (0, 1)
    time.now += 5
    assert probe.silence() == 5
    assert probe.look() == QUIET - 5
    assert slack.asked == 1


def test_slack_is_not_asked_while_it_calls() -> None:
    """The younger sign counts."""
    time, slack = Time(), Slack()
    probe = SlackProbe(slack.silence, slack.ask, clock=time)
    slack.called = 3.0
    assert probe.look() == QUIET - 3
    assert (probe.silence(), slack.asked) == (3, 0)
    slack.called = QUIET + 1
    assert probe.look() == QUIET
    assert (probe.silence(), slack.asked) == (0, 1)


def test_slack_that_does_not_answer() -> None:
    """It is asked again, and its silence grows."""
    time, slack = Time(), Slack()
    slack.answers, slack.called = False, 30.0
    probe = SlackProbe(slack.silence, slack.ask, clock=time)
    for _ in range(3):
        assert probe.look() == QUIET
    assert (probe.silence(), slack.asked) == (30, 3)


def test_it_asks_on_its_own_thread() -> None:
    """From the start until it is stopped."""
    asked = threading.Event()

    def ask() -> bool:
        asked.set()
        return True

    probe = SlackProbe(lambda: None, ask)
    probe.start()
    assert asked.wait(PATIENCE)
    probe.stop()
    assert probe.pulse.silence() == 0
