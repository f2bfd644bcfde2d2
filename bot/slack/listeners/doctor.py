"""`/altcontact doctor`: a fixer has the installation checked from inside the bot."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache

from bot.domain.errors import NotAllowed
from bot.slack.actors import actor_of
from bot.slack.payloads import text_at, user_id
from bot.slack.views import doctor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from bot.domain.actors import Actor
    from bot.services.doctor import CheckResult
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import PrivateReply
    from bot.slack.modals import Modals
    from bot.slack.views.message import Message

KEPT: Final = 50
"""Reports whose list is shown at once: the latest ones of this process, until it stops."""


@dataclass(frozen=True, slots=True)
class _Report:
    """The results of one run, and when it ended."""

    lines: Sequence[CheckResult]
    checked_at: datetime


class DoctorListener:
    """Answers fixers only, because the report describes the installation.

    Args:
        fixers: who may change contacts.
        run_checks: runs the doctor's checks.
        modals: opens the list of every check.
        tasks: runs the checks again for a list that isn't kept here.
        clock: the time.
    """

    def __init__(
        self,
        fixers: Authorizer,
        run_checks: Callable[[], Iterator[CheckResult]],
        modals: Modals,
        tasks: BackgroundTasks,
        clock: Clock,
    ) -> None:
        self._fixers = fixers
        self._run_checks = run_checks
        self._modals = modals
        self._tasks = tasks
        self._clock = clock
        self._reports: LRUCache[str, _Report] = LRUCache(KEPT)
        self._lock = threading.Lock()

    def answer(self, actor: Actor, reply: PrivateReply) -> None:
        """Run all checks, and replace the line that says so with the report.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
        """
        self._require_fixer(actor)
        reply(doctor.progress_message())
        report_id, report = self._run()
        reply(doctor.result_message(report.lines, report_id))

    def show_all(self, body: dict[str, Any]) -> None:
        """**Show all checks** under a report: the list of that report, or that of a new run.

        The report may be of another replica, of this one before it restarted, or one of many.

        Raises:
            NotAllowed: the person isn't a fixer any more, or Slack couldn't say.
            NotifierError: Slack didn't open the modal.
            Stopping: the bot is stopping; the modal says so.
            NoThread: no thread could be started; the modal says so.
        """
        self._require_fixer(actor_of(body))
        with self._lock:
            report = self._reports.get(text_at(body, "actions", 0, "value"))
        trigger_id = text_at(body, "trigger_id")
        if report is not None:
            view = doctor.all_checks_view(report.lines, report.checked_at)
            self._modals.open(trigger_id, view)
            return
        opened = self._modals.open_loading(
            trigger_id, user_id(body), doctor.message_view(doctor.progress_message())
        )

        def run_again() -> None:
            report_id, report = self._run()
            view = doctor.all_checks_view(report.lines, report.checked_at, again=True)
            self._modals.fill(opened, view, doctor.result_message(report.lines, report_id))

        def fill(problem: Message) -> None:
            self._modals.fill(opened, doctor.message_view(problem), problem)

        self._tasks.run(run_again, fill)

    def _run(self) -> tuple[str, _Report]:
        """Run all checks, and keep the results under an id."""
        report_id = secrets.token_urlsafe(9)
        report = _Report(list(self._run_checks()), self._clock.now())
        with self._lock:
            self._reports[report_id] = report
        return report_id, report

    def _require_fixer(self, actor: Actor) -> None:
        try:
            self._fixers.require_fixer(actor)
        except NotAllowed as error:
            raise error.of("Only fixers can run the doctor.") from error
