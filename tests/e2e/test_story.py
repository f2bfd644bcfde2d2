"""The story of a missing contact, from the scheduled scan to the updated alert and AWS's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

ALICE, BOB, CAROL = "U0ALICE001", "U0BOB00002", "U0CAROL003"
WEB = "555555555555"
FIX, SHOWN = "altcontact_fix:", "'block_id': 'phone'"
FORM = {
    "name": "Security team",
    "title": "On call",
    "email": "aws-security@corp.internal",
    "phone": "+44 20 7946 0958",
}


def button_for(message: dict[str, Any], account_id: str) -> str:
    """The action id of an account's button in a message or view."""
    for block in message["blocks"]:
        accessory = block.get("accessory", {})
        if accessory.get("value", "").startswith(account_id):
            return str(accessory["action_id"])
    raise AssertionError(f"no button for {account_id}")


def open_form(slack: SlackSandbox, account_id: str = WEB, user: str = ALICE) -> dict[str, Any]:
    """Press Fix in the alert, and wait for the form."""
    alert = slack.wait_message("no security contact")
    slack.press(button_for(alert, account_id), message=alert, user=user)
    return slack.wait_view(lambda view: SHOWN in str(view) and account_id in str(view), user)


@pytest.fixture
def ready(bot: Bot, slack: SlackSandbox) -> Bot:
    """The bot, started, connected, its first scan announced."""
    bot.start()
    slack.wait_connected()
    slack.wait_message("no security contact")
    slack.wait_message("can't be checked")
    return bot


