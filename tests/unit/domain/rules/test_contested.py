"""Rule `contested`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.rules.contested import contested
from bot.domain.rules.facts import AccountFacts, PastContact
from bot.domain.rules.registry import apply_rules
from tests.unit.domain.rules.rule_inputs import policy_with, rule_input, verdict_of
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, THIRD

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact


def history(*contacts: AlternateContact | None) -> AccountFacts:
    """These contacts, each read a day after the one before."""
    seen = tuple(
        PastContact(each, START + timedelta(days=day)) for day, each in enumerate(contacts)
    )
    return AccountFacts(history={SECURITY: seen})


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((CONTACT, OTHER, CONTACT), OTHER, True),
        ((CONTACT, OTHER, CONTACT, OTHER), OTHER, True),
        ((THIRD, CONTACT, OTHER, CONTACT, CONTACT), OTHER, True),
        ((CONTACT, OTHER, CONTACT), CONTACT, False),
        ((CONTACT, OTHER, THIRD, CONTACT), OTHER, False),
        ((CONTACT, OTHER, CONTACT, OTHER), THIRD, False),
        ((CONTACT,), OTHER, False),
        ((), OTHER, False),
    ],
)
def test_a_contact_that_flips_to_and_fro_is_contested(
    before: tuple[AlternateContact, ...], now: AlternateContact, found: bool
) -> None:
    """Three changes between the same two values are, whether the last is known before or not."""
    case = rule_input(now, policy_with(Rule.CONTESTED), history(*before))
    assert (contested(case) is not None) == found
    assert bool(apply_rules(case)) == found
    assert apply_rules(replace(case, policy=policy_with())) == []


def test_a_contest_is_told_with_values_and_times() -> None:
    """Each field that flips has its last values with the times, in words."""
    changed = replace(CONTACT, email="b@corp.internal")
    facts = history(CONTACT, changed, CONTACT)
    verdict = verdict_of(changed, Rule.CONTESTED, facts)
    assert verdict is not None
    (difference,) = verdict.differences
    assert difference.field == "email"
    assert difference.actual == (
        "sec@corp.internal since 2026-01-05 09:00 UTC; b@corp.internal since 2026-01-06 09:00 UTC; "
        "sec@corp.internal since 2026-01-07 09:00 UTC; b@corp.internal now"
    )


def test_a_contact_that_comes_and_goes_is_contested_too() -> None:
    """A contact deleted and set again flips as well, and is judged while it is not there."""
    verdict = verdict_of(None, Rule.CONTESTED, history(None, CONTACT, None, CONTACT))
    assert verdict is not None
    assert "no contact now" in verdict.differences[0].actual
    assert verdict.outcome is Outcome.WEAK
