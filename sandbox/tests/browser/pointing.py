"""Where the story's things are in the page, and the step that several stories share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sandbox.tests.browser.watched import Watched

FORM: Final = {
    "Name": "Security Desk",
    "Job title": "Duty manager",
    "Email": "desk@corp.internal",
    "Phone": "020 7946 0958",
}


def alert(page: Watched) -> Locator:
    """The alert about missing contacts."""
    return page.messages.filter(has=page.page.get_by_role("heading", name="security contact"))


def fix_button(place: Locator, account: str) -> Locator:
    """An account's Fix button in a message or modal."""
    row = place.locator(".block").filter(has_text=account)
    return row.get_by_role("button", name=re.compile("^Fix"))


def set_contact(page: Watched, account: str) -> None:
    """Press Fix in the alert, fill the form, and save it."""
    fix_button(alert(page), account).click()
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    page.fill(**FORM)
    page.modal.get_by_role("button", name="Save").click()
    expect(page.modal).to_contain_text("Saved and verified")
    page.modal.get_by_role("button", name="Done").click()
    expect(page.modal).to_have_count(0)
