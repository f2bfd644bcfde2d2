"""Evaluates a contact that a person entered against the policy, before it is written.

Saving a contact that the next check alerts on helps nobody. Only rules that need just the contact
and the policy are evaluated; the next check evaluates the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.policy.account_policy import Presence
from bot.domain.readings import Present
from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import EMAIL, has_named_domain
from bot.domain.rules.facts import AccountFacts, RuleInput
from bot.domain.rules.placeholder import placeholder_fields
from bot.domain.rules.usual_domains import is_unusual

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Difference, Verdict
    from bot.domain.policy.account_policy import AccountPolicy

_PRECHECKED: Final = frozenset(
    {
        Rule.DIFFERENT,
        Rule.PLACEHOLDER,
        Rule.IMPOSSIBLE_PHONE,
        Rule.FREE_MAIL,
        Rule.DISPOSABLE_MAIL,
        Rule.FOREIGN_DOMAIN,
    }
)
"""The rules that need only the contact and the policy."""

_MOST_LISTED: Final = 3
"""The most expected values that a message lists."""


def precheck(
    account: Account,
    contact_type: ContactType,
    typed: AlternateContact,
    policy: AccountPolicy,
    exempt: Mapping[tuple[ContactType, Rule], Exemption],
) -> dict[str, str]:
    """The policy's objections to an entered contact: {field: reason}.

    Args:
        account: the contact's account.
        contact_type: the contact's type.
        typed: what was entered.
        policy: what the account should have.
        exempt: the account's exemptions; an exempt rule raises no objection.
    """
    presence = policy.presence[contact_type]
    if policy.excluded or presence is Presence.IGNORED:
        return {}
    if presence is Presence.FORBIDDEN:
        if (contact_type, Rule.FORBIDDEN) in exempt:
            return {}
        return {EMAIL: f"The policy forbids a {contact_type} contact for this account."}
    prechecked = replace(
        policy,
        presence=dict.fromkeys(ContactType, Presence.IGNORED) | {contact_type: presence},
        severities={
            rule: severity for rule, severity in policy.severities.items() if rule in _PRECHECKED
        },
    )
    placeholders = placeholder_fields(
        RuleInput(account, contact_type, {contact_type: typed}, prechecked), typed
    )
    facts = AccountFacts(exemptions=exempt)
    evaluated = evaluate(account, {contact_type: Present(typed)}, prechecked, facts=facts)
    reasons: dict[str, dict[str, None]] = {}
    for result in evaluated.results:
        for verdict in result.verdicts:
            if verdict.exemption is None:
                for field, reason in _field_reasons(contact_type, verdict, placeholders):
                    reasons.setdefault(field, {})[reason] = None
    return {field: " ".join(texts) for field, texts in reasons.items()}


def has_unusual_domain(
    account_id: str,
    contact_type: ContactType,
    typed: AlternateContact,
    found: tuple[Account, AccountPolicy] | None,
    used: Mapping[str, AbstractSet[str]],
) -> bool:
    """Whether an entered address is at an unusual domain that the policy doesn't name.

    Args:
        account_id: the contact's account.
        contact_type: the contact's type.
        typed: what was entered.
        found: the account and what it should have, as far as known.
        used: {domain: ids of the accounts with a contact there}.
    """
    if found is not None:
        account, policy = found
        rule_input = RuleInput(account, contact_type, {contact_type: typed}, policy)
        if has_named_domain(rule_input, typed):
            return False
    return is_unusual(typed.email, account_id, used)


def expected_words(field: str, values: tuple[str, ...]) -> str:
    """The allowed values of a field: `any address at corp.example, or sec@example.org`."""
    words = [_value_words(field, value) for value in values[:_MOST_LISTED]]
    more = len(values) - len(words)
    if more:
        words.append(f"{more} other{'' if more == 1 else 's'}")
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _field_reasons(
    contact_type: ContactType, verdict: Verdict, placeholders: Mapping[str, str]
) -> list[tuple[str, str]]:
    # The reason is shown below a field of this contact.
    reason = verdict.reason.replace(f"The {contact_type} contact's", "The", 1)
    if not verdict.differences:
        return [(EMAIL, reason)]
    if verdict.rule is Rule.PLACEHOLDER:
        return [(field, f"{why[0].upper()}{why[1:]}.") for field, why in placeholders.items()]
    return [
        (difference.field, _difference_reason(reason, difference))
        for difference in verdict.differences
    ]


def _difference_reason(reason: str, difference: Difference) -> str:
    if not difference.expected:
        return reason
    return f"The policy expects {expected_words(difference.field, difference.expected)}."


def _value_words(field: str, value: str) -> str:
    if field == EMAIL and value.startswith("@*."):
        return f"any address below {value.removeprefix('@*.')}"
    if field == EMAIL and value.startswith("@"):
        return f"any address at {value.removeprefix('@')}"
    return value
