"""Rule `impossible_phone`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.rule_catalog import Rule
from bot.domain.rules.registry import apply_rules
from tests.unit.domain.rules.rule_inputs import policy_with, rule_input, verdict_of
from tests.unit.fakes import CONTACT


@pytest.mark.parametrize(
    ("phone", "impossible"),
    [
        ("+44 20 7946 09", True),
        ("+44 20 7946", True),
        ("+1 555 0100", True),
        ("+999 12345678", True),
        ("+44 (0)20 7946 0958", False),
        ("(+44) 20 7946 0958", False),
        ("+44 20 7946 0958 1234", True),
        ("020 7946", False),
        ("+44 20 7946 0958", False),
    ],
)
def test_a_phone_is_possible_by_its_countrys_lengths(phone: str, impossible: bool) -> None:
    """A number with a country code is judged by its length, one without is let be."""
    found = verdict_of(replace(CONTACT, phone=phone), Rule.IMPOSSIBLE_PHONE)
    assert (found is not None) == impossible


def test_a_made_up_phone_is_told_once() -> None:
    """What is reported as a placeholder is not told as impossible too, unless that rule is off."""
    changed = replace(CONTACT, phone="+0000000000")
    both = policy_with(Rule.PLACEHOLDER, Rule.IMPOSSIBLE_PHONE)
    found = apply_rules(rule_input(changed, both))
    assert [verdict.rule for verdict in found] == [Rule.PLACEHOLDER]
    assert verdict_of(changed, Rule.IMPOSSIBLE_PHONE) is not None
