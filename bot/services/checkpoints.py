"""The use case *checkpoint*: send the end of the audit log to where the bot can't change it.

A checkpoint is recorded before it is sent, and sent again until it arrives. If that fails, the bot
works on: the log, the doctor and Home say so.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.checkpoint_verification import CheckpointProblem, CheckpointProblemKind, compare
from bot.domain.errors import GatewayError, NotLeading, StoreError
from bot.services.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.checkpoints import Checkpoint, CheckpointStatus
    from bot.services.ports.checkpoints import (
        CheckpointReader,
        CheckpointRepository,
        CheckpointWriter,
    )
    from bot.services.ports.clock import Clock

_log = structlog.get_logger(__name__)

INTERVAL: Final = 3600.0
"""Seconds between two checkpoints: what is cut off a shorter time after it was recorded, and before
a run ended, can't be noticed."""

FIRST_RETRY, LONGEST_RETRY = 30.0, 900.0
"""Seconds until a failed checkpoint is tried again, growing twofold."""

STOP_TIMEOUT: Final = 4.0
"""Seconds that the last checkpoint may delay a clean stop; orchestrators kill after ten."""


class CheckpointService:
    """Writes checkpoints on a thread of its own: at the start, hourly, after runs, and at a stop.

    The ends of runs are looked for in the audit log, so it doesn't matter which process ended one.

    Args:
        checkpoints: their record in the database.
        writer: the place where they are kept.
        clock: the time.
        destination: its URL.
        version: the version of the bot.
        interval: seconds between two checkpoints.
        poll_interval: seconds between two looks for a run that ended.
        first_retry: seconds until a failed one is tried again, growing twofold.
        longest_retry: seconds until then at most.
        stop_timeout: seconds that the last one may delay a clean stop.
        leads: whether this process leads: only the leader writes checkpoints.
        stopping: set once this is to stop.
    """

    def __init__(
        self,
        checkpoints: CheckpointRepository,
        writer: CheckpointWriter,
        clock: Clock,
        *,
        destination: str,
        version: str,
        interval: float = INTERVAL,
        poll_interval: float = 5.0,
        first_retry: float = FIRST_RETRY,
        longest_retry: float = LONGEST_RETRY,
        stop_timeout: float = STOP_TIMEOUT,
        leads: Callable[[], bool] = lambda: True,
        stopping: threading.Event | None = None,
    ) -> None:
        self._checkpoints = checkpoints
        self._writer = writer
        self._clock = clock
        self._destination = destination
        self._version = version
        self._interval = interval
        self._poll_interval = poll_interval
        self._first_retry = first_retry
        self._longest_retry = longest_retry
        self._stop_timeout = stop_timeout
        self._leads = leads
        self._stopping = stopping or threading.Event()
        self._failures = 0
        self._problem = ""
        # A stop doesn't wait for long, so the thread must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self.pulse = Pulse("checkpoints")

    def start(self) -> None:
        """Begin to write: at once, if the log has grown since the last checkpoint."""
        self._thread.start()

    def stop(self) -> None:
        """Write the last checkpoint. If that takes too long, the next start writes it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._stop_timeout)
        self._writer.close()

    def status(self) -> CheckpointStatus:
        """How it goes.

        Raises:
            StoreError: the database can't be read.
        """
        return self._checkpoints.status(self._destination)

    def _run(self) -> None:
        with self.pulse.lasting():
            self._write_on()

    def _write_on(self) -> None:
        due_at = self._clock.monotonic()
        stopping = False
        while not stopping:
            wait = due_at - self._clock.monotonic()
            self.pulse.rest()
            stopping = self._stopping.wait(max(0.0, min(wait, self._poll_interval)))
            self.pulse.beat()
            if not self._leads():
                due_at = self._clock.monotonic()  # the next leader writes one when it takes over
            elif stopping or self._clock.monotonic() >= due_at or self._run_ended():
                due_at = self._clock.monotonic() + self.write()

    def _run_ended(self) -> bool:
        """Whether a run ended; what fails is tried again after its pause, whatever has ended."""
        try:
            return not self._failures and self._checkpoints.run_ended(self._destination)
        except StoreError:
            return False  # the next checkpoint says so

    def write(self) -> float:
        """Write the checkpoint that is due, if any.

        Returns:
            Seconds until there may be something to write again.
        """
        try:
            # One that waited is followed by one of what was recorded since.
            for _ in range(2):
                checkpoint = self._checkpoints.due(self._destination, self._version)
                if checkpoint is None:
                    break
                self._write(checkpoint)
        except GatewayError as error:
            self._report(str(error), error.remedy)
        except NotLeading:
            return self._poll_interval
        except StoreError as error:
            self._report(str(error), error.remedy)
        except Exception:  # noqa: BLE001 - a defect here must not end the checkpoints
            _log.exception("checkpoint failed")
            self._failures += 1
        else:
            if self._problem:
                _log.info("checkpoints are written again", destination=self._destination)
            self._failures, self._problem = 0, ""
            return self._interval
        return min(self._first_retry * 2.0 ** min(self._failures - 1, 10), self._longest_retry)

    def _write(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, and record how that went.

        Raises:
            GatewayError: it wasn't written.
            StoreError: that it was written couldn't be recorded; it is written again, which changes
                nothing.
        """
        try:
            versioned = self._writer.write(checkpoint)
        except GatewayError as error:
            self._checkpoints.failed(self._destination, checkpoint, error.failure)
            raise
        self._checkpoints.written(self._destination, checkpoint, versioned=versioned)
        _log.info(
            "checkpoint written",
            sequence=checkpoint.sequence,
            entries=checkpoint.head.count,
            destination=self._destination,
        )
        if not versioned:
            _log.warning(
                "checkpoints are not protected: their bucket doesn't keep versions",
                destination=self._destination,
                remedy="Use a bucket with Object Lock and a default retention, as "
                "docs/checkpoints.md describes.",
            )

    def _report(self, problem: str, remedy: str) -> None:
        """Log a problem once, not at every try."""
        self._failures += 1
        if problem != self._problem:
            self._problem = problem
            _log.error(
                "checkpoint not written",
                destination=self._destination,
                problem=problem,
                remedy=remedy,
            )


