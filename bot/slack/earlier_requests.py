"""Recognizes requests that came before: to this process, to another replica, or before a restart.

A signature identifies a request. Each process remembers those that it saw, and the database those
that any replica saw. It also knows which of them were answered: a load balancer sends a request
again whose connection ended because a replica was killed, and that copy has to be answered.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog
from cachetools import TTLCache

from bot.domain.errors import StoreError
from bot.slack.background import report_defect

if TYPE_CHECKING:
    from bot.domain.deliveries import EarlierRequest
    from bot.services.ports.deliveries import RequestRepository

_log = structlog.get_logger(__name__)

ASK_WITHIN: Final = 0.5
"""Seconds that a request waits for the database: Slack waits 3 s for the answer.

After that, the request is carried out. Commands, buttons and forms are then still compared with
earlier ones, after their ack, before they change anything.
"""

MOST_WAITING: Final = 8
"""Requests that wait for the database at a time. A crowd of them isn't kept waiting."""

ABANDONED_AFTER: Final = 1.0
"""Seconds after which a request that no replica answered counts as abandoned by a killed one."""

_REMEMBERED: Final = 100_000
"""Signatures that this process remembers. Only Slack can make one, so nobody else fills this."""

_REMEMBER_SECONDS: Final = 600
"""Twice as long as a signature is valid, because it may be from the future as well."""

_STOP_WITHIN: Final = 1.0
"""Seconds that a stop waits until the last answers are recorded."""

_LOG_INTERVAL: Final = 60.0


class EarlierRequests:
    """The requests that were received, by their signatures. Safe to use from several threads.

    One thread asks the database for all requests that wait, so a crowd of them takes few
    transactions.

    Args:
        requests: remember requests for all replicas.
        ask_within: seconds that a request waits for the database.
        abandoned_after: seconds after which nobody will answer a request any more.
    """

    def __init__(
        self,
        requests: RequestRepository,
        *,
        ask_within: float = ASK_WITHIN,
        abandoned_after: float = ABANDONED_AFTER,
    ) -> None:
        self._requests = requests
        self._ask_within = ask_within
        self._abandoned_after = abandoned_after
        self._seen: TTLCache[str, bool] = TTLCache(_REMEMBERED, ttl=_REMEMBER_SECONDS)
        self._lock = threading.Lock()
        self._received: dict[str, list[Future[EarlierRequest | None]]] = {}
        self._answered: list[str] = []
        self.waiting = 0
        self._asking_since: float | None = None
        self._logged = 0.0
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="earlier requests")

    def is_repeated(self, signature: str) -> bool:
        """Whether a request came before, and was answered or still is being answered.

        If the database doesn't say so in time, only this process's memory counts.
        """
        with self._lock:
            seen = signature in self._seen
            self._seen[signature] = True
        if seen:
            return True
        earlier = self._ask(signature)
        if earlier is not None and not earlier.is_answered:
            # Another replica may be about to answer it.
            rest = min(self._abandoned_after - earlier.age, self._abandoned_after)
            if rest > 0:
                self._stopping.wait(rest)
                earlier = self._ask(signature)
        return earlier is not None and earlier.is_answered

    def answered(self, signature: str) -> None:
        """Take note that a request's answer was sent. Returns at once."""
        with self._lock:
            self._answered.append(signature)
        self._begin()

    def stop(self) -> None:
        """Record the last answers, as far as the database takes them in time."""
        self._stopping.set()
        try:
            self._thread.submit(self._work).result(_STOP_WITHIN)
        except (RuntimeError, TimeoutError):
            _log.debug("last answers not recorded")
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(self, signature: str) -> EarlierRequest | None:
        """What the database knows of an earlier request; None if nothing, or if it isn't said."""
        told: Future[EarlierRequest | None] = Future()
        with self._lock:
            self._received.setdefault(signature, []).append(told)
            since = self._asking_since
            is_stuck = since is not None and time.monotonic() - since > self._ask_within
            waits = not is_stuck and self.waiting < MOST_WAITING
            self.waiting += waits
        begun = self._begin()
        if not waits:
            return None
        try:
            return told.result(self._ask_within) if begun else None
        except TimeoutError:
            self._log_problem(f"The database took longer than {self._ask_within:g} seconds.")
            return None
        finally:
            with self._lock:
                self.waiting -= 1

    def _begin(self) -> bool:
        """Have the thread look for work; whether it will."""
        try:
            self._thread.submit(self._work)
        except RuntimeError:  # stopped, or the machine can't start a thread
            return False
        return True

    def _work(self) -> None:
        """Ask and record what has come together."""
        with self._lock:
            received, answered = self._received, self._answered
            self._received, self._answered = {}, []
            if not received and not answered:
                return
            self._asking_since = time.monotonic()
        earlier: dict[str, EarlierRequest] = {}
        try:
            earlier = self._requests.note(received.keys(), answered)
        except StoreError as error:
            self._log_problem(str(error), error.remedy)
        except Exception as error:  # noqa: BLE001 - end of a thread: requests wait for it
            report_defect(error)
        finally:
            with self._lock:
                self._asking_since = None
        for signature, waiting in received.items():
            for told in waiting:
                told.set_result(earlier.get(signature))

    def _log_problem(self, problem: str, remedy: str = "") -> None:
        with self._lock:
            now = time.monotonic()
            if self._logged and now - self._logged < _LOG_INTERVAL:
                return
            self._logged = now
        _log.warning("requests not compared with earlier ones", problem=problem, remedy=remedy)
