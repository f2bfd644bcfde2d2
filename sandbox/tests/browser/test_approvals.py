"""A change that needs a second person, as the people concerned do it in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox.tests.browser.pointing import FORM, alert, fix_button

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening, Watched

WEB = "555555555555"
REASON = "Abuse reports reach nobody tonight."


def request(page: Watched) -> None:
    """As Alice, ask for a contact to be changed."""
    fix_button(alert(page), WEB).click()
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    page.fill(**FORM)
    page.modal.get_by_role("button", name="Save").click()
    expect(page.modal).to_contain_text("Waiting for approval")


def posted(page: Watched, heading: str) -> Locator:
    """The newest message about the request."""
    return page.messages.filter(has=page.page.get_by_role("heading", name=heading)).last


def email(sandbox: Sandbox) -> str:
    """What AWS has."""
    held = sandbox.aws.contact(WEB, "SECURITY")
    return held.email if held is not None else ""


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_second_person_approves(
    sandbox: Sandbox, opened: Opening, tmp_path: Path, width: int, scheme: str
) -> None:
    """Nothing is changed until Carol has seen the very change, and approved it."""
    file = tmp_path / "policy.toml"
    file.write_text('[policy]\napproval = "always"\n')
    sandbox.start_bot(ALTCONTACT_CONFIG=str(file))
    page = opened(sandbox, width, scheme)
    request(page)
    page.close_modal()
    assert email(sandbox) == ""

    page.become("Carol")
    waiting = posted(page, "Approval needed: 1 contact")
    expect(waiting).not_to_contain_text(FORM["Email"])
    waiting.get_by_role("button", name="Review").click()
    expect(page.modal).to_contain_text("None is set")
    expect(page.modal).to_contain_text(FORM["Email"])
    page.modal.get_by_role("button", name="Approve").click()
    expect(page.modal).to_contain_text("The change is being made")
    page.close_modal()
    done = posted(page, "Approved: 1 contact")
    expect(done).to_contain_text("Saved and verified in AWS")
    expect(done.get_by_role("button", name="Review")).to_have_count(0)
    assert email(sandbox) == FORM["Email"]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_a_fixer_goes_on_alone(
    sandbox: Sandbox, opened: Opening, tmp_path: Path, width: int, scheme: str
) -> None:
    """Where the policy allows it, with a reason, and the channel sees who did so and why."""
    file = tmp_path / "policy.toml"
    file.write_text('[policy]\napproval = "always"\nbreak_glass = true\n')
    sandbox.start_bot(ALTCONTACT_CONFIG=str(file))
    page = opened(sandbox, width, scheme)
    request(page)
    page.modal.get_by_role("button", name="Go on without approval").click()
    expect(page.modal).to_contain_text("without a second person")
    page.modal.get_by_role("textbox").fill(REASON)
    page.modal.get_by_role("button", name="Change now").click()
    expect(page.modal).to_contain_text("made without approval")
    page.close_modal()
    expect(page.modal).to_contain_text("made without approval")  # and no longer "Waiting"
    page.close_modal()
    expect(page.modal).to_have_count(0)
    told = posted(page, "Changed without approval: 1 contact")
    expect(told).to_contain_text(REASON)
    expect(told).to_contain_text("Saved and verified in AWS")
    assert email(sandbox) == FORM["Email"]
