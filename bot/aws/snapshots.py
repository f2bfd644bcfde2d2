"""Keeps snapshots in an S3 bucket; conditional writes keep two bots from overwriting each other's.

Needed are `s3:PutObject`, `s3:GetObject` and `s3:DeleteObject` on the prefix, and `s3:ListBucket`.
No encryption is asked for, so that the bucket's default counts: SSE-S3, or a KMS key.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.aws.bucket_calls import ALREADY_THERE, NO_BUCKET, BucketCalls
from bot.aws.error_mapping import UnusableAnswer
from bot.domain.errors import GatewayError
from bot.domain.snapshots import MAX_BYTES, NewestSnapshot, SnapshotName, UnreadableNewest
from bot.services.ports.snapshots import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Unpack

    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

    from bot.aws.bucket_calls import ClientOptions
    from bot.domain.s3_destination import S3Destination

POINTER: Final = "newest-snapshot.json"
"""The name of the object that names the newest snapshot."""

READ_SECONDS: Final = 30.0
"""How long to wait for data of an answer: S3 answers an upload once it has all of it."""

_MAX_DELETED: Final = 100
"""Snapshots deleted at once: what is left is deleted after the next one."""

_ABSENT: Final = frozenset({"NoSuchKey", "404"})
_REPLACED: Final = frozenset({ALREADY_THERE, "ConditionalRequestConflict", "NoSuchKey"})
"""S3's codes if the pointer isn't the one to be replaced, is being replaced, or is gone.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

_SETTING: Final = "ALTCONTACT_BACKUP"
_EXPLAINED: Final[Mapping[str, tuple[str, str]]] = {
    NO_BUCKET: (
        "The bucket {bucket} doesn't exist.",
        f"Create it, or correct {_SETTING}.",
    ),
    "KMS.DisabledException": (
        "The KMS key that encrypts the bucket {bucket} is disabled.",
        "Enable it in AWS KMS.",
    ),
    "KMS.NotFoundException": (
        "The KMS key that encrypts the bucket {bucket} doesn't exist.",
        "Choose another key for the bucket's default encryption.",
    ),
    "KMS.KMSInvalidStateException": (
        "The KMS key that encrypts the bucket {bucket} can't be used in its current state.",
        "Check in AWS KMS whether it is disabled or about to be deleted.",
    ),
}


class S3SnapshotStorage:
    """`SnapshotStorage` in S3, with boto3's default credentials.

    Args:
        destination: the bucket and the prefix; the prefix has nothing else in it.
        options: how the clients are made.
    """

    def __init__(self, destination: S3Destination, **options: Unpack[ClientOptions]) -> None:
        options.setdefault("read_seconds", READ_SECONDS)
        self._calls = BucketCalls(destination, _EXPLAINED, docs="docs/backup.md", **options)
        self._bucket = destination.bucket
        self._folder = destination.folder

    def pointer(self) -> Pointer:
        """What names the newest snapshot."""

        def get() -> Pointer:
            answer = self._calls.s3().get_object(Bucket=self._bucket, Key=self._folder + POINTER)
            with closing(answer["Body"]) as body:
                content = body.read(MAX_BYTES)
            try:
                return Pointer(NewestSnapshot.from_object(content), answer["ETag"])
            except UnreadableNewest:
                return Pointer(None, answer["ETag"])

        try:
            return self._calls.call("GetObject", get)
        except GatewayError as error:
            if error.failure.code in _ABSENT:
                return Pointer()
            raise

    def names(self) -> Sequence[SnapshotName]:
        """The snapshots that are there; other objects are left alone."""

        def list_all() -> list[SnapshotName]:
            names = []
            pages = self._calls.s3().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._folder + "snapshot-"):
                for found in page.get("Contents", ()):
                    name = SnapshotName.parse(found["Key"].removeprefix(self._folder))
                    if name is not None:
                        names.append(name)
            return names

        return self._calls.call("ListObjectsV2", list_all)

    def save(self, name: SnapshotName, file: Path) -> bool:
        """Save a snapshot, in one request. One that is there by this name is the same."""

        def put() -> bool:
            with file.open("rb") as body:
                answer = self._calls.s3().put_object(
                    Bucket=self._bucket,
                    Key=self._folder + str(name),
                    Body=body,
                    ContentType="application/gzip",
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
            if not answer.get("ETag"):
                raise UnusableAnswer  # a proxy's page: S3 always gives one
            return bool(answer.get("ServerSideEncryption"))

        try:
            return self._calls.call("PutObject", put)
        except GatewayError as error:
            if error.failure.code == ALREADY_THERE:
                return True
            raise

    def point_to(self, newest: NewestSnapshot, replaced: Pointer) -> Pointer | None:
        """Name the newest snapshot, if the pointer is still the one to be replaced."""

        def put() -> Pointer:
            request: PutObjectRequestTypeDef = {
                "Bucket": self._bucket,
                "Key": self._folder + POINTER,
                "Body": newest.to_object(),
                "ContentType": "application/json",
                "ChecksumAlgorithm": "SHA256",
            }
            request |= {"IfMatch": replaced.tag} if replaced.tag else {"IfNoneMatch": "*"}
            answer = self._calls.s3().put_object(**request)
            if not answer.get("ETag"):
                raise UnusableAnswer
            return Pointer(newest, answer["ETag"])

        try:
            return self._calls.call("PutObject", put)
        except GatewayError as error:
            if error.failure.code not in _REPLACED:
                raise
        now = self.pointer()
        # The answer to an earlier try was lost: it did replace the pointer.
        return now if now.newest == newest else None

    def delete(self, names: Iterable[SnapshotName]) -> None:
        """Delete snapshots, oldest first."""
        for name in sorted(names)[:_MAX_DELETED]:
            self._calls.call("DeleteObject", partial(self._delete, self._folder + str(name)))

    def _delete(self, key: str) -> None:
        self._calls.s3().delete_object(Bucket=self._bucket, Key=key)

    def fetch(self, name: SnapshotName) -> bytes | None:
        """The content of a snapshot; None if it doesn't exist."""

        def get() -> bytes:
            key = self._folder + str(name)
            answer = self._calls.s3().get_object(Bucket=self._bucket, Key=key)
            with closing(answer["Body"]) as body:
                return body.read()

        try:
            return self._calls.call("GetObject", get)
        except GatewayError as error:
            if error.failure.code in _ABSENT:
                return None
            raise

    def close(self) -> None:
        """Stop retrying."""
        self._calls.close()
