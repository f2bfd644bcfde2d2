"""Evaluates what was read of an account against its policy."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from bot.domain.failures import FailureCode, failure
from bot.domain.findings import AccountResult, TypeResult, Verdict
from bot.domain.policy.policy import PolicyUnknown
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rule_catalog import OF_MEMBERS, Rule
from bot.domain.rules.facts import NO_FACTS, RuleInput
from bot.domain.rules.registry import apply_rules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import AccountFacts


def evaluate(
    account: Account,
    readings: Mapping[ContactType, ContactReading],
    policy: AccountPolicy | PolicyUnknown,
    read_at: datetime | None = None,
    facts: AccountFacts = NO_FACTS,
    *,
    placement_failures: Mapping[str, Failure] = MappingProxyType({}),
) -> AccountResult:
    """Evaluate what was read of an account.

    Args:
        account: the account, as listed.
        readings: a reading of each type of an active account that its policy needs.
        policy: what the account should have, or that this is unknown: then nothing is concluded
            from the readings.
        read_at: when reading began.
        facts: what else rules need to know about it.
        placement_failures: why its `units` or `tags` are unknown, if they were requested.

    Raises:
        KeyError: a type that the policy needs was not read.
    """
    if not account.is_active:
        return AccountResult(account, read_at=read_at)
    if isinstance(policy, PolicyUnknown):
        why = unknown_policy_failure(policy, placement_failures)
        return AccountResult(account, _unknown(policy.types, why), read_at=read_at)
    if policy.excluded:
        return AccountResult(account, read_at=read_at, policy=policy, excluded=policy.excluded)
    contacts: dict[ContactType, AlternateContact] = {}
    unread: dict[ContactType, Failure] = {}
    for contact_type in policy.types_to_read:
        reading = readings[contact_type]
        if isinstance(reading, Present):
            contacts[contact_type] = reading.contact
        elif not isinstance(reading, Absent):
            unread[contact_type] = reading.failure
    results = []
    for contact_type in policy.evaluated_types:
        rule_input = RuleInput(account, contact_type, contacts, policy, facts, unread)
        verdicts = [
            _with_exemption(contact_type, verdict, facts)
            for verdict in _verdicts(rule_input, readings[contact_type])
        ]
        results.append(TypeResult.from_verdicts(contact_type, verdicts, contacts.get(contact_type)))
    return AccountResult(
        account,
        tuple(results),
        read_at=read_at,
        policy=policy,
        disabled_rules=_disabled_rules(policy, facts),
    )


def not_scanned(
    account: Account, policy: AccountPolicy | PolicyUnknown, why: Failure
) -> AccountResult:
    """The result of an account that a scan listed, but did not read before it ended."""
    if not account.is_active:
        return AccountResult(account)
    if isinstance(policy, PolicyUnknown):
        return AccountResult(account, _unknown(policy.types, why), was_scanned=False)
    if policy.excluded:
        return AccountResult(account, policy=policy, excluded=policy.excluded)
    return AccountResult(
        account, _unknown(policy.evaluated_types, why), was_scanned=False, policy=policy
    )


def unknown_policy_failure(
    policy: PolicyUnknown, failures: Mapping[str, Failure] = MappingProxyType({})
) -> Failure:
    """Why nothing is concluded about an account whose policy is unknown.

    Args:
        policy: what the policy needs to know about the account.
        failures: why each of these (`units`, `tags`) is unknown. Those that are not in it, and
            those that failed as `NOT_ASKED`, were not requested.
    """
    asked = [need for need in policy.needs if need in failures and not _was_skipped(failures[need])]
    skipped = [need for need in policy.needs if need not in asked]
    facts = []
    if asked:
        facts.append(f"the {_names(asked)} of this account could not be read")
    if skipped:
        whose = "its" if asked else "this account's"
        facts.append(f"{whose} {_names(skipped)} were not requested")
    what = " and ".join(facts)
    reasons = dict.fromkeys(failures[need] for need in policy.needs if need in failures)
    words = [
        f"{what[0].upper()}{what[1:]}, so the policy that applies to it is unknown.",
        *(why.message for why in reasons),
    ]
    return failure(
        FailureCode.PLACE_UNREAD if asked else FailureCode.PLACE_NOT_ASKED,
        message=" ".join(words),
        remedy=" ".join(dict.fromkeys(why.remedy for why in reasons)),
    )


def _was_skipped(why: Failure) -> bool:
    return why.cause is FailureCode.NOT_ASKED


def _names(needs: list[str]) -> str:
    return " and ".join({"units": "OUs", "tags": "tags"}[need] for need in needs)


def _disabled_rules(policy: AccountPolicy, facts: AccountFacts) -> frozenset[Rule]:
    """The rules that are on in the policy, but off because the Slack app lacks a scope."""
    return OF_MEMBERS & policy.severities.keys() if facts.members is None else frozenset()


def _unknown(types: tuple[ContactType, ...], why: Failure) -> tuple[TypeResult, ...]:
    return tuple(
        TypeResult.from_verdicts(contact_type, [Verdict.unknown(Rule.UNREADABLE, why)])
        for contact_type in types
    )


def _with_exemption(contact_type: ContactType, verdict: Verdict, facts: AccountFacts) -> Verdict:
    exemption = facts.exemptions.get((contact_type, verdict.rule))
    return replace(verdict, exemption=exemption) if exemption is not None else verdict


def _verdicts(rule_input: RuleInput, reading: ContactReading) -> list[Verdict]:
    match reading:
        case Present() | Absent():
            return apply_rules(rule_input)
        case Unreadable(failure):
            return [Verdict.unknown(Rule.UNREADABLE, failure)]
        case Unsupported(failure):
            return [Verdict.unknown(Rule.UNSUPPORTED, failure)]
        case _:
            assert_never(reading)
