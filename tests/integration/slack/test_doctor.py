"""`/altcontact doctor`: the report, and the list of every check behind its button."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from bot.services.doctor import CheckResult, Section, State
from bot.slack.views.doctor import SHOW_ALL
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, GROUP, WEB, SlackBench, bench, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["bench", "slack", "slack_server"]

GOOD = CheckResult(Section.SLACK, "Bot token", State.OK, "belongs to altcontact.")
BAD = CheckResult(Section.AWS, "Trusted access", State.FAILURE, "is off.", "Run:", "aws on")


def report(bench: SlackBench, *lines: CheckResult) -> dict[str, Any]:
    """Have alice run the doctor, and wait for its report."""
    bench.found = list(lines)
    bench.slack.command("/altcontact doctor")
    return bench.slack.wait_private("check passed")


def test_the_button_lists_every_check(bench: SlackBench) -> None:
    """The message has only what needs attention; the modal has the rest, as often as pressed."""
    told = report(bench, GOOD, BAD)
    assert "Bot token" not in str(told)
    assert "Trusted access" in str(told)
    for _ in range(2):
        bench.slack.press(SHOW_ALL, message=told)
        assert "Bot token" in str(bench.slack.wait_view("All checks"))
        bench.slack.close()


def test_the_list_is_that_of_the_message(bench: SlackBench) -> None:
    """A later run changes nothing in the list of an earlier one."""
    first = report(bench, GOOD, BAD)
    bench.found = [GOOD]
    bench.slack.command("/altcontact doctor")
    bench.slack.wait_private(lambda seen: seen["text"] == "1 check passed.")
    bench.slack.press(SHOW_ALL, message=first)
    assert "Trusted access" in str(bench.slack.wait_view("All checks"))


@pytest.fixture
def elsewhere(slack: SlackSandbox, tmp_path: Path) -> Iterator[tuple[SlackBench, dict[str, Any]]]:
    """Another bot on the same database, and a report by the first one, which has ended."""
    with contextmanager(started)(SlackBench(slack, tmp_path, WEB)) as first:
        told = report(first, GOOD, BAD)
    with contextmanager(started)(SlackBench(slack, tmp_path, WEB)) as second:
        yield second, told


def test_a_report_of_another_replica(elsewhere: tuple[SlackBench, dict[str, Any]]) -> None:
    """The checks run again, which the list says, and the person sees meanwhile."""
    bench, told = elsewhere
    may_end = Event()

    def checks() -> Iterator[CheckResult]:
        assert may_end.wait(60)
        yield CheckResult(Section.AWS, "Organization", State.OK, "is reachable.")

    bench.found = checks()
    bench.slack.press(SHOW_ALL, message=told)
    assert "Checking settings" in str(bench.slack.wait_view("All checks"))
    may_end.set()
    shown = str(bench.slack.wait_view("Organization"))
    assert "so the checks ran again. Checked" in shown
    assert "Trusted access" not in shown


def test_a_run_again_that_fails(elsewhere: tuple[SlackBench, dict[str, Any]]) -> None:
    """The modal says so, with a reference, rather than that the checks are running."""
    bench, told = elsewhere

    def checks() -> Iterator[CheckResult]:
        yield GOOD
        raise RuntimeError

    bench.found = checks()
    bench.slack.press(SHOW_ALL, message=told)
    assert "Checking settings" not in str(bench.slack.wait_view("reference"))


def test_a_list_that_its_modal_cannot_show(elsewhere: tuple[SlackBench, dict[str, Any]]) -> None:
    """The person gets the report as a message, whose button has the list of the new run."""
    bench, told = elsewhere
    bench.found = [GOOD, GOOD, BAD]
    bench.slack.fault("views.update", "refused", count=9, code="invalid_blocks")
    bench.slack.press(SHOW_ALL, message=told)
    sent = bench.slack.wait_dm("2 checks passed")
    bench.slack.close()
    bench.slack.press(SHOW_ALL, message=sent)
    assert "ran again" not in str(bench.slack.wait_view("Bot token"))


def test_who_is_no_fixer_sees_no_check(bench: SlackBench) -> None:
    """The right is asked for when the button is pressed, whatever the report."""
    told = report(bench, GOOD, BAD)
    bench.slack.set_group(GROUP, members=[BOB])
    bench.clock.tick(3600)
    bench.slack.press(SHOW_ALL, message=told)
    bench.slack.wait_ephemeral("Only fixers can run the doctor.")
    assert not bench.slack.state()["modals"].get(ALICE)


def test_a_modal_that_slack_does_not_open(bench: SlackBench) -> None:
    """The person reads why, and what to do."""
    told = report(bench, GOOD, BAD)
    bench.slack.fault("views.open", "refused", code="expired_trigger_id")
    bench.slack.press(SHOW_ALL, message=told)
    answer = str(bench.slack.wait_ephemeral("window couldn't open"))
    assert "Press the button" in answer
    assert "expired_trigger_id" not in answer
