"""`/altcontact doctor`: a fixer's look at the installation, from inside the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import NotAllowed
from bot.slack.views import doctor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.services.doctor import CheckResult
    from bot.services.ports.slack import Actor, Authorizer
    from bot.slack.direct_messages import PrivateReply


class DoctorListener:
    """Answers who may change contacts, and nobody else: it tells of the insides.

    Args:
        fixers: who may change contacts.
        run_checks: makes the doctor's checks.
    """

    def __init__(self, fixers: Authorizer, run_checks: Callable[[], Iterator[CheckResult]]) -> None:
        self._fixers = fixers
        self._run_checks = run_checks

    def answer(self, actor: Actor, reply: PrivateReply) -> None:
        """Make all checks, and show what was found in place of a line that says so.

        Raises:
            NotAllowed: the person may not change contacts, or nobody may.
        """
        try:
            self._fixers.require_fixer(actor)
        except NotAllowed as error:
            raise error.of("The doctor answers those who may change contacts.") from error
        reply(doctor.progress_message())
        reply(doctor.result_message(list(self._run_checks())))
