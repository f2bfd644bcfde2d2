"""The use case *home*: each person's Home is published when they open it, and kept up to date.

Slack shows a Home as it was published last, and tells only when somebody opens it. So who opened
theirs lately gets it again when something was recorded: a fix, an exemption, a check. Publishing
for one person happens in order, never twice at once: what changes meanwhile is published once more
afterwards. Slack takes about 100 calls of `views.publish` a minute (Tier 4), and `pace` stays below
that however much is recorded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import AltcontactError, NotifierError, StoreError, new_error_id
from bot.services.ports.home import HomeContent
from bot.services.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.domain.actors import Actor
    from bot.domain.approvals import ApprovalRequest
    from bot.domain.checkpoints import CheckpointStatus
    from bot.domain.snapshots import SnapshotStatus
    from bot.services.ports.clock import Clock
    from bot.services.ports.home import HomePage, OverviewRepository

    Requests = Sequence[ApprovalRequest]

_log = structlog.get_logger(__name__)

ACCOUNTS: Final = 10
"""Accounts that need attention that a Home lists."""

EXEMPTIONS: Final = 5
"""Exemptions that end soon that a Home lists."""

LATELY: Final = 1800.0
"""Seconds after which an opened Home is no longer kept up to date: Slack doesn't tell who left."""

MAX_VIEWERS: Final = 20
"""People whose Homes are kept up to date at once: those who opened theirs last."""

THREADS: Final = 8
"""Homes that are published at once: a slow answer to one person holds up no other."""


@dataclass
class _Viewer:
    """A person who opened their Home.

    `wanted`: it is to be published once more. `busy`: it is being published. `failed`: Slack didn't
    accept the last one for a reason that may pass. All are guarded by the service's lock.
    """

    actor: Actor
    opened_at: float
    wanted: bool = False
    busy: bool = False
    failed: bool = False
    notice: AltcontactError | None = None


@dataclass(frozen=True, slots=True)
class HomeStatus:
    """How publishing goes.

    Args:
        published_at: when a Home was published last; None if none was since the start.
        problem: why the last one wasn't; None if it was.
    """

    published_at: datetime | None = None
    problem: NotifierError | None = None


