"""Runs as people start them in Slack, and what the tests of runs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.workspace import ALICE

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    Seen = dict[str, Any]

STOP, CONTINUE, RETRY = "altcontact_run_stop", "altcontact_run_continue", "altcontact_run_retry"

POLICY = """
[policy]
approval = "never"
security.presence = "required"
security.name = "Security team"
security.title = "On call"
security.email = "{email}"
security.phone = "+44 20 7946 0958"
"""

_GOING_ON = ("Fixing", "Automatically fixing", "Undoing", "Removing")

TEAM = "aws-security@corp.internal"
OTHER_TEAM = "platform-security@corp.internal"


def write_policy(folder: Path, email: str = TEAM) -> Path:
    """A policy that says completely which security contact every account should have."""
    path = folder / "altcontact.toml"
    path.write_text(POLICY.format(email=email), encoding="utf-8")
    return path


def preview_all(slack: SlackSandbox, user: str = ALICE) -> Seen:
    """Ask for the preview of a run over every account; gives the window that shows it."""
    slack.command("/altcontact fix *", user=user)
    slack.wait_view(lambda view: view["view"].get("callback_id") == "altcontact_run_select", user)
    slack.submit(user)
    return slack.wait_view(
        lambda view: view["view"].get("callback_id") == "altcontact_run_preview", user
    )


def begin(slack: SlackSandbox, user: str = ALICE) -> None:
    """Begin the run whose preview is on a person's screen."""
    slack.submit(user)


def run_message(slack: SlackSandbox, contains: str) -> Seen:
    """Wait for the message of a run that holds a text, however long the run takes."""
    return slack.wait_message(contains, timeout=900)


def applied(aws: AwsSandbox) -> list[Seen]:
    """The writes that AWS carried out."""
    return [each for each in aws.writes() if each["applied"]]


def wait_applied(aws: AwsSandbox, number: int) -> None:
    """Wait until AWS has carried out so many writes."""
    seen = -1
    while len(applied(aws)) < number:
        seen = aws.world(seen, timeout=5.0)["changes"]


def wait_struck(aws: AwsSandbox, fault: int) -> None:
    """Wait until a fault has struck a call."""
    seen = -1
    while not any(each["id"] == fault and each["struck"] for each in aws.faults()):
        seen = aws.world(seen, timeout=5.0)["changes"]


def wait_run_over(slack: SlackSandbox, run_id: int, timeout: float = 120.0) -> Seen:
    """Wait for the message of a run that has nothing left to do."""

    def is_over(message: Seen) -> bool:
        text = message["text"]
        return f"Run {run_id}." in text and not text.startswith(_GOING_ON)

    return slack.wait_message(is_over, timeout=timeout)
