"""What became of the accounts in an alert, and root causes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert_summary import (
    ENDED_SHOWN,
    AccountState,
    AlertFinding,
    root_cause,
    summarize,
)
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome, ResolutionKind
from bot.domain.rule_catalog import Rule

SECURITY, BILLING = ContactType.SECURITY, ContactType.BILLING
UNTIL = datetime(2026, 12, 24, tzinfo=UTC)
OFF = failure(FailureCode.TRUSTED_ACCESS_OFF)


def found(number: int = 1, **fields: Any) -> AlertFinding:  # noqa: ANN401 - any field
    """An open finding of an alert: no security contact."""
    made = AlertFinding(
        f"{number:012}", f"Account {number}", SECURITY, Rule.MISSING, Outcome.MISSING
    )
    return replace(made, **fields)


def ended(kind: ResolutionKind | None, number: int = 1, **fields: Any) -> AlertFinding:  # noqa: ANN401 - any field
    """One that is resolved."""
    return found(number, is_resolved=True, resolution=kind, **fields)


def elsewhere(**fields: Any) -> AlertFinding:  # noqa: ANN401 - any field
    """Another unresolved finding of the account, in another alert or in none."""
    return found(in_alert=False, rule=Rule.FREE_MAIL, outcome=Outcome.WEAK, **fields)


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        ([found(), ended(ResolutionKind.FIXED, type=BILLING)], AccountState.OPEN),
        ([ended(ResolutionKind.FIXED)], AccountState.FIXED),
        ([ended(ResolutionKind.FIXED_IN_AWS)], AccountState.FIXED),
        ([ended(ResolutionKind.CHECKED)], AccountState.FIXED),
        ([ended(ResolutionKind.CLEARED)], AccountState.FIXED),
        ([ended(None)], AccountState.FIXED),
        ([ended(ResolutionKind.REOPENED)], AccountState.FIXED),
        ([ended(ResolutionKind.FIXED_IN_AWS), elsewhere()], AccountState.ELSEWHERE),
        ([ended(ResolutionKind.REOPENED), elsewhere()], AccountState.ELSEWHERE),
        ([found(exempt_until=UNTIL), elsewhere()], AccountState.ELSEWHERE),
        ([found(exempt_until=UNTIL)], AccountState.EXEMPT),
        ([ended(ResolutionKind.FIXED), elsewhere(exempt_until=UNTIL)], AccountState.EXEMPT),
        ([ended(ResolutionKind.NOT_REQUIRED)], AccountState.NOT_REQUIRED),
        (
            [ended(ResolutionKind.NOT_REQUIRED), ended(ResolutionKind.FIXED, type=BILLING)],
            AccountState.FIXED,
        ),
        ([ended(ResolutionKind.DEPARTED)], AccountState.LEFT),
        ([ended(ResolutionKind.INACTIVE)], AccountState.LEFT),
        ([ended(ResolutionKind.FIXED), ended(ResolutionKind.EXCLUDED)], AccountState.LEFT),
    ],
)
def test_what_became_of_an_account(findings: list[AlertFinding], state: AccountState) -> None:
    """Only an account without any unresolved finding is fixed."""
    summary = summarize(findings)
    assert summary.states == {state: 1}
    assert [account.state for account in summary.ended] == (
        [] if state is AccountState.OPEN else [state]
    )


@given(st.lists(st.sampled_from(ResolutionKind), min_size=1), st.booleans())
def test_an_account_with_open_findings_is_never_fixed(
    kinds: list[ResolutionKind], in_alert: bool
) -> None:
    """Whatever was resolved before."""
    summary = summarize([*map(ended, kinds), found(in_alert=in_alert)])
    assert AccountState.FIXED not in summary.states


def test_who_fixed_it_and_until_when_it_is_exempt() -> None:
    """The last person counts, and the first end."""
    first = ended(ResolutionKind.FIXED, resolved_by="U1")
    last = ended(ResolutionKind.FIXED_IN_AWS, type=BILLING)
    exempt = [found(2, exempt_until=UNTIL), found(2, exempt_until=UNTIL.replace(day=3))]
    fixed, kept = summarize([first, last, *exempt]).ended
    assert (fixed.resolved_by, fixed.resolution) == ("U1", ResolutionKind.FIXED)
    assert kept.until == UNTIL.replace(day=3)


def test_everything_is_counted() -> None:
    """Accounts once, contacts once each, and those without a security contact wherever it says."""
    summary = summarize(
        [
            found(1),
            found(1, type=BILLING),
            found(1, type=BILLING, rule=Rule.FREE_MAIL, outcome=Outcome.WEAK),
            ended(ResolutionKind.CHECKED, 2, rule=Rule.UNREADABLE, outcome=Outcome.UNKNOWN),
            found(2, in_alert=False),
        ]
    )
    assert (summary.accounts, summary.open_accounts) == (2, 1)
    assert (summary.contacts, summary.open_contacts) == (3, 2)
    assert summary.without_security == 2
    assert summary.kinds == {
        (SECURITY, Rule.MISSING),
        (BILLING, Rule.MISSING),
        (BILLING, Rule.FREE_MAIL),
        (SECURITY, Rule.UNREADABLE),
    }


def test_only_the_first_are_named() -> None:
    """The numbers are of all."""
    summary = summarize([ended(ResolutionKind.FIXED, number) for number in range(50)])
    assert summary.states == {AccountState.FIXED: 50}
    assert len(summary.ended) == ENDED_SHOWN


def unread(number: int, why: Any, rule: Rule = Rule.UNREADABLE) -> AlertFinding:  # noqa: ANN401 - a failure
    """A contact that couldn't be checked."""
    return found(number, rule=rule, outcome=Outcome.UNKNOWN, failure=why)


