"""Undo with the shipped bot: what AWS, the channel and the alert show, and who is faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import AlternateContact
from tests.e2e.test_races import STAGING, applied, wait_read
from tests.e2e.test_story import ALICE, BOB, FORM, WEB, open_form, ready

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

__all__ = ["ready"]

UNDO, ANYWAY = "altcontact_undo", "altcontact_undo_anyway"
SOMEBODY = AlternateContact("Nobody", "None", "nobody@example.com", "+44 20 7946 0958")
"""A contact that doesn't comply with the policy."""


def fix(slack: SlackSandbox) -> None:
    """Have alice fix a contact, and leave the result open."""
    open_form(slack)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")


def operations(aws: AwsSandbox) -> list[str]:
    """What AWS carried out on the account, in order."""
    return [each["operation"] for each in applied(aws)]


def test_from_fixed_to_undone_and_back(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """AWS, the alert and the messages in the channel show each step; the log no contact."""
    fix(slack)
    slack.wait_message("5 left")
    slack.press(UNDO, exact=True)
    slack.wait_view("Undone. The contact was removed, and AWS shows none.")
    assert aws.contact(WEB, "SECURITY") is None
    alert = slack.wait_message("6 accounts have no security contact")
    assert alert["edits"] >= 2
    assert "check_mark" not in str(alert["blocks"])
    made = slack.wait_message("Undone by")
    assert f"<@{ALICE}> set the" in str(made["blocks"])
    slack.wait_message(f"<@{ALICE}> undid fix #1")
    slack.close()
    slack.command("/altcontact undo #2")
    slack.wait_view("fix #3, undoes fix #2")
    held = aws.contact(WEB, "SECURITY")
    assert held is not None
    assert held.email == FORM["email"]
    slack.wait_message("5 left")
    put, delete = "PutAlternateContact", "DeleteAlternateContact"
    assert operations(aws) == [put, delete, put]
    assert len([each for each in slack.messages() if "no security" in each["text"]]) == 1
    for personal in FORM.values():
        assert personal not in ready.log


def test_undo_after_somebody_else_changed_it(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """What the console set is shown first, and overwritten only when that is confirmed."""
    fix(slack)
    aws.set_contact(WEB, "SECURITY", SOMEBODY)
    slack.press(UNDO, exact=True)
    view = slack.wait_view("AWS no longer has what fix #1 saved")
    assert SOMEBODY.email in str(view)
    assert operations(aws) == ["PutAlternateContact"]
    slack.press(ANYWAY)
    slack.wait_view("Undone. The contact was removed")
    assert aws.contact(WEB, "SECURITY") is None


def test_two_people_undo_at_once(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """One removes the contact; the other hears who does that, and then, who did."""
    slack.set_group("S0SECOPS01", members=[ALICE, BOB])
    fix(slack)
    message = slack.wait_message(f"<@{ALICE}> set the")
    hang = aws.fault("hang", "DeleteAlternateContact")
    slack.press(UNDO, exact=True)
    ready.wait_log("fix planned", fix=2)
    slack.press(UNDO, message=message, user=BOB)
    slack.wait_view(f"<@{ALICE}> is changing this contact right now (fix #2)", BOB)
    slack.close(BOB)
    aws.clear_faults(hang)
    slack.wait_view("Undone. The contact was removed", ALICE)
    slack.command("/altcontact undo 1", user=BOB)
    slack.wait_view(f"<@{ALICE}> already undid fix #1 (fix #2)", BOB)
    assert operations(aws) == ["PutAlternateContact", "DeleteAlternateContact"]


def test_undo_against_scan(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """A scan that read the contact before it was undone doesn't report it as fixed afterwards."""
    fix(slack)
    hang = aws.fault("hang", "GetAlternateContact", account_id=STAGING)
    since = aws.wire()["last"]
    slack.command("/altcontact check")
    wait_read(aws, WEB, since)
    slack.press(UNDO, exact=True)
    slack.wait_view("Undone. The contact was removed")
    aws.clear_faults(hang)
    ready.wait_log("scan ended", scan=2)
    slack.wait_message("6 accounts have no security contact")
    slack.command("/altcontact check")
    slack.wait_private("6 of 15 accounts need attention")
    assert len([each for each in slack.messages() if "no security" in each["text"]]) == 1


def test_an_undo_that_the_role_does_not_allow(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """The window names the permission to add; once it is there, the undo works."""
    fix(slack)
    aws.deny("account:DeleteAlternateContact")
    slack.press(UNDO, exact=True)
    view = slack.wait_view("Not undone.")
    assert "Add account:DeleteAlternateContact to the bot's IAM policy." in str(view)
    assert operations(aws) == ["PutAlternateContact"]
    aws.allow(action="account:DeleteAlternateContact")
    slack.close()
    slack.command("/altcontact undo 1")
    slack.wait_view("Undone. The contact was removed")
