"""Many accounts at once, as a person does it in the browser: preview, progress, stop, undo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox.tests.browser.pointing import FORM, alert

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening, Watched

WEB = "555555555555"


def preview(page: Watched) -> None:
    """Press Fix all in the alert, and have one contact for all previewed."""
    alert(page).get_by_role("button", name=re.compile("^Fix all 6 accounts")).click()
    expect(page.modal.get_by_text("All accounts of the alert")).to_be_visible()
    page.modal.get_by_label("One contact for all").check()
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    page.fill(**FORM)
    page.modal.get_by_role("button", name="Preview").click()
    expect(page.modal).to_contain_text("6 contacts will change, in 6 accounts")


def begin(page: Watched) -> Locator:
    """Begin what is previewed; gives the message of the run."""
    page.modal.get_by_role("button", name=re.compile("^(Fix|Restore) 6 contacts$")).click()
    expect(page.modal).to_contain_text("Started")
    page.close_modal()
    expect(page.modal).to_have_count(0)
    return page.messages.filter(has_text="Started by").last


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_from_the_alert_to_the_undo(
    sandbox: Sandbox, opened: Opening, width: int, scheme: str
) -> None:
    """What is previewed is what AWS has in the end, and the undo leaves nothing of it."""
    sandbox.start_bot()
    page = opened(sandbox, width, scheme)
    preview(page)
    expect(page.modal).to_contain_text(FORM["Email"])
    page.modal.get_by_role("button", name="Show: By account (6)").click()
    expect(page.modal).to_contain_text(WEB)
    run = begin(page)
    expect(run).to_contain_text("6 contacts fixed")
    expect(run).to_contain_text("results in the thread")
    expect(alert(page)).to_contain_text("6 accounts had no security contact, all fixed")
    held = sandbox.aws.contact(WEB, "SECURITY")
    assert held is not None
    assert held.email == FORM["Email"]

    run.get_by_role("button", name="Show the results of run 1").click()
    expect(page.modal).to_contain_text("verified in AWS")
    page.close_modal()
    run.get_by_role("button", name=re.compile("^Undo run 1")).click()
    expect(page.modal).to_contain_text("6 contacts will be put back")
    across = "document.documentElement.scrollWidth - innerWidth"
    assert page.page.evaluate(across) <= 0


def test_a_run_is_stopped_and_continued(sandbox: Sandbox, opened: Opening) -> None:
    """Slack asks before it stops; what was written stays, and the rest follows."""
    sandbox.start_bot(ALTCONTACT_WRITE_RATE="1")
    page = opened(sandbox)
    preview(page)
    run = begin(page)
    run.get_by_role("button", name="Stop run 1").click()
    page.page.get_by_role("button", name="Stop", exact=True).last.click()
    expect(run).to_contain_text(re.compile("Stopped: [0-5] of 6 contacts fixed"))
    run.get_by_role("button", name=re.compile("^Continue run 1")).click()
    expect(run.get_by_role("heading", name="6 contacts fixed", exact=True)).to_be_visible()
    writes = [each["account_id"] for each in sandbox.aws.writes()]
    assert len(set(writes)) == len(writes) == 6


def test_what_failed_is_tried_again(sandbox: Sandbox, opened: Opening) -> None:
    """One cause for all is said once; once it is gone, one press fixes them."""
    sandbox.start_bot()
    page = opened(sandbox)
    preview(page)
    sandbox.aws.deny("account:PutAlternateContact")
    run = begin(page)
    expect(run).to_contain_text("6 failed")
    sandbox.aws.allow(action="account:PutAlternateContact")
    run.get_by_role("button", name=re.compile("^Retry the 6 contacts of run 1")).click()
    expect(run.get_by_role("heading", name="6 contacts fixed", exact=True)).to_be_visible()
    expect(alert(page)).to_contain_text("6 accounts had no security contact, all fixed")
