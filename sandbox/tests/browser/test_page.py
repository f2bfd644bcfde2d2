"""The page around Slack: keyboard, completion, theme, tour, wire, and AWS's form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox.tests.browser.pointing import FORM, alert, fix_button, set_contact

if TYPE_CHECKING:
    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening

ROOT = "root+555555555555@example.com"

HOSTILE_NAME = "<!channel> *prod* ~x~"
"""An account name that would shout in Slack if it were not escaped."""


def test_enter_sends_and_slash_completes(bare: Sandbox, opened: Opening) -> None:
    """Enter sends and Shift+Enter breaks the line; a slash offers the commands and accounts."""
    page = opened(bare)
    page.composer.press_sequentially("one")
    page.composer.press("Shift+Enter")
    page.composer.press_sequentially("two")
    page.composer.press("Enter")
    expect(page.messages.last).to_contain_text(re.compile(r"one\s*two"))
    expect(page.composer).to_have_value("")

    offered = page.page.get_by_role("listbox", name="Offered").get_by_role("option")
    page.composer.press_sequentially("/")
    expect(offered.filter(has_text="/altcontact check").first).to_be_visible()
    page.composer.press_sequentially("altcontact fi")
    page.composer.press("Tab")
    expect(page.composer).to_have_value("/altcontact fix ")
    page.composer.press_sequentially("web p")
    expect(offered).to_have_count(1)
    page.composer.press("ArrowDown")
    page.composer.press("Enter")
    expect(page.composer).to_have_value(re.compile("/altcontact fix .*5555"))
    page.composer.press("Escape")
    expect(offered).to_have_count(0)
    page.composer.fill("/nonsense")
    page.composer.press("Enter")
    expect(page.page.get_by_role("alert").filter(has_text="/nonsense")).to_contain_text(
        "not a valid command"
    )


def test_a_bot_that_does_not_answer_is_told(bare: Sandbox, opened: Opening) -> None:
    """With no bot a command says so, and the bar does too; the check cannot be asked for."""
    page = opened(bare)
    expect(page.page.get_by_role("status", name="Bot")).to_contain_text("Waiting for your bot")
    expect(page.bar("Run the scheduled check now")).to_be_disabled()
    bare.slack.settings(ack_within=0.05)
    page.send("/altcontact check")
    expect(page.page.get_by_role("alert").filter(has_text="did not respond")).to_be_visible()
    page.allow("no_ack")


def test_the_theme_is_chosen_and_remembered(bare: Sandbox, opened: Opening) -> None:
    """The page follows the system until a theme is chosen, which is there after a reload."""
    page = opened(bare, scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.page.evaluate(colour)
    theme = page.page.get_by_label("Theme")
    theme.select_option("Light")
    light = page.page.evaluate(colour)
    assert light != dark
    page.page.reload()
    expect(theme).to_have_value("light")
    assert page.page.evaluate(colour) == light
    theme.select_option("System")
    assert page.page.evaluate(colour) == dark


def test_the_tour_ticks_itself_off(sandbox: Sandbox, opened: Opening) -> None:
    """Each step of the tour is done by what really happened, the next one is pointed at."""
    sandbox.start_bot()
    page = opened(sandbox)
    tour = page.page.get_by_role("region", name="Tour")
    steps = tour.get_by_role("listitem")
    page.bar("Start the tour again").click()  # what AWS was asked before this test does not count
    expect(steps.nth(0)).to_have_attribute("aria-current", "step")
    tour.get_by_role("button", name="Put it in the message box").click()
    expect(page.composer).to_have_value("/altcontact check")
    page.composer.press("Enter")
    expect(steps.nth(0)).to_contain_text("done")
    expect(steps.nth(1)).to_have_attribute("aria-current", "step")
    set_contact(page, "Web production")
    expect(steps.nth(1)).to_contain_text("done")
    expect(steps.nth(2)).to_have_attribute("aria-current", "step")
    page.row("Audit").get_by_role("button", name="Delete").click()
    tour.get_by_role("button", name="Run it now").click()
    expect(steps.nth(3)).to_contain_text("done")
    tour.get_by_role("button", name="Close the tour").click()
    expect(tour).to_have_count(0)
    page.page.reload()
    expect(page.composer).to_be_visible()
    expect(tour).to_have_count(0)
    page.bar("Start the tour again").click()
    expect(steps.nth(0)).to_have_attribute("aria-current", "step")


def test_the_tour_goes_on_from_a_fix_in_the_alert(sandbox: Sandbox, opened: Opening) -> None:
    """Whoever presses Fix in the alert right away is at the third step, not back at the first."""
    sandbox.start_bot()
    page = opened(sandbox)
    page.bar("Start the tour again").click()
    set_contact(page, "Web production")
    tour = page.page.get_by_role("region", name="Tour")
    expect(tour.get_by_role("listitem").nth(2)).to_have_attribute("aria-current", "step")
    page.row("Web production").get_by_role("button", name="Delete").click()
    tour.get_by_role("button", name="Run it now").click()
    expect(tour.get_by_role("heading")).to_contain_text("Done")


def test_the_wire_shows_calls_without_personal_data(sandbox: Sandbox, opened: Opening) -> None:
    """The wire lists what bot, Slack and AWS say, and shows nobody's name, email or phone."""
    sandbox.start_bot()
    page = opened(sandbox)
    page.bar("Wire").click()
    wire = page.page.get_by_role("region", name="Wire")
    set_contact(page, "Web production")
    entries = wire.get_by_role("list", name="Payloads and calls").get_by_role("listitem")
    for name in ("chat.postMessage", "views.open", "PutAlternateContact", "ListAccounts"):
        expect(entries.filter(has_text=name).first).to_be_attached()
    wire.get_by_label("Filter by text").fill("PutAlternateContact")
    entries.first.get_by_role("button").first.click()
    expect(wire.get_by_role("region", name="Sent")).to_contain_text("[masked]")
    told = page.page.evaluate("fetch('/control/state').then((got) => got.json())")
    shown = str(told["wire"]) + wire.inner_text()
    for personal in (*FORM.values(), "+44 20 7946 0958", "aws-security@corp.internal", ROOT):
        assert personal not in shown
    wire.get_by_label("Filter by text").press("Escape")
    expect(wire).to_be_hidden()
    expect(page.bar("Wire")).to_be_focused()


