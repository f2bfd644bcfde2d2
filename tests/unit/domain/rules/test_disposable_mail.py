"""Rule `disposable_mail`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.rule_catalog import Rule
from bot.domain.rules.registry import apply_rules
from tests.unit.domain.rules.rule_inputs import fields_of, policy_with, rule_input, verdict_of
from tests.unit.fakes import CONTACT

if TYPE_CHECKING:
    from bot.domain.policy.account_policy import Value


@pytest.mark.parametrize(
    ("email", "values", "found"),
    [
        ("ana@mailinator.com", {}, True),
        ("ana@sub.mailinator.com", {}, True),
        ("ana@mailinator.com", {"domains": ("mailinator.com",)}, False),
        ("ana@gmail.com", {}, False),
    ],
)
def test_an_address_is_evaluated_by_its_domain(
    email: str, values: dict[str, Value], *, found: bool
) -> None:
    """A provider of disposable addresses is found, unless the policy names its domain."""
    verdict = verdict_of(replace(CONTACT, email=email), Rule.DISPOSABLE_MAIL, values=values)
    assert (verdict is not None) == found
    assert fields_of(verdict) == ({"email"} if found else set())


def test_a_disposable_address_is_told_as_that_alone() -> None:
    """An address on both lists is one finding, the worse."""
    policy = policy_with(Rule.FREE_MAIL, Rule.DISPOSABLE_MAIL)
    found = apply_rules(rule_input(replace(CONTACT, email="a@mailinator.com"), policy))
    assert [verdict.rule for verdict in found] == [Rule.DISPOSABLE_MAIL]
    found = apply_rules(rule_input(replace(CONTACT, email="a@gmail.com"), policy))
    assert [verdict.rule for verdict in found] == [Rule.FREE_MAIL]
