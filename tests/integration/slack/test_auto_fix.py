"""Auto-fix in the channel: one message for what the bot fixed, the alert for what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.policy.policy import Policy, PolicyTable
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import SlackBench, bench
from tests.unit.fakes import CONTACT, SCHEDULE, account
from tests.unit.services.test_auto_fix import WHOLE

if TYPE_CHECKING:
    from bot.domain.policy.account_policy import Value

__all__ = ["bench", "slack", "slack_server"]


def allow(bench: SlackBench, **more: Value) -> None:
    """Let the bot fix findings by itself."""
    values: dict[str, Value] = {**WHOLE, "auto_fix": True, **more}
    bench.policy = Policy.requiring(tables=[PolicyTable("policy", values)])


def test_what_the_bot_fixed_is_one_message_with_undo(bench: SlackBench) -> None:
    """No alert is posted if nothing is left, and no contact is shown."""
    allow(bench)
    bench.work_on_runs()
    bench.scanner.start(SCHEDULE).report.result()
    message = bench.slack.wait_message("fixed automatically")
    bench.slack.wait_message("verified in AWS")
    assert "Started by the bot" in str(message)
    assert "altcontact_run_undo" in str(bench.slack.wait_message("verified in AWS"))
    assert [each["ts"] for each in bench.slack.messages()] == [message["ts"]]
    assert CONTACT.email not in str(bench.slack.messages())


def test_the_alert_has_what_is_left_at_the_limit(bench: SlackBench) -> None:
    """It says that auto-fix is paused, and offers to fix the rest."""
    for number in range(1, 5):
        if account(number).id not in {each.id for each in bench.gateway.listed}:
            bench.gateway.listed.append(account(number))
    allow(bench, auto_fix_limit=1)
    bench.work_on_runs()
    bench.scanner.start(SCHEDULE).report.result()
    alert = bench.slack.wait_message("Auto-fix is paused")
    assert "it reached its limit of 1 an hour" in str(alert)
    assert "Fix all" in str(alert)
    assert len(bench.gateway.writes) == 1
