"""Rule `different`."""

from __future__ import annotations

from bot.domain.findings import Difference, Outcome
from bot.domain.rule_catalog import Rule, Severity
from tests.unit.domain.rules.rule_inputs import verdict_of
from tests.unit.fakes import CONTACT


def test_a_contact_with_other_values_than_expected_is_different() -> None:
    """The verdict names each field that differs, with what is expected of it."""
    values = {"security.email": ("sec@corp.example",), "security.name": (CONTACT.name,)}
    verdict = verdict_of(CONTACT, Rule.DIFFERENT, values=values)
    assert verdict is not None
    assert verdict.differences == (Difference("email", ("sec@corp.example",), CONTACT.email),)
    assert (verdict.outcome, verdict.severity) == (Outcome.WRONG, Severity.HIGH)


def test_a_contact_as_expected_is_not_different() -> None:
    """Neither is any contact of which nothing is expected, nor one that is not set."""
    values = {"security.email": (CONTACT.email.upper(),)}
    assert verdict_of(CONTACT, Rule.DIFFERENT, values=values) is None
    assert verdict_of(CONTACT, Rule.DIFFERENT) is None
    assert verdict_of(None, Rule.DIFFERENT, values=values) is None
