"""Reads all checkpoints of a bucket, with their signatures checked, for `audit verify`.

It runs with the rights of the person who verifies: `s3:ListBucketVersions`, `s3:GetObjectVersion`,
`s3:GetObjectRetention`, and `kms:Verify`. The bot itself has none of the S3
rights.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.aws.checkpoints import ALGORITHMS
from bot.domain.checkpoint_verification import FoundCheckpoint, SignatureState
from bot.domain.checkpoints import MAX_BYTES, UnreadableCheckpoint, from_object
from bot.domain.errors import GatewayError

if TYPE_CHECKING:
    from bot.aws.checkpoints import CheckpointCalls
    from bot.domain.checkpoints import Checkpoint, Signature

THREADS: Final = 8
"""How many objects are read at once."""

_LONGEST_SIGNATURE: Final = 6144
"""Bytes that KMS accepts as a signature, at most."""

_NOT_THIS_KEYS: Final = frozenset(
    {"KMSInvalidSignatureException", "InvalidKeyUsageException", "ValidationException"}
)
"""KMS's codes for a signature that the key didn't make, or can't have made."""


@dataclass(frozen=True, slots=True)
class _Object:
    """An object at the destination: its first version, as that can't be replaced by a later one."""

    key: str
    version: str
    versions: int
    deleted: bool


class S3CheckpointReader:
    """Reads checkpoints.

    Args:
        calls: makes the calls, from `THREADS` threads.
    """

    def __init__(self, calls: CheckpointCalls) -> None:
        self._calls = calls

    def read(self) -> list[FoundCheckpoint]:
        """All checkpoints, in the order of their names.

        Raises:
            GatewayError: the bucket couldn't be listed, an object couldn't be read, or a signature
                couldn't be checked.
        """
        objects = self._list()
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self._read, objects))

    def close(self) -> None:
        """Stop retrying."""
        self._calls.close()

    def _list(self) -> list[_Object]:
        """All objects, also deleted ones: a delete only adds a marker to locked versions."""
        destination = self._calls.destination
        versions: dict[str, list[str]] = {}
        deleted: set[str] = set()

        def pages() -> None:
            versions.clear()
            deleted.clear()
            paginator = self._calls.s3().get_paginator("list_object_versions")
            for page in paginator.paginate(Bucket=destination.bucket, Prefix=destination.folder):
                # The versions of a key are listed from the newest to the oldest.
                for each in page.get("Versions", []):
                    versions.setdefault(each["Key"], []).append(each["VersionId"])
                deleted.update(each["Key"] for each in page.get("DeleteMarkers", []))

        self._calls.call("ListObjectVersions", pages)
        return [
            _Object(key, found[-1], len(found), key in deleted)
            for key, found in sorted(versions.items())
        ]

    def _read(self, item: _Object) -> FoundCheckpoint:
        def get() -> tuple[bytes, bool]:
            answer = self._calls.s3().get_object(
                Bucket=self._calls.destination.bucket, Key=item.key, VersionId=item.version
            )
            with answer["Body"] as body:
                return body.read(MAX_BYTES + 1), "ObjectLockRetainUntilDate" in answer

        body, locked = self._calls.call("GetObjectVersion", get)
        name = item.key.removeprefix(self._calls.destination.folder)
        checkpoint: Checkpoint | None = None
        state = SignatureState.NOT_WANTED
        try:
            checkpoint, signature = from_object(body)
        except UnreadableCheckpoint:
            pass
        else:
            if self._calls.key:
                state = self._check(checkpoint, signature)
        return FoundCheckpoint(name, checkpoint, state, item.versions, item.deleted, locked)

    def _check(self, checkpoint: Checkpoint, signature: Signature | None) -> SignatureState:
        if signature is None:
            return SignatureState.ABSENT
        if signature.key != self._calls.key:
            return SignatureState.OTHER_KEY
        algorithm = next((each for each in ALGORITHMS if each == signature.algorithm), None)
        if algorithm is None or not 0 < len(signature.value) <= _LONGEST_SIGNATURE:
            return SignatureState.INVALID

        def verify() -> bool:
            answer = self._calls.kms().verify(
                KeyId=self._calls.key,
                Message=checkpoint.payload,
                MessageType="RAW",
                Signature=signature.value,
                SigningAlgorithm=algorithm,
            )
            return answer["SignatureValid"]

        try:
            valid = self._calls.call("Verify", verify)
        except GatewayError as error:
            if error.failure.code not in _NOT_THIS_KEYS:
                raise
            valid = False
        return SignatureState.VALID if valid else SignatureState.INVALID