def test_causes_have_the_largest_first_and_no_text_about_one_account() -> None:
    """A cause's own text stays where all have the same one."""
    denied = failure(FailureCode.PERMISSION_MISSING, message="GetAlternateContact isn't allowed.")
    texts = [replace(OFF, message=f"Account {number} can't be reached.") for number in (1, 2)]
    summary = summarize(
        [
            unread(1, denied),
            *(unread(number + 2, why) for number, why in enumerate(texts)),
            unread(3, OFF, Rule.MEMBER_MAILBOX),
        ]
    )
    first, second = summary.causes
    assert (first.failure, first.accounts) == (OFF, 2)
    assert first.rules == {Rule.UNREADABLE, Rule.MEMBER_MAILBOX}
    assert (second.failure, second.accounts) == (denied, 1)


@pytest.mark.parametrize(
    "remedies",
    [
        ("Allow arn:aws:iam::111111111111:role/bot.", "Allow arn:aws:iam::222222222222:role/bot."),
        ("Look at account 111111111111.", "Look at account 222222222222."),
        ("Move it out of ou-ab12-11111111.", "Move it out of ou-ab12-22222222."),
        ("Name “Data lake” again.", "Name “Payments” again."),
    ],
)
def test_what_differs_from_account_to_account_splits_no_cause(remedies: tuple[str, str]) -> None:
    """Ids, ARNs and names in a remedy."""
    one, other = (failure(FailureCode.DENIED, remedy=remedy) for remedy in remedies)
    assert root_cause(one) == root_cause(other)
    why = summarize([unread(1, one), unread(2, other)]).causes[0].failure
    assert why.remedy == failure(FailureCode.DENIED).remedy


def test_codes_and_remedies_tell_causes_apart() -> None:
    """Two actions that the bot's policy lacks are two changes."""
    causes = [
        failure(FailureCode.DENIED),
        failure(FailureCode.TIMED_OUT),
        failure(FailureCode.PERMISSION_MISSING, remedy="Add account:GetAlternateContact."),
        failure(FailureCode.PERMISSION_MISSING, remedy="Add organizations:ListTagsForResource."),
    ]
    assert len(set(map(root_cause, causes))) == len(causes)
