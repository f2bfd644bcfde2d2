"""Finds out the result of abandoned fixes, by reading AWS.

A process may be killed during a write, its lease on a fix may run out, or AWS's response may be
lost. Such a fix is ended only after AWS was read. If AWS doesn't show the change, it is read again
for a while, since a request can arrive after the process that sent it has ended.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.readings import Unreadable, Unsupported
from bot.services.fix_recorder import Ending
from bot.services.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.domain.contacts import ContactType
    from bot.domain.failures import Failure
    from bot.domain.fixes import Fix
    from bot.domain.readings import ContactReading
    from bot.services.fix_recorder import FixRecorder
    from bot.services.ports.clock import Clock
    from bot.services.ports.fixes import FixRepository
    from bot.services.read_back import ReadBack

    Contact = tuple[str, ContactType]

_log = structlog.get_logger(__name__)

WRITE_LIMIT: Final = timedelta(seconds=60)
"""How long after its start a write can reach AWS: three tries of 15 seconds, and the pauses."""

LOOK_AGAIN_FOR: Final = timedelta(hours=1)
"""How long AWS is read again for a fix that it doesn't seem to have accepted."""

UNREADABLE_FOR: Final = timedelta(days=1)
"""How long a fix stays open if its contact can't be read."""

LONGEST_PAUSE: Final = 600.0
"""The most seconds between two reads; they start at the poll interval and double."""


@dataclass(slots=True)
class _Left:
    """A fix that was taken over; after `deadline`, what AWS doesn't show was not accepted."""

    fix: Fix
    deadline: float


