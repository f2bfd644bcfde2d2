"""What `altcontact doctor` writes: to a terminal, to a pipe, and as JSON."""

from __future__ import annotations

import io
import json

from rich.console import Console

from bot.cli.doctor_output import _Report, show, show_failures, write_json
from bot.services.doctor import CheckResult, Section, State

GOOD = CheckResult(Section.SLACK, "Bot token", State.OK, "belongs to altcontact.")
ODD = CheckResult(Section.SLACK, "Fixers", State.WARNING, "everyone can change contacts.")
BAD = CheckResult(
    Section.AWS, "Trusted access", State.FAILURE, "is off.", "In the account, run:", "aws on\naws x"
)
DIM = CheckResult(Section.AWS, "Accounts", State.NOT_TESTED, "trusted access is off.")

FAILED = [
    "AWS",
    "  ✗ Trusted access: is off.",
    "  → In the account, run:",
    "      aws on",
    "      aws x",
    "",
    "Slack",
    "  ! Fixers: everyone can change contacts.",
    "",
]
SUMMARY = "1 failure, 1 warning; 1 check passed, 1 not tested."
HINT = "To show every check, run: altcontact doctor --all"


class Encoded(io.StringIO):
    """A stream of another encoding."""

    encoding = "ascii"


def shown(*lines: CheckResult, every: bool = False) -> list[str]:
    """The rows written to a pipe."""
    out = io.StringIO()
    assert show(lines, out, every=every) == list(lines)
    return out.getvalue().splitlines()


def test_problems_are_shown_failures_first() -> None:
    """A failure has its remedy and what to paste; what passed is only counted."""
    assert shown(GOOD, ODD, BAD, DIM) == [*FAILED, SUMMARY, HINT]


def test_every_check_is_shown_on_request() -> None:
    """Failures, warnings, what wasn't tested, what passed: each mark is its own."""
    rest = ["AWS", "  ○ Accounts: not tested: trusted access is off.", ""]
    rest += ["Slack", "  ✓ Bot token: belongs to altcontact.", ""]
    assert shown(GOOD, ODD, BAD, DIM, every=True) == [*FAILED, *rest, SUMMARY]


def test_when_all_is_well_one_line_says_so() -> None:
    """What wasn't tested is not counted as passed."""
    assert shown(GOOD, GOOD, DIM) == ["All 2 checks passed. 1 not tested.", HINT]


def test_failures_alone() -> None:
    """A start that failed shows what failed, and nothing else."""
    out = io.StringIO()
    show_failures([GOOD, BAD, DIM], out)
    assert "✗ Trusted access" in out.getvalue()
    assert "Bot token" not in out.getvalue()
    assert "not tested" not in out.getvalue()


def test_a_narrow_terminal() -> None:
    """Words wrap with an indent; what to paste is never wrapped."""
    console = Console(file=io.StringIO(), force_terminal=True, width=40, color_system=None)
    report = _Report(console)
    snippet = "aws organizations " + "x" * 80
    report.write(
        CheckResult(Section.AWS, "Caller", State.WARNING, "word " * 20, "step " * 20, snippet)
    )
    rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined] # a StringIO
    assert f"      {snippet}" in rows
    assert all(len(row) <= 40 for row in rows if "x" not in row)
    assert rows[1].startswith("  ! Caller: word")
    assert rows[2].startswith("    word")


def test_a_terminal_shows_progress() -> None:
    """Until the checks have ended, a terminal counts them."""

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    out = Terminal()
    show([GOOD, DIM], out)
    assert "Checking…" in out.getvalue()
    assert "1 check passed. 1 not tested." in out.getvalue()


def test_another_encoding() -> None:
    """If the terminal can't show the marks, letters take their place."""
    out = Encoded()
    show([GOOD, BAD, DIM], out, every=True)
    assert "  + Bot token" in out.getvalue()
    assert "  x Trusted access" in out.getvalue()
    assert "  - Accounts" in out.getvalue()
    assert "  > In the account, run:" in out.getvalue()


def test_text_from_outside_is_one_line() -> None:
    """A name with control characters can't write over the terminal."""
    rows = shown(CheckResult(Section.SLACK, "Bot token", State.WARNING, "“a\x1b[2Jb\nc”"))
    assert not any("\x1b" in row for row in rows)
    assert any("a\\x1b[2Jb\\nc" in row for row in rows)


def test_json() -> None:
    """Programs get every line in the order of the checks, and how many are in each state."""
    out = io.StringIO()
    write_json([GOOD, BAD], out)
    written = json.loads(out.getvalue())
    assert written["summary"] == {"ok": 1, "warning": 0, "failure": 1, "not_checked": 0}
    assert [line["name"] for line in written["lines"]] == ["Bot token", "Trusted access"]
    assert written["lines"][1] == {
        "section": "AWS",
        "name": "Trusted access",
        "state": "failure",
        "words": "is off.",
        "remedy": "In the account, run:",
        "mend": "In the account, run:",
        "paste": "aws on\naws x",
    }
