"""All accounts at one moment: how many are compliant, what needs attention, and how checks go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.findings import Finding
    from bot.domain.scans import Scan
    from bot.domain.slack_health import OtherBots, WaitingAlerts

_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """An account that needs attention.

    `findings` are its open findings of contacts that are non-compliant, worst first.
    """

    id: str
    name: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Uncheckable:
    """Accounts that couldn't be checked for the same reason.

    Args:
        failure: that of one of them.
        accounts: how many there are.
        id: of that one account.
        name: of that one account.
    """

    failure: Failure
    accounts: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class RunningScan:
    """A scan in progress, and how far it is: accounts done, and in total if all are listed."""

    scan: Scan
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What is known of all accounts now, from the last scans and what was fixed since.

    Args:
        counts: accounts by outcome, as `AccountResult.outcome` has it; those that no scan has
            reached yet are not counted.
        worst: the accounts that need attention most, worst severity first and then by name.
        uncheckable: why accounts couldn't be checked, the cause of most accounts first.
        ending: exemptions and verifications that end within `NOTICE`, the first to end first.
        ending_total: how many there are of those.
        last_scan: the newest scan that ended by itself.
        running: the scan in progress, if any.
        waiting: alerts that couldn't be posted so far.
        others: other bots on the same Slack app.
    """

    counts: Mapping[Outcome, int]
    worst: Sequence[OpenAccount] = ()
    uncheckable: Sequence[Uncheckable] = ()
    ending: Sequence[Exemption] = ()
    ending_total: int = 0
    last_scan: Scan | None = None
    running: RunningScan | None = None
    waiting: WaitingAlerts | None = None
    others: OtherBots | None = None

    @property
    def checked(self) -> int:
        """How many accounts the share is of: all but those that are skipped."""
        return sum(
            number for outcome, number in self.counts.items() if outcome is not Outcome.SKIPPED
        )

    @property
    def compliant(self) -> int:
        """How many accounts are compliant."""
        return self.counts.get(Outcome.COMPLIANT, 0)

    @property
    def non_compliant(self) -> int:
        """How many accounts have a non-compliant contact."""
        return sum(number for outcome, number in self.counts.items() if outcome.is_non_compliant)

    @property
    def unchecked(self) -> int:
        """How many accounts couldn't be checked, and have no contact known to be non-compliant."""
        return sum(number for outcome, number in self.counts.items() if outcome.unchecked)

    @property
    def percent(self) -> int:
        """The share of compliant accounts, rounded down: 100 only where every one is."""
        return _HUNDRED * self.compliant // self.checked if self.checked else 0
