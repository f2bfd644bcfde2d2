"""What the policy has against a contact before it is written."""

from dataclasses import replace

import pytest

from bot.domain.accounts import Account
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.precheck import expected_words, precheck
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.policy.account_policy import AccountPolicy, Presence, Value
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule, Severity
from tests.unit.fakes import SECURITY, START, account

GOOD = AlternateContact("Sec team", "On call", "sec@corp.internal", "+44 20 7946 0958")


def policy(**values: Value) -> AccountPolicy:
    """What an account should have, `__` for a dot."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    found = Policy.requiring(tables=[PolicyTable("policy", given)]).resolve(account())
    assert isinstance(found, AccountPolicy)
    return found


def against(
    typed: AlternateContact, mine: AccountPolicy, whose: Account | None = None
) -> dict[str, str]:
    """The objections to a SECURITY contact."""
    return precheck(whose or account(), SECURITY, typed, mine, {})


def test_nothing_against_a_good_contact() -> None:
    """What the policy asks for is no objection, nor is any rule that needs more than it."""
    mine = policy(
        rules__same_for_all=Severity.LOW,
        rules__root_email=Severity.LOW,
        rules__person_left=Severity.HIGH,
        rules__contested=Severity.HIGH,
        security__email=("@corp.internal",),
    )
    assert against(GOOD, mine) == {}


def test_what_differs_is_told_under_its_field() -> None:
    """Each field that is not as expected says what is."""
    mine = policy(security__email=("@corp.example", "x@y.internal"), security__title=("Lead",))
    assert against(GOOD, mine) == {
        "email": "The policy expects any address at corp.example or x@y.internal.",
        "title": "The policy expects Lead.",
    }


@pytest.mark.parametrize(
    ("changed", "values", "field"),
    [
        ({"email": "sec@example.com"}, {}, "email"),
        ({"phone": "+1 555 0100"}, {}, "phone"),
        ({"email": "sec@gmail.com"}, {"rules__free_mail": Severity.MEDIUM}, "email"),
        ({"email": "sec@mailinator.com"}, {"rules__disposable_mail": Severity.LOW}, "email"),
        (
            {"email": "sec@other.internal"},
            {"rules__foreign_domain": Severity.LOW, "domains": ("corp.internal",)},
            "email",
        ),
    ],
)
def test_what_a_rule_is_broken_by(
    changed: dict[str, str], values: dict[str, Value], field: str
) -> None:
    """A quality that the next check would alert on stands under its field."""
    fields = {name: getattr(GOOD, name) for name in ("name", "title", "email", "phone")}
    assert list(against(AlternateContact(**{**fields, **changed}), policy(**values))) == [field]


def test_each_field_is_told_its_own_reason() -> None:
    """Below a field stands the problem with that field alone."""
    typed = AlternateContact("Sec team", "n/a", "sec@example.com", "+44 20 7946 0958")
    assert against(typed, policy()) == {
        "email": "The email address is at a reserved domain, which can't receive email.",
        "title": "The title is a placeholder.",
    }
    free = replace(GOOD, email="sec@gmail.com")
    assert against(free, policy(rules__free_mail=Severity.LOW)) == {
        "email": "The email address is at a free mail provider."
    }


def test_what_is_set_aside_is_no_objection() -> None:
    """A rule that is exempt for this contact is not held against what is typed."""
    mine = policy(security__email=("@corp.example",))
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION, account().id, SECURITY, Rule.DIFFERENT, "x" * 10, "U1", START
    )
    exempt = {(SECURITY, Rule.DIFFERENT): Exemption(1, request, START)}
    assert precheck(account(), SECURITY, GOOD, mine, exempt) == {}


def test_a_type_that_the_policy_does_not_judge() -> None:
    """Of a type that is not looked at nothing is said."""
    mine = policy(billing__presence=Presence.IGNORED)
    bad = replace_email("x@example.com")
    assert precheck(account(), ContactType.BILLING, bad, mine, {}) == {}


def test_a_type_that_the_policy_forbids() -> None:
    """Whatever is typed is held against a contact that may not be, unless that is exempt."""
    mine, billing = policy(billing__presence=Presence.FORBIDDEN), ContactType.BILLING
    said = precheck(account(), billing, GOOD, mine, {})
    assert said == {"email": "The policy forbids a BILLING contact for this account."}
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION, account().id, billing, Rule.FORBIDDEN, "x" * 10, "U1", START
    )
    exempt = {(billing, Rule.FORBIDDEN): Exemption(1, request, START)}
    assert precheck(account(), billing, GOOD, mine, exempt) == {}


def test_an_excluded_account_is_not_judged() -> None:
    """Of an account that no check looks at, none alerts either."""
    bad = replace_email("x@example.com")
    assert against(bad, policy())
    assert against(bad, replace(policy(), excluded="Closed.")) == {}


def test_expected_values_in_words() -> None:
    """Few are named, domains in words, and how many more there are."""
    assert expected_words("email", ("@*.corp.example",)) == "any address below corp.example"
    assert expected_words("title", ("a", "b", "c", "d")) == "a, b, c or 1 other"
    assert expected_words("title", tuple("abcde")) == "a, b, c or 2 others"


def replace_email(email: str) -> AlternateContact:
    """A good contact with another address."""
    return AlternateContact(GOOD.name, GOOD.title, email, GOOD.phone)
