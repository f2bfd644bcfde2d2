"""The shipped bot sends checkpoints of its audit log to S3, signed by KMS."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from bot.app.clock import SystemClock
from bot.domain.audit import AuditAction, AuditEntry
from bot.store import SqliteStore
from tests import moto_server
from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from tests.e2e.conftest import Bot

BUCKET = "corp-audit"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The URL of moto's server."""
    with moto_server.serve() as url:
        yield url


@pytest.fixture
def s3(
    moto: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Client]:
    """A bucket with Object Lock and a signing key, which the bot's settings name."""
    moto_server.forget(moto)
    moto_server.lead_there(moto, monkeypatch)
    kms = boto3.client("kms")
    created = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    kms.close()
    environment |= {
        "AWS_ENDPOINT_URL_S3": moto,
        "AWS_ENDPOINT_URL_KMS": moto,
        "ALTCONTACT_CHECKPOINTS": f"s3://{BUCKET}/altcontact",
        "ALTCONTACT_CHECKPOINT_KEY": created["KeyMetadata"]["Arn"],
    }
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    yield client
    client.close()


def checkpoints(s3: S3Client) -> list[dict[str, Any]]:
    """All checkpoints, in order."""
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    bodies = [s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed]
    return [json.loads(body) for body in bodies]


def test_checkpoints_are_written_at_the_start_and_at_a_stop(s3: S3Client, bot: Bot) -> None:
    """Signed, without gaps, and the last one covers what was recorded until the stop."""
    bot.start()
    first = bot.wait_log("checkpoint written")
    bot.wait_log("ready")
    bot.send_signal(signal.SIGHUP)
    bot.wait_log("policy reloaded")
    assert bot.terminate() == 0
    written = checkpoints(s3)
    assert [each["checkpoint"]["sequence"] for each in written] == list(range(1, len(written) + 1))
    assert len(written) >= 2
    assert written[0]["checkpoint"]["count"] == first["entries"]
    assert written[-1]["checkpoint"]["count"] > first["entries"]
    assert all(each["signature"]["algorithm"] == "ECDSA_SHA_256" for each in written)


@pytest.mark.usefixtures("s3")
def test_a_checkpoint_follows_a_run(environment: dict[str, str], bot: Bot) -> None:
    """Also one that another process on this database ended."""
    bot.start()
    bot.wait_log("checkpoint written")
    bot.wait_log("ready")
    with SqliteStore(environment["ALTCONTACT_DATABASE"], SystemClock()) as store:
        store.audit.record(AuditEntry(AuditAction.RUN_ENDED, "bot", run_id=1))
        number = store.audit.head().number
    bot.wait(lambda: any(line["entries"] >= number for line in bot.lines("checkpoint written")))


def run(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """The exit status of a command, and what it writes to either stream."""
    done = launcher().run(*arguments, environment=environment)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.usefixtures("s3")
def test_a_cut_log_is_found_from_the_command_line(environment: dict[str, str], bot: Bot) -> None:
    """Its chain is intact, but a checkpoint has more entries: the log was tampered with."""
    bot.start()
    bot.wait_log("checkpoint written")
    assert bot.terminate() == 0
    verify = ("audit", "verify", "--checkpoints")
    status, said = run(environment, *verify)
    assert status == 0, said
    assert "The audit log is intact" in said
    assert f"at s3://{BUCKET}/altcontact agree" in said
    status, said = run(environment, *verify, "s3://no-such-bucket")
    assert (status, "The bucket no-such-bucket doesn't exist." in said) == (3, True)
    assert run(environment, "audit", "verify", f"s3://{BUCKET}")[0] == 2
    with closing(sqlite3.connect(environment["ALTCONTACT_DATABASE"])) as db, db:
        db.execute("DROP TRIGGER audit_stays")
        db.execute("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
    status, said = run(environment, *verify)
    assert (status, "The audit log is intact" in said) == (1, True)
    assert "1 entry was cut off, or an older copy of the database was put back." in said
    _, said = run(environment, "doctor", "--all")
    assert "Checkpoints" in said
    assert "signs with ECDSA_SHA_256" in said


def test_a_bucket_that_is_missing_stops_nothing(
    s3: S3Client, environment: dict[str, str], bot: Bot
) -> None:
    """The log and the doctor name it; the bot runs, and stops in time."""
    environment["ALTCONTACT_CHECKPOINTS"] = "s3://no-such-bucket"
    bot.start()
    problem = bot.wait_log("checkpoint not written")
    assert problem["problem"] == "The bucket no-such-bucket doesn't exist."
    bot.wait_log("ready")
    assert bot.terminate() == 0
    assert checkpoints(s3) == []
