"""The doctor's report in Slack: what needs attention, and the list of every check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.doctor import CheckResult, Section, State
from bot.slack.views.doctor import (
    SHOW_ALL,
    all_checks_view,
    message_view,
    progress_message,
    result_message,
)
from tests.unit.fakes import START
from tests.unit.slack.views.assertions import assert_sound, assert_sound_view, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD = CheckResult(Section.SLACK, "Bot token", State.OK, "belongs to altcontact.")
ODD = CheckResult(Section.SLACK, "Fixers", State.WARNING, "everyone can change contacts.")
BAD = CheckResult(
    Section.AWS, "Trusted access", State.FAILURE, "is off.", "In the account, run:", "aws on\naws x"
)
DIM = CheckResult(Section.AWS, "Accounts", State.NOT_TESTED, "trusted access is off.")
SHOWN_BAD = ":x: *AWS · Trusted access*: is off.\nIn the account, run:\n```\naws on\naws x\n```"

LINES = st.builds(
    CheckResult,
    st.sampled_from(Section),
    st.text(max_size=200),
    st.sampled_from(State),
    st.text(max_size=5000),
    st.text(max_size=2000),
    st.text(max_size=8000) | st.just("`" * 50) | st.just("&" * 4000),
)


def shown(lines: Sequence[CheckResult]) -> list[str]:
    """The texts of the report, its button's included."""
    return texts(result_message(lines, "r1").blocks, "plain_text", "mrkdwn")


def listed(lines: Sequence[CheckResult]) -> list[str]:
    """The texts of the list of every check."""
    return texts(all_checks_view(lines, START)["blocks"], "mrkdwn")


def test_problems_are_shown_failures_first() -> None:
    """The heading counts them; a failure has its remedy and what to paste; the rest is counted."""
    assert shown([GOOD, ODD, BAD, DIM]) == [
        "1 failure, 1 warning",
        SHOWN_BAD,
        ":warning: *Slack · Fixers*: everyone can change contacts.",
        "1 check passed, 1 not tested. Nothing was changed.",
        "Show all checks",
    ]
    message = result_message([GOOD, ODD, BAD, DIM], "r1")
    assert message.text == "1 failure, 1 warning; 1 check passed, 1 not tested."


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([GOOD, GOOD], ":white_check_mark: All 2 checks passed."),
        ([GOOD, GOOD, DIM], ":white_check_mark: All 2 checks passed. 1 not tested."),
        ([DIM], "Nothing was tested."),
        ([], "Nothing was tested."),
    ],
)
def test_when_all_is_well_one_line_says_so(lines: list[CheckResult], line: str) -> None:
    """One block, with the button beside it; no check mark where nothing was tested."""
    assert shown(lines) == [line, "Show all checks"]
    (block,) = result_message(lines, "r1").blocks
    assert (block["accessory"]["action_id"], block["accessory"]["value"]) == (SHOW_ALL, "r1")


def test_the_list_has_every_check_with_its_mark() -> None:
    """What wasn't tested has its own mark, and never a check mark."""
    assert listed([GOOD, ODD, BAD, DIM])[2:] == [
        "*AWS*\n" + SHOWN_BAD.replace("AWS · ", ""),
        "*Slack*\n:warning: *Fixers*: everyone can change contacts.",
        "*AWS*\n:white_circle: *Accounts*: not tested: trusted access is off.",
        "*Slack*\n:white_check_mark: *Bot token*: belongs to altcontact.",
    ]


def test_a_page_to_go_to_is_a_link() -> None:
    """Slack makes no link by itself of what the bot writes; a remedy's pages are links."""
    remedy = "Go to https://api.slack.com/apps, then <look>."
    bad = CheckResult(Section.SLACK, "Bot token", State.FAILURE, "is revoked.", remedy)
    assert "<https://api.slack.com/apps>, then &lt;look&gt;." in json.dumps(shown([bad]))


def test_text_from_outside_is_escaped() -> None:
    """A workspace named like a mention mentions nobody, and no snippet ends its code block."""
    line = CheckResult(Section.SLACK, "Bot token", State.FAILURE, "“<!channel>”", "", "```<@U1>")
    for told in ("\n".join(shown([line])), "\n".join(listed([line]))):
        assert "&lt;!channel&gt;" in told
        assert "<@U1>" not in told
        assert told.count("```") == 2


def test_more_than_a_message_takes() -> None:
    """As many problems as fit are shown, and how many are left; the list says so too."""
    many = [
        CheckResult(Section.AWS, f"Bad {n}", State.FAILURE, "w" * 600, "m" * 500, "p" * 900)
        for n in range(60)
    ]
    told = shown(many)
    rows = [text for text in told if text.startswith(":x:")]
    assert f"…and {60 - len(rows)} more." in told
    assert rows[0].startswith(":x: *AWS · Bad 0*")
    assert "`altcontact doctor --all`" in listed(many)[-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=60))
def test_slack_takes_every_report(lines: list[CheckResult]) -> None:
    """Whatever is found, Slack takes the message and the modal."""
    assert_sound(result_message(lines, "r1"))
    assert_sound_view(all_checks_view(lines, START))


def test_slack_takes_the_progress() -> None:
    """The first answer, and a list that is made again, say that the checks are running."""
    assert_sound(progress_message())
    assert_sound_view(message_view(progress_message()))
