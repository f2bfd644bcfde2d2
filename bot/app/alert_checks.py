"""The doctor's first lines: whether alerts are posted, which replica leads, other bots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError
from bot.services.doctor import Check, CheckResult, Section, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.leadership import Leader
    from bot.domain.slack_health import OtherBots, WaitingAlerts

_APPS: Final = "https://api.slack.com/apps"


class AlertChecks:
    """The checks of what the bot has recorded about itself in the database.

    Args:
        waiting: reads the alerts that are waiting to be posted.
        others: reads the other bots that use the same Slack app.
        leader: reads which replica leads.
    """

    def __init__(
        self,
        waiting: Callable[[], WaitingAlerts | None],
        others: Callable[[], OtherBots | None],
        leader: Callable[[], Leader | None] = lambda: None,
    ) -> None:
        self._waiting = waiting
        self._others = others
        self._leader = leader

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        return (
            Check(Section.ALERTS, "Posting", self._check_posting),
            Check(Section.ALERTS, "Other bots", self._check_others),
            Check(Section.ALERTS, "Leader", self._check_leader),
        )

    def _check_posting(self) -> Iterator[CheckResult]:
        try:
            waiting = self._waiting()
        except StoreError:
            yield _line("Posting", State.NOT_TESTED, "the database can't be read.")
            return
        if waiting is None:
            yield _line("Posting", State.OK, "no alerts are waiting to be posted.")
            return
        refusal = waiting.refusal
        number = f"{waiting.number:,} alert{' has' if waiting.number == 1 else 's have'}"
        code = f" (Slack's code: {refusal.code})" if refusal.code else ""
        since = f"{waiting.since:%Y-%m-%d %H:%M} UTC"
        message = (
            f"{number} been waiting to be posted since {since}. "
            f"The last try failed: {refusal.message}{code} A running bot tries again by itself."
        )
        state = State.FAILURE if refusal.permanent else State.WARNING
        yield _line("Posting", state, message, refusal.remedy)

    def _check_others(self) -> Iterator[CheckResult]:
        try:
            others = self._others()
        except StoreError:
            return
        if others is None:
            return
        number = f"{others.connections} other connection{'' if others.connections == 1 else 's'}"
        message = (
            f"Slack reports {number} for this Slack app since {others.since:%Y-%m-%d %H:%M} UTC. "
            "Another bot uses the same SLACK_APP_TOKEN: commands and buttons reach only one of "
            "the two, and if each has its own database, both post every alert."
        )
        if not others.lasting:
            message += " An overlapping restart looks the same for a minute."
        remedy = "Stop the other bot, or create a separate Slack app for it:"
        yield _line("Other bots", State.WARNING, message, remedy, _APPS)

    def _check_leader(self) -> Iterator[CheckResult]:
        try:
            leader = self._leader()
        except StoreError:
            return
        if leader is None:
            return
        since = f"{leader.since:%Y-%m-%d %H:%M} UTC"
        if leader.is_over:
            message = f"no bot leads now; the last one, on {leader.host}, began at {since}."
            remedy = "Start the bot. If one runs, it takes the lead within a minute."
            yield _line("Leader", State.WARNING, message, remedy)
            return
        which = "this replica leads" if leader.is_own else f"the replica on {leader.host} leads"
        message = f"{which} since {since} (token {leader.token})."
        yield _line("Leader", State.OK, message)


def _line(
    name: str, state: State, message: str, remedy: str = "", snippet: str = ""
) -> CheckResult:
    return CheckResult(Section.ALERTS, name, state, message, remedy, snippet)
