"""The ports of snapshots: the database that they are taken of, and where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from bot.domain.checkpoints import LogHead
    from bot.domain.snapshots import NewestSnapshot, SnapshotName


@dataclass(frozen=True, slots=True)
class TakenSnapshot:
    """A snapshot of the database in a temporary file.

    Attributes:
        file: the compressed file; it is gone when the context of `take` ends.
        size: its length in bytes.
        digest: the beginning of the SHA-256 of its content, 16 hexadecimal digits.
        head: the end of the audit log in it.
        at: when it was taken.
        waiting: the ids of the announcements that wait to be posted in it.
    """

    file: Path
    size: int
    digest: str
    head: LogHead
    at: datetime
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pointer:
    """The object that names the newest snapshot, as it was read or written.

    Attributes:
        newest: what it says; None if it doesn't exist, or can't be understood.
        tag: its entity tag, by which it is replaced only if it hasn't changed; empty if it doesn't
            exist.
    """

    newest: NewestSnapshot | None = None
    tag: str = ""


class SnapshotSource(Protocol):
    """The running bot's database."""

    def take(self) -> AbstractContextManager[TakenSnapshot]:
        """Copy the database as it is now; writers don't wait for that.

        Raises:
            StoreError: it couldn't be copied, for example because the disk is full.
        """
        ...

    def has_decision_after(self, number: int) -> bool:
        """Whether the audit log has a decision after its entry with this number.

        Raises:
            StoreError: the database can't be read.
        """
        ...

    def waiting(self) -> frozenset[str]:
        """The ids of the announcements that wait to be posted, and weren't tried yet.

        Raises:
            StoreError: the database can't be read.
        """
        ...

    def has(self, head: LogHead) -> bool:
        """Whether the audit log has this entry: a snapshot that ends with it is of this database.

        Raises:
            StoreError: the database can't be read.
        """
        ...

    def replaces(self, name: SnapshotName) -> bool:
        """Whether this database was restored in the place of a snapshot that isn't intact.

        Raises:
            StoreError: the database can't be read.
        """
        ...


class SnapshotStorage(Protocol):
    """Where snapshots are kept. Every method raises GatewayError if AWS fails or refuses."""

    def pointer(self) -> Pointer:
        """What names the newest snapshot."""
        ...

    def names(self) -> Sequence[SnapshotName]:
        """The snapshots that are there."""
        ...

    def save(self, name: SnapshotName, file: Path) -> bool:
        """Save a snapshot; returns whether the place says that it encrypts."""
        ...

    def point_to(self, newest: NewestSnapshot, replaced: Pointer) -> Pointer | None:
        """Name the newest snapshot, if the pointer is still the one to be replaced.

        Returns:
            The pointer as it is now; None if it is another one.
        """
        ...

    def delete(self, names: Iterable[SnapshotName]) -> None:
        """Delete snapshots."""
        ...

    def fetch(self, name: SnapshotName) -> bytes | None:
        """The content of a snapshot; None if it doesn't exist."""
        ...

    def close(self) -> None:
        """Stop retrying."""
        ...


class SnapshotFile(Protocol):
    """A place on disk for a database that doesn't exist yet."""

    def is_vacant(self) -> bool:
        """Whether there is no database yet: no file, or an empty one.

        Raises:
            StoreError: that can't be found out.
        """
        ...

    def restore(self, content: bytes, name: SnapshotName, newest: SnapshotName) -> str:
        """Put a snapshot in place, prepared for a bot that continues with it.

        Args:
            content: the snapshot, compressed.
            name: its name.
            newest: the name of the newest snapshot, in whose place this one is restored.

        Returns:
            Empty if it was; else why the snapshot isn't intact, so that another has to be tried.

        Raises:
            StoreError: it can't be put in place, or is from a newer version of altcontact.
        """
        ...

    def discard(self) -> None:
        """Remove what was just restored, and not used yet.

        Raises:
            StoreError: it can't be removed.
        """
        ...
