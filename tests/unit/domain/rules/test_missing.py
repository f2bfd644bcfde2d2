"""Rule `missing`."""

from __future__ import annotations

import pytest

from bot.domain.findings import Difference, Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule, Severity
from tests.unit.domain.rules.rule_inputs import verdict_of
from tests.unit.fakes import CONTACT


@pytest.mark.parametrize("presence", Presence)
def test_only_a_required_contact_is_missing(presence: Presence) -> None:
    """A contact that is not set is missing where the policy requires it, and nowhere else."""
    verdict = verdict_of(None, Rule.MISSING, values={"security.presence": presence})
    assert (verdict is not None) == (presence is Presence.REQUIRED)


def test_a_contact_that_is_set_is_not_missing() -> None:
    """Whatever it holds."""
    values = {"security.presence": Presence.REQUIRED}
    assert verdict_of(CONTACT, Rule.MISSING, values=values) is None


def test_the_verdict_says_what_is_expected() -> None:
    """The differences are what the contact should have been."""
    verdict = verdict_of(
        None,
        Rule.MISSING,
        values={"security.presence": Presence.REQUIRED, "security.email": ("sec@corp.example",)},
    )
    assert verdict is not None
    assert verdict.differences == (Difference("email", ("sec@corp.example",)),)
    assert (verdict.outcome, verdict.severity) == (Outcome.MISSING, Severity.VERY_HIGH)
    assert verdict.reason == "No SECURITY contact is set."
