"""The policy file, changed while the bot runs: applied as a whole or not at all."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_policy import run, texts
from tests.e2e.test_story import BOB, WEB, ready

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

__all__ = ["ready"]

SANDBOXED = "777777777777"
"""An account of the demo organization that lacks its contact, in the OU Sandbox."""

BEFORE = """\
[policy]
security = "required"
"""

AFTER = """\
[policy]
security = "required"

[[policy.override]]
match = { ou = "/Sandbox/**" }
security = "ignored"

[[policy.override]]
match = { name = "Web *" }
billing = "required"
"""

BROKEN = """\
[policy]
security = "required"

[[policy.override]]
match = { ou = "/Sandbox/**" }
security = "ignored"

[[policy.override]]
match = { name = "Web *" }
billing = "requierd"
chanel = "#general"
"""

WRONG = {
    "[[policy.override]] 2, billing in ": "line 10: invalid value “requierd”",
    "[[policy.override]] 2, chanel in ": "line 11: unknown key",
}
"""What is said of the broken file: the key, then the line and what is wrong."""


@pytest.fixture
def file(environment: dict[str, str], tmp_path: Path) -> Path:
    """The policy file that the bot is started with."""
    path = tmp_path / "altcontact.toml"
    path.write_text(BEFORE)
    environment["ALTCONTACT_CONFIG"] = str(path)
    return path


def assert_told(problems: list[str]) -> None:
    """Both mistakes of the broken file are listed in their order, each with its key and line."""
    assert len(problems) == len(WRONG)
    for told, (key, what) in zip(problems, WRONG.items(), strict=True):
        assert key in told
        assert what in told


def test_a_signal_applies_the_file_whole(file: Path, ready: Bot, slack: SlackSandbox) -> None:
    """After SIGHUP the next check goes by every table of the new file."""
    file.write_text(AFTER)
    ready.send_signal(signal.SIGHUP)
    told = ready.wait_log("policy reloaded")
    assert (told["changed"], told["sections_before"], told["sections"]) == (True, 1, 3)
    assert told["restart_for"] == []
    slack.command("/altcontact check")
    # Training and R&D are not looked at any more; of Web production the billing contact is missing.
    slack.wait_private("4 of 15 accounts need attention")
    found = slack.wait_message(lambda seen: "no billing contact" in texts(seen["blocks"]))
    assert WEB in texts(found["blocks"])
    alert = slack.wait_message(
        lambda seen: "6 accounts had no security contact, 4 left" in seen["text"]
    )
    assert "2 no longer required: " in texts(alert["blocks"])
    slack.command(f"/altcontact check {SANDBOXED}")
    card = texts(slack.wait_private(f"Account `{SANDBOXED}`")["blocks"])
    assert "Security contact (no rules)" in card


def test_a_fixer_reloads_and_nobody_else(file: Path, ready: Bot, slack: SlackSandbox) -> None:
    """A fixer sees the result, also of an unchanged file; others learn who can reload."""
    file.write_text(AFTER)
    slack.command("/altcontact reload", user=BOB)
    refused = texts(slack.wait_private("Only fixers can reload the policy.", BOB)["blocks"])
    assert "S0SECOPS01" in refused
    assert not ready.lines("policy reloaded")

    slack.command("/altcontact reload")
    slack.wait_private("Policy reloaded: 3 sections (previously 1).")
    slack.command("/altcontact reload")
    slack.wait_private("Policy unchanged.")
    ready.wait(
        lambda: [line["changed"] for line in ready.lines("policy reloaded")] == [True, False],
    )
    slack.command("/altcontact check")
    slack.wait_private("4 of 15 accounts need attention")


def test_a_broken_file_changes_nothing(file: Path, ready: Bot, slack: SlackSandbox) -> None:
    """Each mistake has key and line, in Slack and in the log; the previous policy stays in use."""
    file.write_text(BROKEN)
    slack.command("/altcontact reload")
    shown = texts(slack.wait_private("2 mistakes in the policy file")["blocks"])
    ready.send_signal(signal.SIGHUP)
    ready.wait(lambda: len(ready.lines("policy file not applied")) == len(WRONG))
    problems = [line["problem"] for line in ready.lines("policy file not applied")]
    assert_told(problems)
    assert "*Line 10*  `[[policy.override]] 2, billing`: invalid value “requierd”" in shown
    assert "*Line 11*  `[[policy.override]] 2, chanel`: unknown key" in shown
    slack.command("/altcontact check")
    slack.wait_private("6 of 15 accounts need attention")
    file.write_text("[policy\n")
    slack.command("/altcontact reload")
    slack.wait_private("1 mistake in the policy file")
    assert not ready.lines("policy reloaded")

    file.write_text(AFTER)
    ready.send_signal(signal.SIGHUP)
    ready.wait_log("policy reloaded", changed=True)


def test_a_broken_file_starts_no_bot(
    file: Path, environment: dict[str, str], slack: SlackSandbox
) -> None:
    """A start with a broken file ends with status 2, key and line, and calls nobody."""
    file.write_text(BROKEN)
    accepted = slack.state()["accepted"]
    status, out, err = run(environment, "run")
    assert (status, out) == (2, "")
    assert_told([line for line in err.splitlines() if "line 1" in line])
    assert "Traceback" not in err
    assert slack.calls() == []
    assert slack.state()["accepted"] == accepted
    assert not Path(environment["ALTCONTACT_DATABASE"]).exists()


def test_what_needs_a_restart_is_named(file: Path, ready: Bot, slack: SlackSandbox) -> None:
    """Settings beside the policy that changed in the file are named, and wait for a restart."""
    file.write_text('phone_region = "GB"\ntimezone = "Europe/London"\n' + AFTER)
    slack.command("/altcontact reload")
    told = slack.wait_private("Policy reloaded: 3 sections")
    assert "`timezone`, `phone_region` also changed. Restart the bot to apply them." in texts(
        told["blocks"]
    ), told
    ready.send_signal(signal.SIGHUP)
    again = ready.wait_log("policy reloaded", changed=False)
    assert sorted(again["restart_for"]) == ["phone_region", "timezone"]
