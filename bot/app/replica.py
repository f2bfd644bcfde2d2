"""Connects this process with the other replicas on its database: the lead, and what others did."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app.clock import elapsed
from bot.services.leadership import LeadershipService
from bot.services.replicas import ReplicaWatch
from bot.store.store import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.services.ports.clock import Clock
    from bot.services.ports.leadership import LeadershipRepository, ReplicaRepository
    from bot.services.pulse import Sign


@dataclass(frozen=True, slots=True)
class Lead:
    """What the parts of a bot know of it; by default those of a process that is alone.

    `leads`: whether this process leads. `others`: how many other replicas run. `elapsed`: seconds
    by a clock that goes on while the process is paused. `claim`: how many seconds a claim on a
    scan, a fix or a run lasts.
    """

    leads: Callable[[], bool] = lambda: True
    others: Callable[[], int] = lambda: 0
    elapsed: Callable[[], float] = time.monotonic
    claim: float = 30.0


class Replica:
    """This process as one of the replicas on its database.

    Args:
        leadership: the lead, in the database.
        replicas: which processes run, in the database.
        clock: the time.
        lease: seconds that the lead lasts unless it is renewed.
        on_gained: called when this process has become the leader.
        on_news: called after another replica recorded something.
        reload: applies the policy that another replica applied; see `ReplicaWatch`.
    """

    def __init__(
        self,
        leadership: LeadershipRepository,
        replicas: ReplicaRepository,
        clock: Clock,
        *,
        lease: float,
        on_gained: Callable[[], None],
        on_news: Callable[[], None],
        reload: Callable[[str], bool],
    ) -> None:
        self._leadership = LeadershipService(
            leadership, lease=lease, elapsed=elapsed, on_gained=on_gained
        )
        self._watch = ReplicaWatch(
            replicas, clock, on_news=on_news, reload=reload, renew_interval=CLAIMS * lease / 3
        )
        self.lead = Lead(self._leadership.leads, self._watch.others, elapsed, CLAIMS * lease)
        self.request_reload = self._watch.request_reload

    def signs(self) -> Sequence[Sign]:
        """The threads that have to answer."""
        return (*self._leadership.pulses, self._watch.pulse)

    def start(self) -> None:
        """Join the other replicas, and take the lead if it is free.

        Raises:
            StoreError: the database can't be used.
        """
        self._watch.start()
        self._leadership.start()

    def stop(self) -> None:
        """Leave the lead to another replica."""
        self._leadership.stop()
        self._watch.stop()
