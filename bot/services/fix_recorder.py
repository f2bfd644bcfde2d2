"""Records how fixes end; if the database can't be written, keeps that and records it later.

A write in AWS can't be taken back because a database is locked or full, so it must not be lost.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StoreError
from bot.domain.fixes import FixState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix
    from bot.services.ports.fixes import FixRepository

    Judge = Callable[[str, ContactType, AlternateContact | None], TypeResult | None]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a fix ended; see `FixRepository.advance`."""

    fix: Fix
    state: FixState
    before: AlternateContact | None = field(default=None, repr=False)
    why: Failure | None = None
    already_there: bool = False
    in_doubt: bool = False
    by_reading: bool = False
    aws_request_id: str = ""

    def to_be_recorded(self) -> Fix:
        """The fix as it will be recorded, except for the times."""
        return replace(
            self.fix,
            state=self.state,
            before=self.before or self.fix.before,
            failure=self.why,
            already_there=self.already_there,
            in_doubt_since=self.fix.in_doubt_since if self.in_doubt else None,
        )


class FixRecorder:
    """Records how fixes end. Safe to use from several threads.

    Args:
        fixes: the record.
        judge: evaluates the contact that is in AWS now, to find out which findings it resolves; if
            it returns None, all are resolved.
        on_recorded: called when a fix was recorded that may need an announcement.
    """

    def __init__(
        self,
        fixes: FixRepository,
        *,
        judge: Judge = lambda *_: None,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._fixes = fixes
        self._judge = judge
        self._on_recorded = on_recorded
        self._lock = threading.Lock()
        self._unrecorded: dict[int, Ending] = {}

    def applied(self, fix: Fix, aws_request_id: str) -> Fix:
        """Record that AWS accepted a fix that has to be read back; its end says so too."""
        try:
            return self._fixes.advance(
                fix.id, FixState.APPLIED, ended=False, aws_request_id=aws_request_id
            )
        except StoreError as error:
            _log.warning("fix not recorded yet", fix=fix.id, problem=str(error))
            return replace(
                fix,
                state=FixState.APPLIED,
                in_doubt_since=None,
                aws_request_id=aws_request_id,
            )

    def end(self, ending: Ending) -> tuple[Fix, StoreError | None]:
        """Record how a fix ended, now or later.

        The first attempt waits as long as the database waits for another writer.

        Returns:
            The fix as recorded; or as it will be recorded, and why it isn't yet.
        """
        try:
            return self._record(ending), None
        except StoreError as error:
            with self._lock:
                self._unrecorded[ending.fix.id] = ending
            _log.error(
                "fix not recorded yet",
                fix=ending.fix.id,
                account=ending.fix.request.account_id,
                state=ending.state.value,
                problem=str(error),
                remedy=error.remedy,
            )
            return ending.to_be_recorded(), error

    def is_unrecorded(self, fix_id: int) -> bool:
        """Whether the end of a fix is known in this process, but not recorded yet."""
        with self._lock:
            return fix_id in self._unrecorded

    def retry(self, contact: tuple[str, ContactType] | None = None) -> None:
        """Record what couldn't be recorded before, of one contact or of all.

        Raises:
            StoreError: it still can't be recorded; it is kept.
        """
        with self._lock:
            kept = list(self._unrecorded.values())
        for ending in kept:
            request = ending.fix.request
            if contact not in {None, (request.account_id, request.type)}:
                continue
            try:
                self._record(ending)
            except StoreError:
                if self._fixes.get(ending.fix.id) is not None:
                    raise
                _log.error("fix not recorded: the database lacks it", fix=ending.fix.id)
            except Exception:  # noqa: BLE001 - a defect in one must not hold up the others
                _log.exception("recording a fix failed", fix=ending.fix.id)
                continue
            with self._lock:
                self._unrecorded.pop(ending.fix.id, None)

    def _record(self, ending: Ending) -> Fix:
        request, result = ending.fix.request, None
        if ending.state is FixState.CONFIRMED:
            result = self._judge(request.account_id, request.type, request.wanted)
        ended = self._fixes.advance(
            ending.fix.id,
            ending.state,
            ended=True,
            before=ending.before,
            failure=ending.why,
            already_there=ending.already_there,
            in_doubt=ending.in_doubt,
            by_reading=ending.by_reading,
            # Not recorded yet if the database failed right after AWS's answer.
            aws_request_id=ending.aws_request_id or ending.fix.aws_request_id,
            result=result,
        )
        _log.info(
            "fix ended",
            fix=ended.id,
            account=request.account_id,
            type=request.type.value,
            state=ended.state.value,
            cause=ended.failure.cause.value if ended.failure else None,
        )
        self._on_recorded()
        return ended
