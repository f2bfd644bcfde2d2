"""Block Kit in the page: how each block looks to who reads it, and what presses tell the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sandbox.tests.browser.made_up import MadeUpApp, field, modal, option, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.tests.browser.conftest import Sandbox
    from sandbox.tests.browser.made_up import Node
    from sandbox.tests.browser.watched import Opening

OPEN: Node = {
    "type": "actions",
    "block_id": "opening",
    "elements": [{"type": "button", "action_id": "open", "text": plain("Open")}],
}
ROOM = {"type": "plain_text_input"}


def doing(*elements: Node) -> Node:
    """An actions block."""
    return {"type": "actions", "block_id": "doing", "elements": list(elements)}


@pytest.fixture
def app(bare: Sandbox) -> Iterator[MadeUpApp]:
    """The made-up app, connected."""
    made = MadeUpApp(bare.slack)
    made.start(bare.slack)
    yield made
    made.stop()


def test_one_of_each(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """Headings, texts, fields, lists, tables and dates are shown as what they are."""
    page = opened(bare, scheme="dark")
    app.post(
        {"type": "header", "text": plain("Quarterly review")},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*Bold*, _slanted_, ~gone~, `code`, <@U0BOB00002>"},
            "fields": [
                {"type": "mrkdwn", "text": "<https://example.com|the manual>"},
                {"type": "mrkdwn", "text": "https://bare.example"},
                {"type": "mrkdwn", "text": "_https://not.example_ <#C1>", "verbatim": True},
            ],
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [
                {
                    "type": "mrkdwn",
                    "text": "<!date^0^{date_num} at {time}|never> :white_check_mark:",
                },
            ],
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [{"type": "text", "text": each, "style": {"bold": True}}],
                        }
                        for each in ("first", "second")
                    ],
                },
                {
                    "type": "rich_text_preformatted",
                    "elements": [{"type": "text", "text": "aws organizations"}],
                },
            ],
        },
        {
            "type": "table",
            "rows": [
                [{"type": "raw_text", "text": text} for text in row]
                for row in (("Account", "Cost"), ("Payments", "12"))
            ],
        },
    )
    message = page.messages.last
    expect(message.get_by_role("heading", name="Quarterly review")).to_be_visible()
    expect(message.locator("strong, b").filter(has_text="Bold")).to_be_visible()
    expect(message.locator("em, i").filter(has_text="slanted")).to_be_visible()
    expect(message.locator("code").filter(has_text="code")).to_be_visible()
    expect(message.get_by_text("@bob")).to_be_visible()
    link = message.get_by_role("link", name="the manual")
    expect(link).to_have_attribute("href", "https://example.com")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(message.get_by_role("link", name="https://bare.example")).to_be_visible()
    expect(message.locator("em").filter(has_text="https://not.example")).to_be_visible()
    expect(message.get_by_role("link", name="https://not.example")).to_have_count(0)
    expect(message).to_contain_text("1970")
    expect(message).to_contain_text("✅")
    expect(message.get_by_role("listitem")).to_have_text(["first", "second"])
    expect(message.locator("pre")).to_have_text("aws organizations")
    expect(message.get_by_role("columnheader", name="Cost")).to_be_visible()
    expect(message.get_by_role("cell", name="12")).to_be_visible()


def test_what_is_pressed_is_told(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """Buttons, overflow, date, checkboxes and menus tell the app which, and with what value."""
    page = opened(bare)
    app.post(
        doing(
            {
                "type": "button",
                "action_id": "go",
                "text": plain("Go"),
                "value": "42",
                "style": "primary",
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Snooze"), option("Forget")],
            },
            {"type": "static_select", "action_id": "size", "options": [option("S"), option("XL")]},
            {"type": "datepicker", "action_id": "day"},
            {"type": "checkboxes", "action_id": "kinds", "options": [option("a"), option("b")]},
        )
    )
    message = page.messages.last
    message.get_by_role("button", name="Go").click()
    assert app.action("go")["value"] == "42"

    message.get_by_role("button", name="More options").click()
    page.page.get_by_role("menuitem", name="Snooze").press("ArrowDown")
    page.page.keyboard.press("Enter")
    assert app.action("more")["selected_option"]["value"] == "Forget"

    size = message.get_by_role("combobox")
    size.click()
    size.press_sequentially("x")
    expect(page.offered).to_have_text(["XL"])
    size.press("Enter")
    assert app.action("size")["selected_option"]["value"] == "XL"
    expect(size).to_have_value("XL")

    message.locator("input[type=date]").fill("2026-11-24")
    assert app.action("day")["selected_date"] == "2026-11-24"
    message.get_by_role("checkbox", name="b").check()
    assert [each["value"] for each in app.action("kinds")["selected_options"]] == ["b"]


def test_dangerous_presses_are_confirmed(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """A button with a confirm dialog is pressed once it was agreed to; Esc does not agree."""
    page = opened(bare)
    app.post(
        doing(
            {
                "type": "button",
                "action_id": "wipe",
                "text": plain("Wipe"),
                "style": "danger",
                "confirm": {
                    "title": plain("Wipe it all?"),
                    "text": plain("It is gone then."),
                    "confirm": plain("Wipe it"),
                    "deny": plain("Keep it"),
                },
            },
            {"type": "button", "action_id": "other", "text": plain("Other")},
        )
    )
    wipe = page.messages.last.get_by_role("button", name="Wipe")
    sure = page.page.get_by_role("alertdialog", name="Wipe it all?")
    for leave in ("Escape", "Keep it"):
        wipe.click()
        expect(sure).to_contain_text("It is gone then.")
        if leave == "Escape":
            page.page.keyboard.press("Escape")
        else:
            sure.get_by_role("button", name=leave).click()
        expect(sure).to_have_count(0)
        expect(wipe).to_be_focused()
    page.messages.last.get_by_role("button", name="Other").click()
    app.action("other")
    assert app.presses() == ["other"]
    wipe.click()
    sure.get_by_role("button", name="Wipe it").click()
    app.action("wipe")


def test_a_menu_in_a_message_searches(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """Its options stay open when they come, and the app hears which one is chosen."""
    menu = {
        "type": "external_select",
        "action_id": "team",
        "placeholder": {"type": "plain_text", "text": "Search by name or id"},
        "min_query_length": 0,
    }
    page = opened(bare)
    app.post({"type": "actions", "block_id": "choice", "elements": [menu]})
    search = page.messages.last.get_by_label("Search by name or id")
    search.click()
    expect(page.offered.first).to_be_visible()
    search.press_sequentially("plat")
    expect(page.offered.first).to_have_text("Platform")
    search.press("Enter")
    told = app.told(lambda each: each["type"] == "block_actions")
    assert told["actions"][0]["selected_option"]["text"]["text"] == "Platform"


def test_a_form_with_everything(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """Each input gives its value; the app's errors stand under their fields, and keep the rest."""
    choices = [option("low"), option("high")]
    app.form = modal(
        "Everything",
        field("note", "Note", {**ROOM, "multiline": True}),
        field("mail", "Mail", {"type": "email_text_input"}),
        field("risk", "Risk", {"type": "radio_buttons", "options": choices}),
        field("who", "Who", {"type": "users_select"}),
        field("tags", "Tags", {"type": "multi_static_select", "options": choices}, optional=True),
        field("team", "Team", {"type": "external_select", "min_query_length": 1}),
    )
    app.answer = {"response_action": "errors", "errors": {"mail": "Nobody reads that."}}
    page = opened(bare)
    app.post(OPEN)
    page.messages.last.get_by_role("button", name="Open").click()
    form = page.page.get_by_role("dialog", name="Everything")
    note = form.get_by_label("Note")
    expect(note).to_be_focused()
    note.fill("Two\nlines")
    note.press("Enter")
    note.press("Backspace")
    form.get_by_label("Mail").fill("nobody@example.com")
    form.get_by_role("radio", name="high").check()
    for label, typed in (("Who", "caro"), ("Tags", "lo"), ("Team", "plat")):
        menu = form.get_by_label(label)
        menu.click()
        menu.press_sequentially(typed)
        expect(page.offered.first).to_be_visible()
        menu.press("Enter")
        if label == "Tags":
            menu.press("Escape")
    expect(form.get_by_label("Team")).to_have_value("Platform")
    form.get_by_role("button", name="Save").click()
    mail = form.get_by_label("Mail")
    expect(mail).to_have_accessible_description("Nobody reads that.")
    expect(mail).to_be_focused()
    expect(mail).to_have_value("nobody@example.com")

    app.answer = {}
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    state = app.told(lambda each: each["type"] == "view_submission")["view"]["state"]["values"]
    assert state["note"]["note"]["value"] == "Two\nlines"
    assert state["risk"]["risk"]["selected_option"]["value"] == "high"
    assert state["who"]["who"]["selected_user"] == "U0CAROL003"
    assert [each["value"] for each in state["tags"]["tags"]["selected_options"]] == ["low"]
    assert state["team"]["team"]["selected_option"]["value"] == "Platform"


