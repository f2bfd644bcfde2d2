"""Rule `forbidden`."""

from __future__ import annotations

import pytest

from bot.domain.contacts import FIELDS
from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule, Severity
from tests.unit.domain.rules.rule_inputs import verdict_of
from tests.unit.fakes import CONTACT


@pytest.mark.parametrize("presence", Presence)
def test_only_a_forbidden_contact_violates_it(presence: Presence) -> None:
    """A contact that is set is found where the policy forbids it, and nowhere else."""
    verdict = verdict_of(CONTACT, Rule.FORBIDDEN, values={"security.presence": presence})
    assert (verdict is not None) == (presence is Presence.FORBIDDEN)


def test_a_forbidden_contact_that_is_not_set_is_right() -> None:
    """Nothing is found where there is nothing."""
    values = {"security.presence": Presence.FORBIDDEN}
    assert verdict_of(None, Rule.FORBIDDEN, values=values) is None


def test_the_verdict_shows_the_whole_contact() -> None:
    """All four fields are too much."""
    values = {"security.presence": Presence.FORBIDDEN}
    verdict = verdict_of(CONTACT, Rule.FORBIDDEN, values=values)
    assert verdict is not None
    assert [(each.field, each.actual) for each in verdict.differences] == [
        (field, getattr(CONTACT, field)) for field in FIELDS
    ]
    assert (verdict.outcome, verdict.severity) == (Outcome.WRONG, Severity.MEDIUM)
