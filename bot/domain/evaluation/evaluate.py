"""Judges what was read of an account by its policy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from bot.domain.failures import FailureCode, failure
from bot.domain.findings import AccountResult, Difference, TypeResult, Verdict
from bot.domain.policy.policy import FIELDS, PolicyUnknown, Presence
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rule_catalog import OF_MEMBERS, Rule
from bot.domain.rules import expected_values
from bot.domain.rules.facts import NOTHING_ELSE, RuleInput
from bot.domain.rules.registry import contested, qualities

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.contacts import Account, AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.policy.policy import AccountPolicy
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import AccountFacts


def evaluate(
    account: Account,
    readings: Mapping[ContactType, ContactReading],
    policy: AccountPolicy | PolicyUnknown,
    read_at: datetime | None = None,
    evidence: AccountFacts = NOTHING_ELSE,
) -> AccountResult:
    """Judge what was read of an account.

    Args:
        account: the account, as listed.
        readings: a reading for each type of an active account that its policy has read.
        policy: what the account should have; or that this could not be told, whereupon nothing
            is concluded from the readings.
        read_at: when reading began.
        evidence: what it is judged by besides.

    Raises:
        KeyError: a type that the policy has read was not read.
    """
    if not account.is_active:
        return AccountResult(account, read_at=read_at)
    if isinstance(policy, PolicyUnknown):
        return AccountResult(account, _unknown(policy.types, place_unread(policy)), read_at=read_at)
    if policy.excluded:
        return AccountResult(account, read_at=read_at, policy=policy, excluded=policy.excluded)
    contacts: dict[ContactType, AlternateContact] = {}
    unread: dict[ContactType, Failure] = {}
    for kind in policy.read:
        found = readings[kind]
        if isinstance(found, Present):
            contacts[kind] = found.contact
        elif not isinstance(found, Absent):
            unread[kind] = found.failure
    case = RuleInput(account, contacts, policy, evidence, unread)
    results = []
    for kind in policy.looked_at:
        verdicts = _verdicts(case, kind, readings[kind])
        aside = [_set_aside(kind, verdict, evidence) for verdict in verdicts]
        results.append(TypeResult.from_verdicts(kind, aside, contacts.get(kind)))
    off = OF_MEMBERS & policy.severities.keys() if evidence.members is None else frozenset()
    return AccountResult(
        account, tuple(results), read_at=read_at, policy=policy, disabled_rules=off
    )


def unseen(account: Account, policy: AccountPolicy | PolicyUnknown, why: Failure) -> AccountResult:
    """The result of an account that a scan listed but ended before reading it."""
    if not account.is_active:
        return AccountResult(account)
    if isinstance(policy, PolicyUnknown):
        return AccountResult(account, _unknown(policy.types, why), was_scanned=False)
    if policy.excluded:
        return AccountResult(account, policy=policy, excluded=policy.excluded)
    return AccountResult(account, _unknown(policy.looked_at, why), was_scanned=False, policy=policy)


def place_unread(policy: PolicyUnknown) -> Failure:
    """Why nothing is concluded of an account of which it is not known what it should have."""
    what = " and ".join({"units": "OUs", "tags": "tags"}[need] for need in policy.needs)
    words = (
        f"The {what} of this account could not be read, so it is not known what the policy asks "
        "of it."
    )
    return failure(FailureCode.PLACE_UNREAD, message=words)


def _unknown(types: tuple[ContactType, ...], why: Failure) -> tuple[TypeResult, ...]:
    return tuple(
        TypeResult.from_verdicts(kind, [Verdict.unknown(Rule.UNREADABLE, why)]) for kind in types
    )


def _set_aside(kind: ContactType, verdict: Verdict, evidence: AccountFacts) -> Verdict:
    exemption = evidence.exemptions.get((kind, verdict.rule))
    return replace(verdict, exemption=exemption) if exemption is not None else verdict


def _verdicts(case: RuleInput, kind: ContactType, reading: ContactReading) -> list[Verdict]:
    presence = case.policy.presence[kind]
    match reading:
        case Present(contact):
            if presence is Presence.FORBIDDEN:
                return [_forbidden(kind, contact, case.policy)]
            different = expected_values.differences(contact, case.policy.expected[kind])
            verdicts = qualities(case, kind)
            if different:
                words = f"The {kind} contact differs from what the policy expects."
                severity = case.policy.severities[Rule.DIFFERENT]
                verdicts.append(Verdict.violated(Rule.DIFFERENT, words, severity, different))
            return verdicts
        case Absent():
            verdicts = contested(case, kind)
            if presence is Presence.REQUIRED:
                verdicts.append(_missing(kind, case.policy))
            return verdicts
        case Unreadable(why):
            return [Verdict.unknown(Rule.UNREADABLE, why)]
        case Unsupported(why):
            return [Verdict.unknown(Rule.UNSUPPORTED, why)]
        case _:
            assert_never(reading)


def _missing(kind: ContactType, policy: AccountPolicy) -> Verdict:
    expected = policy.expected[kind]
    fields = tuple(Difference(each, values) for each, values in expected.items())
    severity = policy.severities[Rule.MISSING]
    return Verdict.violated(Rule.MISSING, f"No {kind} contact is set.", severity, fields)


def _forbidden(kind: ContactType, contact: AlternateContact, policy: AccountPolicy) -> Verdict:
    words = f"A {kind} contact is set, though the policy forbids one."
    fields = tuple(Difference(each, (), getattr(contact, each)) for each in FIELDS)
    return Verdict.violated(Rule.FORBIDDEN, words, policy.severities[Rule.FORBIDDEN], fields)
