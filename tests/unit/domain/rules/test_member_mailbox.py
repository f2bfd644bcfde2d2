"""Rule `member_mailbox`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import AccountFacts, Members, MemberState
from bot.domain.rules.registry import apply_rules
from tests.unit.domain.rules.rule_inputs import policy_with, rule_input, verdict_of
from tests.unit.fakes import CONTACT

UNREACHABLE = failure(FailureCode.SLACK_UNREACHABLE)
BOTH = policy_with(Rule.MEMBER_MAILBOX, Rule.PERSON_LEFT)


@pytest.mark.parametrize(
    ("email", "state", "found"),
    [
        ("Sec@corp.internal", MemberState.ACTIVE, True),
        ("sec+aws@corp.internal", MemberState.ACTIVE, True),
        ("sec@corp.internal", MemberState.DEACTIVATED, False),
        ("list@corp.internal", MemberState.ACTIVE, False),
        ("list+sec@corp.internal", MemberState.ACTIVE, False),
    ],
)
def test_an_address_is_looked_for_among_the_members(
    email: str, state: MemberState, *, found: bool
) -> None:
    """The address of an active member, with or without a tag, is one person's mailbox."""
    facts = AccountFacts(members=Members.of([("sec@corp.internal", state)]))
    verdicts = apply_rules(rule_input(replace(CONTACT, email=email), BOTH, facts))
    assert (Rule.MEMBER_MAILBOX in {verdict.rule for verdict in verdicts}) == found
    assert len(verdicts) <= 1


def test_members_that_are_not_known_decide_nothing() -> None:
    """The rule is unknown where Slack does not answer, and off where the app lacks the scope."""
    verdict = verdict_of(CONTACT, Rule.MEMBER_MAILBOX, AccountFacts(members=UNREACHABLE))
    assert verdict is not None
    assert (verdict.outcome, verdict.failure) == (Outcome.UNKNOWN, UNREACHABLE)
    assert verdict_of(CONTACT, Rule.MEMBER_MAILBOX, AccountFacts(members=None)) is None
