"""The shipped bot loses its disk: what people decided is restored from S3, and nothing repeated."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from altcontact_sandbox.slack.workspace import ALICE, APPROVERS, CAROL

from bot.aws.snapshots import POINTER
from bot.domain.snapshots import NO_DECISIONS
from tests import moto_server
from tests.e2e.test_exemptions import SEEN, VERIFY, close_all, set_aside
from tests.e2e.test_story import FORM, WEB, open_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from mypy_boto3_s3 import S3Client

    from tests.e2e.conftest import Bot

BUCKET = "corp-backup"
LAKE, SANDBOX = "444444444444", "777777777777"
POLICY = f"""
[policy]
security.presence = "required"

[[policy.override]]
match = {{ account = "{WEB}" }}
approval = "always"
approvers = ["{APPROVERS}"]
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The URL of moto's server."""
    with moto_server.serve() as url:
        yield url


@pytest.fixture
def s3(
    moto: str, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Client]:
    """An empty bucket, which the bot's settings name."""
    moto_server.forget(moto)
    moto_server.lead_there(moto, monkeypatch)
    policy = tmp_path / "altcontact.toml"
    policy.write_text(POLICY, encoding="utf-8")
    environment |= {
        "AWS_ENDPOINT_URL_S3": moto,
        "ALTCONTACT_BACKUP": f"s3://{BUCKET}/altcontact",
        "ALTCONTACT_CONFIG": str(policy),
    }
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()


def saved_entries(s3: S3Client) -> int:
    """How many entries of the audit log the newest snapshot has."""
    try:
        body = s3.get_object(Bucket=BUCKET, Key=f"altcontact/{POINTER}")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return 0
    return int(json.loads(body)["entries"])


def decisions(environment: dict[str, str]) -> list[tuple[Any, ...]]:
    """The entries of the audit log about decisions, and how they went."""
    with closing(sqlite3.connect(environment["ALTCONTACT_DATABASE"])) as db:
        rows = db.execute("SELECT number, action, hash FROM audit ORDER BY number").fetchall()
    return [row for row in rows if row[1] not in NO_DECISIONS]


def wait_saved(what: str, bot: Bot, s3: S3Client, environment: dict[str, str]) -> None:
    """Wait until the newest snapshot has all decisions; shown is how many seconds that took."""
    began = time.monotonic()
    last = decisions(environment)[-1][0]
    bot.wait(lambda: saved_entries(s3) >= last)
    print(f"{what} saved after {time.monotonic() - began:.1f} s")  # noqa: T201 - for `pytest -s`


@contextmanager
def disk_lost(bot: Bot, slack: SlackSandbox, environment: dict[str, str]) -> Iterator[None]:
    """Kill the bot, delete its database, and start it; nothing is lost or said twice.

    What SQLite keeps beside the database stays, as somebody may leave it.
    """
    bot.kill()
    made, said = decisions(environment), announced(slack)
    Path(environment["ALTCONTACT_DATABASE"]).unlink()
    began = time.monotonic()
    accepted = slack.state()["accepted"]
    bot.start()
    restored = bot.wait_log("database restored")
    bot.wait_log("ready", number=2)
    print(f"ready after {time.monotonic() - began:.1f} s")  # noqa: T201 - for `pytest -s`
    assert restored["destination"] == environment["ALTCONTACT_BACKUP"]
    assert decisions(environment)[: len(made)] == made
    slack.wait(lambda seen: seen["connected"] and seen["accepted"] > accepted, name="connection")
    yield
    found = announced(slack)
    assert found[: len(said)] == said
    assert len(set(found)) == len(found)


def announced(slack: SlackSandbox) -> list[str]:
    """The announcements in the channel, by their ids."""
    return [message["metadata"]["event_payload"]["id"] for message in slack.messages()]


def approve(slack: SlackSandbox) -> None:
    """Have alice request a fix that needs approval, and carol approve it."""
    open_form(slack)
    slack.submit(**FORM)
    slack.wait_view("Waiting for approval")
    close_all(slack)
    request = slack.wait_message("Approval needed")
    slack.press("altcontact_review", message=request, user=CAROL)
    slack.wait_view("Before", CAROL)
    slack.submit(CAROL)
    slack.wait_message(f"<@{CAROL}> approved the request of <@{ALICE}>.")
    close_all(slack, CAROL)


def verify(slack: SlackSandbox, account_id: str) -> None:
    """Have alice verify an account that can't be checked."""
    slack.command(f"/altcontact check {account_id}")
    card = slack.wait_private(f"Account `{account_id}`")
    slack.press(VERIFY, message=card)
    slack.wait_view("What you saw")
    slack.submit(reason=SEEN)
    slack.wait_view("Verified manually, valid until")
    close_all(slack)


def fix(slack: SlackSandbox, account_id: str) -> None:
    """Have alice fix an account."""
    open_form(slack, account_id)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    close_all(slack)


def test_no_decision_is_lost_with_the_disk(
    s3: S3Client, bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """Exempted, fixed, approved; then killed, and started on an empty disk."""
    bot.start()
    slack.wait_connected()
    slack.wait_message("6 accounts have no security contact")
    slack.wait_message("can't be checked")
    set_aside(slack, SANDBOX)
    close_all(slack)
    wait_saved("exemption", bot, s3, environment)
    fix(slack, LAKE)
    wait_saved("fix", bot, s3, environment)
    approve(slack)
    wait_saved("approval", bot, s3, environment)
    with disk_lost(bot, slack, environment):
        slack.wait_message(  # written before the disk was lost, or after
            lambda message: all(words in str(message) for words in ("approved the", "Saved and"))
        )
        slack.command("/altcontact exemptions")
        slack.wait_view("1 in total")
        close_all(slack)
        slack.command("/altcontact check")
        slack.wait_private("3 of 15 accounts need attention")
    assert len([write for write in aws.writes() if write["applied"]]) == 2
    slack.command("/altcontact doctor")
    slack.wait_private("Snapshots")
    number = len(bot.lines("snapshot saved"))
    assert bot.terminate() == 0
    bot.wait_log("snapshot saved", number=number + 1)


def test_no_verification_is_lost_with_the_disk(
    s3: S3Client, bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """In GovCloud, where there is no API for contacts."""
    environment |= aws.environment("govcloud")
    bot.start()
    slack.wait_connected()
    slack.wait_message("11 accounts can't be checked")
    verify(slack, WEB)
    wait_saved("verification", bot, s3, environment)
    slack.wait_message("10 accounts can't be checked")
    with disk_lost(bot, slack, environment):
        slack.command("/altcontact exemptions")
        slack.wait_view("1 in total")


@pytest.mark.usefixtures("s3")
def test_an_empty_disk_needs_the_snapshots(environment: dict[str, str], bot: Bot) -> None:
    """If they can't be read, the bot says why, how to begin empty, and doesn't start."""
    environment["ALTCONTACT_BACKUP"] = "s3://no-such-bucket"
    bot.start()
    assert bot.exit_status() == 2
    assert "There is no database, and the snapshots at s3://no-such-bucket can't be read" in bot.log
    assert "To begin with an empty database instead" in bot.log
    assert not Path(environment["ALTCONTACT_DATABASE"]).exists()
