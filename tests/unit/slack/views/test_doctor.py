"""The doctor's report as people read it: on a terminal, piped, as JSON, and in Slack."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.blocks import problems
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.cli.doctor_output import _Report, show, show_failures, write_json
from bot.services.doctor import CheckResult, Section, State
from bot.slack.views.doctor import progress_message, result_message

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD = CheckResult(Section.SLACK, "Bot token", State.OK, "is that of altcontact.")
BAD = CheckResult(
    Section.AWS, "Trusted access", State.FAILURE, "is off.", "In the account run:", "aws on\naws x"
)
DIM = CheckResult(Section.AWS, "Accounts", State.NOT_CHECKED, "trusted access is off.")

LINES = st.builds(
    CheckResult,
    st.sampled_from(Section),
    st.text(max_size=200),
    st.sampled_from(State),
    st.text(max_size=5000),
    st.text(max_size=2000),
    st.text(max_size=8000) | st.just("`" * 50) | st.just("&" * 4000),
)


class Encoded(io.StringIO):
    """A stream of another encoding."""

    encoding = "ascii"


def test_a_page_to_go_to_is_a_link() -> None:
    """Slack makes no link by itself of what the bot writes; a remedy's pages are links."""
    remedy = "Go to https://api.slack.com/apps, then <look>."
    bad = CheckResult(Section.SLACK, "Bot token", State.FAILURE, "is revoked.", remedy)
    told = json.dumps(result_message([bad]).blocks)
    assert "<https://api.slack.com/apps>, then &lt;look&gt;." in told


def test_piped() -> None:
    """Each line has its mark, its mend and what to paste under it; the summary ends it."""
    out = io.StringIO()
    assert show([GOOD, BAD, DIM], out) == [GOOD, BAD, DIM]
    assert out.getvalue().splitlines()[:-2] == [
        "Slack",
        "  ✓ Bot token: is that of altcontact.",
        "",
        "AWS",
        "  ✗ Trusted access: is off.",
        "  → In the account run:",
        "      aws on",
        "      aws x",
        "  - Accounts: not checked: trusted access is off.",
    ]
    assert out.getvalue().endswith("\n1 failure; 1 check passed, 1 not checked.\n")


def test_failures_alone() -> None:
    """A start that failed shows what failed, and nothing else."""
    out = io.StringIO()
    show_failures([GOOD, BAD, DIM], out)
    assert "✗ Trusted access" in out.getvalue()
    assert "Bot token" not in out.getvalue()
    assert "not checked" not in out.getvalue()


def test_a_narrow_terminal() -> None:
    """Words are wrapped and hang; what is to be pasted is not wrapped, whatever its length."""
    console = Console(file=io.StringIO(), force_terminal=True, width=40, color_system=None)
    report = _Report(console)
    snippet = "aws organizations " + "x" * 80
    report.write(
        CheckResult(Section.AWS, "Caller", State.WARNING, "word " * 20, "mend " * 20, snippet)
    )
    rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined] # a StringIO
    assert f"      {snippet}" in rows
    assert all(len(row) <= 40 for row in rows if "x" not in row)
    assert rows[1].startswith("  ! Caller: word")
    assert rows[2].startswith("    word")


def test_another_encoding() -> None:
    """Where marks cannot be written, letters stand for them."""
    out = Encoded()
    show([GOOD, BAD], out)
    assert "  + Bot token" in out.getvalue()
    assert "  x Trusted access" in out.getvalue()
    assert "  > In the account run:" in out.getvalue()


def test_text_from_outside_is_one_line() -> None:
    """A name that holds control characters cannot write over the terminal."""
    out = io.StringIO()
    show([CheckResult(Section.SLACK, "Bot token", State.OK, "“a\x1b[2Jb\nc”")], out)
    assert "\x1b" not in out.getvalue()
    assert "a\\x1b[2Jb\\nc" in out.getvalue()


def test_json() -> None:
    """Programs get every member of every line, and how many are in each state."""
    out = io.StringIO()
    write_json([GOOD, BAD], out)
    told = json.loads(out.getvalue())
    assert told["summary"] == {"ok": 1, "warning": 0, "failure": 1, "not_checked": 0}
    assert told["lines"][1] == {
        "section": "AWS",
        "name": "Trusted access",
        "state": "failure",
        "words": "is off.",
        "mend": "In the account run:",
        "paste": "aws on\naws x",
    }


def said(lines: Sequence[CheckResult]) -> str:
    """All texts of the message in Slack."""
    blocks: list[dict[str, Any]] = result_message(lines).blocks
    return "\n".join(str(block) for block in blocks)


def test_in_slack() -> None:
    """A paragraph a section; a mend's command stands in a code block; the summary is on top."""
    message = result_message([GOOD, BAD, DIM])
    assert message.text == "1 failure; 1 check passed, 1 not checked."
    texts = [block["text"]["text"] for block in message.blocks[:-1]]
    assert texts == [
        message.text,
        "*Slack*\n✓ *Bot token*: is that of altcontact.",
        "*AWS*\n✗ *Trusted access*: is off.\nIn the account run:\n```\naws on\naws x\n```\n"
        "- *Accounts*: not checked: trusted access is off.",
    ]


def test_in_slack_text_from_outside_is_escaped() -> None:
    """A workspace called like a mention mentions nobody, and no paste ends its code block."""
    line = CheckResult(Section.SLACK, "Bot token", State.FAILURE, "“<!channel>”", "", "```<@U1>")
    assert "&lt;!channel&gt;" in said([line])
    assert "<@U1>" not in said([line])
    assert said([line]).count("```") == 2


def test_in_slack_what_is_well_gives_way() -> None:
    """Where it is too long, failures stay and what is well goes; what is cut off is said."""
    well = [
        CheckResult(Section.SLACK, f"Good {number}", State.OK, "w" * 500, "", "p" * 900)
        for number in range(30)
    ]
    assert "Trusted access" in said([*well, BAD])
    assert "Good 1" not in said([*well, BAD])
    many = [
        CheckResult(Section.AWS, f"Bad {n}", State.FAILURE, "w" * 600, "m" * 500) for n in range(30)
    ]
    assert "There is more" in said(many)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=60))
def test_slack_takes_every_report(lines: list[CheckResult]) -> None:
    """Whatever is found, Slack takes the message."""
    assert problems(result_message(lines).blocks) == []


def test_slack_takes_the_progress() -> None:
    """The first answer says that it is at work."""
    assert problems(progress_message().blocks) == []