def test_a_hostile_name_is_only_text(sandbox: Sandbox, opened: Opening) -> None:
    """An account called after a mention and markup is shown so everywhere, and calls nobody."""
    sandbox.aws.set_account("777777777777", name=HOSTILE_NAME)
    sandbox.start_bot()
    page = opened(sandbox, 390, "dark")
    expect(alert(page)).to_contain_text(HOSTILE_NAME)
    fix_button(alert(page), HOSTILE_NAME).click()
    expect(page.modal.get_by_text(HOSTILE_NAME)).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(page.modal).to_have_count(0)
    page.show("AWS")
    expect(page.row(HOSTILE_NAME)).to_be_visible()
    marked = page.page.locator("strong, b, s, em").all_text_contents()
    assert {"prod", "x"}.isdisjoint(marked)


def test_the_console_changes_a_contact(sandbox: Sandbox, opened: Opening) -> None:
    """AWS's form refuses what AWS refuses under its field; who saves is announced nothing."""
    page = opened(sandbox, scheme="dark")
    edit = page.page.get_by_role("button", name="Edit Web production")
    edit.click()
    form = page.page.get_by_role("dialog", name="Edit Web production")
    for label, value in (
        ("Full name", "Desk"),
        ("Title", "Duty"),
        ("Email", "desk"),
        ("Phone", "1"),
    ):
        form.get_by_label(re.compile(f"^{label}")).fill(value)
    form.get_by_role("button", name="Update").click()
    email = form.get_by_label(re.compile("^Email"))
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_be_focused()
    email.fill("desk@example.org")
    form.get_by_label(re.compile("^Phone")).fill("+44 20 7946 0958")
    form.get_by_role("button", name="Update").click()
    expect(form).to_have_count(0)
    expect(page.row("Web production")).to_contain_text("desk@example.org")
    expect(edit).to_be_focused()


def test_a_new_account_and_its_closing(sandbox: Sandbox, opened: Opening) -> None:
    """An account is created and found; Esc closes the form that it was asked for in."""
    page = opened(sandbox, 390)
    page.show("AWS")
    create = page.page.get_by_role("button", name="Create account")
    form = page.page.get_by_role("dialog", name="Create account")
    create.click()
    page.page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    create.click()
    form.get_by_label("Account name").fill("Brand new shop")
    form.get_by_label("Email address").fill("root@example.net")
    form.get_by_role("button", name="Create", exact=True).click()
    expect(form).to_have_count(0)
    page.page.get_by_label("Find an account").fill("brand new s")
    expect(page.page.get_by_role("status", name="Accounts found")).to_have_text("1 account")
    expect(page.row("Brand new shop")).to_be_visible()
    assert page.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_switches_break_and_mend(sandbox: Sandbox, opened: Opening) -> None:
    """What is broken is counted, and one press resets all of it."""
    page = opened(sandbox)
    names = ("Trusted access", "Bot may read", "Bot may write", "Throttling", "Outage")
    for name in names:
        switch = page.page.get_by_role("switch", name=name)
        before = switch.get_attribute("aria-checked")
        switch.click()
        expect(switch).not_to_have_attribute("aria-checked", str(before))
    expect(page.page.get_by_text("5 things broken")).to_be_visible()
    page.page.get_by_role("button", name="Reset all").click()
    expect(page.page.get_by_text("all is well")).to_be_visible()
    settings = sandbox.aws.state()
    assert settings["outage"] is settings["throttling"] is False
    assert settings["denials"] == [] or all(
        each["account_id"] is not None for each in settings["denials"]
    )


