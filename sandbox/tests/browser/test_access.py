"""The page for those who see little, or use no mouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from sandbox.tests.browser.pointing import alert, fix_button

if TYPE_CHECKING:
    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening, Watched

AUDIT: Final = Path(__file__).with_name("access.js").read_text()


def barriers(page: Watched) -> list[str]:
    """What is in the way of somebody, of what is shown now."""
    found: list[str] = page.page.evaluate(AUDIT)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_can_be_read_and_has_a_name(sandbox: Sandbox, opened: Opening, scheme: str) -> None:
    """Every text stands out from its ground, and every control has a name, whatever is open."""
    sandbox.start_bot()
    page = opened(sandbox, scheme=scheme)
    page.send("/altcontact help")
    expect(page.messages.filter(has_text="Only visible to you")).to_be_visible()
    page.bar("Wire").click()
    assert barriers(page) == []
    page.bar("Wire").click()
    page.composer.fill("/altcontact fix web")
    assert barriers(page) == []
    page.composer.fill("")
    page.page.get_by_role("button", name="Edit Data lake").click()
    expect(page.page.get_by_role("dialog", name="Edit Data lake")).to_be_visible()
    assert barriers(page) == []
    page.page.keyboard.press("Escape")
    fix_button(alert(page), "Web production").click()
    page.modal.get_by_role("button", name="Save").click()
    expect(page.modal.get_by_text("complete this required field").first).to_be_visible()
    assert barriers(page) == []


def test_paging_keeps_the_focus(sandbox: Sandbox, opened: Opening) -> None:
    """Who turns pages by keyboard stays in the form, though the button is drawn again."""
    sandbox.aws.seed_many(500)
    sandbox.start_bot()
    page = opened(sandbox)
    alert(page).get_by_role("button", name="Show 250 accounts of this alert").press("Enter")
    for number in ("2", "3"):
        page.modal.get_by_role("button", name="Next").first.press("Enter")
        expect(page.modal).to_contain_text(f"Page {number} of 13")
        expect(page.page.locator("#modals :focus, #modals .modal:focus")).to_have_count(1)
