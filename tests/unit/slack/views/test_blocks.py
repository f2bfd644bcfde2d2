"""Block Kit in small pieces: what text from outside may do there."""

from __future__ import annotations

import pytest
from altcontact_sandbox.slack.blocks import problems

from bot.slack.views.blocks import bold, button, code, escape, mrkdwn, paragraph, plain
from bot.slack.views.row_actions import account_name
from tests.unit.slack.views.assertions import assert_links_nothing_by_itself


def test_slack_links_nothing_by_itself() -> None:
    """A name like a URL or a channel stays text; what is marked up as a link still is one."""
    block = paragraph("https://evil.example #general <https://corp.example|rules>")
    assert problems([block]) == []
    assert_links_nothing_by_itself(block)


@pytest.mark.parametrize("control", "\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
def test_text_from_outside_turns_nothing_around(control: str) -> None:
    """A character that reverses the text after it shows as one that is not known."""
    name = f"Web{control}production"
    assert plain(name)["text"] == "Web\ufffdproduction"
    assert mrkdwn(escape(name))["text"] == "Web\ufffdproduction"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Data lake", "*Data lake*"),
        ("prod_data_lake", "*prod_data_lake*"),
        ("a\n> b", "*a &gt; b*"),
        ("<!channel>", "*&lt;!channel&gt;*"),
        ("*x*", "`*x*`"),
        ("_x_", "`_x_`"),
        ("`x`", "`'x'`"),
        (":tada:", "`:tada:`"),
        ("10:30", "*10:30*"),
        (" ", ""),
    ],
)
def test_a_name_in_bold_formats_nothing_itself(name: str, shown: str) -> None:
    """An account may be called anything; its name shows as it is, on one line."""
    assert bold(name) == shown


def test_code_cannot_be_ended_from_within() -> None:
    """A backtick in an id would end the code."""
    assert code("4`4 <") == "`4'4 &lt;`"
    assert code("") == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Data lake", "*Data lake*  `444444444444`"),
        ("", "`444444444444`"),
        ("444444444444", "`444444444444`"),
    ],
)
def test_an_account_is_named_once(name: str, shown: str) -> None:
    """Name in bold and id as code; an account without a name is its id."""
    assert account_name(name, "444444444444") == shown


def test_a_button_has_a_label_that_fits() -> None:
    """A screen reader says more than stands on the button, within Slack's limit."""
    made = button("Fix", "fix:1", "x", label="Fix the Security contact of " + "a" * 80)
    assert len(made["accessibility_label"]) == 75
    assert problems([{"type": "actions", "elements": [made]}]) == []
