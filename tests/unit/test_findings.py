"""What a reading means: outcomes never mistaken for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.causes import failure
from bot.contacts import ContactType
from bot.findings import (
    AccountResult,
    Cause,
    Held,
    Outcome,
    Reading,
    TypeResult,
    Unreadable,
    Unsupported,
    evaluate,
    unseen,
    wants_action,
)
from bot.policy import Policy
from bot.scans import Changes, Scan, ScanReport, ScanState, Trigger, TriggerKind, count
from bot.scope import CallerRole, Scope, ScopeKind
from tests.unit.fakes import ABSENT, CONTACT, SECURITY, START, account, unreadable

WHY = failure(Cause.THROTTLED)
ALL = Policy(tuple(ContactType))


@pytest.mark.parametrize(
    ("reading", "outcome", "reason"),
    [
        (Held(CONTACT), Outcome.COMPLIANT, "The SECURITY contact is set."),
        (ABSENT, Outcome.MISSING, "No SECURITY contact is set."),
        (Unreadable(WHY), Outcome.UNKNOWN, WHY.words),
        (Unsupported(WHY), Outcome.UNSUPPORTED, WHY.words),
    ],
)
def test_each_reading_has_an_outcome_of_its_own(
    reading: Reading, outcome: Outcome, reason: str
) -> None:
    """Held, absent, unreadable and unsupported are four outcomes, each with its reason."""
    (result,) = evaluate(account(1), {SECURITY: reading}, Policy()).results
    assert (result.type, result.outcome, result.reason) == (SECURITY, outcome, reason)
    assert result.contact == (CONTACT if outcome is Outcome.COMPLIANT else None)
    assert result.failure == (WHY if outcome.unchecked else None)


@pytest.mark.parametrize("cause", Cause)
def test_no_cause_makes_a_contact_missing_or_compliant(cause: Cause) -> None:
    """Whatever kept AWS from answering, the outcome is unknown."""
    assert evaluate(account(1), {SECURITY: unreadable(cause)}, Policy()).outcome is Outcome.UNKNOWN


def test_types_are_judged_in_the_policys_order() -> None:
    """Each required type has its result, in the order in which the policy names them."""
    kinds = (ContactType.OPERATIONS, ContactType.SECURITY)
    readings: dict[ContactType, Reading] = dict.fromkeys(ContactType, ABSENT)
    result = evaluate(account(1), readings, Policy(kinds), START)
    assert tuple(item.type for item in result.results) == kinds
    assert result.read_at == START
    assert result.seen


def test_a_required_type_that_was_not_read_is_a_defect() -> None:
    """A reading left out is not guessed at."""
    with pytest.raises(KeyError):
        evaluate(account(1), {SECURITY: ABSENT}, ALL)


def test_an_account_that_is_not_active_is_skipped() -> None:
    """Without being active an account has no results, read or not."""
    closed = account(1, state="PENDING_CLOSURE")
    assert evaluate(closed, {SECURITY: ABSENT}, Policy()).outcome is Outcome.SKIPPED
    assert unseen(closed, Policy(), WHY).outcome is Outcome.SKIPPED
    assert unseen(closed, Policy(), WHY).seen


def test_what_a_scan_did_not_come_to_was_not_seen() -> None:
    """An account listed but not read is unknown for now, and marked as not seen."""
    result = unseen(account(1), ALL, WHY)
    assert not result.seen
    assert [item.outcome for item in result.results] == 3 * [Outcome.UNKNOWN]
    assert {item.failure for item in result.results} == {WHY}


@given(st.lists(st.sampled_from(list(Outcome)), max_size=6))
def test_an_accounts_outcome_is_its_worst(outcomes: list[Outcome]) -> None:
    """Of the outcomes of an account's types, the first in the order of outcomes is its own."""
    results = tuple(TypeResult(SECURITY, outcome, "") for outcome in outcomes)
    order = list(Outcome)
    worst = min(outcomes, key=order.index, default=Outcome.SKIPPED)
    assert AccountResult(account(1), results).outcome is worst


def test_outcomes_that_somebody_must_act_on_are_findings() -> None:
    """What falls short or could not be checked is a finding, the rest is none."""
    found = [item for item in Outcome if wants_action(TypeResult(SECURITY, item, ""))]
    assert found == [
        Outcome.MISSING,
        Outcome.WRONG,
        Outcome.WEAK,
        Outcome.UNKNOWN,
        Outcome.UNSUPPORTED,
    ]
    assert not any(outcome.falls_short and outcome.unchecked for outcome in Outcome)


def test_every_outcome_is_counted() -> None:
    """Counts are of accounts, and outcomes that none has are zero."""
    results = [
        evaluate(account(1), {SECURITY: ABSENT}, Policy()),
        evaluate(account(2), {SECURITY: ABSENT}, Policy()),
        evaluate(account(3, state="CLOSED"), {}, Policy()),
    ]
    counted = count(results)
    assert counted == dict.fromkeys(Outcome, 0) | {Outcome.MISSING: 2, Outcome.SKIPPED: 1}
    scan = Scan(1, Trigger(TriggerKind.CLI), ScanState.COMPLETE, START, counts=counted)
    assert scan.accounts == 3
    assert ScanReport(scan, results).changes == Changes()


@pytest.mark.parametrize(
    ("cause", "fails"),
    [(None, False), (Cause.NOT_REACHED, False), (Cause.CREDENTIALS_EXPIRED, True)],
)
def test_a_scan_that_was_merely_stopped_does_not_fail(
    cause: Cause | None,
    fails: bool,
) -> None:
    """Checks count as failing where something kept them from working, not where they ended."""
    why = failure(cause) if cause else None
    scan = Scan(1, Trigger(TriggerKind.CLI), ScanState.INCOMPLETE, START, failure=why)
    assert scan.failing == (why if fails else None)


def test_the_caller_is_told_by_role_and_account() -> None:
    """A scope says in words who is calling."""
    scope = Scope(ScopeKind.ORGANIZATION, CallerRole.DELEGATED_ADMINISTRATOR, "111122223333")
    assert scope.caller == "delegated administrator 111122223333"
