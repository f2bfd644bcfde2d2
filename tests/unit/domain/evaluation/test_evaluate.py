"""What is read of an account, judged by its policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import ContactType
from bot.domain.evaluation.evaluate import evaluate, not_scanned, unknown_policy_failure
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Difference, Outcome
from bot.domain.policy.account_policy import AccountPolicy, Presence
from bot.domain.policy.policy import Policy, PolicyTable, PolicyUnknown
from bot.domain.readings import ContactReading, Present, Unreadable, Unsupported
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.rules.facts import AccountFacts, Members, PastContact
from tests.unit.domain.test_findings import exemption
from tests.unit.fakes import ABSENT, CONTACT, OTHER, SECURITY, START, THIRD, account, unreadable

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.domain.findings import TypeResult
    from bot.domain.policy.account_policy import Value

WHY = failure(FailureCode.THROTTLED)
BILLING = ContactType.BILLING
CAUSES = st.sampled_from(list(FailureCode))


def policy(**values: Value) -> AccountPolicy:
    """A policy that requires a SECURITY contact, with these values (`security__email`)."""
    named = {key.replace("__", "."): value for key, value in values.items()}
    resolved = Policy.requiring(tables=[PolicyTable("test", named)]).resolve(account())
    assert not isinstance(resolved, PolicyUnknown)
    return resolved


def one(
    reading: ContactReading, evidence: AccountFacts | None = None, **values: Value
) -> TypeResult:
    """The result of an account's SECURITY contact."""
    (result,) = evaluate(
        account(), {SECURITY: reading}, policy(**values), START, evidence or AccountFacts()
    ).results
    return result


@pytest.mark.parametrize(
    ("presence", "reading", "outcome", "reason"),
    [
        ("required", Present(CONTACT), Outcome.COMPLIANT, "The SECURITY contact is set."),
        ("required", ABSENT, Outcome.MISSING, "No SECURITY contact is set."),
        ("required", Unreadable(WHY), Outcome.UNKNOWN, WHY.message),
        ("required", Unsupported(WHY), Outcome.UNSUPPORTED, WHY.message),
        ("optional", Present(CONTACT), Outcome.COMPLIANT, "The SECURITY contact is set."),
        (
            "optional",
            ABSENT,
            Outcome.COMPLIANT,
            "The SECURITY contact isn't set, and isn't required.",
        ),
        ("optional", Unreadable(WHY), Outcome.UNKNOWN, WHY.message),
        ("optional", Unsupported(WHY), Outcome.UNSUPPORTED, WHY.message),
        (
            "forbidden",
            Present(CONTACT),
            Outcome.WRONG,
            "A SECURITY contact is set, but the policy forbids it.",
        ),
        (
            "forbidden",
            ABSENT,
            Outcome.COMPLIANT,
            "The SECURITY contact isn't set, and isn't required.",
        ),
        ("forbidden", Unreadable(WHY), Outcome.UNKNOWN, WHY.message),
        ("forbidden", Unsupported(WHY), Outcome.UNSUPPORTED, WHY.message),
    ],
)
def test_each_reading_has_an_outcome_of_its_own(
    presence: str, reading: ContactReading, outcome: Outcome, reason: str
) -> None:
    """Held, absent, unreadable and unsupported are told apart under each presence."""
    result = one(reading, security__presence=Presence(presence))
    assert (result.type, result.outcome, result.reason) == (SECURITY, outcome, reason)
    assert result.contact == (CONTACT if isinstance(reading, Present) else None)
    assert result.failure == (WHY if outcome.unchecked else None)


def test_a_missing_contact_says_what_is_expected() -> None:
    """The differences of a missing contact are what it should have been."""
    result = one(ABSENT, security__email=("sec@corp.example",))
    assert result.verdicts[0].differences == (Difference("email", ("sec@corp.example",)),)
    assert result.severity is Severity.VERY_HIGH


def test_a_different_contact_says_expected_and_actual() -> None:
    """A contact that is not as expected is wrong, whatever its qualities."""
    result = one(Present(replace(CONTACT, name="x")), security__email=("sec@corp.example",))
    assert [each.rule for each in result.verdicts] == [Rule.DIFFERENT, Rule.PLACEHOLDER]
    assert result.outcome is Outcome.WRONG
    assert result.verdicts[0].differences == (
        Difference("email", ("sec@corp.example",), CONTACT.email),
    )


def test_a_forbidden_contact_is_not_judged_further() -> None:
    """What should not be there need not be good; all that it holds is shown."""
    result = one(
        Present(replace(CONTACT, name="x")),
        security__presence=Presence.FORBIDDEN,
        security__email=("a@b.example",),
    )
    (verdict,) = result.verdicts
    assert verdict.rule is Rule.FORBIDDEN
    assert [each.actual for each in verdict.differences] == [
        "x",
        *CONTACT.normal()[1:3],
        CONTACT.phone,
    ]


