"""`/altcontact doctor`: the report, and the list of every check behind its button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.services.doctor import CheckResult, Section, State
from bot.slack.listeners.doctor import KEPT
from bot.slack.views.doctor import SHOW_ALL
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, GROUP, bench

if TYPE_CHECKING:
    from tests.integration.slack.bench import SlackBench

__all__ = ["bench", "slack", "slack_server"]

GOOD = CheckResult(Section.SLACK, "Bot token", State.OK, "belongs to altcontact.")
BAD = CheckResult(Section.AWS, "Trusted access", State.FAILURE, "is off.", "Run:", "aws on")


def report(bench: SlackBench, *lines: CheckResult) -> dict[str, object]:
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


def test_a_report_that_is_not_kept_any_more(bench: SlackBench) -> None:
    """After a restart, or many other reports, the button says what to do."""
    told = report(bench, GOOD)
    for number in range(KEPT):
        bench.found = [CheckResult(Section.AWS, f"Later {number}", State.FAILURE, "is off.")]
        bench.slack.command("/altcontact doctor")
        bench.slack.wait_private(f"Later {number}")
    bench.slack.press(SHOW_ALL, message=told)
    answer = bench.slack.wait_ephemeral("This report is no longer available.")
    assert "Run /altcontact doctor again." in str(answer)


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
