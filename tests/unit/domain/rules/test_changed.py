"""Rule `changed`."""

from __future__ import annotations

from bot.domain.contacts import fingerprint
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import TypeResult, Verdict
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.rules.changed import changed
from tests.unit.domain.rules.rule_inputs import policy_with
from tests.unit.fakes import CONTACT, OTHER, SECURITY, THIRD

POLICY = policy_with(Rule.CHANGED)
COMPLIANT = TypeResult.from_verdicts(SECURITY, [], CONTACT)


def test_a_compliant_contact_that_somebody_else_changed_is_announced() -> None:
    """It was read as another one before, and no fix since then wrote what it is now."""
    assert changed(POLICY, COMPLIANT, fingerprint(OTHER), None)
    assert changed(POLICY, COMPLIANT, fingerprint(OTHER), fingerprint(THIRD))
    assert changed(POLICY, TypeResult.from_verdicts(SECURITY, []), fingerprint(OTHER), None)


def test_a_contact_that_is_what_it_was_is_not_announced() -> None:
    """Nor is one that was never read before."""
    assert not changed(POLICY, COMPLIANT, fingerprint(CONTACT), None)
    assert not changed(POLICY, COMPLIANT, None, None)


def test_what_a_fix_wrote_is_not_announced() -> None:
    """Who fixed it knows already."""
    assert not changed(POLICY, COMPLIANT, fingerprint(OTHER), fingerprint(CONTACT))


def test_without_the_rule_nothing_is_announced() -> None:
    """It is off in the policy, or the policy is not known."""
    assert not changed(policy_with(), COMPLIANT, fingerprint(OTHER), None)
    assert not changed(None, COMPLIANT, fingerprint(OTHER), None)


def test_a_contact_with_findings_is_not_announced_as_changed() -> None:
    """Its findings say more."""
    weak = Verdict.violated(Rule.PLACEHOLDER, "Bad.", Severity.HIGH)
    unknown = Verdict.unknown(Rule.UNREADABLE, failure(FailureCode.THROTTLED))
    for verdict in (weak, unknown):
        result = TypeResult.from_verdicts(SECURITY, [verdict], CONTACT)
        assert not changed(POLICY, result, fingerprint(OTHER), None)
