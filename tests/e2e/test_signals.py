"""The shipped bot, asked by signals."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.aws.sandbox import AwsSandbox
    from bot.sandbox.slack.sandbox import SlackSandbox
    from tests.e2e.conftest import Bot

PAYMENTS = "121212121212"
"""An account of the demo organization that has a contact."""


def test_the_scheduled_check_may_be_asked_for(
    bot: Bot, aws: AwsSandbox, slack: SlackSandbox
) -> None:
    """SIGUSR1 runs the scheduled check at once, and the bot then goes on and stops as ever."""
    bot.start()
    slack.wait_message("contacts missing")
    aws.delete_contact(PAYMENTS, "SECURITY")
    assert bot._process is not None
    bot._process.send_signal(signal.SIGUSR1)
    slack.wait_message(lambda message: "Payments" in str(message["blocks"]))
    bot.wait_log("checking at once", why="asked to")
    assert bot.terminate() == 0
