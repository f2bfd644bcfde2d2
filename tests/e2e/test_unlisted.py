"""A bot that starts without the right to list its organization, as AWS and its database know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altcontact_sandbox.aws.organizations.identity import MEMBER_ID

from tests.e2e.test_faults import INTRODUCTION, alerts

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot


def test_a_right_that_was_lost_before_the_start(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """The channel and help say what is denied; nothing is gone; it goes on once it is allowed."""
    bot.start()
    slack.wait_message("no security contact")
    bot.wait_log("scan ended")
    bot.terminate()
    aws.deny("organizations:ListAccounts")
    environment["ALTCONTACT_CHECK_ON_START"] = "true"
    bot.start()
    told = slack.wait_message("Checks are failing")["text"]
    assert "call organizations:ListAccounts" in told
    assert "earlier checks covered the organization o-" in told
    assert "ALTCONTACT_SCOPE=account" in told
    slack.wait_connected()
    slack.command("/altcontact help")
    assert "It failed: " in slack.wait_private("Last check")["text"]
    slack.command("/altcontact check")
    assert "needs attention" not in slack.wait_private("The check failed")["text"]
    aws.clear_denials()
    slack.command("/altcontact check")
    slack.wait_message("Checks restored")
    assert len(alerts(slack)) == 1


def test_a_first_start_in_a_member_account(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """Its own account is checked, and the first message says that it is the only one, and why."""
    environment |= aws.environment("member")
    bot.start()
    told = slack.wait_message(lambda seen: "Only account" in seen["text"])["text"]
    assert INTRODUCTION in told
    assert f"Only account {MEMBER_ID} is checked, since the bot can't list its organization" in told
    assert "To fix this: Run the bot in the management account" in told
    assert told.endswith("set ALTCONTACT_SCOPE=account.")
