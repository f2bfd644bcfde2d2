"""Rule `foreign_domain`."""

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
        ("ana@corp.internal", {}, False),
        ("ana@corp.internal", {"domains": ("corp.example",)}, True),
        ("ana@CORP.example", {"domains": ("corp.example",)}, False),
        ("ana@a.corp.example", {"domains": ("corp.example",)}, True),
        ("ana@a.corp.example", {"domains": ("*.corp.example",)}, False),
        ("ana@notcorp.example", {"domains": ("*.corp.example",)}, True),
        (
            "ana@bought.example",
            {"domains": ("corp.example",), "security__email": ("@bought.example",)},
            False,
        ),
    ],
)
def test_an_address_is_evaluated_by_its_domain(
    email: str, values: dict[str, Value], *, found: bool
) -> None:
    """An address is found that is at none of the domains that the policy names."""
    verdict = verdict_of(replace(CONTACT, email=email), Rule.FOREIGN_DOMAIN, values=values)
    assert (verdict is not None) == found
    assert fields_of(verdict) == ({"email"} if found else set())
