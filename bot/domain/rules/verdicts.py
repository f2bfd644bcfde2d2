"""Makes the verdict of a rule about the fields of a contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Difference, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.contacts import AlternateContact
    from bot.domain.rule_catalog import Rule
    from bot.domain.rules.facts import RuleInput


def violated_by(
    rule: Rule,
    rule_input: RuleInput,
    contact: AlternateContact,
    reason: str,
    fields: Iterable[str],
) -> Verdict:
    """The verdict that these fields of a contact violate a rule, with their values."""
    differences = tuple(Difference(field, (), getattr(contact, field)) for field in fields)
    return Verdict.violated(rule, reason, rule_input.policy.severities[rule], differences)
