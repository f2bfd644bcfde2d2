"""`/altcontact doctor`: a fixer has the installation checked from inside the bot."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache

from bot.domain.errors import AltcontactError, NotAllowed
from bot.slack.actors import actor_of
from bot.slack.payloads import text_at
from bot.slack.views import doctor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from bot.domain.actors import Actor
    from bot.services.doctor import CheckResult
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.slack.direct_messages import PrivateReply
    from bot.slack.modals import Modals

KEPT: Final = 50
"""Reports whose button **Show all checks** works: the latest ones, until the bot stops."""


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
        clock: the time.
    """

    def __init__(
        self,
        fixers: Authorizer,
        run_checks: Callable[[], Iterator[CheckResult]],
        modals: Modals,
        clock: Clock,
    ) -> None:
        self._fixers = fixers
        self._run_checks = run_checks
        self._modals = modals
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
        report_id = secrets.token_urlsafe(9)
        report = _Report(list(self._run_checks()), self._clock.now())
        with self._lock:
            self._reports[report_id] = report
        reply(doctor.result_message(report.lines, report_id))

    def show_all(self, body: dict[str, Any]) -> None:
        """**Show all checks** under a report.

        Raises:
            NotAllowed: the person isn't a fixer any more, or Slack couldn't say.
            AltcontactError: the report isn't kept any more.
            NotifierError: Slack didn't open the modal.
        """
        self._require_fixer(actor_of(body))
        with self._lock:
            report = self._reports.get(text_at(body, "actions", 0, "value"))
        if report is None:
            raise AltcontactError(
                "This report is no longer available.", "Run /altcontact doctor again."
            )
        view = doctor.all_checks_view(report.lines, report.checked_at)
        self._modals.open(text_at(body, "trigger_id"), view)

    def _require_fixer(self, actor: Actor) -> None:
        try:
            self._fixers.require_fixer(actor)
        except NotAllowed as error:
            raise error.of("Only fixers can run the doctor.") from error
