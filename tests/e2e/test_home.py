"""The shipped bot's Home and introduction, from the first start to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

ALICE = "U0ALICE001"
INTRODUCTION = "I check that every AWS account has valid alternate contacts"
FORM = {
    "name": "Security team",
    "title": "On call",
    "email": "aws-security@corp.internal",
    "phone": "+44 20 7946 0958",
}


def wait_home(slack: SlackSandbox, contains: str) -> dict[str, Any]:
    """Wait for alice's Home that says something."""

    def find(seen: dict[str, Any]) -> dict[str, Any] | None:
        home: dict[str, Any] | None = seen["homes"].get(ALICE)
        return home if home is not None and contains in str(home) else None

    found: dict[str, Any] = slack.wait(find, name=contains)
    return found


def test_a_new_bot_introduces_itself_once(bot: Bot, slack: SlackSandbox) -> None:
    """Before its first alert, and neither after a crash nor at the next start."""
    bot.start()
    introduced = slack.wait_message(INTRODUCTION)
    slack.wait_message("no security contact")
    bot.kill()
    bot.start()
    slack.wait_connected()
    slack.command("/altcontact check")
    bot.wait_log("scan ended", number=2)
    bot.terminate()
    said = [each["ts"] for each in slack.messages() if INTRODUCTION in each["text"]]
    assert said == [introduced["ts"]]
    assert slack.messages()[0]["ts"] == introduced["ts"]


def test_home_from_an_open_to_a_fix(bot: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """It comes with one call after it is opened, and shows what was fixed from it."""
    bot.start()
    slack.wait_message("no security contact")
    slack.open_home()
    home = wait_home(slack, "6 accounts have no security contact")
    assert len(slack.calls("views.publish")) == 1
    (fix, *_) = (
        block["accessory"]
        for block in home["view"]["blocks"]
        if block.get("accessory", {}).get("value", "").startswith("444444444444")
    )
    slack.press(fix["action_id"], home=True, exact=True)
    slack.wait_view("'block_id': 'phone'")
    slack.submit(**FORM)
    wait_home(slack, "5 accounts have no security contact")
    assert aws.contact("444444444444", "SECURITY") is not None
    slack.press("altcontact_home_check", home=True)
    bot.wait_log("scan ended", number=2)
    wait_home(slack, "5 accounts have no security contact")
    assert "Checks and alerts are working." not in str(slack.home())
