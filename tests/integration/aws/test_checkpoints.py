"""Checkpoints against moto's server: S3 with Object Lock, and KMS with real keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from bot.app.checkpoints import checkpoint_service, verify_at
from bot.app.clock import SystemClock
from bot.aws.checkpoint_reader import S3CheckpointReader
from bot.aws.checkpoints import CheckpointCalls, S3CheckpointWriter
from bot.config.settings import Settings
from bot.domain.audit import (
    COLUMNS,
    GENESIS,
    AuditAction,
    AuditEntry,
    AuditRecord,
    hash_of,
)
from bot.domain.audit_chain import verify
from bot.domain.checkpoint_verification import (
    CheckpointProblemKind,
    FoundCheckpoint,
    SignatureState,
)
from bot.domain.checkpoints import (
    Checkpoint,
    LogHead,
    Signature,
    to_object,
)
from bot.domain.errors import GatewayError, SettingsError
from bot.domain.s3_destination import S3Destination
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.literals import KeySpecType
    from mypy_boto3_s3 import S3Client

    Calls = Callable[..., CheckpointCalls]

BUCKET = "corp-audit"
PLACE = S3Destination(BUCKET, "altcontact/prod")
START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def checkpoint(sequence: int = 1, count: int = 10) -> Checkpoint:
    """A checkpoint of some log."""
    head = LogHead(count, f"{count:064x}")
    return Checkpoint(sequence, head, START + timedelta(hours=sequence), "1.2.3")


@pytest.fixture
def s3(moto: str) -> Iterator[S3Client]:
    """boto3's own client of S3, with a bucket whose objects are locked for a year."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
        },
    )
    yield client
    client.close()


@pytest.fixture
def kms(moto: str) -> Iterator[KMSClient]:
    """boto3's own client of KMS."""
    client = boto3.client("kms")
    yield client
    client.close()


def new_key(kms: KMSClient, spec: KeySpecType = "ECC_NIST_P256") -> str:
    """Create a signing key; its ARN."""
    created = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    return created["KeyMetadata"]["Arn"]


def key_id(arn: str) -> str:
    """The id in a key's ARN, which alone moto takes to disable it."""
    return arn.rpartition("/")[2]


@pytest.fixture
def calls(moto: str) -> Iterator[Calls]:
    """Make calls that never wait long."""
    made: list[CheckpointCalls] = []

    def make(key: str = "", place: S3Destination = PLACE) -> CheckpointCalls:
        made.append(CheckpointCalls(place, key, concurrency=8, pause=lambda _: None))
        return made[-1]

    yield make
    for each in made:
        each.close()


def read(calls: CheckpointCalls) -> list[FoundCheckpoint]:
    """All that is there."""
    return S3CheckpointReader(calls).read()


def key_of(each: Checkpoint) -> str:
    """The key of a checkpoint's object."""
    return f"{PLACE.prefix}/{each.name}"


def test_checkpoints_are_written_locked_and_read_in_order(s3: S3Client, calls: Calls) -> None:
    """Each is an object that its bucket keeps, and what is read is what was written."""
    writer = S3CheckpointWriter(calls())
    written = [checkpoint(number, number * 10) for number in (1, 2, 3)]
    assert all(writer.write(each) for each in written)
    found = read(calls())
    assert [each.checkpoint for each in found] == written
    assert [each.name for each in found] == [each.name for each in written]
    assert {(each.versions, each.deleted, each.locked) for each in found} == {(1, False, True)}
    head = s3.head_object(Bucket=BUCKET, Key=key_of(written[0]))
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ContentType"] == "application/json"


def test_a_checkpoint_is_never_written_twice(s3: S3Client, calls: Calls) -> None:
    """A repeated write, as after a lost answer, counts as done and adds no version."""
    writer = S3CheckpointWriter(calls())
    writer.write(checkpoint())
    assert writer.write(checkpoint())
    assert [each.versions for each in read(calls())] == [1]


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "RSA_2048"])
def test_checkpoints_are_signed_by_the_key(
    s3: S3Client, kms: KMSClient, calls: Calls, spec: KeySpecType
) -> None:
    """The algorithm follows the key, and the signature is valid."""
    key = new_key(kms, spec)
    S3CheckpointWriter(calls(key)).write(checkpoint())
    [found] = read(calls(key))
    assert found.signature is SignatureState.VALID
    body = json.loads(s3.get_object(Bucket=BUCKET, Key=key_of(checkpoint()))["Body"].read())
    assert body["signature"]["key"] == key
    assert body["checkpoint"]["count"] == 10


