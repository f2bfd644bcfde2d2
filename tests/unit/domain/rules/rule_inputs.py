"""Makes the input of rules, and applies a single rule to a contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.policy.policy import BUILT_IN, Policy, PolicyTable, PolicyUnknown
from bot.domain.rule_catalog import SEVERITIES, Rule
from bot.domain.rules.facts import AccountFacts, RuleInput
from bot.domain.rules.registry import apply_rules
from tests.unit.fakes import SECURITY, account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.failures import Failure
    from bot.domain.findings import Verdict
    from bot.domain.policy.account_policy import AccountPolicy, Value

ALWAYS_ON = (Rule.MISSING, Rule.DIFFERENT, Rule.FORBIDDEN)


def policy_with(*rules: Rule, **values: Value) -> AccountPolicy:
    """A policy with these rules beside those always on, and values (`security__email`)."""
    switched: dict[str, Value] = {
        f"rules.{rule.value}": SEVERITIES[rule] if rule in rules or rule in ALWAYS_ON else None
        for rule in SEVERITIES
    }
    named = {key.replace("__", "."): value for key, value in values.items()}
    resolved = Policy((BUILT_IN, PolicyTable("test", switched | named))).resolve(account())
    assert not isinstance(resolved, PolicyUnknown)
    return resolved


def rule_input(
    contact: AlternateContact | None,
    policy: AccountPolicy,
    facts: AccountFacts | None = None,
    unread: Mapping[ContactType, Failure] | None = None,
    **others: AlternateContact,
) -> RuleInput:
    """The input of an account whose SECURITY contact is this one."""
    contacts = {SECURITY: contact} if contact is not None else {}
    contacts |= {ContactType[name]: other for name, other in others.items()}
    return RuleInput(account(), SECURITY, contacts, policy, facts or AccountFacts(), unread or {})


def verdict_of(
    contact: AlternateContact | None,
    rule: Rule,
    facts: AccountFacts | None = None,
    values: Mapping[str, Value] | None = None,
) -> Verdict | None:
    """The verdict of the only rule that is on."""
    verdicts = apply_rules(rule_input(contact, policy_with(rule, **(values or {})), facts))
    assert {verdict.rule for verdict in verdicts} <= {rule}
    return verdicts[0] if verdicts else None


def fields_of(verdict: Verdict | None) -> set[str]:
    """The fields that a verdict is about."""
    return (
        {difference.field for difference in verdict.differences} if verdict is not None else set()
    )
