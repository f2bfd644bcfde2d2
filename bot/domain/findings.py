"""Outcomes, verdicts, results, and findings that keep their identity across scans.

`bot.domain.evaluation.evaluate` makes the verdicts from what was read.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from bot.domain.rule_catalog import SEVERITIES, Rule, worst_severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.rule_catalog import Severity


class Outcome(StrEnum):
    """The outcome for one account and type, or `SKIPPED` for a whole account; worst first."""

    MISSING = "missing"
    WRONG = "wrong"
    WEAK = "weak"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    EXEMPT = "exempt"
    COMPLIANT = "compliant"
    SKIPPED = "skipped"

    @property
    def is_non_compliant(self) -> bool:
        """Whether the contact is non-compliant."""
        return self in {Outcome.MISSING, Outcome.WRONG, Outcome.WEAK}

    @property
    def unchecked(self) -> bool:
        """Whether the contact could not be checked."""
        return self in {Outcome.UNKNOWN, Outcome.UNSUPPORTED}


OUTCOMES: Final = {
    Rule.MISSING: Outcome.MISSING,
    Rule.DIFFERENT: Outcome.WRONG,
    Rule.FORBIDDEN: Outcome.WRONG,
    Rule.UNREADABLE: Outcome.UNKNOWN,
    Rule.UNSUPPORTED: Outcome.UNSUPPORTED,
}
"""The outcome of a rule that is violated; every rule that is not listed gives `WEAK`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as it should be. All but the field's name is personal data.

    `expected` has the allowed values; it is empty if only disallowed ones are known. `actual` is
    empty if there is no contact.
    """

    field: str
    expected: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    actual: str = dataclasses.field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule that a contact violates, or that could not be evaluated.

    `outcome` is `UNKNOWN` if it could not be evaluated, and `failure` says why. `reason` is a
    sentence without personal data. `severity` is None if it could not be checked. `exemption` is
    the one that applies to it, if any.
    """

    rule: Rule
    outcome: Outcome
    reason: str
    severity: Severity | None = None
    differences: tuple[Difference, ...] = ()
    failure: Failure | None = None
    exemption: Exemption | None = None

    @classmethod
    def violated(
        cls,
        rule: Rule,
        reason: str,
        severity: Severity,
        differences: tuple[Difference, ...] = (),
    ) -> Self:
        """The verdict that a contact violates a rule."""
        return cls(rule, OUTCOMES.get(rule, Outcome.WEAK), reason, severity, differences)

    @classmethod
    def unknown(cls, rule: Rule, failure: Failure) -> Self:
        """The verdict that a rule could not be evaluated, and why."""
        return cls(rule, OUTCOMES.get(rule, Outcome.UNKNOWN), failure.message, failure=failure)


@dataclass(frozen=True, slots=True)
class TypeResult:
    """The outcome of one account and type, the reason for it, and the contact if AWS has one.

    `verdicts` has every rule that is violated or could not be evaluated, worst first; a compliant
    contact has none. Made by `from_verdicts`.
    """

    type: ContactType
    outcome: Outcome
    reason: str
    contact: AlternateContact | None = None
    verdicts: tuple[Verdict, ...] = ()

    @classmethod
    def from_verdicts(
        cls,
        contact_type: ContactType,
        verdicts: Iterable[Verdict],
        contact: AlternateContact | None = None,
    ) -> Self:
        """The result of a contact by its verdicts; without any it is compliant."""
        ordered = tuple(sorted(verdicts, key=_badness))
        standing = [verdict for verdict in ordered if verdict.exemption is None]
        if standing:
            reason = " ".join(dict.fromkeys(verdict.reason for verdict in standing))
            return cls(contact_type, standing[0].outcome, reason, contact, ordered)
        if ordered:
            until = max(verdict.exemption.request.until for verdict in ordered if verdict.exemption)
            reason = f"Exempt until {until:%Y-%m-%d}."
            return cls(contact_type, Outcome.EXEMPT, reason, contact, ordered)
        presence = "is set" if contact is not None else "isn't set, and isn't required"
        reason = f"The {contact_type} contact {presence}."
        return cls(contact_type, Outcome.COMPLIANT, reason, contact)

    @property
    def was_read(self) -> bool:
        """Whether the contact could be read."""
        return not any(verdict.rule in _UNREAD for verdict in self.verdicts)

    @property
    def failure(self) -> Failure | None:
        """Why a part of it could not be checked, unless that is exempt."""
        standing = (verdict for verdict in self.verdicts if verdict.exemption is None)
        return next((verdict.failure for verdict in standing if verdict.failure is not None), None)

    @property
    def severity(self) -> Severity | None:
        """The worst severity of the verdicts that are not exempt."""
        return worst_severity(
            verdict.severity for verdict in self.verdicts if verdict.exemption is None
        )


_UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})
_WORST_FIRST: Final = {outcome: index for index, outcome in enumerate(Outcome)}


def _badness(verdict: Verdict) -> tuple[int, int]:
    severity = verdict.severity
    return _WORST_FIRST[verdict.outcome], severity.rank if severity is not None else 9


@dataclass(frozen=True, slots=True)
class AccountResult:
    """One account with the result of each type that its policy evaluates.

    `results` is empty for an account that is not active or that the policy excludes; `excluded` is
    the policy's reason. `was_scanned` is false if a scan ended before it reached this account:
    nothing may be concluded from it, not even that the account can't be checked. `read_at` is when
    reading began, so that it does not contradict a fix made in the meantime. `policy` is what the
    account should have, None if that is unknown or not kept. `disabled_rules` are rules that the
    policy turns on, but that are off because the Slack app lacks a scope for them. `reread` has the
    types whose contact contradicts a fix that was just verified, and was the same when read again.
    """

    account: Account
    results: tuple[TypeResult, ...] = ()
    was_scanned: bool = True
    read_at: datetime | None = None
    policy: AccountPolicy | None = None
    excluded: str = dataclasses.field(default="", repr=False)
    disabled_rules: frozenset[Rule] = frozenset()
    reread: frozenset[ContactType] = frozenset()

    @property
    def outcome(self) -> Outcome:
        """The worst outcome, in `Outcome`'s order, of any type; `SKIPPED` where there is none."""
        outcomes = {result.outcome for result in self.results}
        return next((outcome for outcome in Outcome if outcome in outcomes), Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class FindingKey:
    """The identity of a finding across scans: an account, a type, and the rule that is violated.

    `outcome` distinguishes a violated rule from the same rule that could not be evaluated.
    """

    account_id: str
    type: ContactType
    outcome: Outcome
    rule: Rule


class ResolutionKind(StrEnum):
    """How a finding ended.

    `FIXED`: with this bot. `FIXED_IN_AWS`: somebody changed the contact elsewhere. `CLEARED`: the
    contact is unchanged, and no longer violates the rule. `CHECKED`: what couldn't be checked could
    be. `NOT_REQUIRED`: the policy no longer asks for it. `REOPENED`: its exemption ended, and a new
    finding replaces it. The last three are about the account, which is no longer checked.
    """

    FIXED = "fixed"
    FIXED_IN_AWS = "fixed_in_aws"
    CLEARED = "cleared"
    CHECKED = "checked"
    NOT_REQUIRED = "not_required"
    REOPENED = "reopened"
    INACTIVE = "inactive"
    EXCLUDED = "excluded"
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a finding ended: as a kind, and as a sentence."""

    kind: ResolutionKind
    text: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome that someone should act on, from when it was first seen until it was resolved.

    A finding that was resolved and comes back is a new one, with a new `id`. `resolved_by` is the
    Slack user whose fix resolved it, or empty if it was resolved elsewhere; `resolution` says how.
    While `exemption` is set it is neither open nor resolved. `owner` is the unchanged value of the
    tag that names the account's owner. `path` is the path of the account's organizational units, as
    `Account.path`. `resolution_kind` is None while it is unresolved, and for old findings whose
    kind wasn't recorded.
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
    path: str = ""
    resolution_kind: ResolutionKind | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody should act on it now."""
        return self.resolved_at is None and self.exemption is None


def severity_of(finding: Finding) -> Severity | None:
    """A finding's severity; if none was recorded, its rule's usual one."""
    return finding.severity or SEVERITIES.get(finding.key.rule)
