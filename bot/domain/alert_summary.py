"""What became of the accounts in an alert, and the root causes of what couldn't be checked.

Pure: made from the alert's findings and whatever else is unresolved for the same accounts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.failures import failure as usual_failure
from bot.domain.findings import ResolutionKind
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.domain.failures import Failure
    from bot.domain.findings import Outcome

ENDED_SHOWN: Final = 10
"""Accounts that a summary names for each state; the counts are of all."""

UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})
"""The rules of findings whose contact wasn't read at all."""

_LEFT: Final = frozenset(
    {ResolutionKind.INACTIVE, ResolutionKind.EXCLUDED, ResolutionKind.DEPARTED}
)
_VARIABLE: Final = re.compile(r"arn:\S+|\d{12}|\b(?:ou|o|r)-[0-9a-z-]{4,}|“[^”]*”")
"""What differs from account to account in the texts of one cause: ARNs, ids, quoted names."""


class AccountState(StrEnum):
    """What became of an account in an alert.

    `ELSEWHERE`: nothing of it is open in this alert, but something is in another one. `FIXED`:
    nothing is unresolved any longer. `LEFT`: it is no longer checked.
    """

    OPEN = "open"
    EXEMPT = "exempt"
    FIXED = "fixed"
    ELSEWHERE = "elsewhere"
    NOT_REQUIRED = "not_required"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class AlertFinding:
    """A finding of an alert, or another unresolved one of an account in it (not `in_alert`).

    `resolution` is None while it is unresolved. `exempt_until` is the end of its exemption.
    """

    account_id: str
    account_name: str
    type: ContactType
    rule: Rule
    outcome: Outcome
    in_alert: bool = True
    is_resolved: bool = False
    resolution: ResolutionKind | None = None
    resolved_by: str = ""
    exempt_until: datetime | None = None
    failure: Failure | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody should act on it now."""
        return not self.is_resolved and self.exempt_until is None


@dataclass(frozen=True, slots=True)
class AlertAccount:
    """An account in an alert of which nothing is open there.

    `resolved_by` is the Slack user who fixed it with this bot; `until` is when its exemption ends.
    """

    id: str
    name: str
    state: AccountState
    resolution: ResolutionKind | None = None
    resolved_by: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """One root cause of what couldn't be checked.

    `rules` are those that couldn't be evaluated because of it; `accounts` counts accounts.
    """

    failure: Failure
    accounts: int
    rules: frozenset[Rule]


@dataclass(frozen=True, slots=True)
class AlertSummary:
    """An alert in numbers, as things are now.

    `states` counts accounts, and `ended` has the first of those that aren't open. `kinds` are the
    contact types and rules of all its findings. `without_security` counts the accounts that have
    no security contact now, in whatever alert that is. `unread_elsewhere` counts the accounts of
    which nothing is open here, while another contact can't be read. `causes` has the largest first.
    """

    states: Mapping[AccountState, int] = field(default_factory=dict)
    ended: Sequence[AlertAccount] = ()
    contacts: int = 0
    open_contacts: int = 0
    kinds: frozenset[tuple[ContactType, Rule]] = frozenset()
    without_security: int = 0
    unread_elsewhere: int = 0
    causes: Sequence[Cause] = ()

    @property
    def accounts(self) -> int:
        """How many accounts the alert is about."""
        return sum(self.states.values())

    @property
    def open_accounts(self) -> int:
        """How many of them have something open in this alert."""
        return self.states.get(AccountState.OPEN, 0)


def root_cause(failure: Failure) -> str:
    """What is common to all failures with one root cause: the code, and what to do about it.

    Texts about a single account would split what one change fixes, so ids and names are left out.
    """
    return f"{failure.cause}: {_VARIABLE.sub('…', failure.remedy)}"


def summarize(findings: Iterable[AlertFinding]) -> AlertSummary:
    """An alert in numbers.

    Args:
        findings: those of the alert and the other unresolved ones of its accounts, together by
            account, those of an account in the order in which they were resolved.
    """
    states: Counter[AccountState] = Counter()
    ended: dict[AccountState, list[AlertAccount]] = {}
    contacts: set[tuple[str, ContactType]] = set()
    open_contacts: set[tuple[str, ContactType]] = set()
    kinds: set[tuple[ContactType, Rule]] = set()
    causes: dict[str, list[AlertFinding]] = {}
    without_security = unread_elsewhere = 0
    for _, members in groupby(findings, lambda finding: finding.account_id):
        found = list(members)
        account = _account(found)
        states[account.state] += 1
        if account.state is not AccountState.OPEN:
            ended.setdefault(account.state, []).append(account)
        without_security += any(finding.is_open and _is_security(finding) for finding in found)
        if account.state is AccountState.ELSEWHERE:
            unread_elsewhere += any(each.is_open and each.rule in UNREAD for each in found)
        for finding in found:
            contact = finding.account_id, finding.type
            if finding.in_alert:
                contacts.add(contact)
                kinds.add((finding.type, finding.rule))
            if finding.in_alert and finding.is_open:
                open_contacts.add(contact)
                if finding.failure is not None:
                    causes.setdefault(root_cause(finding.failure), []).append(finding)
    return AlertSummary(
        states,
        tuple(account for accounts in ended.values() for account in accounts[:ENDED_SHOWN]),
        len(contacts),
        len(open_contacts),
        frozenset(kinds),
        without_security,
        unread_elsewhere,
        sorted(map(_cause, causes.values()), key=lambda cause: -cause.accounts),
    )


def _account(found: Sequence[AlertFinding]) -> AlertAccount:
    shown = [finding for finding in found if finding.in_alert]
    first = found[0]

    def ended(state: AccountState, last: AlertFinding | None = None) -> AlertAccount:
        kind, by = (last.resolution, last.resolved_by) if last else (None, "")
        return AlertAccount(first.account_id, first.account_name, state, kind, by)

    if any(finding.is_open for finding in shown):
        return ended(AccountState.OPEN)
    if any(finding.is_open for finding in found):
        return ended(AccountState.ELSEWHERE)
    exempt = [finding.exempt_until for finding in found if not finding.is_resolved]
    until = min((moment for moment in exempt if moment is not None), default=None)
    if until is not None:
        return replace(ended(AccountState.EXEMPT), until=until)
    last = shown[-1]
    if last.resolution in _LEFT:
        return ended(AccountState.LEFT, last)
    if all(finding.resolution is ResolutionKind.NOT_REQUIRED for finding in shown):
        return ended(AccountState.NOT_REQUIRED, last)
    by_people = (finding for finding in reversed(shown) if finding.resolved_by)
    in_aws = (finding for finding in shown if finding.resolution is ResolutionKind.FIXED_IN_AWS)
    return ended(AccountState.FIXED, next(by_people, next(in_aws, last)))


def _cause(findings: Sequence[AlertFinding]) -> Cause:
    failures = [finding.failure for finding in findings if finding.failure is not None]
    why = failures[0]
    if len({failure.message for failure in failures}) > 1:
        # Each of these texts is about one account.
        why = replace(usual_failure(why.cause), remedy=why.remedy)
    if len({failure.remedy for failure in failures}) > 1:
        why = replace(why, remedy=usual_failure(why.cause).remedy)
    accounts = {finding.account_id for finding in findings}
    return Cause(why, len(accounts), frozenset(finding.rule for finding in findings))


def _is_security(finding: AlertFinding) -> bool:
    return finding.rule is Rule.MISSING and finding.type is ContactType.SECURITY
