"""Has the replicas on one database know of each other.

Slack gives each command and press to one of them. What that one records, the others learn here:
Homes and results that they keep up to date change, and a reload of the policy reaches all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import StoreError
from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.ports.clock import Clock
    from bot.services.ports.leadership import ReplicaRepository
    from bot.services.pulse import Pulse

_log = structlog.get_logger(__name__)

RELOAD_FOR: Final = 600.0
"""Seconds for which a replica's file may differ from the one that was reloaded elsewhere.

Kubernetes takes a minute or two until a changed ConfigMap is in every pod.
"""


class ReplicaWatch:
    """Looks for what other replicas did, on a thread of its own.

    Args:
        replicas: what they note in the database.
        clock: the time.
        on_news: called after another replica recorded something.
        reload: applies the policy file if it isn't the one with this digest; returns whether the
            policy in use is that one now.
        poll_interval: seconds between two looks.
        renew_interval: seconds after which this process notes again that it runs; well under the
            store's lease.
        reload_interval: seconds until the file is read again while it isn't the one that was
            reloaded elsewhere.
    """

    def __init__(
        self,
        replicas: ReplicaRepository,
        clock: Clock,
        *,
        on_news: Callable[[], None],
        reload: Callable[[str], bool],
        poll_interval: float = 2.0,
        renew_interval: float = 10.0,
        reload_interval: float = 10.0,
    ) -> None:
        self._replicas = replicas
        self._clock = clock
        self._on_news = on_news
        self._reload = reload
        self._poll_interval = poll_interval
        self._renew_interval = renew_interval
        self._reload_interval = reload_interval
        self._others = 0
        self._changed: tuple[int, int] | None = None
        self._renewed_at = -math.inf
        self._reloaded: int | None = None
        self._tried: tuple[int, float, float] | None = None
        self._thread = WorkerThread("replicas", self._work, daemon=True)

    @property
    def pulse(self) -> Pulse:
        """The thread's signs of life."""
        return self._thread.pulse

    def start(self) -> None:
        """Note that this process runs, and begin to look.

        Raises:
            StoreError: the database can't be used.
        """
        self._renew()
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Note that this process stops."""
        self._thread.stop(1.0)
        try:
            self._replicas.leave()
        except StoreError as error:
            _log.warning("replica not signed off", problem=str(error))

    def others(self) -> int:
        """How many other replicas run now; at the last look, if the database can't be read.

        Replicas that start together connect to Slack before any of them looks again.
        """
        try:
            return self._replicas.news().others
        except StoreError as error:
            _log.warning("replicas not looked for", problem=str(error))
            return self._others

    def request_reload(self, digest: str) -> None:
        """Have the other replicas apply the policy that this one just applied.

        Raises:
            StoreError: it couldn't be recorded.
        """
        self._reloaded = self._replicas.request_reload(digest)

    def look(self) -> None:
        """Take in what others did.

        Raises:
            StoreError: the database can't be used.
        """
        now = self._clock.monotonic()
        if now - self._renewed_at >= self._renew_interval:
            self._renew()
        news = self._replicas.news()
        if self._others != news.others:
            _log.info("replicas", others=news.others)
        self._others = news.others
        was, self._changed = self._changed, news.changed
        if self._reloaded is None:
            self._reloaded = news.reload  # what is older than this process's own file
        elif news.reload > self._reloaded:
            self._follow_reload(news.reload, news.digest, now)
        if was not in {None, news.changed} and news.others:
            self._on_news()

    def _follow_reload(self, number: int, digest: str, now: float) -> None:
        """Apply the policy that was reloaded elsewhere, as soon as the file here is that one."""
        if self._tried is None or self._tried[0] != number:
            self._tried = number, now, -math.inf
        _, since, tried_at = self._tried
        if now - tried_at < self._reload_interval:
            return
        self._tried = number, since, now
        if self._reload(digest):
            self._reloaded = number
        elif now - since >= RELOAD_FOR:
            self._reloaded = number
            _log.error(
                "policy differs from that of another replica",
                remedy="Give all replicas the same policy file, then run /altcontact reload.",
            )

    def _renew(self) -> None:
        self._replicas.renew()
        self._renewed_at = self._clock.monotonic()

    def _work(self) -> float:
        try:
            self.look()
        except StoreError as error:
            _log.warning("replicas not looked for", problem=str(error))
        except Exception:  # noqa: BLE001 - a thread's edge: the next look tries again
            _log.exception("looking for replicas failed")
        return self._poll_interval