def put(s3: S3Client, each: Checkpoint, body: bytes) -> None:
    """Write an object beside the bot."""
    s3.put_object(Bucket=BUCKET, Key=key_of(each), Body=body, ChecksumAlgorithm="SHA256")


def test_signatures_that_are_wrong_are_found(s3: S3Client, kms: KMSClient, calls: Calls) -> None:
    """None, of another content, of another key, of no algorithm, too long: none is valid."""
    key, other = new_key(kms), new_key(kms)
    [one, two, three, four, five, six] = [checkpoint(number) for number in range(1, 7)]
    S3CheckpointWriter(calls(key)).write(one)
    signed = json.loads(s3.get_object(Bucket=BUCKET, Key=key_of(one))["Body"].read())["signature"]
    put(s3, two, to_object(two, None))
    moved = {"checkpoint": json.loads(three.payload), "signature": signed}
    put(s3, three, json.dumps(moved).encode())
    S3CheckpointWriter(calls(other)).write(four)
    put(s3, five, to_object(five, Signature(key, "HMAC", b"x")))
    put(s3, six, to_object(six, Signature(key, "ECDSA_SHA_256", b"x" * 7000)))
    assert [each.signature for each in read(calls(key))] == [
        SignatureState.VALID,
        SignatureState.ABSENT,
        SignatureState.INVALID,
        SignatureState.OTHER_KEY,
        SignatureState.INVALID,
        SignatureState.INVALID,
    ]
    assert {each.signature for each in read(calls())} == {SignatureState.NOT_WANTED}


def test_an_overwritten_checkpoint_shows_its_first_version(s3: S3Client, calls: Calls) -> None:
    """Whoever has the bot's credentials can add a version, but not replace the first."""
    S3CheckpointWriter(calls()).write(checkpoint(1, 10))
    forged = Checkpoint(1, LogHead(5, "f" * 64), START, "1.2.3")
    put(s3, checkpoint(1, 10), to_object(forged, None))
    [found] = read(calls())
    assert found.checkpoint == checkpoint(1, 10)
    assert found.versions == 2


def test_a_deleted_checkpoint_is_still_read(s3: S3Client, calls: Calls) -> None:
    """Deleting a locked object only hides it."""
    S3CheckpointWriter(calls()).write(checkpoint())
    s3.delete_object(Bucket=BUCKET, Key=key_of(checkpoint()))
    [found] = read(calls())
    assert found.checkpoint == checkpoint()
    assert found.deleted


def test_what_is_no_checkpoint_is_found(s3: S3Client, calls: Calls) -> None:
    """Other objects at the destination are listed as unreadable; those beside it aren't."""
    s3.put_object(Bucket=BUCKET, Key="altcontact/prod/notes.txt", Body=b"?")
    s3.put_object(Bucket=BUCKET, Key="altcontact/prod/long", Body=b"[" * 100_000)
    s3.put_object(Bucket=BUCKET, Key="altcontact/production/x", Body=b"?")
    found = read(calls())
    assert [(each.name, each.checkpoint) for each in found] == [("long", None), ("notes.txt", None)]


