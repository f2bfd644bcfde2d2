"""Tells one person how the check they asked for goes, within what Slack's `response_url` allows.

It may be used five times in thirty minutes: once to say that the check runs, three times for its
progress, once for its result. What comes later is said in an ephemeral message.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.disclosure import hide_result
from bot.domain.errors import AltcontactError
from bot.domain.scans import Trigger, TriggerKind
from bot.slack.readers import FULL_ACCESS
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

    from bot.domain.scans import ScanReport
    from bot.services.check_limit import CheckLimit
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Actor
    from bot.services.scan.scanner import Scanner, Ticket
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.views.message import Message

PROGRESS_AT: Final = (5.0, 60.0, 480.0)
"""Seconds into a check at which its progress is shown; as many as uses are left for it."""

RESPONSE_URL_LIFE: Final = 29 * 60.0
"""Seconds for which a `response_url` is relied on; Slack lets it live thirty minutes."""


class ScanListener:
    """Starts a check of all accounts, or joins the one that runs.

    Args:
        scanner: checks all accounts.
        tasks: where work is done that a person waits for.
        messages: reach a person.
        clock: the time.
        readers: who sees contact details.
        limit: how many checks a person may start.
    """

    def __init__(
        self,
        scanner: Scanner,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        clock: Clock,
        *,
        readers: SlackReaders,
        limit: CheckLimit,
    ) -> None:
        self._scanner = scanner
        self._tasks = tasks
        self._messages = messages
        self._clock = clock
        self._readers = readers
        self._limit = limit

    def start(self, actor: Actor, channel_id: str, reply: Callable[[Message], None]) -> None:
        """Check all accounts, and tell who asked how it goes.

        Raises:
            NotAllowed: the person is nobody of this workspace.
            TooManyChecks: they started too many lately, and none runs that they could join.
        """
        reporter = ScanReporter(
            reply,
            self._tasks,
            self._messages,
            self._clock,
            user_id=actor.user_id,
            channel_id=channel_id,
            access=lambda: self._readers.access(actor),
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
        if ticket.joined and admitted:  # the check of another process
            self._limit.give_back(user_id)
        return ticket


class ScanReporter:
    """One person's view of one check. Its calls to Slack are made in the background.

    Args:
        respond: sends a message through the command's `response_url`, replacing the last one, or in
            another way where Slack does not take it.
        tasks: where the work is done.
        messages: reach the person once the `response_url` is used up.
        clock: the time.
        user_id: who asked.
        channel_id: where.
        access: what the person sees of contacts, once the result is there.
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
        access: Callable[[], ContactAccess] = lambda: FULL_ACCESS,
    ) -> None:
        self._respond = respond
        self._tasks = tasks
        self._messages = messages
        self._user_id = user_id
        self._channel_id = channel_id
        self._access = access
        self._clock = clock
        self._began = clock.monotonic()
        self._shown = 0
        self._over = False
        self._lock = threading.Lock()
        self._speaking = threading.Lock()

    def started(self, ticket: Ticket) -> None:
        """Say that the check runs, and send its result when it ends."""
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
            found, access = report.result(), self._access()
            if not access.granted:
                found = replace(found, results=tuple(map(hide_result, found.results)))
            message = result_message(found, self._user_id, access.note)
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
