"""The story of a missing contact, as a person sees it in the browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox.tests.browser.pointing import FORM, alert, fix_button

if TYPE_CHECKING:
    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening

WEB = "555555555555"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_from_check_to_fixed(sandbox: Sandbox, opened: Opening, width: int, scheme: str) -> None:
    """Check, alert, Fix, a wrong phone refused under its field, a right one shown by AWS."""
    sandbox.start_bot()
    page = opened(sandbox, width, scheme)
    page.send("/altcontact check")
    result = page.messages.filter(has_text="6 of 15 accounts need attention")
    expect(result).to_contain_text("Only visible to you")

    fix_button(alert(page), "Web production").click()
    expect(page.page.get_by_role("dialog", name="Security contact")).to_be_visible()
    expect(page.modal.get_by_label("Name")).to_be_focused()
    page.fill(**{**FORM, "Phone": "12"})
    page.modal.get_by_label("Phone").press("Enter")
    phone = page.modal.get_by_label("Phone")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(phone).to_have_accessible_description(re.compile("This phone number doesn't exist"))
    expect(phone).to_be_focused()

    phone.fill(FORM["Phone"])
    page.modal.get_by_role("button", name="Save").click()
    expect(page.modal).to_contain_text("Saved and verified in AWS.")
    page.close_modal()
    expect(page.modal).to_have_count(0)
    expect(alert(page)).to_contain_text("6 accounts had no security contact, 5 left")
    expect(alert(page)).to_contain_text("1 fixed: ")
    expect(alert(page)).to_contain_text("(edited)")

    page.show("AWS")
    expect(page.row("Web production")).to_contain_text(FORM["Email"])
    held = sandbox.aws.contact(WEB, "SECURITY")
    assert held is not None
    assert held.phone == "+44 20 7946 0958"
    across = "document.documentElement.scrollWidth - innerWidth"
    assert page.page.evaluate(across) <= 0


@pytest.mark.parametrize("width", [1440, 390])
def test_from_fixed_to_undone(sandbox: Sandbox, opened: Opening, width: int) -> None:
    """Undo asks in a dialog first; then AWS has no contact, and the alert shows the account."""
    sandbox.start_bot()
    page = opened(sandbox, width)
    fix_button(alert(page), "Web production").click()
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    page.fill(**FORM)
    page.modal.get_by_role("button", name="Save").click()
    expect(page.modal).to_contain_text("Saved and verified in AWS.")
    page.modal.get_by_role("button", name="Undo").click()
    dialog = page.page.get_by_role("alertdialog", name="Undo fix #1?")
    expect(dialog).to_contain_text("The contact is removed, because none was set before.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.modal).to_contain_text("Saved and verified in AWS.")
    page.modal.get_by_role("button", name="Undo").click()
    dialog.get_by_role("button", name="Remove contact").click()
    expect(page.modal).to_contain_text("Undone. The contact was removed, and AWS shows none.")
    assert sandbox.aws.contact(WEB, "SECURITY") is None
    page.close_modal()
    expect(page.modal).to_have_count(0)
    expect(alert(page)).to_contain_text("6 accounts have no security contact")
    across = "document.documentElement.scrollWidth - innerWidth"
    assert page.page.evaluate(across) <= 0


def test_deleted_in_aws_alerts_again(sandbox: Sandbox, opened: Opening) -> None:
    """A contact that is deleted as in the AWS console is alerted by the next scheduled check."""
    sandbox.start_bot()
    page = opened(sandbox)
    page.row("Audit").get_by_role("button", name="Delete").click()
    expect(page.row("Audit")).to_contain_text("none")
    expect(page.page.get_by_text("7 without SECURITY contact")).to_be_visible()
    assert alert(page).count() == 1
    page.bar("Run the scheduled check now").click()
    expect(alert(page)).to_have_count(2)
    expect(alert(page).last).to_contain_text("Audit")


def test_who_has_no_rights_is_refused(sandbox: Sandbox, opened: Opening) -> None:
    """Somebody who is no fixer hears that from the bot, and who can fix; nobody else sees it."""
    sandbox.start_bot()
    page = opened(sandbox)
    page.become("Bob")
    fix_button(alert(page), "Web production").click()
    told = page.messages.filter(has_text="You don't have permission to change contacts")
    expect(told).to_be_visible()
    expect(told).to_contain_text("@secops")
    expect(page.modal).to_have_count(0)
    page.become("Alice")
    expect(told).to_have_count(0)


def test_an_outage_and_its_end(sandbox: Sandbox, opened: Opening) -> None:
    """An outage of AWS is announced with what to do, and its end too."""
    sandbox.start_bot()
    page = opened(sandbox)
    outage = page.page.get_by_role("switch", name="Outage")
    outage.click()
    expect(outage).to_have_attribute("aria-checked", "true")
    page.bar("Run the scheduled check now").click()
    failing = page.messages.filter(has_text="Checks are failing")
    expect(failing).to_be_visible(timeout=60_000)
    expect(failing).to_contain_text("To fix this")
    outage.click()
    expect(outage).to_have_attribute("aria-checked", "false")
    page.bar("Run the scheduled check now").click()
    expect(page.messages.filter(has_text="Checks restored")).to_be_visible(timeout=60_000)


def test_five_hundred_accounts(sandbox: Sandbox, opened: Opening) -> None:
    """Show all pages through what is missing in 500 accounts: next, last, first, and Fix there."""
    sandbox.aws.seed_many(500)
    sandbox.start_bot()
    page = opened(sandbox)
    expect(page.page.get_by_text("500 accounts").first).to_be_visible()
    alert(page).get_by_role("button", name="Show 250 accounts of this alert").click()
    turn = page.modal.get_by_role("button")
    expect(page.modal).to_contain_text("Page 1 of 13")
    turn.get_by_text("Next").first.click()
    expect(page.modal).to_contain_text("Page 2 of 13")
    turn.get_by_text("Last").first.click()
    expect(page.modal).to_contain_text("Page 13 of 13")
    turn.get_by_text("First").first.click()
    expect(page.modal).to_contain_text("Page 1 of 13")
    page.modal.get_by_role("button", name="More options").first.click()
    page.modal.get_by_role("menuitem", name="Fix").click()
    expect(page.page.get_by_role("dialog", name="Security contact")).to_be_visible()
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    page.close_modal()
    expect(page.page.get_by_role("dialog", name="All findings")).to_be_visible()