def test_from_alert_to_confirmed(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """Alert, Fix, a wrong phone refused under its field, a right one confirmed, alert updated."""
    open_form(slack)
    wrong = slack.submit(**{**FORM, "phone": "12345"})
    assert set(wrong["errors"]) == {"phone"}
    assert aws.contact(WEB, "SECURITY") is None

    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    held = aws.contact(WEB, "SECURITY")
    assert held is not None
    assert held.email == FORM["email"]
    alert = slack.wait_message(f"(<@{ALICE}>)")
    assert alert["edits"] >= 1
    assert "6 accounts had no security contact, 5 left" in alert["text"]
    assert len([m for m in slack.messages() if "no security contact" in m["text"]]) == 1
    for personal in FORM.values():
        assert personal not in ready.log


def test_the_next_check_repeats_nothing_and_sees_what_others_mended(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """A check while findings stand posts nothing new; one fixed elsewhere updates the alert."""
    slack.command("/altcontact check")
    slack.wait_private("6 of 15 accounts need attention")
    before = [m["ts"] for m in slack.messages()]
    team = aws.contact("222222222222", "SECURITY")
    assert team is not None
    aws.set_contact(WEB, "SECURITY", team)
    slack.command("/altcontact check")
    slack.wait_private("5 of 15 accounts need attention")
    slack.wait_message("(in AWS)")
    assert [m["ts"] for m in slack.messages()] == before
    ready.wait_log("scan ended", scan=3)


def test_one_account_and_its_button(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """`check <name>` shows three contacts; its button fixes another type; choices are offered."""
    slack.command("/altcontact check web")
    choice = slack.wait_private("accounts match")
    slack.suggest("altcontact_choose_account", "", message=choice)
    slack.press("altcontact_choose", WEB, message=choice)
    shown = slack.wait_private("Check again")
    assert "Web production" in str(shown["blocks"])
    slack.press(f"{FIX}1", message=shown)
    slack.wait_view(SHOWN)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    assert aws.contact(WEB, "BILLING") is not None
    slack.command("/altcontact check nothing like that")
    slack.wait_private("No account matches")


def test_a_compliant_contact_is_not_overwritten_unseen(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """An address that nobody uses takes a second press, and a second person approves it."""
    slack.command("/altcontact fix 222222222222")
    slack.wait_view(SHOWN)
    away = {**FORM, "email": "bo.berg@attacker.internal"}
    slack.submit(**away)
    slack.wait_view("no other account has an address at attacker.internal")
    held = aws.contact("222222222222", "SECURITY")
    assert held is not None
    assert held.email.endswith("@corp.internal")
    slack.set_group("S0SECOPS01", members=[ALICE, CAROL])
    slack.submit(**away)
    slack.wait_view("Waiting for approval")
    request = slack.wait_message("Approval needed")
    assert not any(value in str(request) for value in away.values())
    assert aws.contact("222222222222", "SECURITY") == held
    slack.press("altcontact_review", message=request, user=CAROL)
    shown = str(slack.wait_view("Before", CAROL))
    assert held.email in shown
    assert away["email"] in shown
    slack.submit(CAROL)
    slack.wait_dm(f"<@{CAROL}> approved the request", ALICE)
    told = str(slack.wait_message("changed the Security contact")["blocks"])
    assert f"<@{ALICE}> changed the *Security contact*." in told
    assert "Before: an address at corp.internal. Now: an address at attacker.internal." in told
    assert "Few or no other accounts have an address at attacker.internal" in told
    assert not any(value in told for value in away.values())


def test_fix_by_name_opens_the_form(ready: Bot, slack: SlackSandbox) -> None:
    """`fix <name>` opens the form at once; a fixer alone may; others learn who can."""
    slack.command("/altcontact fix Data lake operations")
    assert "Operations contact" in str(slack.wait_view(SHOWN))
    slack.command("/altcontact fix Data lake", user=BOB)
    told = slack.wait_private("You don't have permission to change contacts", BOB)
    assert "S0SECOPS01" in str(told["blocks"])
    assert slack.view(BOB) is None


def test_from_one_account_to_the_next(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """The shared contact is filled in by a press, and the next account has the same values."""
    open_form(slack)
    slack.wait_view("Use the contact that")
    slack.press("altcontact_use_common")
    slack.wait_view("other accounts have.")
    slack.submit()
    saved = slack.wait_view("Next account: ")
    assert "Saved and verified in AWS." in str(saved)
    assert aws.contact(WEB, "SECURITY") == SECURITY_TEAM
    _, next_id, _ = str(saved["view"]["blocks"][-1]["elements"][0]["value"]).split(":")
    assert aws.contact(next_id, "SECURITY") is None
    slack.press("altcontact_next")
    form = slack.wait_view("Filled in with the contact that you saved for")
    assert form["values"]["email"] == SECURITY_TEAM.email
    slack.submit()
    slack.wait_view("Saved and verified")
    assert aws.contact(next_id, "SECURITY") == SECURITY_TEAM
    assert SECURITY_TEAM.email not in ready.log


def test_an_inactive_account_is_told_by_its_state(ready: Bot, slack: SlackSandbox) -> None:
    """There is nothing to fill in where AWS would refuse it."""
    slack.command("/altcontact fix Old shop")
    view = slack.wait_view("suspended")
    assert "Old shop" in str(view)
    assert "submit" not in view["view"]


def test_help_typos_and_repeated_deliveries(ready: Bot, slack: SlackSandbox) -> None:
    """Help tells last and next check, a typo the nearest command; a repeated delivery acts once."""
    slack.command("/altcontact")
    slack.wait_private("Last check")
    slack.command("/altcontact chekc web")
    slack.wait_private("Did you mean: /altcontact check web")
    heard = len(slack.private())
    assert slack.deliver_again()["acked"]
    slack.command("/altcontact exempt")
    slack.wait_private("Which account?")
    assert len(slack.private()) == heard + 1


def test_two_people_at_once_write_once(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """The second of two forms on one contact learns that it changed, and overwrites nothing."""
    slack.command("/altcontact fix Data lake")
    slack.wait_view(SHOWN)
    open_form(slack)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    other = {**FORM, "name": "Somebody else"}
    alert = slack.wait_message("1 fixed: ")
    assert alert is not None
    aws.set_contact("444444444444", "SECURITY", aws.contact(WEB, "SECURITY"))  # type: ignore[arg-type]
    slack.command("/altcontact fix Web staging")
    slack.wait_view("Web staging")
    slack.wait_view(SHOWN)
    aws.set_contact("666666666666", "SECURITY", aws.contact(WEB, "SECURITY"))  # type: ignore[arg-type]
    slack.submit(**other)
    view = slack.wait_view("changed in AWS while the form was open")
    assert view["values"]["name"] == "Somebody else"
    held = aws.contact("666666666666", "SECURITY")
    assert held is not None
    assert held.name == FORM["name"]
    slack.submit(**other)
    slack.wait_view("Saved and verified")


def test_a_throttled_write_is_tried_again(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """A person whose write is throttled once sees nothing of it."""
    aws.fault("throttle", "PutAlternateContact", count=1)
    open_form(slack)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    assert len(slack.calls("views.open")) == 1


def test_a_write_that_is_denied_says_why_and_keeps_what_was_typed(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """A denial names the action and the next step, and the form stays as it was filled in."""
    aws.deny("account:PutAlternateContact", WEB, by="scp")
    open_form(slack)
    slack.submit(**FORM)
    view = slack.wait_view("account:PutAlternateContact was denied by a service control policy.")
    assert FORM.items() <= view["values"].items()
    aws.clear_denials()
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")


def test_a_slow_write_is_confirmed_later(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """Where AWS shows a write late, the person sees that it is under way, then confirmed."""
    open_form(slack)
    aws.delay(2.5)
    answer = slack.submit(**FORM)
    assert "Saving and verifying" in str(answer)
    slack.wait_view("Saved and verified")


@pytest.mark.refused("not_found")
def test_a_closed_form_brings_a_message(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """The result of a form that was closed comes as a message; a failure leads back to it."""
    aws.latency(700)
    open_form(slack)
    slack.submit(**FORM)
    slack.close()
    slack.wait_private("Saved and verified")
    slack.wait_message(f"(<@{ALICE}>)")  # or a button would move under the finger
    aws.deny("account:PutAlternateContact", "666666666666", by="iam")
    open_form(slack, "666666666666")
    slack.submit(**FORM)
    slack.close()
    failed = slack.wait_private("Try again")
    aws.latency(0)
    slack.press("altcontact_try_again", message=failed)
    view = slack.wait_view(SHOWN)
    assert FORM.items() <= view["values"].items()


def test_stops_in_order(ready: Bot) -> None:
    """SIGTERM ends the bot within ten seconds with status 0."""
    assert ready.terminate() == 0
    ready.wait_log("stopped")
    assert '"level": "warning"' not in ready.log
    assert '"level": "error"' not in ready.log
