"""Rule `free_mail`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.rule_catalog import Rule
from tests.unit.domain.rules.rule_inputs import fields_of, verdict_of
from tests.unit.fakes import CONTACT

if TYPE_CHECKING:
    from bot.domain.policy.account_policy import Value


@pytest.mark.parametrize(
    ("email", "values", "found"),
    [
        ("ana@gmail.com", {}, True),
        ("ana@corp.gmail.com", {}, False),
        ("ana@gmail.com", {"domains": ("gmail.com",)}, False),
        ("ana@gmail.com", {"security__email": ("ana@gmail.com",)}, False),
        ("ana@mailinator.com", {}, True),
        ("ana@corp.internal", {}, False),
    ],
)
def test_an_address_is_evaluated_by_its_domain(
    email: str, values: dict[str, Value], *, found: bool
) -> None:
    """A free mail provider is found, unless the policy names the address or its domain."""
    verdict = verdict_of(replace(CONTACT, email=email), Rule.FREE_MAIL, values=values)
    assert (verdict is not None) == found
    assert fields_of(verdict) == ({"email"} if found else set())