class FixRecovery:
    """Settles abandoned fixes, on its own thread, and before the next fix of the same contact.

    Args:
        fixes: the record.
        recorder: records how they end.
        read_back: reads AWS.
        clock: the time.
        poll_interval: seconds between two rounds.
        shutdown_timeout: seconds that a round under way has to end.
        leads: whether this process leads: only the leader takes over what others abandoned, unless
            somebody wants to fix the same contact.
    """

    def __init__(
        self,
        fixes: FixRepository,
        recorder: FixRecorder,
        read_back: ReadBack,
        clock: Clock,
        *,
        poll_interval: float = 5.0,
        shutdown_timeout: float = 2.0,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._fixes = fixes
        self._recorder = recorder
        self._read_back = read_back
        self._clock = clock
        self._poll_interval = poll_interval
        self._shutdown_timeout = shutdown_timeout
        self._leads = leads
        self._stopping = threading.Event()
        self._at_work: set[int] = set()
        self._left: dict[int, _Left] = {}
        self._pauses: dict[int, tuple[float, float]] = {}
        self._locks: dict[Contact, threading.Lock] = {}
        self._is_run_due = threading.Event()
        # The fixes of a run are many, and read behind a scan: those of people don't wait for them.
        self.pulses = tuple(Pulse(name) for name in ("fix-recovery", "run-recovery"))
        self._threads = [
            threading.Thread(target=self._run, args=(pulse, of_runs), name=pulse.name, daemon=True)
            for pulse, of_runs in zip(self.pulses, (False, True), strict=True)
        ]

    def start(self) -> None:
        """Start the rounds."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Begin a round for the fixes of runs now: AWS accepted one."""
        self._is_run_due.set()

    def stop(self) -> None:
        """Stop the rounds; what isn't settled is left to another process or the next start."""
        self._stopping.set()
        self._is_run_due.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._shutdown_timeout)
        try:
            self._recorder.retry()
            for fix_id in list(self._left):
                self._fixes.release(fix_id)
        except StoreError as error:
            _log.warning("fixes left to the next start", problem=str(error))

    @contextmanager
    def spared(self, fix_id: int) -> Iterator[None]:
        """Leave a fix alone while this process works on it, even if its lease ran out."""
        self._at_work.add(fix_id)
        try:
            yield
        finally:
            self._at_work.discard(fix_id)

    def settle(self, account_id: str, contact_type: ContactType) -> Failure | None:
        """Find out now the result of earlier fixes of a contact, before it is written again.

        Takes as long as AWS may need to show what it accepted.

        Returns:
            Why AWS couldn't be read, if it couldn't: the contact must not be written then.

        Raises:
            StoreError: the record can't be used.
        """
        contact = account_id, contact_type
        self._recorder.retry(contact)
        with self._lock_of(contact):
            self._take_over(contact)
            for left in [each for each in self._left.values() if _contact(each.fix) == contact]:
                wait = max(left.deadline - self._clock.monotonic(), 0.0)
                last = self._settle(left, wait)
                if isinstance(last, Unreadable | Unsupported) and left.fix.id in self._left:
                    return last.failure
            for fix in self._fixes.in_doubt():
                if _contact(fix) == contact:
                    self._settle_doubt(fix)
        return None

    def look(self, *, of_runs: bool | None = None, beat: Callable[[], None] = lambda: None) -> None:
        """One round: record what couldn't be recorded, and read each abandoned fix's contact.

        Args:
            of_runs: only fixes that belong to a run, or only others; None: all.
            beat: called before each fix.

        Raises:
            StoreError: the record can't be used.
        """
        self._recorder.retry()
        doubtful: list[Fix] = []
        if self._leads():
            self._take_over()
            doubtful = self._fixes.in_doubt()
        known = self._left.keys() | {fix.id for fix in doubtful}
        for forgotten in self._pauses.keys() - known:
            self._pauses.pop(forgotten, None)
        for left in list(self._left.values()):
            beat()
            if of_runs in {None, _is_of_run(left.fix)}:
                self._look_at(left.fix, partial(self._settle, left))
        for fix in doubtful:
            beat()
            if of_runs in {None, _is_of_run(fix)}:
                self._look_at(fix, partial(self._settle_doubt, fix))

    def _run(self, pulse: Pulse, of_runs: bool) -> None:
        with pulse.lasting():
            while not self._stopping.is_set():
                if of_runs:
                    self._is_run_due.clear()
                pulse.beat()
                try:
                    self.look(of_runs=of_runs, beat=pulse.beat)
                except StoreError as error:
                    _log.warning("fixes not checked", problem=str(error))
                except Exception:  # noqa: BLE001 - a thread's edge: the next round tries again
                    _log.exception("checking fixes failed")
                pulse.rest()
                (self._is_run_due if of_runs else self._stopping).wait(self._poll_interval)

    def _look_at(self, fix: Fix, settle: Callable[[], object]) -> None:
        """Check one fix, unless it was checked recently; a failure doesn't stop the others."""
        due, pause = self._pauses.get(fix.id, (0.0, self._poll_interval))
        now = self._clock.monotonic()
        if now < due or self._stopping.is_set():
            return
        self._pauses[fix.id] = now + pause, min(2 * pause, LONGEST_PAUSE)
        with self._lock_of(_contact(fix)):
            try:
                settle()
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - a defect in one must not hold up the others
                _log.exception("checking a fix failed", fix=fix.id)

    def _take_over(self, contact: Contact | None = None) -> None:
        within = self._read_back.within
        for fix in self._fixes.take_over(contact):
            if fix.id in self._at_work | self._left.keys() or self._recorder.is_unrecorded(fix.id):
                continue
            wait = 0.0
            if fix.in_doubt_since is not None:
                elapsed = self._clock.now() - fix.in_doubt_since
                wait = min(max((WRITE_LIMIT - elapsed).total_seconds() + within, 0.0), within)
            self._left[fix.id] = _Left(fix, self._clock.monotonic() + wait)

    def _settle(self, left: _Left, wait: float = 0.0) -> ContactReading | None:
        """Check a fix that was taken over, and end it if AWS shows its result.

        Returns:
            What AWS had instead of the wanted contact, or why it couldn't be read.
        """
        fix = self._fixes.get(left.fix.id)
        if fix is None or fix.ended_at is not None:
            self._left.pop(left.fix.id, None)
            return None
        was_asked = fix.state is FixState.APPLIED or fix.in_doubt_since is not None
        last = self._read_back.until_shown(fix.request, wait)
        if last is None:
            there = not was_asked
            self._end(Ending(fix, FixState.CONFIRMED, already_there=there, by_reading=True))
        elif not was_asked:
            words = "The bot was interrupted before it sent the change to AWS."
            self._end(Ending(fix, FixState.FAILED, why=_interrupted(words)))
        elif not self._is_decided(last, left.deadline, fix.in_doubt_since or fix.planned_at):
            return last
        elif fix.state is FixState.APPLIED:
            self._end(Ending(fix, FixState.APPLIED))
        else:
            self._end(Ending(fix, FixState.FAILED, why=_why(last), in_doubt=True))
        return last

    def _settle_doubt(self, fix: Fix) -> None:
        """Check again a fix that AWS doesn't seem to have accepted."""
        if all(fix.id != each.id for each in self._fixes.in_doubt()):
            return  # another fix began meanwhile, and AWS may show that one's contact
        last = self._read_back.until_shown(fix.request, 0)
        if last is None:
            self._end(Ending(fix, FixState.CONFIRMED, by_reading=True))
        elif not self._read_back.is_stopped() and fix.in_doubt_since is not None:
            limit = UNREADABLE_FOR if _is_unreadable(last) else LOOK_AGAIN_FOR
            if self._is_past(fix.in_doubt_since + limit):
                self._end(Ending(fix, FixState.FAILED, why=fix.failure))

    def _is_decided(self, last: ContactReading, deadline: float, since: datetime) -> bool:
        """Whether what AWS doesn't show now counts as not accepted."""
        if self._read_back.is_stopped():
            return False
        if _is_unreadable(last):
            return self._is_past(since + UNREADABLE_FOR)
        return self._clock.monotonic() >= deadline

    def _is_past(self, moment: datetime) -> bool:
        """Whether a moment has certainly passed, because giving up is final."""
        return self._clock.now() > moment and self._clock.is_proven()

    def _end(self, ending: Ending) -> None:
        self._recorder.end(ending)
        self._left.pop(ending.fix.id, None)

    def _lock_of(self, contact: Contact) -> threading.Lock:
        return self._locks.setdefault(contact, threading.Lock())


def _is_of_run(fix: Fix) -> bool:
    return fix.request.run_id is not None


def _contact(fix: Fix) -> Contact:
    return fix.request.account_id, fix.request.type


def _is_unreadable(reading: ContactReading) -> bool:
    return isinstance(reading, Unreadable | Unsupported)


def _why(last: ContactReading) -> Failure:
    """Why a fix that was sent, and that AWS doesn't show, counts as failed."""
    words = "The bot was interrupted while it sent the change to AWS, "
    match last:
        case Unreadable(why) | Unsupported(why):
            words += f"and can't read the result. {why.message}"
            return failure(why.cause, message=words, remedy="Check the account, then fix it again.")
        case _:
            return _interrupted(words + "and AWS doesn't show the change.")


def _interrupted(words: str) -> Failure:
    return failure(FailureCode.NOT_REACHED, message=words, remedy="Fix the contact again.")
