"""Keeps or takes the lead: of the replicas on one database, one does what only one may do.

The lead is a lease in the database. A leader that can't renew it stops by its own clock before the
lease is over: also one that was paused, as soon as it runs again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import StoreError
from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.ports.leadership import LeadershipRepository
    from bot.services.pulse import Pulse

_log = structlog.get_logger(__name__)

RENEWALS: Final = 5
"""How often a lease is renewed within its length."""

MARGIN: Final = 0.2
"""The part of a lease in which nothing is sent any more: a request that was sent right before
arrives well before another process takes over."""


class LeadershipService:
    """This process's part in the lead.

    Args:
        leadership: the lead, in the database.
        lease: its length in seconds.
        elapsed: seconds by a clock that nobody sets, and that goes on while the process, or the
            machine, sleeps.
        on_gained: called, on a thread of its own, when this process has become the leader. If it
            raises StoreError, it is called again.
        on_lost: called there when it isn't the leader any more.
        interval: seconds between two renewals, or tries to take the lead.
    """

    def __init__(
        self,
        leadership: LeadershipRepository,
        *,
        lease: float,
        elapsed: Callable[[], float],
        on_gained: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: None,
        interval: float | None = None,
    ) -> None:
        self._leadership = leadership
        self._lease = lease
        self._elapsed = elapsed
        self._on_gained = on_gained
        self._on_lost = on_lost
        self._lock = threading.Lock()
        self._token: int | None = None
        self._until = 0.0
        self._told = False
        self._is_known = ""
        wait = lease / RENEWALS if interval is None else interval
        self._renewals = WorkerThread("leadership", lambda: self._renew(wait), daemon=True)
        # What follows from a change takes a while, and must not keep the lease from being renewed.
        self._changes = WorkerThread("lead", lambda: self._follow(wait), daemon=True)

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """The threads' signs of life."""
        return self._renewals.pulse, self._changes.pulse

    def start(self) -> None:
        """Take the lead if it is free, with all that follows from it, and go on trying.

        Raises:
            StoreError: the database can't be used.
        """
        self._leadership.enforce()
        self._claim()
        if self.leads():
            self._told = True
            self._on_gained()
        self._renewals.start()
        self._changes.start()

    def stop(self) -> None:
        """Give up the lead, so that another replica takes it at once."""
        self._changes.stop(1.0)
        self._renewals.stop(1.0)
        with self._lock:
            token, self._token = self._token, None
        if token is None:
            return
        try:
            self._leadership.release(token)
        except StoreError as error:
            _log.warning("lead not released", problem=str(error))

    def leads(self) -> bool:
        """Whether this process leads now, by its own clock."""
        return self._token is not None and self._elapsed() < self._until

    def beat(self) -> None:
        """Renew the lease, or take the lead if it is free.

        Raises:
            StoreError: the database can't be used.
        """
        token = self._token
        if token is None:
            self._claim()
            return
        began = self._elapsed()
        if self._leadership.renew(token):
            self._hold(token, began)
        else:
            with self._lock:
                self._token = None
            self._report_lost()

    def _claim(self) -> None:
        began = self._elapsed()
        token = self._leadership.claim()
        if token is not None:
            self._hold(token, began)
            self._is_known = ""
            _log.info("this process leads", token=token)
            return
        leader = self._leadership.leader()
        known = f"{leader.token}" if leader is not None else ""
        if leader is not None and known != self._is_known:
            self._is_known = known
            _log.info("another process leads, this one answers Slack", leader=leader.host)

    def _hold(self, token: int, began: float) -> None:
        # By the time before the request: the lease in the database began later.
        with self._lock:
            self._token, self._until = token, began + self._lease * (1 - MARGIN)

    def _report_lost(self) -> None:
        _log.warning(
            "this process no longer leads",
            problem="It was paused, or couldn't reach the database, for longer than its lease.",
        )

    def _renew(self, interval: float) -> float:
        try:
            self.beat()
        except StoreError as error:
            _log.warning("lead not renewed", problem=str(error), remedy=error.remedy)
        except Exception:  # noqa: BLE001 - a thread's edge: the next beat tries again
            _log.exception("renewing the lead failed")
        if self.leads() is not self._told:
            self._changes.wake()
        return interval

    def _follow(self, interval: float) -> float:
        """Call what follows from a change of the lead."""
        leads = self.leads()
        if leads is self._told:
            return interval
        self._told = leads
        try:
            (self._on_gained if leads else self._on_lost)()
        except StoreError as error:
            _log.warning("lead not begun", problem=str(error), remedy=error.remedy)
            self._told = not leads
        except Exception:  # noqa: BLE001 - a thread's edge: otherwise nobody would lead
            _log.exception("beginning to lead failed")
        return interval
