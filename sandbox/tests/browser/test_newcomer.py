"""The first minute: what is seen at first, what the tour counts, and an app that is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM
from playwright.sync_api import expect

from sandbox.tests.browser.pointing import alert, set_contact

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.watched import Opening

LATE = 3_200


@pytest.mark.parametrize("width", [1440, 390])
def test_what_is_new_is_read_from_its_beginning(
    sandbox: Sandbox, opened: Opening, width: int
) -> None:
    """A page begins with what was not read, goes to the end with what one does, and stays there."""
    page = opened(sandbox, width)
    sandbox.start_bot()
    sandbox.slack.wait_message("can't be checked")
    head = page.page.get_by_role("heading", name="6 accounts have no security contact")
    expect(head).to_be_in_viewport()
    page.send("/altcontact check")
    result = page.messages.filter(has_text="6 of 15 accounts need attention")
    expect(result.get_by_text("Started by")).to_be_in_viewport()
    expect(head).not_to_be_in_viewport()
    page.page.reload()
    expect(result.get_by_text("Started by")).to_be_in_viewport()


def test_the_tour_is_slim_where_there_is_little_room(bare: Sandbox, opened: Opening) -> None:
    """On a phone the tour shows the step that one is at alone."""
    page = opened(bare, 390)
    steps = page.page.get_by_role("region", name="Tour").get_by_role("listitem")
    expect(steps).to_have_count(1)
    expect(steps).to_contain_text("/altcontact check")


def test_the_tour_counts_what_one_does_here(sandbox: Sandbox, opened: Opening) -> None:
    """What was set before a person came is no step of the tour; a reset begins it again."""
    sandbox.start_bot()
    page = opened(sandbox)
    set_contact(page, "Web production")
    page = opened(sandbox)
    steps = page.page.get_by_role("region", name="Tour").get_by_role("listitem")
    expect(steps.nth(0)).to_have_attribute("aria-current", "step")
    expect(steps.nth(1)).not_to_contain_text("done")
    page.send("/altcontact check")
    expect(steps.nth(0)).to_contain_text("done")
    # Whatever the bot still had to say would be refused by a Slack that forgot what it answers.
    expect(alert(page)).to_contain_text("fixed: ")
    expect(page.messages.filter(has_text="accounts need attention")).to_be_visible()
    sandbox.slack.reset()
    expect(page.messages).to_have_count(0)
    expect(steps.nth(0)).not_to_contain_text("done")


def test_the_tour_ends_without_waiting(sandbox: Sandbox, opened: Opening) -> None:
    """The bot notices at once that a contact is gone, and the page scrolls to what it posts."""
    sandbox.start_bot()
    sandbox.slack.wait_message("can't be checked")
    page = opened(sandbox)
    steps = page.page.get_by_role("region", name="Tour").get_by_role("listitem")
    page.send("/altcontact check")
    expect(page.messages.filter(has_text="accounts need attention")).to_be_visible()
    set_contact(page, "Web production")
    expect(alert(page)).to_contain_text("fixed: ")
    expect(steps.nth(1)).to_contain_text("done")
    page.row("Web production").get_by_role("button", name="Delete").click()
    expect(steps.nth(3)).to_contain_text("It is deleted in AWS")
    page.page.reload()
    expect(steps.nth(1)).to_contain_text("done")
    page.page.locator("#messages").hover()
    page.page.mouse.wheel(0, -10_000)
    expect(page.messages.first).to_be_in_viewport()
    steps.nth(3).get_by_role("button", name="Run it now").click()
    expect(steps.nth(3)).to_contain_text("done")
    last = page.messages.filter(has_text="Web production").last
    expect(last).to_contain_text("no security contact")
    expect(last).to_be_in_viewport()


def test_aws_shows_contacts_in_full(sandbox: Sandbox, opened: Opening) -> None:
    """Names, emails and phones of all three contacts are to be read without a pointer on them."""
    page = opened(sandbox)
    contacts = page.row("Management").locator(".contact span")
    expect(contacts.filter(has_text=SECURITY_TEAM.email)).to_be_visible()
    assert contacts.count() == 9
    texts = page.page.get_by_role("table").locator(".account-name, .contact span, .state")
    cut = "(all) => all.filter((each) => each.scrollWidth > each.clientWidth).length"
    assert texts.evaluate_all(cut) == 0


def test_an_app_that_is_late_is_told_at_once(sandbox: Sandbox, opened: Opening) -> None:
    """Whoever sent a command or pressed a button hears after 3 s, and at the end."""
    sandbox.start_bot()
    page = opened(sandbox)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.page.route("**/slack/act/*", hold)
    page.page.clock.install()
    notes = page.page.get_by_role("alert")
    page.send("/altcontact check")
    alert(page).get_by_role("button", name="Fix").first.click()
    page.page.wait_for_function("document.querySelector('article [aria-busy=true]')")
    page.page.clock.run_for(LATE)
    expect(notes.filter(has_text="has not answered yet; Slack tries again")).to_have_count(2)
    assert len(held) == 2
    for route in held:
        route.fulfill(json={"acked": False})
    expect(notes.filter(has_text="not answered yet")).to_have_count(0)
    expect(notes.filter(has_text="/altcontact did not work")).to_be_visible()
    expect(notes.filter(has_text="did not respond in time. Try again?")).to_be_visible()
