"""What should never happen in the page makes a test fail, and a person sees why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

if TYPE_CHECKING:
    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening


def test_what_slack_refuses_is_a_red_card_and_a_failure(bare: Sandbox, opened: Opening) -> None:
    """A payload that Slack would refuse is shown with the reason, and fails the test."""
    page = opened(bare)
    page.verify()
    environment = bare.slack.environment()
    client = WebClient(
        environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"], retry_handlers=[]
    )
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        client.chat_postMessage(
            channel="C0ALERTS01", text="Wrong", blocks=[{"type": "header", "text": "no object"}]
        )
    expect(page.card).to_contain_text("chat.postMessage")
    expect(page.card).to_contain_text("invalid_blocks")
    expect(page.card).to_contain_text("blocks[0]")
    with pytest.raises(AssertionError, match="invalid_blocks"):
        page.verify()
    page.allow("invalid_blocks")
    page.card.get_by_role("button", name="Dismiss").click()
    expect(page.card).to_have_count(0)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.error('something odd')", "something odd"),
        ("console.warn('something odd')", "something odd"),
        ("setTimeout(() => { throw new Error('something odd'); })", "something odd"),
        ("fetch('https://example.com').catch(() => 0)", "Content Security Policy"),
    ],
)
def test_other_complaints_fail_too(
    bare: Sandbox, opened: Opening, script: str, complaint: str
) -> None:
    """The console's errors and warnings, a script's errors, and outside calls fail the test."""
    page = opened(bare)
    page.page.evaluate(f"void {script}")
    page.page.evaluate("new Promise((done) => setTimeout(done))")  # timeouts run in their order
    with pytest.raises(AssertionError, match=complaint):
        page.verify()
    page.allow("something odd", "Content Security Policy")


def test_another_origin_fails_too(bare: Sandbox, opened: Opening) -> None:
    """A window at another address fails the test."""
    page = opened(bare)
    with page.page.expect_popup():
        page.page.evaluate("(address) => void open(address)", f"{bare.slack.url}/_sandbox/state")
    with pytest.raises(AssertionError, match="another origin was asked"):
        page.verify()
    page.allow("another origin", bare.slack.url)
