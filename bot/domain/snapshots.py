"""Snapshots of the database: their names, their order, which are kept, and which one is next.

Snapshots of one database form a line. Each has a *generation*, one higher than the one before. A
small object, the *pointer*, names the newest with the end of the audit log in it, and is replaced
only if it is still the one that was read. So two bots can't overwrite each other's snapshots: what
the pointer names belongs to a database if that one's audit log has the same entry.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.domain.audit import AuditAction
from bot.domain.checkpoints import LogHead

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT: Final = 1
"""The version of the form of the object that names the newest snapshot."""

MAX_BYTES: Final = 4096
"""That object has about 400 bytes; a longer one isn't read."""

_NAME: Final = re.compile(
    r"snapshot-(?P<generation>\d{12})-(?P<at>\d{8}T\d{6}Z)-(?P<digest>[0-9a-f]{16})\.db\.gz"
)
_TIME: Final = "%Y%m%dT%H%M%SZ"
_HASH: Final = re.compile(r"[0-9a-f]{64}")

NO_DECISIONS: Final = frozenset(
    {
        AuditAction.COMMAND,
        AuditAction.REFUSED,
        AuditAction.PAYLOAD_REFUSED,
        AuditAction.BOT_STARTED,
        AuditAction.POLICY_LOADED,
        AuditAction.POLICY_REFUSED,
    }
)
"""Actions that change nothing but the audit log. After all others, a snapshot is taken soon."""


class UnreadableNewest(ValueError):
    """Something that doesn't name the newest snapshot in this format."""


@dataclass(frozen=True, slots=True, order=True)
class SnapshotName:
    """The name of a snapshot's object. Names sort by generation, and then by time.

    Attributes:
        generation: which snapshot it is, from 1.
        at: when it was taken, in UTC, in whole seconds.
        digest: the beginning of the SHA-256 of its content, so that equal names have equal content.
    """

    generation: int
    at: datetime
    digest: str

    @classmethod
    def parse(cls, text: str) -> SnapshotName | None:
        """The name in a text; None if it is the name of something else."""
        found = _NAME.fullmatch(text)
        if found is None:
            return None
        try:
            at = datetime.strptime(found["at"], _TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(int(found["generation"]), at, found["digest"])

    def __str__(self) -> str:
        at = f"{self.at.astimezone(UTC):{_TIME}}"
        return f"snapshot-{self.generation:012d}-{at}-{self.digest}.db.gz"


@dataclass(frozen=True, slots=True)
class NewestSnapshot:
    """What the object says that names the newest snapshot.

    Attributes:
        name: the name of the snapshot.
        head: the end of the audit log in it.
        version: the version of the bot that took it.
    """

    name: SnapshotName
    head: LogHead
    version: str

    def to_object(self) -> bytes:
        """The content of the object: JSON that people can read."""
        content = {
            "format": FORMAT,
            "snapshot": str(self.name),
            "entries": self.head.count,
            "hash": self.head.hash,
            "version": self.version,
        }
        return json.dumps(content, indent=2).encode() + b"\n"

    @classmethod
    def from_object(cls, body: bytes) -> NewestSnapshot:
        """What an object says.

        Raises:
            UnreadableNewest: it isn't one of this format.
        """
        try:
            content: dict[str, Any] = json.loads(body)
            name = SnapshotName.parse(content["snapshot"])
            count, digest = content["entries"], content["hash"]
            if (
                content["format"] != FORMAT
                or name is None
                or type(count) is not int
                or count < 0
                or not _HASH.fullmatch(digest)
            ):
                raise UnreadableNewest
            return cls(name, LogHead(count, digest), str(content["version"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise UnreadableNewest from None


@dataclass(frozen=True, slots=True)
class SnapshotStatus:
    """How taking snapshots goes in this process.

    Attributes:
        destination: where they go, as a URL.
        saved_at: when the database was as the newest snapshot has it; None if none was saved since
            the start.
        saved: the newest snapshot that this process saved or found to be up to date, if any.
        failing_since: since when no snapshot could be saved; None if the last one was.
        problem: why the last one couldn't be, without personal data; empty if it was.
        remedy: the next step.
        is_superseded: whether another database's snapshots are newer, so that none are saved.
        is_encrypted: whether the bucket said that it encrypts; None if nothing was saved yet.
    """

    destination: str
    saved_at: datetime | None = None
    saved: SnapshotName | None = None
    failing_since: datetime | None = None
    problem: str = ""
    remedy: str = ""
    is_superseded: bool = False
    is_encrypted: bool | None = None


def restore_order(
    names: Iterable[SnapshotName], newest: NewestSnapshot | None
) -> list[SnapshotName]:
    """The snapshots to try, in order: the first that is intact is restored.

    A higher generation comes first, also one that isn't named as the newest yet: the bot may have
    been killed in between. Of two of the same generation, the one that is named was not superseded.

    Args:
        names: those that are there.
        newest: what names the newest; None if nothing does.
    """
    named = newest.name if newest is not None else None
    candidates = {*names, *([named] if named is not None else [])}
    return sorted(candidates, key=lambda name: (name.generation, name == named, name), reverse=True)


def next_generation(newest: NewestSnapshot | None, known: int) -> int:
    """The generation of the next snapshot.

    Args:
        newest: what names the newest; None if nothing does.
        known: the highest generation that was seen.
    """
    return max(newest.name.generation if newest is not None else 0, known) + 1


def surplus(names: Iterable[SnapshotName], keep: int) -> list[SnapshotName]:
    """The snapshots to delete, so that `keep` are left.

    Half of those kept are the newest. While a run changes many contacts, a snapshot is taken every
    few seconds, so the other half reaches further back: the last one of each hour, the newest hours
    first, and the newest others where there are fewer hours than that.

    Args:
        names: those that are there.
        keep: how many are kept, 1 at least.
    """
    newest_first = sorted(names, reverse=True)
    half = math.ceil(keep / 2)
    kept, rest = newest_first[:half], newest_first[half:]
    hours: dict[str, SnapshotName] = {}
    for name in rest:
        hours.setdefault(f"{name.at.astimezone(UTC):%Y%m%d%H}", name)
    preferred = list(hours.values())
    others = [name for name in rest if name not in set(preferred)]
    kept += (preferred + others)[: keep - len(kept)]
    return sorted(set(newest_first) - set(kept))