@dataclass(frozen=True, slots=True)
class CheckpointVerification:
    """The result of comparing checkpoints with the audit log.

    Attributes:
        destination: where they are, as a URL.
        number: how many checkpoints were found.
        last: the last of them, by its sequence; None if none can be read.
        problems: what was tampered with; nothing if all is well.
        unlocked: how many have no visible lock, either because the bucket has no default
            retention, or because the person may not see it.
    """

    destination: str
    number: int
    last: Checkpoint | None
    problems: tuple[CheckpointProblem, ...]
    unlocked: int


def verify_checkpoints(
    checkpoints: CheckpointRepository, reader: CheckpointReader, destination: str
) -> CheckpointVerification:
    """Compare all checkpoints with the audit log. The log itself must be verified besides.

    A bot may write meanwhile: what it recorded before they are read must be there, and what is
    there must be in the database afterwards.

    Args:
        checkpoints: their record in the database, and the hashes of the log.
        reader: reads them from where they are kept.
        destination: the URL of that place.

    Raises:
        GatewayError: they couldn't be read, or a signature couldn't be checked.
        StoreError: the database can't be read.
    """
    last_written = checkpoints.last_written(destination)
    found = reader.read()
    readable = [each.checkpoint for each in found if each.checkpoint is not None]
    problems = compare(
        found,
        checkpoints.hashes(sorted({each.head.count for each in readable})),
        checkpoints.entries(),
        last_written=last_written,
        last_taken=checkpoints.last_taken(destination),
    )
    if not found and not problems:
        message = f"There are no checkpoints at {destination}."
        problems = [CheckpointProblem(CheckpointProblemKind.MISSING, message)]
    return CheckpointVerification(
        destination,
        len(found),
        max(readable, key=lambda each: each.sequence, default=None),
        tuple(problems),
        sum(not each.locked for each in found),
    )
