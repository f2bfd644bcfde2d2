"""The use case *announce*: carry what the store holds for the channel there, late if need be.

Slack has no idempotent post. So the store records it before Slack is asked, and a post whose answer
was lost (also by a crash) is looked for in the channel before it is sent again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.announcements import ALERTS, AnnouncementKind, SendState
from bot.domain.errors import (
    HistoryUnreadable,
    MessageGone,
    MessageLocked,
    NotifierError,
    NotLeading,
    PostInDoubt,
    PostRefused,
    StoreError,
)
from bot.domain.slack_health import Refusal
from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.announcements import Announcement
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Notifier, Posted
    from bot.services.ports.store import AnnouncementRepository, SlackHealthRepository
    from bot.services.pulse import Pulse

_log = structlog.get_logger(__name__)

FIRST_RETRY, LONGEST_RETRY = 2.0, 30.0
"""Seconds until a failed sending is tried again, growing twofold."""

LONGEST_WAIT: Final = 300.0
"""The same where it takes a person to change something, from `LONGEST_RETRY` on."""

MAX_STANDING: Final = 20
"""Older alerts that are looked for after a new one: each takes a call of Slack's history."""

DOUBT_WAIT: Final = 5.0
"""Seconds that a post in doubt is given to appear in the channel before it is looked for."""


