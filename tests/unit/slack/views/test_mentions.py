"""Mentions of people, and names of those who aren't in Slack."""

from __future__ import annotations

import pytest

from bot.slack.views.mentions import first_word, mention_line, person


@pytest.mark.parametrize(
    ("user_id", "said", "begins"),
    [
        ("U0ALICE001", "<@U0ALICE001>", "<@U0ALICE001>"),
        ("W0ALICE001", "<@W0ALICE001>", "<@W0ALICE001>"),
        ("bot", "the bot", "The bot"),
        ("cli:ana", "`ana` on the command line", "`ana` on the command line"),
        ("cli:", "somebody on the command line", "Somebody on the command line"),
        ("cli:<!channel>`", "`&lt;!channel&gt;'` on the command line", None),
        ("S0SECOPS01", "`S0SECOPS01`", "`S0SECOPS01`"),
    ],
)
def test_who_did_something(user_id: str, said: str, begins: str | None) -> None:
    """Only people are mentioned; other names are code, so that nothing in them is markup."""
    assert person(user_id) == said
    assert first_word(said) == (begins or said)


def test_mentions_come_before_a_paragraph() -> None:
    """Users first, then groups; nothing if nobody is mentioned."""
    assert mention_line(["S0SECOPS01", "U0ALICE001"]) == "<@U0ALICE001>, <!subteam^S0SECOPS01>\n"
    assert mention_line([]) == ""
