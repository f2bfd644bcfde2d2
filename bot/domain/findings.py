"""What judgements are made of: outcomes, verdicts, and findings that keep their identity.

How a reading is judged is in `bot.domain.evaluation.evaluate`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.contacts import Account, AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.policy.policy import AccountPolicy
    from bot.domain.rule_catalog import Severity


class Outcome(StrEnum):
    """Of one account and type; `SKIPPED` is of an account alone. Order: worst first."""

    MISSING = "missing"
    WRONG = "wrong"
    WEAK = "weak"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    EXEMPT = "exempt"
    COMPLIANT = "compliant"
    SKIPPED = "skipped"

    @property
    def falls_short(self) -> bool:
        """Whether somebody must act on the contact itself."""
        return self in {Outcome.MISSING, Outcome.WRONG, Outcome.WEAK}

    @property
    def unchecked(self) -> bool:
        """Whether nothing can be said of the contact."""
        return self in {Outcome.UNKNOWN, Outcome.UNSUPPORTED}


OUTCOMES: Final = {
    Rule.MISSING: Outcome.MISSING,
    Rule.DIFFERENT: Outcome.WRONG,
    Rule.FORBIDDEN: Outcome.WRONG,
    Rule.UNREADABLE: Outcome.UNKNOWN,
    Rule.UNSUPPORTED: Outcome.UNSUPPORTED,
}
"""What a rule that is broken comes to; every rule that is not here comes to `WEAK`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as it should be. All but the field's name is personal data.

    `expected` is what it may be, any of them; empty where it is only known what it may not be.
    `actual` is empty where there is no contact.
    """

    field: str
    expected: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    actual: str = dataclasses.field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule that a contact breaks, or that could not be decided.

    `outcome` is `UNKNOWN` where it could not be decided, and `failure` says why then. `reason` is
    in words, without personal data. `severity` is None of what could not be looked at.
    `exemption` is what sets it aside, if anything does.
    """

    rule: Rule
    outcome: Outcome
    reason: str
    severity: Severity | None = None
    differences: tuple[Difference, ...] = ()
    failure: Failure | None = None
    exemption: Exemption | None = None


def broken(
    rule: Rule, reason: str, severity: Severity, differences: tuple[Difference, ...] = ()
) -> Verdict:
    """The verdict that a rule is broken."""
    return Verdict(rule, OUTCOMES.get(rule, Outcome.WEAK), reason, severity, differences)


def undecided(rule: Rule, why: Failure) -> Verdict:
    """The verdict that a rule could not be decided."""
    return Verdict(rule, OUTCOMES.get(rule, Outcome.UNKNOWN), why.message, failure=why)


@dataclass(frozen=True, slots=True)
class TypeResult:
    """The outcome of one account and type, why in words, and what AWS holds if that was read.

    `verdicts` has every rule that is broken or undecided, worst first; a compliant one has none.
    Made by `judged`.
    """

    type: ContactType
    outcome: Outcome
    reason: str
    contact: AlternateContact | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def was_read(self) -> bool:
        """Whether AWS told what it holds."""
        return not any(verdict.rule in _UNREAD for verdict in self.verdicts)

    @property
    def failure(self) -> Failure | None:
        """Why something of it could not be checked, as far as that is not set aside."""
        standing = (each for each in self.verdicts if each.exemption is None)
        return next((each.failure for each in standing if each.failure is not None), None)

    @property
    def severity(self) -> Severity | None:
        """The worst severity of what is not set aside."""
        severities = [
            each.severity
            for each in self.verdicts
            if each.severity is not None and each.exemption is None
        ]
        return min(severities, key=lambda each: each.rank, default=None)


_UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})
_WORST_FIRST: Final = {outcome: place for place, outcome in enumerate(Outcome)}


def judged(
    kind: ContactType, verdicts: Iterable[Verdict], contact: AlternateContact | None = None
) -> TypeResult:
    """The result of a contact by its verdicts; without any it is compliant."""
    ordered = tuple(sorted(verdicts, key=_badness))
    standing = [each for each in ordered if each.exemption is None]
    if standing:
        reason = " ".join(dict.fromkeys(each.reason for each in standing))
        return TypeResult(kind, standing[0].outcome, reason, contact, ordered)
    if ordered:
        until = max(each.exemption.request.until for each in ordered if each.exemption)
        reason = f"Set aside until {until:%Y-%m-%d}."
        return TypeResult(kind, Outcome.EXEMPT, reason, contact, ordered)
    held = "is set" if contact is not None else "need not be set, and is not"
    return TypeResult(kind, Outcome.COMPLIANT, f"The {kind} contact {held}.", contact)


def _badness(verdict: Verdict) -> tuple[int, int]:
    severity = verdict.severity
    return _WORST_FIRST[verdict.outcome], severity.rank if severity is not None else 9


@dataclass(frozen=True, slots=True)
class AccountResult:
    """One account with the outcome of each type that its policy looks at.

    `results` is empty for an account that is not active or that the policy excludes; `excluded` is
    why then. `seen` is false where a scan ended before this account was read: nothing may be
    concluded from it, not even that it cannot be checked. `read_at` is when reading began, so that
    a fix made meanwhile is not contradicted by it. `policy` is what the account should have, None
    where that could not be told or is not kept. `off` are rules that the policy switches on, and
    that are off all the same, since Slack does not let the bot ask.
    """

    account: Account
    results: tuple[TypeResult, ...] = ()
    seen: bool = True
    read_at: datetime | None = None
    policy: AccountPolicy | None = None
    excluded: str = dataclasses.field(default="", repr=False)
    off: frozenset[Rule] = frozenset()

    @property
    def outcome(self) -> Outcome:
        """The worst outcome, in `Outcome`'s order, of any type; `SKIPPED` where there is none."""
        mine = {result.outcome for result in self.results}
        return next((outcome for outcome in Outcome if outcome in mine), Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class FindingKey:
    """The identity of a finding over scans: an account, a type, and the rule that is broken.

    `outcome` tells a rule that is broken from the same rule undecided.
    """

    account_id: str
    type: ContactType
    outcome: Outcome
    rule: Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome that someone should act on, from when it was first seen until it was resolved.

    A finding that was resolved and comes back is a new one, with a new `id`. `resolved_by` is the
    Slack user whose fix resolved it, or empty where a check found it resolved by someone elsewhere;
    `resolution` says how in words. While `exemption` sets it aside it is neither open nor resolved.
    `owner` is the value of the tag that names the account's owner, as it stands there.
    """

    id: int
    key: FindingKey
    account_name: str
    reason: str
    first_seen: datetime
    last_seen: datetime
    failure: Failure | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution: str = dataclasses.field(default="", repr=False)
    severity: Severity | None = None
    differences: tuple[Difference, ...] = ()
    exemption: Exemption | None = None
    owner: str = dataclasses.field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        """Whether somebody should act on it now."""
        return self.resolved_at is None and self.exemption is None
