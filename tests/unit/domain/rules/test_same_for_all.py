"""Rule `same_for_all`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.rules.registry import apply_rules
from tests.unit.domain.rules.rule_inputs import policy_with, rule_input
from tests.unit.fakes import CONTACT, OTHER, THIRD

if TYPE_CHECKING:
    from bot.domain.failures import Failure
    from bot.domain.rules.facts import RuleInput

THROTTLED = failure(FailureCode.THROTTLED)


def test_one_address_for_all_types_needs_all_three() -> None:
    """Three equal addresses are found, one that is other clears it, one unread decides nothing."""
    policy = policy_with(Rule.SAME_FOR_ALL)
    same = replace(THIRD, email=CONTACT.email.upper())
    unread = {ContactType.OPERATIONS: THROTTLED}

    def rules(case: RuleInput) -> list[tuple[Outcome, Failure | None]]:
        return [(verdict.outcome, verdict.failure) for verdict in apply_rules(case)]

    assert rules(rule_input(CONTACT, policy, BILLING=same, OPERATIONS=CONTACT)) == [
        (Outcome.WEAK, None)
    ]
    assert rules(rule_input(CONTACT, policy, BILLING=same, OPERATIONS=OTHER)) == []
    assert rules(rule_input(CONTACT, policy, BILLING=same)) == []
    assert rules(rule_input(CONTACT, policy, None, unread, BILLING=same)) == [
        (Outcome.UNKNOWN, THROTTLED)
    ]
    assert rules(rule_input(CONTACT, policy, None, unread, BILLING=OTHER)) == []
    assert rules(rule_input(CONTACT, policy, None, unread)) == []
