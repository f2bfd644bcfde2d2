"""What people did with the shipped bot is on record, and the record convicts who rewrites it."""

from __future__ import annotations

import hashlib
import json
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from bot.app.terminal_user import terminal_actor
from tests.e2e.test_reload import AFTER, BROKEN, file
from tests.e2e.test_story import ALICE, BOB, FORM, WEB, open_form, ready
from tests.launcher import launcher

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

__all__ = ["file", "ready"]


def run(environment: dict[str, str], *arguments: str, status: int = 0) -> str:
    """What a command writes that ends with this status."""
    done = launcher().run(*arguments, environment=environment)
    assert done.returncode == status, done.stderr
    return done.stdout


def entries(environment: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    """What `altcontact audit` lists."""
    found: list[dict[str, Any]] = json.loads(run(environment, "audit", "--json", *arguments))[
        "entries"
    ]
    return found


def test_from_the_alert_to_the_verified_log(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """A refusal and a fix, with AWS's request id; then an edit that `verify` finds."""
    slack.command(f"/altcontact fix {WEB}", user=BOB)
    slack.wait_private("You don't have permission to change contacts.", BOB)
    open_form(slack)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    ready.terminate()

    logged = entries(environment, "--account", WEB)
    assert [(each["actor"], each["action"]) for each in logged] == [
        (BOB, "command"),
        (BOB, "refused"),
        (ALICE, "fix_planned"),
        (ALICE, "write_sent"),
        (ALICE, "write_accepted"),
        (ALICE, "verified"),
        (terminal_actor(), "command"),
    ]
    accepted = logged[4]
    assert accepted["request_id"]
    assert accepted["request_id"] in str(aws.writes())
    assert logged[3]["before"] is None
    assert logged[3]["changed"] == ["name", "title", "email", "phone"]
    for personal in FORM.values():
        assert personal not in str(logged)

    started = [each for each in entries(environment) if each["action"] == "policy_loaded"]
    assert [each["actor"] for each in started] == ["bot"]
    assert "The audit log is intact" in run(environment, "audit", "verify")
    with closing(sqlite3.connect(environment["ALTCONTACT_DATABASE"])) as db, db:
        db.execute("DROP TRIGGER audit_wipes")
        number = logged[3]["number"]
        db.execute("UPDATE audit SET actor = ? WHERE number = ?", (BOB, number))
    shown = run(environment, "audit", "verify", status=1)
    assert f"Entry {number}: its content was changed after it was recorded." in shown


def test_checks_from_a_terminal_are_recorded(ready: Bot, environment: dict[str, str]) -> None:
    """By the user of the system who ran them."""
    ready.terminate()
    run(environment, "check", "--json", status=1)
    run(environment, "policy", "explain", WEB)
    run(environment, "policy", "export", "--terraform", status=2)
    found = [each for each in entries(environment) if each["actor"] == terminal_actor()]
    assert [(each["details"], each["account_id"]) for each in found] == [
        ({"command": "check"}, ""),
        ({"command": "policy explain"}, WEB),
        ({"command": "policy export"}, ""),
        ({"command": "audit"}, ""),
    ]


def test_policies_are_recorded(
    file: Path, ready: Bot, slack: SlackSandbox, environment: dict[str, str]
) -> None:
    """Who had one loaded, with the digest that `sha256sum` shows, and which was refused."""
    digests = [hashlib.sha256(file.read_bytes()).hexdigest()]
    file.write_text(AFTER)
    digests.append(hashlib.sha256(file.read_bytes()).hexdigest())
    slack.command("/altcontact reload")
    slack.wait_private("Policy reloaded: 3 sections (previously 1).")
    file.write_text(BROKEN)
    slack.command("/altcontact reload")
    slack.wait_private("policy")
    ready.wait_log("policy not reloaded")
    ready.send_signal(signal.SIGHUP)
    ready.wait_log("policy not reloaded", number=2)
    ready.terminate()
    found = [each for each in entries(environment) if each["action"].startswith("policy_")]
    loaded = [{"sha256": digest, "sections": str(2 * n + 1)} for n, digest in enumerate(digests)]
    assert [(each["actor"], each["action"], each["details"]) for each in found] == [
        ("bot", "policy_loaded", loaded[0]),
        (ALICE, "policy_loaded", loaded[1]),
        (ALICE, "policy_refused", {"problems": "2"}),
        ("bot", "policy_refused", {"problems": "2"}),
    ]
