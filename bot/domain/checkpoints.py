"""Checkpoints of the audit log: where its end was, kept where the bot can't change it.

Whoever owns the host can rewrite the whole log with all its hashes. A checkpoint outside of the
host has the number of entries and the hash of the last one, so the log must still have that entry.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bot.domain.failures import Failure

FORMAT: Final = 1
"""The version of the form of a checkpoint."""

MAX_BYTES: Final = 16_384
"""No checkpoint is longer: about 600 bytes, and an RSA or ML-DSA signature."""

_LARGEST: Final = 2**63 - 1
"""The largest whole number that a database stores."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[\w.+-]{1,64}", re.ASCII)


class UnreadableCheckpoint(ValueError):
    """Something that isn't a checkpoint of this format."""


@dataclass(frozen=True, slots=True)
class LogHead:
    """The end of the audit log: how many entries there are, and the hash of the last one."""

    count: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The end of the audit log at one moment.

    Attributes:
        sequence: which checkpoint it is at its destination, from 1, without gaps.
        head: the end of the log.
        at: when it was taken, in UTC.
        version: the version of the bot.
    """

    sequence: int
    head: LogHead
    at: datetime
    version: str

    @property
    def payload(self) -> bytes:
        """What is signed: the same bytes for equal checkpoints."""
        members = {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "count": self.head.count,
            "format": FORMAT,
            "hash": self.head.hash,
            "sequence": self.sequence,
            "version": self.version,
        }
        return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()

    @property
    def name(self) -> str:
        """The name of its object. Names sort by time, and equal names have equal payloads."""
        at = self.at.astimezone(UTC)
        digest = hashlib.sha256(self.payload).hexdigest()[:16]
        return f"{at:%Y-%m-%dT%H-%M-%SZ}-{self.sequence:08d}-{digest}.json"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of a checkpoint's payload by an asymmetric key of AWS KMS.

    Attributes:
        key: the ARN of the key.
        algorithm: the signing algorithm, by AWS's name.
        value: the signature.
    """

    key: str
    algorithm: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckpointStatus:
    """How writing checkpoints goes.

    Attributes:
        written_at: when the last one was written; None if none was.
        written: the last one that was written, if any.
        versioned: whether its bucket keeps versions, without which nothing protects it.
        waiting_since: when the one was taken that couldn't be written yet; None if there is none.
        failure: why it couldn't, the last time; None if it wasn't tried.
        entries: how many entries the log has now.
        uncovered_since: when the first entry was recorded that no written checkpoint covers; None
            if all are covered.
    """

    written_at: datetime | None
    written: Checkpoint | None
    versioned: bool
    waiting_since: datetime | None
    failure: Failure | None
    entries: int
    uncovered_since: datetime | None = None


def to_object(checkpoint: Checkpoint, signature: Signature | None) -> bytes:
    """The content of a checkpoint's object: JSON that people can read."""
    content: dict[str, Any] = {"checkpoint": json.loads(checkpoint.payload)}
    if signature is not None:
        content["signature"] = {
            "key": signature.key,
            "algorithm": signature.algorithm,
            "value": base64.b64encode(signature.value).decode(),
        }
    return json.dumps(content, indent=2).encode() + b"\n"


def from_object(body: bytes) -> tuple[Checkpoint, Signature | None]:
    """The checkpoint of an object, and its signature, if it has one.

    Raises:
        UnreadableCheckpoint: it isn't a checkpoint, or of another format.
    """
    try:
        content = json.loads(body)
        members = content["checkpoint"]
        checkpoint = Checkpoint(
            _whole(members["sequence"]),
            LogHead(_whole(members["count"]), _matching(_HASH, members["hash"])),
            datetime.fromisoformat(members["at"]),
            _matching(_VERSION, members["version"]),
        )
        # Also refuses other formats and further members, which the signature would not cover.
        if members != json.loads(checkpoint.payload) or content.keys() - {
            "checkpoint",
            "signature",
        }:
            raise UnreadableCheckpoint
        if "signature" not in content:
            return checkpoint, None
        signed = content["signature"]
        value = base64.b64decode(signed["value"], validate=True)
        return checkpoint, Signature(str(signed["key"]), str(signed["algorithm"]), value)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise UnreadableCheckpoint from None


def _whole(value: object) -> int:
    if type(value) is not int or not 0 < value <= _LARGEST:
        raise UnreadableCheckpoint
    return value


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise UnreadableCheckpoint
    return value
