"""The use case *snapshot*: keep copies of the database where a lost disk doesn't take them along.

A snapshot is taken soon after a decision, hourly, at the start and at a clean stop. If that fails,
the bot works on: the log, the doctor and Home say since when, and it is tried again.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import AltcontactError, GatewayError, SnapshotSuperseded, StoreError
from bot.domain.snapshots import (
    NewestSnapshot,
    SnapshotName,
    SnapshotStatus,
    next_generation,
    surplus,
)
from bot.services.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bot.domain.announcements import Announcement
    from bot.services.ports.clock import Clock
    from bot.services.ports.snapshots import (
        Pointer,
        SnapshotSource,
        SnapshotStorage,
        TakenSnapshot,
    )

_log = structlog.get_logger(__name__)

INTERVAL: Final = 3600.0
"""Seconds between two snapshots if nothing is decided: what checks find is in the next one."""

LONGEST_UPLOAD: Final = 1800.0
"""Seconds after which a snapshot counts as hanging: a large one on a slow line takes minutes."""

POLL_INTERVAL: Final = 0.5
"""Seconds between two looks for a decision, whichever process recorded it."""

GATHER: Final = 1.5
"""Seconds that a snapshot waits after a decision, so that several in a row are one upload. With
the look and the upload, a decision has left the host within five seconds."""

FIRST_RETRY, LONGEST_RETRY = 2.0, 300.0
"""Seconds until a failed snapshot is tried again, growing twofold."""

STOP_TIMEOUT: Final = 3.0
"""Seconds that the last snapshot may delay a clean stop; orchestrators kill after ten."""

HELD_FOR: Final = 15.0
"""Seconds that an announcement waits for a snapshot at most, if saving one takes long."""

TRIES: Final = 3
"""How often the pointer is read again in one snapshot, if it was replaced in the meantime."""


class SnapshotService:
    """Saves snapshots on a thread of its own.

    Decisions are looked for in the audit log, so it doesn't matter which process recorded one.

    Args:
        source: the database.
        storage: where snapshots are kept.
        clock: the time.
        destination: its URL.
        keep: how many snapshots are kept.
        version: the version of the bot.
        interval: seconds between two snapshots if nothing is decided.
        poll_interval: seconds between two looks for a decision.
        gather: seconds to wait after a decision.
        first_retry: seconds until a failed one is tried again, growing twofold.
        longest_retry: seconds until then at most.
        stop_timeout: seconds that the last one may delay a clean stop.
        stopping: set once this is to stop.
    """

    def __init__(
        self,
        source: SnapshotSource,
        storage: SnapshotStorage,
        clock: Clock,
        *,
        destination: str,
        keep: int,
        version: str,
        interval: float = INTERVAL,
        poll_interval: float = POLL_INTERVAL,
        gather: float = GATHER,
        first_retry: float = FIRST_RETRY,
        longest_retry: float = LONGEST_RETRY,
        stop_timeout: float = STOP_TIMEOUT,
        stopping: threading.Event | None = None,
    ) -> None:
        self._source = source
        self._storage = storage
        self._clock = clock
        self._destination = destination
        self._keep = keep
        self._version = version
        self._pointer: Pointer | None = None
        self._leads: Callable[[], bool] = lambda: True
        self._on_changed: Callable[[], None] = lambda: None
        self._on_saved: Callable[[], None] = lambda: None
        self._interval = interval
        self._poll_interval = poll_interval
        self._gather = gather
        self._first_retry = first_retry
        self._longest_retry = longest_retry
        self._stop_timeout = stop_timeout
        self._stopping = stopping or threading.Event()
        self._status = SnapshotStatus(destination)
        self._failures = 0
        self._digest = ""
        self._covered = 0
        self._waiting: frozenset[str] = frozenset()
        # A stop doesn't wait for long, so the thread must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)
        self.pulse = Pulse("snapshots", limit=LONGEST_UPLOAD)

    def start(
        self,
        *,
        leads: Callable[[], bool] = lambda: True,
        on_changed: Callable[[], None] = lambda: None,
        on_saved: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin: the first one is saved at once, which claims the place for this database.

        Args:
            leads: whether this process works on the database now; a follower saves nothing.
            on_changed: called when saving begins to fail, and when it works again.
            on_saved: called after each snapshot: what was held can be announced.
        """
        self._leads = leads
        self._on_changed = on_changed
        self._on_saved = on_saved
        self._thread.start()

    def begin_stop(self) -> None:
        """Begin to save the last snapshot."""
        self._stopping.set()

    def stop(self) -> None:
        """Wait for the last snapshot, but not for long."""
        self.begin_stop()
        if self._thread.is_alive():
            self._thread.join(self._stop_timeout)
        self._storage.close()

    def status(self) -> SnapshotStatus:
        """How it goes."""
        return self._status

    def holds(self, announcement: Announcement) -> bool:
        """Whether an announcement should wait until a snapshot has it.

        Otherwise, if the disk is lost, the next check would find the same again, and announce it
        once more: what isn't in the database can't be looked for in the channel.
        """
        if self._failures or announcement.first_tried_at is not None:
            return False
        waited = (self._clock.now() - announcement.created_at).total_seconds()
        return announcement.id not in self._waiting and waited < HELD_FOR

    def _run(self) -> None:
        with self.pulse.lasting():
            self._save_on()

    def _save_on(self) -> None:
        due_at = self._clock.monotonic()
        led = stopping = False
        while not stopping:
            wait = due_at - self._clock.monotonic()
            self.pulse.rest()
            stopping = self._stopping.wait(max(0.0, min(wait, self._poll_interval)))
            self.pulse.beat()
            if not self._leads():
                led = False
                continue
            now = self._clock.monotonic()
            due_at = min(due_at, now if stopping or not led else now + self._until_wanted())
            led = True
            if now >= due_at:
                due_at = self._clock.monotonic() + self.save()

    def _until_wanted(self) -> float:
        """Seconds until a snapshot is wanted; what fails is tried again after its pause."""
        try:
            if not self._failures and (
                self._source.has_decision_after(self._covered)
                or self._source.waiting() - self._waiting
            ):
                return self._gather
        except StoreError:
            pass  # the next snapshot says so
        return self._interval

    def save(self) -> float:
        """Save a snapshot, unless the database is as in the last one.

        Returns:
            Seconds until the next one.
        """
        try:
            with self._source.take() as taken:
                names = set(self._storage.names())
                if taken.digest != self._digest or self._status.saved not in names:
                    names.add(self._upload(taken, names))
                self._note_saved(taken)
        except AltcontactError as error:
            return self._failed(error)
        except Exception:  # noqa: BLE001 - a defect here must not end the snapshots
            _log.exception("snapshot failed")
            return self._failed(StoreError("A snapshot failed unexpectedly.", "See the bot's log."))
        self._delete(surplus(names, self._keep))
        return self._interval

    def _upload(self, taken: TakenSnapshot, names: Collection[SnapshotName]) -> SnapshotName:
        """Save a snapshot and name it the newest; its name.

        Raises:
            GatewayError: it couldn't be saved.
            StoreError: the database can't be read.
            SnapshotSuperseded: snapshots of another database are newer.
        """
        generation = max((name.generation for name in names), default=0)
        for _ in range(TRIES):
            pointer = self._pointer or self._own(self._storage.pointer())
            generation = next_generation(pointer.newest, generation)
            name = SnapshotName(generation, taken.at.replace(microsecond=0), taken.digest)
            encrypted = self._storage.save(name, taken.file)
            newest = NewestSnapshot(name, taken.head, self._version)
            self._pointer = self._storage.point_to(newest, pointer)
            if self._pointer is not None:
                self._digest = taken.digest
                self._status = replace(self._status, saved=name, is_encrypted=encrypted)
                _log.info(
                    "snapshot saved",
                    snapshot=str(name),
                    entries=taken.head.count,
                    bytes=taken.size,
                    destination=self._destination,
                )
                return name
            # Somebody else named another one. This one was never the newest.
            self._storage.delete([name])
        raise StoreError("The newest snapshot was replaced again and again.", "Try again later.")

    def _own(self, pointer: Pointer) -> Pointer:
        """A pointer that names a snapshot of this database, or none.

        Raises:
            StoreError: the database can't be read.
            SnapshotSuperseded: it names one of another database.
        """
        newest = pointer.newest
        if newest is None or self._source.has(newest.head) or self._source.replaces(newest.name):
            return pointer
        raise SnapshotSuperseded(
            f"The newest snapshot at {self._destination} is not of this database: its audit log "
            f"has {newest.head.count:,} entries, and the last one isn't in this one.",
            "Either another bot uses the same ALTCONTACT_BACKUP: stop one of them, or give it a "
            "prefix of its own. Or the database here is an older copy: stop the bot, move the file "
            "away, and start it to restore the newest snapshot. See docs/backup.md.",
        )

    def _note_saved(self, taken: TakenSnapshot) -> None:
        self._covered, self._waiting = taken.head.count, taken.waiting
        failed, self._failures = self._failures, 0
        was_encrypted = self._status.is_encrypted
        self._status = SnapshotStatus(
            self._destination, taken.at, self._status.saved, is_encrypted=was_encrypted
        )
        if failed:
            _log.info("snapshots are saved again", destination=self._destination)
            self._on_changed()
        self._on_saved()

    def _failed(self, error: AltcontactError) -> float:
        """Remember and log a problem, once until it changes; the seconds until another try."""
        is_superseded = isinstance(error, SnapshotSuperseded)
        self._failures += 1
        # The answer to a replacement may be lost: what is there now is read before the next one.
        self._pointer = None
        known = self._status.problem
        self._status = replace(
            self._status,
            failing_since=self._status.failing_since or self._clock.now(),
            problem=str(error),
            remedy=error.remedy,
            is_superseded=is_superseded,
        )
        if known != str(error):
            _log.error(
                "snapshot not saved",
                destination=self._destination,
                problem=str(error),
                remedy=error.remedy,
            )
            self._on_changed()
        if is_superseded:
            return self._longest_retry
        return min(self._first_retry * 2.0 ** min(self._failures - 1, 10), self._longest_retry)

    def _delete(self, names: Sequence[SnapshotName]) -> None:
        """Delete the oldest snapshots. If that fails, they are deleted after the next one."""
        try:
            self._storage.delete(names)
        except GatewayError as error:
            _log.warning(
                "old snapshots not deleted",
                destination=self._destination,
                problem=str(error),
                remedy=error.remedy,
            )
