"""What outcomes are made of: never mistaken for each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import (
    OUTCOMES,
    AccountResult,
    Difference,
    Finding,
    FindingKey,
    Outcome,
    TypeResult,
    Verdict,
)
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.scans import (
    Changes,
    Scan,
    ScanPart,
    ScanReport,
    ScanState,
    Trigger,
    TriggerKind,
    count,
)
from bot.domain.scope import CallerRole, Scope, ScopeKind
from tests.unit.fakes import CONTACT, SECURITY, START, account

WHY = failure(FailureCode.THROTTLED)
RULES = st.sampled_from(list(Rule))


def exemption(rule: Rule, days: int = 30) -> Exemption:
    """A finding of the first account exempt for some days."""
    until = START + timedelta(days=days)
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION, account().id, SECURITY, rule, "Moves in May.", "U1", until
    )
    return Exemption(1, request, START)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """A verdict of any rule, broken or unknown, exempt or not."""
    rule = draw(RULES)
    severity = SEVERITIES.get(rule)
    made = Verdict.unknown(rule, WHY)
    if severity is not None and draw(st.booleans()):
        made = Verdict.violated(rule, f"{rule} is broken.", severity)
    return replace(made, exemption=exemption(rule)) if draw(st.booleans()) else made


@given(st.lists(verdicts(), max_size=6))
def test_a_contacts_outcome_is_its_worst_standing_verdict(given_: list[Verdict]) -> None:
    """What is exempt never decides, and unknown only counts where nothing worse stands."""
    result = TypeResult.from_verdicts(SECURITY, given_, CONTACT)
    standing = {each.outcome for each in given_ if each.exemption is None}
    if standing:
        assert result.outcome is min(standing, key=list(Outcome).index)
    else:
        assert result.outcome is (Outcome.EXEMPT if given_ else Outcome.COMPLIANT)
    assert sorted(result.verdicts, key=repr) == sorted(given_, key=repr)
    severities = [each.severity for each in given_ if each.severity and not each.exemption]
    assert result.severity == min(severities, key=lambda each: each.rank, default=None)
    assert (result.failure is not None) == any(
        each.failure and not each.exemption for each in given_
    )


def test_the_worst_verdict_comes_first_and_each_reason_once() -> None:
    """Verdicts are ordered by outcome and severity, and their reasons are joined."""
    low = Verdict.violated(Rule.ROOT_EMAIL, "Same.", Severity.LOW)
    high = Verdict.violated(Rule.PLACEHOLDER, "Bad.", Severity.HIGH)
    again = Verdict.violated(Rule.PRIMARY_CONTACT, "Same.", Severity.LOW)
    wrong = Verdict.violated(Rule.DIFFERENT, "Wrong.", Severity.LOW)
    unknown = Verdict.unknown(Rule.PERSON_LEFT, WHY)
    result = TypeResult.from_verdicts(SECURITY, [unknown, low, high, again, wrong])
    assert result.verdicts == (wrong, high, low, again, unknown)
    assert result.reason == f"Wrong. Bad. Same. {WHY.message}"
    assert result.outcome is Outcome.WRONG
    assert result.was_read


def test_what_is_set_aside_says_until_when() -> None:
    """With every verdict exempt the contact is exempt until the last day of them."""
    aside = [
        replace(Verdict.violated(rule, "Bad.", Severity.LOW), exemption=exemption(rule, days))
        for rule, days in ((Rule.PLACEHOLDER, 10), (Rule.FREE_MAIL, 20))
    ]
    result = TypeResult.from_verdicts(SECURITY, aside, CONTACT)
    assert (result.outcome, result.reason) == (Outcome.EXEMPT, "Exempt until 2026-01-25.")
    assert result.severity is None


def test_what_could_not_be_read_was_not_read() -> None:
    """Unreadable and unsupported contacts are told apart from those that a rule leaves open."""
    assert not TypeResult.from_verdicts(SECURITY, [Verdict.unknown(Rule.UNREADABLE, WHY)]).was_read
    assert not TypeResult.from_verdicts(SECURITY, [Verdict.unknown(Rule.UNSUPPORTED, WHY)]).was_read
    assert TypeResult.from_verdicts(
        SECURITY, [Verdict.unknown(Rule.PERSON_LEFT, WHY)], CONTACT
    ).was_read


def test_a_rule_broken_and_a_rule_undecided_never_look_alike() -> None:
    """No rule has one outcome for both but those of what could not be looked at."""
    for rule in SEVERITIES:
        assert Verdict.violated(rule, "", Severity.LOW).outcome.is_non_compliant
        assert Verdict.unknown(rule, WHY).outcome is OUTCOMES.get(rule, Outcome.UNKNOWN)
    assert not any(outcome.is_non_compliant and outcome.unchecked for outcome in Outcome)


def test_personal_data_stays_out_of_repr() -> None:
    """A difference shows the field's name alone."""
    assert repr(Difference("email", ("a@b.example",), "c@d.example")) == "Difference(field='email')"


