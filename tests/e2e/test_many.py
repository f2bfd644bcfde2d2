"""More than a message holds: pages behind Show all, and the form from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_story import ALICE, BOB, FORM, SHOWN

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot


MANAGEMENT = "111111111111"
"""A change of this account needs a second person."""


@pytest.fixture
def many(bot: Bot, slack: SlackSandbox, aws: AwsSandbox) -> Bot:
    """The bot on an organization where some fifty contacts are missing."""
    aws.seed_many(55, missing_every=1)
    bot.start()
    slack.wait_connected()
    slack.wait_message("Show all")
    return bot


def fix_first(slack: SlackSandbox, user: str) -> None:
    """Choose **Fix** in the menu of the first row of a page that one person can fix alone."""
    blocks = slack.views(user)[-1]["view"]["blocks"]
    choices = [each["accessory"]["options"][0]["value"] for each in blocks if "accessory" in each]
    wanted = next(each for each in choices if MANAGEMENT not in each)
    slack.press("altcontact_menu:", wanted, user=user)


def test_pages_and_the_form_from_a_page(many: Bot, slack: SlackSandbox) -> None:
    """Show all opens pages; a button there opens the form on top; the alert counts what is done."""
    alert = slack.wait_message("Show all")
    assert str(alert["blocks"]).count("altcontact_fix:") == 20
    slack.press("altcontact_show_all", message=alert)
    slack.wait_view("Page 1 of 3")
    slack.press("altcontact_page:next")
    slack.wait_view("Page 2 of 3")
    slack.press("altcontact_page:last")
    slack.wait_view("Page 3 of 3")
    slack.press("altcontact_page:first")
    slack.wait_view("Page 1 of 3")
    fix_first(slack, ALICE)
    slack.wait_view(SHOWN)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    slack.wait_message("55 accounts had no security contact, 54 left")
    slack.close()
    slack.wait_view("Page 1 of 3")
    slack.press("altcontact_page:next")
    slack.wait_view("1 resolved")


def test_who_may_not_is_told_from_a_page_too(many: Bot, slack: SlackSandbox) -> None:
    """Who is no fixer may look through the pages, and learns who can fix."""
    alert = slack.wait_message("Show all")
    slack.press("altcontact_show_all", message=alert, user=BOB)
    slack.wait_view("Page 1 of 3", BOB)
    fix_first(slack, BOB)
    slack.wait_private("You don't have permission to change contacts", BOB)


def test_results_name_what_they_do_not_show(many: Bot, slack: SlackSandbox) -> None:
    """The result of a check says how many more there are."""
    slack.command("/altcontact check")
    result = slack.wait_private("attention")
    assert "…and 40 more." in str(result["blocks"])
    assert "Show all (55)" in str(result["blocks"])


def test_a_contact_that_cannot_be_read_gives_no_form(
    many: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """Where AWS does not say what it holds, the form says why instead; so does the account."""
    aws.fault("html", "GetAlternateContact")
    alert = slack.wait_message("Show all")
    slack.press("altcontact_fix:0", message=alert)
    slack.wait_view("doesn't seem to come from AWS")
    name = str(aws.accounts()[5]["name"])
    slack.command(f"/altcontact check {name}")
    slack.wait_private("Security unknown")


def test_several_people_check_at_once(many: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """Who asks while a check runs learns who started it, and both get its result."""
    aws.latency(400)
    slack.command("/altcontact check")
    slack.wait_private("Checking all accounts")
    slack.command("/altcontact check", user=BOB)
    joined = slack.wait_private("already running", BOB)
    assert f"<@{ALICE}>" in joined["text"]
    slack.wait_private("attention", ALICE)
    slack.wait_private("attention", BOB)