def test_places_and_unread(sandbox: Sandbox, opened: Opening) -> None:
    """What comes elsewhere is counted beside its place, until it is looked at."""
    page = opened(sandbox)
    direct = page.page.get_by_role("list", name="Direct messages").get_by_role("button")
    channel = page.page.get_by_role("list", name="Channels").get_by_role("button")
    expect(channel.filter(has_text="security-alerts")).to_have_attribute("aria-current", "page")
    page.send("Hello there")
    expect(page.messages.last).to_contain_text("Hello there")
    channel.filter(has_text="old-alerts").click()
    expect(page.page.get_by_label("Message #old-alerts")).to_be_disabled()
    page.become("Carol")
    channel.filter(has_text="security-alerts").click()
    expect(page.messages.last).to_contain_text("Hello there")
    page.page.reload()
    expect(page.page.get_by_role("radio", name="Carol")).to_be_checked()
    direct.click()
    expect(page.page.get_by_label("Message altcontact")).to_be_visible()


SMALL = """() => [...document.querySelectorAll("button, select, summary, textarea")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 39.5)
  .map((each) => `${each.getAttribute("aria-label") ?? each.textContent}`.trim())"""


def test_a_finger_meets_every_button_of_the_phone(sandbox: Sandbox, opened: Opening) -> None:
    """Slack, AWS, a thread and a form: no control is lower than 40 pixels."""
    sandbox.start_bot()
    page = opened(sandbox, 390)
    expect(alert(page)).to_be_visible()
    assert page.page.evaluate(SMALL) == []
    fix_button(alert(page), "Web production").dispatch_event("click")
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    assert page.page.evaluate(SMALL) == []
    page.page.keyboard.press("Escape")
    expect(page.modal).to_have_count(0)
    alert(page).get_by_role("button", name="Reply in thread").dispatch_event("click")
    expect(page.page.get_by_label("Reply", exact=True)).to_be_visible()
    assert page.page.evaluate(SMALL) == []
    page.page.get_by_role("button", name="Close thread").click()
    page.show("AWS")
    expect(page.row("Web production")).to_be_visible()
    assert page.page.evaluate(SMALL) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_covers_what_one_reads_and_writes(
    sandbox: Sandbox, opened: Opening, width: int
) -> None:
    """New messages are reported below the messages, and a thread's box shows a whole line."""
    sandbox.start_bot()
    page = opened(sandbox, width)
    sandbox.slack.wait_message("can't be checked")
    newer = page.page.get_by_role("button", name="New messages")
    expect(newer).to_be_visible()
    shown, messages = newer.bounding_box(), page.page.locator("#messages").bounding_box()
    assert shown is not None
    assert messages is not None
    assert shown["y"] >= messages["y"] + messages["height"]
    alert(page).get_by_role("button", name="Reply in thread").dispatch_event("click")
    reply = page.page.get_by_label("Reply", exact=True)
    expect(reply).to_be_focused()
    cut = "(box) => box.clientHeight >= 22 && box.scrollHeight <= box.clientHeight"
    assert reply.evaluate(cut)


def test_the_focus_returns_to_the_row_of_a_form(sandbox: Sandbox, opened: Opening) -> None:
    """Whoever cancels a form goes on where they pressed; a row that is fixed leaves the message."""
    sandbox.start_bot()
    page = opened(sandbox)
    fix = fix_button(alert(page), "Web production")
    for leave in ("Escape", "Cancel"):
        fix.click()
        expect(page.modal.get_by_label("Phone")).to_be_visible()
        if leave == "Escape":
            page.page.keyboard.press("Escape")
        else:
            page.modal.get_by_role("button", name="Cancel").click()
        expect(page.modal).to_have_count(0)
        expect(fix).to_be_focused()
    set_contact(page, "Web production")
    expect(alert(page)).to_contain_text("fixed: ")
    inside = "(message) => message.contains(document.activeElement)"
    assert alert(page).evaluate(inside)