def test_a_finding_is_open_until_it_is_resolved_or_set_aside() -> None:
    """A finding that is exempt is neither open nor resolved."""
    key = FindingKey(account().id, SECURITY, Outcome.WEAK, Rule.PLACEHOLDER)
    finding = Finding(1, key, "One", "Bad.", START, START)
    assert finding.is_open
    assert not replace(finding, resolved_at=START).is_open
    assert not replace(finding, exemption=exemption(Rule.PLACEHOLDER)).is_open


@given(st.lists(st.sampled_from(list(Outcome)), max_size=6))
def test_an_accounts_outcome_is_its_worst(outcomes: list[Outcome]) -> None:
    """Of the outcomes of an account's types, the first in the order of outcomes is its own."""
    results = tuple(TypeResult(SECURITY, outcome, "") for outcome in outcomes)
    order = list(Outcome)
    worst = min(outcomes, key=order.index, default=Outcome.SKIPPED)
    assert AccountResult(account(1), results).outcome is worst


def test_every_outcome_is_counted() -> None:
    """Counts are of accounts, and outcomes that none has are zero."""
    missing = (TypeResult(SECURITY, Outcome.MISSING, ""),)
    results = [
        AccountResult(account(1), missing),
        AccountResult(account(2), missing),
        AccountResult(account(3, state="CLOSED")),
    ]
    counted = count(results)
    assert counted == dict.fromkeys(Outcome, 0) | {Outcome.MISSING: 2, Outcome.SKIPPED: 1}
    scan = Scan(1, Trigger(TriggerKind.CLI), ScanState.COMPLETE, START, counts=counted)
    assert scan.accounts == 3
    assert ScanReport(scan, results).changes == Changes()


@pytest.mark.parametrize(
    ("cause", "fails"),
    [(None, False), (FailureCode.NOT_REACHED, False), (FailureCode.CREDENTIALS_EXPIRED, True)],
)
def test_a_scan_that_was_merely_stopped_does_not_fail(
    cause: FailureCode | None,
    fails: bool,
) -> None:
    """Checks count as failing where something kept them from working, not where they ended."""
    why = failure(cause) if cause else None
    scan = Scan(1, Trigger(TriggerKind.CLI), ScanState.INCOMPLETE, START, failure=why)
    assert scan.failing == ({"": why} if fails else {})
    assert scan.complete_in == frozenset()


def test_each_organization_fails_and_completes_for_itself() -> None:
    """One broken organization is named, and the others count as read as a whole."""
    broken_one = failure(FailureCode.CREDENTIALS_EXPIRED)
    parts = (ScanPart("main"), ScanPart("bought", failure=broken_one))
    scan = Scan(1, Trigger(TriggerKind.CLI), ScanState.INCOMPLETE, START, parts=parts)
    assert scan.failing == {"bought": broken_one}
    assert scan.complete_in == {"main"}
    whole = Scan(1, Trigger(TriggerKind.CLI), ScanState.COMPLETE, START)
    assert whole.complete_in == {""}


def test_the_caller_is_told_by_role_and_account() -> None:
    """A scope says in words who is calling."""
    scope = Scope(ScopeKind.ORGANIZATION, CallerRole.DELEGATED_ADMINISTRATOR, "111122223333")
    assert scope.caller == "delegated administrator 111122223333"
