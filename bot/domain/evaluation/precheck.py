"""What the policy would say of a contact that a person typed, before it is written.

Saving what the next check alerts on helps nobody. Only rules are asked that need nothing but the
contact and the policy; what needs more is told by the next check.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.policy.policy import Presence
from bot.domain.readings import Present
from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import EMAIL
from bot.domain.rules.facts import AccountFacts, RuleInput
from bot.domain.rules.placeholder import placeholder_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import Account, AlternateContact
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Difference, Verdict
    from bot.domain.policy.policy import AccountPolicy

_QUICK: Final = frozenset(
    {
        Rule.DIFFERENT,
        Rule.PLACEHOLDER,
        Rule.IMPOSSIBLE_PHONE,
        Rule.FREE_MAIL,
        Rule.DISPOSABLE_MAIL,
        Rule.FOREIGN_DOMAIN,
    }
)
_NAMED: Final = 3
"""Expected values that one field names at most."""


def precheck(
    account: Account,
    kind: ContactType,
    typed: AlternateContact,
    policy: AccountPolicy,
    exempt: Mapping[tuple[ContactType, Rule], Exemption],
) -> dict[str, str]:
    """What the policy has against a typed contact: {field: why}.

    Args:
        account: whose contact.
        kind: which contact.
        typed: what was typed.
        policy: what the account should have.
        exempt: the account's exemptions: what is set aside is no objection.
    """
    presence = policy.presence[kind]
    if policy.excluded or presence is Presence.IGNORED:
        return {}
    if presence is Presence.FORBIDDEN:
        forbidden = (kind, Rule.FORBIDDEN)
        return {} if forbidden in exempt else {EMAIL: f"The policy forbids a {kind} contact here."}
    alone = replace(
        policy,
        presence=dict.fromkeys(ContactType, Presence.IGNORED) | {kind: policy.presence[kind]},
        severities={rule: worth for rule, worth in policy.severities.items() if rule in _QUICK},
    )
    filled = placeholder_fields(RuleInput(account, kind, {kind: typed}, alone), typed)
    judged = evaluate(account, {kind: Present(typed)}, alone, facts=AccountFacts(exemptions=exempt))
    found: dict[str, dict[str, None]] = {}
    for result in judged.results:
        for verdict in result.verdicts:
            if verdict.exemption is None:
                for field, why in _said(kind, verdict, filled):
                    found.setdefault(field, {})[why] = None
    return {field: " ".join(said) for field, said in found.items()}


def expected_words(field: str, values: tuple[str, ...]) -> str:
    """What a field may be, in words: `any address at corp.example, or sec@example.org`."""
    told = [_value_words(field, value) for value in values[:_NAMED]]
    more = len(values) - len(told)
    if more:
        told.append(f"{more} other{'' if more == 1 else 's'}")
    return f"{', '.join(told[:-1])} or {told[-1]}" if len(told) > 1 else told[0]


def _said(kind: ContactType, verdict: Verdict, filled: Mapping[str, str]) -> list[tuple[str, str]]:
    # It stands below a field of this very contact.
    reason = verdict.reason.replace(f"The {kind} contact's", "The", 1)
    if not verdict.differences:
        return [(EMAIL, reason)]
    if verdict.rule is Rule.PLACEHOLDER:
        return [(field, f"{why[0].upper()}{why[1:]}.") for field, why in filled.items()]
    return [(each.field, _why(reason, each)) for each in verdict.differences]


def _why(reason: str, difference: Difference) -> str:
    if not difference.expected:
        return reason
    return f"The policy expects {expected_words(difference.field, difference.expected)}."


def _value_words(field: str, value: str) -> str:
    if field == EMAIL and value.startswith("@*."):
        return f"any address below {value.removeprefix('@*.')}"
    if field == EMAIL and value.startswith("@"):
        return f"any address at {value.removeprefix('@')}"
    return value
