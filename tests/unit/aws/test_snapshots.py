"""Snapshots on canned answers: what S3 is asked, and what its refusals mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from bot.aws.snapshots import POINTER, S3SnapshotStorage
from bot.domain.checkpoints import LogHead
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.s3_destination import S3Destination
from bot.domain.snapshots import NewestSnapshot, SnapshotName
from bot.services.ports.snapshots import Pointer
from tests.unit.aws.test_checkpoints import s3_error
from tests.unit.aws.wire import Answer, Wire, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACE = S3Destination("corp-backup", "altcontact")
NAME = SnapshotName(7, datetime(2026, 11, 27, 9, tzinfo=UTC), "0123456789abcdef")
NEWEST = NewestSnapshot(NAME, LogHead(12, "a" * 64), "1.2.3")
SAVED = Answer(200, b"", {"ETag": '"e"', "x-amz-server-side-encryption": "AES256"})
FOUND = Answer(200, NEWEST.to_object(), {"ETag": '"e"'})
GONE = s3_error("NoSuchKey", 404)


def storage(wire: Wire) -> S3SnapshotStorage:
    """Storage whose calls end at this wire and never wait."""
    return S3SnapshotStorage(PLACE, session=wire.session, pause=lambda _: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A snapshot."""
    made = tmp_path / "copy.db.gz"
    made.write_bytes(b"content")
    return made


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_snapshot_is_put_without_asking_for_encryption(file: Path, is_encrypted: bool) -> None:
    """The bucket's default counts, and the answer says whether there is one."""
    wire = Wire("eu-west-1").on(
        "PutObject", SAVED if is_encrypted else Answer(200, b"", {"ETag": '"e"'})
    )
    assert storage(wire).save(NAME, file) is is_encrypted
    assert wire.urls[0].endswith(f"/altcontact/{NAME}")
    headers = {name.lower() for name in wire.headers[0]}
    assert wire.headers[0]["If-None-Match"] == "*"
    assert not any("encryption" in name or "acl" in name for name in headers)


@pytest.mark.parametrize(
    "answers",
    [
        (s3_error("SlowDown", 503), SAVED),
        (s3_error("InternalError", 500), SAVED),
        (EndpointConnectionError(endpoint_url="https://x"), SAVED),
        (ReadTimeoutError(endpoint_url="https://x"), s3_error("PreconditionFailed", 412)),
    ],
)
def test_what_passes_is_tried_again(file: Path, answers: tuple[Answer | Exception, ...]) -> None:
    """With the whole content each time; if the answer was lost, it is there."""
    wire = Wire("eu-west-1").on("PutObject", *answers)
    assert storage(wire).save(NAME, file)
    assert len(wire.calls) == len(answers)


@pytest.mark.parametrize(
    ("replaced", "header", "value"),
    [(Pointer(), "If-None-Match", "*"), (Pointer(NEWEST, '"old"'), "If-Match", '"old"')],
)
def test_a_pointer_is_replaced_only_if_it_is_the_one(
    replaced: Pointer, header: str, value: str
) -> None:
    """As S3 is asked to see to."""
    wire = Wire("eu-west-1").on("PutObject", SAVED)
    assert storage(wire).point_to(NEWEST, replaced) == Pointer(NEWEST, '"e"')
    assert wire.urls[0].endswith(f"/altcontact/{POINTER}")
    assert wire.headers[0][header] == value


@pytest.mark.parametrize(
    "refused",
    [
        s3_error("PreconditionFailed", 412),
        s3_error("ConditionalRequestConflict", 409),
        s3_error("NoSuchKey", 404),
    ],
)
def test_another_pointer_is_not_replaced(refused: Answer) -> None:
    """Unless it says the same: then the answer to an earlier try was lost."""
    other = Answer(200, b"{}", {"ETag": '"other"'})
    for found, wanted in ((other, None), (GONE, None), (FOUND, Pointer(NEWEST, '"e"'))):
        wire = Wire("eu-west-1").on("PutObject", refused).on("GetObject", found)
        assert storage(wire).point_to(NEWEST, Pointer(NEWEST, '"old"')) == wanted


CALLS: dict[str, Callable[[S3SnapshotStorage], object]] = {
    "GetObject": lambda storage: storage.pointer(),
    "ListObjectsV2": lambda storage: storage.names(),
    "DeleteObject": lambda storage: storage.delete([NAME]),
    "PutObject": lambda storage: storage.point_to(NEWEST, Pointer()),
}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        (s3_error("AccessDenied", 403, "Access Denied"), FailureCode.DENIED, "docs/backup.md"),
        (s3_error("ExpiredToken", 400), FailureCode.CREDENTIALS_EXPIRED, ""),
        (s3_error("NoSuchBucket", 404), FailureCode.REFUSED, "correct ALTCONTACT_BACKUP"),
        (s3_error("KMS.DisabledException", 400), FailureCode.REFUSED, "Enable it in AWS KMS."),
        (s3_error("SlowDown", 503), FailureCode.AWS_FAULT, ""),
        (page(502), FailureCode.AWS_FAULT, ""),
        (ReadTimeoutError(endpoint_url="https://x"), FailureCode.TIMED_OUT, "network"),
    ],
)
def test_a_failure_is_explained(
    operation: str, answer: Answer | Exception, cause: FailureCode, words: str
) -> None:
    """With the next step, whichever call it was; that is no check, which is of accounts."""
    wire = Wire("eu-west-1").on(operation, *[answer] * 8)
    with pytest.raises(GatewayError) as caught:
        CALLS[operation](storage(wire))
    assert words in caught.value.remedy
    assert "check again" not in caught.value.remedy
    assert caught.value.failure.cause.name in {cause.name, "THROTTLED"}


def test_what_is_gone_is_no_failure() -> None:
    """There is no pointer yet, or a snapshot was deleted meanwhile."""
    wire = Wire("eu-west-1").on("GetObject", GONE, GONE)
    assert storage(wire).pointer() == Pointer()
    assert storage(wire).fetch(NAME) is None


def test_a_pointer_that_is_not_understood_is_one_to_replace() -> None:
    """By its tag; a page of a proxy says nothing."""
    wire = Wire("eu-west-1").on("GetObject", Answer(200, b"[" * 9000, {"ETag": '"x"'}))
    assert storage(wire).pointer() == Pointer(None, '"x"')
    wire = Wire("eu-west-1").on("PutObject", *[page(200)] * 8)
    with pytest.raises(GatewayError):
        storage(wire).point_to(NEWEST, Pointer())
