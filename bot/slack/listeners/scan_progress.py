"""Starts checks of all accounts, and shows the person their progress and result.

Slack lets a `response_url` be used five times in thirty minutes: once to say that the check has
started, three times for its progress, and once for its result. Later messages are ephemeral.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from bot.domain.errors import AltcontactError
from bot.domain.scans import Trigger, TriggerKind
from bot.slack.views.problem import problem_message
from bot.slack.views.scan_result import (
    joined_message,
    progress_message,
    result_message,
    started_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from bot.domain.actors import Actor
    from bot.domain.scans import ScanReport
    from bot.services.check_limit import CheckLimit
    from bot.services.ports.clock import Clock
    from bot.services.scan.scanner import Scanner, Ticket
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.listeners.scan_results import ScanResults
    from bot.slack.readers import SlackReaders
    from bot.slack.views.message import Message

PROGRESS_AT: Final = (5.0, 60.0, 480.0)
"""Seconds into a check at which its progress is shown: the three uses that are left for it."""

RESPONSE_URL_LIFE: Final = 29 * 60.0
"""Seconds for which a `response_url` is used; Slack accepts it for thirty minutes."""


class ScanListener:
    """Starts a check of all accounts, or joins the one that is running.

    Args:
        scanner: checks all accounts.
        tasks: runs work that the person waits for.
        messages: reach the person.
        clock: the time.
        readers: refuse people of other workspaces, and know who sees contact details.
        results: make the message with the result.
        limit: how many checks one person may start.
    """

    def __init__(
        self,
        scanner: Scanner,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        clock: Clock,
        *,
        readers: SlackReaders,
        results: ScanResults,
        limit: CheckLimit,
    ) -> None:
        self._scanner = scanner
        self._tasks = tasks
        self._messages = messages
        self._clock = clock
        self._readers = readers
        self._results = results
        self._limit = limit

    def start(self, actor: Actor, channel_id: str, reply: Callable[[Message], None]) -> None:
        """Check all accounts, and show the person how it goes.

        Raises:
            NotAllowed: the person belongs to another workspace.
            TooManyChecks: they started too many lately, and none is running that they can join.
        """
        reporter = ScanReporter(
            reply,
            self._tasks,
            self._messages,
            self._clock,
            user_id=actor.user_id,
            channel_id=channel_id,
            result=lambda report: self._results.message(report, self._readers.access(actor)),
        )
        reporter.started(self.begin(actor, reporter.progress))

    def begin(
        self, actor: Actor, progress: Callable[[int, int | None], None] | None = None
    ) -> Ticket:
        """Check all accounts, or join the check that is running, within this person's limit.

        Args:
            actor: who asks.
            progress: called with (accounts done, in total if all are listed); must be quick.

        Raises:
            NotAllowed: the person isn't from this workspace.
            TooManyChecks: they started too many, and none is running that they could join.
        """
        self._readers.access(actor)
        user_id, admitted = actor.user_id, []

        def admit() -> None:
            self._limit.take(user_id)
            admitted.append(user_id)

        trigger = Trigger(TriggerKind.SLACK, user_id)
        try:
            ticket = self._scanner.start(trigger, progress, admit)
        except AltcontactError:
            if admitted:
                self._limit.give_back(user_id)
            raise
        if ticket.joined and admitted:  # another process was checking
            self._limit.give_back(user_id)
        return ticket


class ScanReporter:
    """Shows one person one check. Messages are sent in the background.

    Args:
        respond: sends a message through the command's `response_url`, in place of the last one, or
            in another way if Slack doesn't accept it.
        tasks: runs the work.
        messages: reach the person when the `response_url` has expired.
        clock: the time.
        user_id: the person.
        channel_id: where they are.
        result: makes the message with the result.
    """

    def __init__(
        self,
        respond: Callable[[Message], None],
        tasks: BackgroundTasks,
        messages: DirectMessages,
        clock: Clock,
        *,
        user_id: str,
        channel_id: str,
        result: Callable[[ScanReport], Message] = result_message,
    ) -> None:
        self._respond = respond
        self._tasks = tasks
        self._messages = messages
        self._user_id = user_id
        self._channel_id = channel_id
        self._result = result
        self._clock = clock
        self._began = clock.monotonic()
        self._shown = 0
        self._over = False
        self._lock = threading.Lock()
        self._speaking = threading.Lock()

    def started(self, ticket: Ticket) -> None:
        """Say that the check has started, and send its result when it ends."""
        message = joined_message(ticket.scan) if ticket.joined else started_message()
        self._tasks.run(lambda: self._say_unless_over(message), self._say)
        ticket.report.add_done_callback(self._ended)

    def progress(self, done: int, total: int | None) -> None:
        """Show how far the check is, if an update is due; `total` None: still listing accounts."""
        with self._lock:
            passed = self._clock.monotonic() - self._began
            if self._shown >= len(PROGRESS_AT) or passed < PROGRESS_AT[self._shown]:
                return
            self._shown = sum(1 for moment in PROGRESS_AT if moment <= passed)
        message = progress_message(done, total)
        self._tasks.run(lambda: self._say_unless_over(message), self._say)

    def _ended(self, report: Future[ScanReport]) -> None:
        self._tasks.run(lambda: self._tell_result(report), self._say)

    def _tell_result(self, report: Future[ScanReport]) -> None:
        with self._speaking:
            self._over = True
        try:
            message = self._result(report.result())
        except AltcontactError as error:
            message = problem_message(error)
        self._say(message)

    def _say_unless_over(self, message: Message) -> None:
        with self._speaking:
            if not self._over:
                self._say(message)

    def _say(self, message: Message) -> None:
        if self._clock.monotonic() - self._began < RESPONSE_URL_LIFE:
            self._respond(message)
        else:
            self._messages.send_ephemeral(self._user_id, self._channel_id, message)