def test_a_contact_that_is_not_there_may_be_contested() -> None:
    """Missing and contested are two verdicts, the missing one worse."""
    seen = tuple(
        PastContact(each, START + timedelta(days=day))
        for day, each in enumerate((None, CONTACT, None, CONTACT))
    )
    result = one(
        ABSENT, AccountFacts(history={SECURITY: seen}), rules__contested=SEVERITIES[Rule.CONTESTED]
    )
    assert [each.rule for each in result.verdicts] == [Rule.MISSING, Rule.CONTESTED]


def test_a_rule_undecided_gives_way_to_one_that_is_broken() -> None:
    """Unknown is the outcome only where nothing worse stands."""
    on: dict[str, Any] = {"rules__person_left": Severity.HIGH}
    evidence = AccountFacts(members=WHY)
    alone = one(Present(CONTACT), evidence, **on)
    assert (alone.outcome, alone.failure, alone.severity) == (Outcome.UNKNOWN, WHY, None)
    beside = one(Present(replace(CONTACT, name="x")), evidence, **on)
    assert (beside.outcome, beside.failure) == (Outcome.WEAK, WHY)
    assert alone.contact == CONTACT


def test_what_is_set_aside_stands_no_more() -> None:
    """An exemption is of one rule of one type: the others still stand."""
    weak = Present(replace(CONTACT, name="x", phone="+44 20 7946"))
    aside = AccountFacts(exemptions={(SECURITY, Rule.PLACEHOLDER): exemption(Rule.PLACEHOLDER)})
    result = one(weak, aside)
    assert result.outcome is Outcome.WEAK
    assert {each.rule: each.exemption is not None for each in result.verdicts} == {
        Rule.IMPOSSIBLE_PHONE: False,
        Rule.PLACEHOLDER: True,
    }
    assert one(Present(replace(CONTACT, name="x")), aside).outcome is Outcome.EXEMPT
    other = AccountFacts(exemptions={(BILLING, Rule.PLACEHOLDER): exemption(Rule.PLACEHOLDER)})
    assert one(Present(replace(CONTACT, name="x")), other).outcome is Outcome.WEAK
    verified = AccountFacts(exemptions={(SECURITY, Rule.UNSUPPORTED): exemption(Rule.UNSUPPORTED)})
    assert one(Unsupported(WHY), verified).outcome is Outcome.EXEMPT


def test_types_that_are_only_compared_are_not_judged() -> None:
    """A contact read for the rule about all three has no result, and may be unreadable."""
    mine = policy(rules__same_for_all=Severity.LOW)
    readings: dict[ContactType, ContactReading] = dict.fromkeys(ContactType, Present(CONTACT))
    (result,) = evaluate(account(), readings, mine).results
    assert (result.type, result.verdicts[0].rule) == (SECURITY, Rule.SAME_FOR_ALL)
    readings[BILLING] = Unreadable(WHY)
    (result,) = evaluate(account(), readings, mine).results
    assert (result.outcome, result.failure) == (Outcome.UNKNOWN, WHY)
    readings[ContactType.OPERATIONS] = Present(OTHER)
    (result,) = evaluate(account(), readings, mine).results
    assert result.outcome is Outcome.COMPLIANT


def test_types_are_judged_in_awss_order() -> None:
    """Each type that is looked at has its result, and the moment of reading is kept."""
    mine = policy(operations__presence=Presence.OPTIONAL, billing__presence=Presence.REQUIRED)
    readings: dict[ContactType, ContactReading] = dict.fromkeys(ContactType, ABSENT)
    result = evaluate(account(), readings, mine, START)
    assert [item.type for item in result.results] == list(ContactType)
    assert [item.outcome for item in result.results] == [
        Outcome.MISSING,
        Outcome.MISSING,
        Outcome.COMPLIANT,
    ]
    assert (result.read_at, result.was_scanned, result.policy) == (START, True, mine)


def test_a_required_type_that_was_not_read_is_a_defect() -> None:
    """A reading left out is not guessed at."""
    with pytest.raises(KeyError):
        evaluate(account(), {}, policy())


def test_rules_that_slack_keeps_off_are_told() -> None:
    """The result says which rules of the policy are off for want of a scope, and no others."""
    mine = policy(rules__person_left=Severity.HIGH)
    readings: dict[ContactType, ContactReading] = {SECURITY: Present(CONTACT)}
    assert evaluate(account(), readings, mine).disabled_rules == {Rule.PERSON_LEFT}
    known = AccountFacts(members=Members.of([]))
    assert evaluate(account(), readings, mine, facts=known).disabled_rules == frozenset()
    assert evaluate(account(), readings, policy()).disabled_rules == frozenset()


def test_an_account_that_is_not_active_is_skipped() -> None:
    """Without being active an account has no results, read or not."""
    closed = account(1, state="PENDING_CLOSURE")
    assert evaluate(closed, {SECURITY: ABSENT}, policy()).outcome is Outcome.SKIPPED
    assert not_scanned(closed, policy(), WHY).outcome is Outcome.SKIPPED
    assert not_scanned(closed, policy(), WHY).was_scanned