def test_stacked_modals(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """A pushed modal hides the one below; Esc takes the topmost away, and what was typed stays."""
    app.form = modal("First", field("a", "First field", ROOM), OPEN, notify_on_close=True)
    page = opened(bare)
    app.post(OPEN)
    page.messages.last.get_by_role("button", name="Open").click()
    first = page.page.get_by_role("dialog", name="First")
    first.get_by_label("First field").fill("kept")
    app.form = modal("Second", field("b", "Second field", ROOM), notify_on_close=True)
    first.get_by_role("button", name="Open").click()
    second = page.page.get_by_role("dialog", name="Second")
    expect(second.get_by_label("Second field")).to_be_focused()
    expect(first).to_have_count(0)
    assert bare.slack.views()[0]["values"]["a"] == "kept"
    for _ in range(8):
        page.page.keyboard.press("Tab")
        assert page.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    page.page.keyboard.press("Escape")
    expect(second).to_have_count(0)
    expect(first.get_by_label("First field")).to_have_value("kept")
    page.page.keyboard.press("Escape")
    expect(first).to_have_count(0)
    app.told(lambda each: each["type"] == "view_closed")


def test_files_and_threads(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """A file has a preview and a link; answers in a thread are counted, and can be given."""
    page = opened(bare)
    app.client.files_upload_v2(
        channel="C0ALERTS01",
        title="Who lacks a contact",
        filename="missing.csv",
        content='name,id\n"Web, production",555555555555\n',
    )
    file = page.page.get_by_role("figure", name="File missing.csv")
    expect(file).to_contain_text("Who lacks a contact")
    expect(file.get_by_role("cell", name="Web, production")).to_be_visible()
    expect(file.get_by_role("link", name="Download missing.csv")).to_be_visible()

    ts = app.post(text="Shall we?")
    app.post(text="I would say so.", thread_ts=ts)
    question = page.messages.filter(has_text="Shall we?")
    question.get_by_role("button", name="1 reply").click()
    thread = page.page.get_by_role("log", name="Thread")
    expect(thread).to_contain_text("I would say so.")
    reply = page.page.get_by_label("Reply", exact=True)
    expect(reply).to_be_focused()
    reply.fill("Then *do* it")
    reply.press("Enter")
    expect(thread.get_by_role("article").last).to_contain_text("alice")
    expect(question.get_by_role("button", name="2 replies")).to_be_visible()
    expect(page.messages.filter(has_text="Then")).to_have_count(0)
    reply.press("Escape")
    expect(thread).to_be_hidden()


def test_home(bare: Sandbox, app: MadeUpApp, opened: Opening) -> None:
    """The Home that the app publishes is shown, and its button pressed."""
    bare.slack.settings(events=["app_home_opened"])
    page = opened(bare)
    page.page.get_by_role("button", name="Home").click()
    expect(page.page.get_by_role("heading", name="Welcome home")).to_be_visible()
    page.page.get_by_role("button", name="Press me at home").click()
    app.action("home")