class HomeService:
    """Publishes Homes. Safe to call from several threads.

    Args:
        overviews: what Homes show.
        page: where they are shown.
        clock: the time.
        next_check: when the schedule checks next; None if it never does.
        checkpoints: how writing checkpoints goes; None if none are written.
        snapshots: how saving snapshots goes; None if none are saved.
        requests: the requests that a person can decide, and their own that wait.
        settle: seconds to wait after something was recorded: more often follows at once.
        pace: seconds between two rounds of updates, for each person who gets one.
        retry_interval: seconds until a Home that Slack didn't accept is published again, unless a
            person has to change something first.
    """

    def __init__(
        self,
        overviews: OverviewRepository,
        page: HomePage,
        clock: Clock,
        *,
        next_check: Callable[[], datetime | None],
        checkpoints: Callable[[], CheckpointStatus | None] = lambda: None,
        snapshots: Callable[[], SnapshotStatus | None] = lambda: None,
        requests: Callable[[Actor], tuple[Requests, Requests]] = lambda _: ((), ()),
        settle: float = 0.5,
        pace: float = 0.75,
        retry_interval: float = 60.0,
    ) -> None:
        self._overviews = overviews
        self._page = page
        self._clock = clock
        self._next_check = next_check
        self._checkpoints = checkpoints
        self._snapshots = snapshots
        self._requests = requests
        self._settle = settle
        self._pace = pace
        self._retry_interval = retry_interval
        self._lock = threading.Lock()
        self._viewers: OrderedDict[str, _Viewer] = OrderedDict()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="home")
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self.pulse = Pulse("home updates")
        self._updates = threading.Thread(target=self._keep_up, name="home updates")
        self._status = HomeStatus()

    def status(self) -> HomeStatus:
        """How publishing goes."""
        return self._status

    def start(self) -> None:
        """Begin to keep Homes up to date."""
        self._updates.start()

    def stop(self) -> None:
        """Finish what is being published; nothing more is."""
        self._stopping.set()
        self._changed.set()
        if self._updates.is_alive():
            self._updates.join()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def open(self, actor: Actor, notice: AltcontactError | None = None) -> None:
        """Publish a person's Home soon, since they opened it or did something on it.

        Args:
            actor: whose Home.
            notice: why what they asked for wasn't done.
        """
        with self._lock:
            viewer = self._viewers.setdefault(actor.user_id, _Viewer(actor, 0.0))
            viewer.actor, viewer.notice = actor, notice
            viewer.opened_at = self._clock.monotonic()
            self._viewers.move_to_end(actor.user_id)
            self._forget_idle()
        self._publish_soon(viewer)

    def changed(self) -> None:
        """Note that something was recorded that Homes show."""
        self._changed.set()

    def update(self, *, only_failed: bool = False) -> float:
        """Publish the Homes that were opened lately once more.

        Args:
            only_failed: whether only those that Slack didn't accept.

        Returns:
            Seconds to wait until the next update.
        """
        now = self._clock.monotonic()
        with self._lock:
            viewers = [
                each
                for each in self._viewers.values()
                if now - each.opened_at < LATELY and (each.failed or not only_failed)
            ]
        for viewer in viewers:
            self._publish_soon(viewer)
        return self._pace * len(viewers)

    def _keep_up(self) -> None:
        with self.pulse.lasting():
            self._update_on()

    def _update_on(self) -> None:
        while True:
            has_changed = self._changed.wait(self._retry_interval)
            # Short of a stop, this waits: what is recorded meanwhile is in the same update.
            if self._stopping.wait(self._settle):
                return
            if has_changed:
                self._changed.clear()
            self.pulse.beat()
            wait = self.update(only_failed=not has_changed)
            self.pulse.rest()
            if self._stopping.wait(wait):
                return

    def _forget_idle(self) -> None:
        """Forget who opened theirs longest ago, unless it is being published."""
        for user_id in list(self._viewers):
            if len(self._viewers) <= MAX_VIEWERS:
                return
            if not self._viewers[user_id].busy:
                del self._viewers[user_id]

    def _publish_soon(self, viewer: _Viewer) -> None:
        with self._lock:
            viewer.wanted = True
            if viewer.busy:
                return
            viewer.busy = True
        try:
            self._threads.submit(self._serve, viewer)
        except RuntimeError:  # stopping, or no thread could be started
            with self._lock:
                viewer.busy = False
            _log.warning("home not published", user=viewer.actor.user_id, problem="no thread")

    def _serve(self, viewer: _Viewer) -> None:
        """Publish a person's Home until nothing has changed since."""
        while True:
            with self._lock:
                if not viewer.wanted or self._stopping.is_set():
                    viewer.busy = False
                    return
                viewer.wanted = False
                actor, notice = viewer.actor, viewer.notice
            failed = not self._publish(actor, notice)
            with self._lock:
                viewer.failed = failed

    def _publish(self, actor: Actor, notice: AltcontactError | None) -> bool:
        """Publish a person's Home; false if Slack didn't accept it, but may later."""
        try:
            try:
                overview = self._overviews.overview(ACCOUNTS, EXEMPTIONS)
                checkpoints = self._checkpoints()
                waiting, own = self._requests(actor)
            except StoreError as error:
                _log.warning("home not read", problem=str(error), remedy=error.remedy)
                self._page.publish_problem(actor, error)
            else:
                due = self._next_check()
                content = HomeContent(
                    overview, due, notice, checkpoints, waiting, own, self._snapshots()
                )
                self._page.publish(actor, content)
        except NotifierError as error:
            self._status = HomeStatus(self._status.published_at, error)
            _log.warning(
                "home not published",
                user=actor.user_id,
                problem=str(error),
                remedy=error.remedy,
                code=error.code,
            )
            return error.permanent
        except Exception as error:  # noqa: BLE001 - a thread's edge: nobody else would hear of it
            _log.error("home failed", reference=new_error_id(), exc_info=error)
        else:
            self._status = HomeStatus(self._clock.now())
        return True
