"""Block Kit in small pieces: what text from outside may do there."""

from __future__ import annotations

import pytest
from altcontact_sandbox.slack.blocks import problems

from bot.slack.views.blocks import escape, mrkdwn, paragraph, plain
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