def test_an_excluded_account_is_skipped_with_its_reason() -> None:
    """What the policy excludes has no results, read or not, and the reason is kept."""
    mine = policy(excluded="Closed every Friday.")
    for result in (evaluate(account(), {}, mine, START), not_scanned(account(), mine, WHY)):
        assert (result.outcome, result.excluded) == (Outcome.SKIPPED, "Closed every Friday.")
        assert result.was_scanned


def test_what_a_scan_did_not_come_to_was_not_seen() -> None:
    """An account listed but not read is unknown for now, and marked as not seen."""
    mine = policy(billing__presence=Presence.OPTIONAL)
    result = not_scanned(account(), mine, WHY)
    assert not result.was_scanned
    assert [(item.type, item.outcome) for item in result.results] == [
        (SECURITY, Outcome.UNKNOWN),
        (BILLING, Outcome.UNKNOWN),
    ]
    assert {item.failure for item in result.results} == {WHY}


def test_an_account_whose_place_is_not_known_is_unknown() -> None:
    """Where it is not known which tables count nothing is concluded from what was read."""
    unplaced = PolicyUnknown(("units", "tags"), (SECURITY, BILLING))
    result = evaluate(account(), {SECURITY: ABSENT}, unplaced, START)
    assert [item.outcome for item in result.results] == 2 * [Outcome.UNKNOWN]
    why = unknown_policy_failure(unplaced)
    assert {item.failure for item in result.results} == {why}
    assert why.cause is FailureCode.PLACE_NOT_ASKED
    assert why.message.startswith("This account's OUs and tags were not requested, so")
    late = not_scanned(account(), unplaced, WHY)
    assert not late.was_scanned
    assert {item.failure for item in late.results} == {WHY}


def test_what_could_not_be_read_is_told_from_what_was_not_requested() -> None:
    """Each says why, with its remedy; the same reason is given once."""
    unplaced = PolicyUnknown(("units", "tags"), (SECURITY,))
    denied = failure(FailureCode.DENIED)
    skipped = failure(FailureCode.NOT_ASKED, message="Five others failed.", remedy="Ask.")
    both = unknown_policy_failure(unplaced, {"units": denied, "tags": denied})
    assert both.cause is FailureCode.PLACE_UNREAD
    assert both.message == (
        "The OUs and tags of this account could not be read, so the policy that applies to it is "
        f"unknown. {denied.message}"
    )
    assert both.remedy == denied.remedy
    one_each = unknown_policy_failure(unplaced, {"units": denied, "tags": skipped})
    assert one_each.cause is FailureCode.PLACE_UNREAD
    assert one_each.message.startswith(
        "The OUs of this account could not be read and its tags were not requested, so"
    )
    assert one_each.message.endswith(f"{denied.message} Five others failed.")
    neither = unknown_policy_failure(unplaced, {"tags": skipped})
    assert neither.cause is FailureCode.PLACE_NOT_ASKED
    assert "could not be read" not in neither.message


@pytest.mark.parametrize("cause", FailureCode)
def test_no_cause_makes_a_contact_missing_or_compliant(cause: FailureCode) -> None:
    """Whatever kept AWS from answering, the outcome is unknown."""
    assert one(unreadable(cause)).outcome is Outcome.UNKNOWN


ON: dict[str, Any] = {f"rules__{rule.value}": severity for rule, severity in SEVERITIES.items()}
READINGS = st.one_of(
    st.sampled_from([CONTACT, OTHER, THIRD]).map(Present),
    st.just(ABSENT),
    CAUSES.map(unreadable),
    st.builds(Unsupported, CAUSES.map(failure)),
)
ACCOUNTS = st.sampled_from([account(), replace(account(), email="")])


@given(st.lists(READINGS, min_size=3, max_size=3), CAUSES, CAUSES, ACCOUNTS)
def test_nothing_that_is_not_known_makes_a_contact_wrong(
    given_: list[ContactReading], of_members: FailureCode, of_primary: FailureCode, which: Account
) -> None:
    """With all evidence failing no outcome is worse than without it, nor any verdict new."""
    readings = dict(zip(ContactType, given_, strict=True))
    presence: dict[str, Any] = {
        f"{kind.value.lower()}__presence": Presence.REQUIRED for kind in ContactType
    }
    mine = policy(**ON, **presence)
    failing = AccountFacts(primary=failure(of_primary), members=failure(of_members))
    known = AccountFacts(members=Members.of([]))
    results = evaluate(which, readings, mine, START, failing).results
    for result, without in zip(
        results, evaluate(which, readings, mine, START, known).results, strict=True
    ):
        reading = readings[result.type]
        assert (result.outcome is Outcome.MISSING) == (reading == ABSENT)
        assert result.outcome is not Outcome.WRONG
        assert [each for each in result.verdicts if each.failure is None] == [
            each for each in without.verdicts if each.failure is None
        ]
        if not isinstance(reading, Present):
            assert len(result.verdicts) == 1