def test_a_bucket_without_versions_is_noticed(moto: str, calls: Calls) -> None:
    """It can't have Object Lock, so the caller learns of it."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="plain-bucket")
    client.close()
    place = S3Destination("plain-bucket", "")
    assert not S3CheckpointWriter(calls("", place)).write(checkpoint())
    [found] = read(calls("", place))
    assert found.checkpoint == checkpoint()
    assert found.locked is False


@pytest.mark.parametrize(
    ("bucket", "key", "words"),
    [
        ("no-such-bucket", "", "The bucket no-such-bucket doesn't exist."),
        (BUCKET, "arn:aws:kms:us-east-1:123456789012:key/none", "doesn't exist"),
        (BUCKET, "symmetric", "can't sign"),
        (BUCKET, "encryption", "can't sign"),
        (BUCKET, "disabled", "can't be used in its current state"),
    ],
)
@pytest.mark.usefixtures("s3")
def test_what_keeps_a_checkpoint_from_being_written_is_explained(
    kms: KMSClient, calls: Calls, bucket: str, key: str, words: str
) -> None:
    """The bucket or the key is named, with the next step."""
    if key == "symmetric":
        key = kms.create_key()["KeyMetadata"]["Arn"]
    elif key == "encryption":
        created = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        key = created["KeyMetadata"]["Arn"]
    elif key == "disabled":
        key = new_key(kms)
        kms.disable_key(KeyId=key_id(key))
    writer = S3CheckpointWriter(calls(key, S3Destination(bucket, "p")))
    with pytest.raises(GatewayError) as caught:
        writer.write(checkpoint())
    assert words in caught.value.failure.message
    assert caught.value.remedy


# The whole way: a log in a file, its checkpoints in S3, and somebody who rewrites the file

COMMAND = AuditEntry(AuditAction.COMMAND, "U1", details={"command": "help"})


@pytest.fixture
def settings(s3: S3Client, kms: KMSClient, tmp_path: Path) -> Settings:
    """Settings that name the bucket and a key."""
    return Settings(
        database=tmp_path / "bot.db", checkpoints=PLACE.url, checkpoint_key=new_key(kms)
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[SqliteStore]:
    """The database, with three checkpoints of nine entries."""
    assert isinstance(settings.database, Path)
    with SqliteStore(settings.database, SystemClock()) as store:
        service = checkpoint_service(settings, store.checkpoints, SystemClock())
        assert service is not None
        for _ in range(3):
            for _ in range(3):
                store.audit.record(COMMAND)
            service.write()
        yield store


def kinds(settings: Settings, store: SqliteStore) -> set[CheckpointProblemKind]:
    """What is wrong."""
    return {each.kind for each in verify_at(settings, "", store.checkpoints).problems}


def test_a_log_agrees_with_its_checkpoints(settings: Settings, store: SqliteStore) -> None:
    """All are found, signed and locked, also if the place is given with a slash."""
    result = verify_at(settings, f"{PLACE.url}/", store.checkpoints)
    assert (result.number, result.problems, result.unlocked) == (3, (), 0)
    assert result.last is not None
    assert result.last.head.count == 9
    assert result.destination == PLACE.url


def rewrite(store: SqliteStore, *statements: str) -> None:
    """Change the file as its owner can: without the triggers, and with all hashes again."""
    with store.connections.plain() as db:
        for name in ("audit_appends", "audit_stays", "audit_wipes"):
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        rows = db.execute("SELECT * FROM audit ORDER BY number").fetchall()
        records = [AuditRecord(*(row[column] for column in COLUMNS)) for row in rows]
        previous = GENESIS
        for number, record in enumerate(records, 1):
            unsealed = replace(record, number=number, previous=previous)
            previous = hash_of(unsealed)
            db.execute(
                "UPDATE audit SET number = ?, previous = ?, hash = ? WHERE number = ?",
                [number, unsealed.previous, previous, record.number],
            )
    assert verify(store.audit.entries()).is_intact


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["DELETE FROM audit WHERE number > 7"], CheckpointProblemKind.CUT_OFF),
        (["DELETE FROM audit WHERE number = 2"], CheckpointProblemKind.CHANGED),
        (["UPDATE audit SET actor = 'U2' WHERE number = 5"], CheckpointProblemKind.CHANGED),
        (
            [
                "UPDATE audit SET actor = 'U2' WHERE number = 1",
                "UPDATE audit SET number = 100 WHERE number = 1",
            ],
            CheckpointProblemKind.CHANGED,
        ),
        (["DELETE FROM checkpoints WHERE sequence = 3"], CheckpointProblemKind.PUT_BACK),
    ],
)
def test_a_rewritten_file_contradicts_its_checkpoints(
    settings: Settings,
    store: SqliteStore,
    statements: list[str],
    found: CheckpointProblemKind,
) -> None:
    """Though its chain is flawless."""
    rewrite(store, *statements)
    assert found in kinds(settings, store)


def test_a_checkpoint_without_a_signature_is_found(
    s3: S3Client, settings: Settings, store: SqliteStore
) -> None:
    """As of a bot whose key was taken from its settings."""
    store.audit.record(COMMAND)
    unsigned = settings.model_copy(update={"checkpoint_key": ""})
    service = checkpoint_service(unsigned, store.checkpoints, SystemClock())
    assert service is not None
    service.write()
    assert kinds(settings, store) == {CheckpointProblemKind.UNSIGNED}
    assert kinds(unsigned, store) == set()


def test_a_place_without_checkpoints_is_a_problem(settings: Settings, store: SqliteStore) -> None:
    """And one that isn't a place is refused."""
    result = verify_at(settings, f"s3://{BUCKET}/elsewhere", store.checkpoints)
    assert [each.kind for each in result.problems] == [CheckpointProblemKind.MISSING]
    with pytest.raises(SettingsError, match="does not begin with s3://"):
        verify_at(settings, "elsewhere", store.checkpoints)
    nowhere = settings.model_copy(update={"checkpoints": ""})
    with pytest.raises(SettingsError, match="ALTCONTACT_CHECKPOINTS"):
        verify_at(nowhere, "", store.checkpoints)