class AnnouncementSender:
    """Sends announcements and keeps those sent up to date, on a thread of its own.

    Args:
        announcements: holds what is to be announced.
        health: remembers what could not be.
        notifier: the channel.
        clock: the time.
        rows: how many accounts a message shows at most.
        poll_interval: seconds between two looks for what another process on this database left to
            be announced.
        post_interval: seconds between two posts: Slack takes about one a second in a channel.
        edit_interval: seconds between two edits of one message: while a run is going on, its own
            message and the alert change all the time, and Slack takes about 50 edits a minute.
        holds: whether an announcement that is due has to wait.
        leads: whether this process leads: only the leader sends.
        woken: set where there may be something to announce.
        stopping: set once this is to stop.
    """

    def __init__(
        self,
        announcements: AnnouncementRepository,
        health: SlackHealthRepository,
        notifier: Notifier,
        *,
        clock: Clock,
        rows: int,
        poll_interval: float = 2.0,
        post_interval: float = 1.1,
        edit_interval: float = 3.0,
        holds: Callable[[Announcement], bool] = lambda _: False,
        leads: Callable[[], bool] = lambda: True,
        woken: threading.Event | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._announcements = announcements
        self._health = health
        self._notifier = notifier
        self._clock = clock
        self._rows = rows
        self._poll_interval = poll_interval
        self._post_interval = post_interval
        self._edit_interval = edit_interval
        self._holds = holds
        self._leads = leads
        self._next_edits: dict[str, float] = {}
        self._tries: dict[str, tuple[int, float]] = {}
        self._retries_now = threading.Event()
        self._problems: dict[str, str] = {}
        self._unrecorded: dict[str, tuple[Posted, int]] = {}
        self._inherited: dict[str, float] | None = None
        self._thread = WorkerThread("announcer", self._work, woken=woken, stopping=stopping)
        self._stopping = self._thread.stopping

    @property
    def pulse(self) -> Pulse:
        """The thread's signs of life."""
        return self._thread.pulse

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once for what is to be announced."""
        self._thread.wake()

    def retry(self) -> None:
        """Try again at once what Slack refused: the cause may be gone."""
        self._retries_now.set()
        self._thread.wake()

    def stop(self) -> None:
        """Finish the call under way; what is left goes out after the next start."""
        self._thread.stop()

    def _work(self) -> float:
        if not self._leads():
            self._inherited = None
            return self._poll_interval
        try:
            return self.deliver()
        except NotLeading:
            self._inherited = None
            return self._poll_interval
        except StoreError as error:
            _log.error("announcements cannot be read", problem=str(error), remedy=error.remedy)
            return LONGEST_RETRY

    def deliver(self) -> float:
        """Try once to send or update each announcement that is due.

        Returns:
            Seconds until there may be something to do again.
        """
        wait = self._poll_interval
        began = self._clock.monotonic()
        self._next_edits = {id_: at for id_, at in self._next_edits.items() if at > began}
        if self._retries_now.is_set():
            self._retries_now.clear()
            self._tries.clear()
        due = [each for each in self._announcements.due() if not self._holds(each)]
        if self._inherited is None:
            # What another process was sending may reach the channel a moment after it ended.
            self._inherited = {
                each.id: began + DOUBT_WAIT for each in due if each.state is SendState.SENDING
            }
        self._tries = {item.id: self._tries[item.id] for item in due if item.id in self._tries}
        self._problems = {
            item.id: self._problems[item.id] for item in due if item.id in self._problems
        }
        for announcement in due:
            if self._stopping.is_set() or not self._leads():
                break
            self._thread.pulse.beat()
            failed, not_before = self._tries.get(announcement.id, (0, 0.0))
            not_before = max(
                not_before,
                self._next_edits.get(announcement.id, 0.0),
                self._inherited.get(announcement.id, 0.0),
            )
            now = self._clock.monotonic()
            if now >= not_before:
                pause = self._try(announcement, failed)
                not_before = self._clock.monotonic() + pause
                if pause:
                    self._tries[announcement.id] = (failed + 1, not_before)
                else:
                    self._tries.pop(announcement.id, None)
                    is_edit = announcement.state is SendState.SENT
                    if is_edit or announcement.kind is AnnouncementKind.RUN:
                        self._next_edits[announcement.id] = not_before + self._edit_interval
                    self._stopping.wait(self._post_interval)
                    continue
            wait = min(wait, max(not_before - now, 0.0))
        return wait

    def _try(self, announcement: Announcement, failed: int) -> float:
        """Send or update one; seconds to wait before it is tried again, 0 where all is done."""
        try:
            self._deliver(announcement)
        except NotifierError as error:
            self._report(announcement, error)
            if error.retry_after is not None:
                return max(error.retry_after, self._post_interval)
            if isinstance(error, PostInDoubt):
                return DOUBT_WAIT
            if error.permanent:
                return min(LONGEST_RETRY * 2.0 ** min(failed, 10), LONGEST_WAIT)
            return min(FIRST_RETRY * 2.0 ** min(failed, 10), LONGEST_RETRY)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - a defect met in one must not keep the others back
            _log.exception("announcement failed", announcement=announcement.id)
            return LONGEST_RETRY
        if self._problems.pop(announcement.id, "") and not self._problems:
            _log.info("announcing works again")
        return 0.0

    def _report(self, announcement: Announcement, error: NotifierError) -> None:
        """Remember why it waits; log a problem once, not at every try nor for each that waits."""
        refusal = Refusal(str(error), error.remedy, error.code, error.permanent)
        self._health.refused(announcement.id, refusal)
        known = str(error) in self._problems.values()
        self._problems[announcement.id] = str(error)
        if not known:
            log = _log.error if error.permanent else _log.warning
            log(
                "announcement waits",
                announcement=announcement.id,
                problem=str(error),
                remedy=error.remedy,
                code=error.code,
            )

    def _deliver(self, announcement: Announcement) -> None:
        if announcement.id in self._unrecorded:
            self._record(announcement.id)
            return
        match announcement.state:
            case SendState.SENT:
                self._update(announcement.id)
            case SendState.PENDING if announcement.first_tried_at is None:
                self._post(announcement.id)
            case _:
                # Also one refused since: an earlier try of it was never answered.
                self._find_or_post(announcement)

    def _find_or_post(self, announcement: Announcement) -> None:
        try:
            posted = self._notifier.find(announcement)
        except HistoryUnreadable as error:
            if not announcement.maybe_repeat:
                _log.warning(
                    "post in doubt, and history unreadable",
                    announcement=announcement.id,
                    problem=str(error),
                    remedy=error.remedy,
                )
                self._announcements.may_repeat(announcement.id)
            posted = None
        if posted is None:
            self._post(announcement.id)
            return
        # Which revision it shows is not known: the first one is surely no later.
        self._announcements.sent(announcement.id, posted.channel_id, posted.ts, 0)
        _log.info("announcement found in the channel", announcement=announcement.id)
        self.wake()

    def _post(self, announcement_id: str) -> None:
        if self._announcements.begin_sending(announcement_id) is None:
            return
        content = self._announcements.message_content(announcement_id, self._rows)
        try:
            posted = self._notifier.post(content)
        except PostRefused:
            self._announcements.not_sent(announcement_id)
            raise
        self._unrecorded[announcement_id] = posted, content.announcement.revision
        self._record(announcement_id)
        _log.info("announced", announcement=announcement_id, kind=content.announcement.kind.value)
        if content.announcement.kind in ALERTS:
            self._find_deleted(announcement_id)

    def _find_deleted(self, posted_id: str) -> None:
        """Post alerts again that somebody deleted while findings of theirs are open.

        That is done when a new alert was posted: a scan that has nothing to say brings none back.
        """
        try:
            for alert in self._announcements.standing(MAX_STANDING):
                if alert.id != posted_id and not self._notifier.stands(alert):
                    _log.warning("alert deleted, posted again", announcement=alert.id)
                    self._announcements.post_again(alert.id)
                    self.wake()
        except NotifierError as error:
            _log.info("deleted alerts not looked for", problem=str(error))

    def _record(self, announcement_id: str) -> None:
        """Record where a post stands; known here until then, it need not be looked for."""
        posted, revision = self._unrecorded[announcement_id]
        self._announcements.sent(announcement_id, posted.channel_id, posted.ts, revision)
        del self._unrecorded[announcement_id]

    def _update(self, announcement_id: str) -> None:
        content = self._announcements.message_content(announcement_id, self._rows)
        shown = content.announcement
        try:
            self._notifier.update(content)
        except MessageGone as error:
            _log.warning("message gone", announcement=announcement_id, problem=str(error))
            if self._announcements.post_again(announcement_id):
                self.wake()
                return
        except MessageLocked as error:
            _log.warning("message not editable", announcement=announcement_id, problem=str(error))
        self._announcements.sent(announcement_id, shown.channel_id, shown.ts, shown.revision)
