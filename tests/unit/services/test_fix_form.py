"""What a form starts from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.errors import GatewayError
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode
from bot.domain.findings import AccountResult, TypeResult
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule
from bot.services.account_policy import AccountPolicies
from bot.services.fix_form import FixForms
from bot.services.fix_suggestions import CommonContact, FixSuggestions
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    THIRD,
    FakeClock,
    FakeGateway,
    account,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.policy.account_policy import Value
    from bot.services.fix_form import FormContent

ID = account(1).id


class World:
    """An account, the AWS and the policy behind it, and the service."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.gateway = FakeGateway(account(1))
        self.policy = Policy.requiring()
        policies = AccountPolicies(store.accounts, lambda: self.policy)
        suggestions = FixSuggestions(store, policies)
        self.forms = FixForms(self.gateway, store, policies, suggestions, FakeClock())
        store.accounts.remember([account(1)])

    def load(self) -> FormContent:
        """A form that nobody has typed in."""
        return self.forms.load(ID, SECURITY)

    def expect(self, **values: Value) -> None:
        """Have the policy say this; `__` stands for a dot."""
        given = {key.replace("__", "."): value for key, value in values.items()}
        self.policy = Policy.requiring(tables=[PolicyTable("policy", given)])

    def exempt(self, rule: Rule, contact_type: ContactType = SECURITY) -> None:
        """Exempt a rule for the account."""
        request = ExemptionRequest(
            ExemptionKind.EXEMPTION,
            ID,
            contact_type,
            rule,
            "Closed at the end of the month.",
            "U1",
            START.replace(year=START.year + 1),
        )
        self.store.exemptions.grant([request], "Account 1")

    def share(self, *numbers: int) -> None:
        """Have other accounts share a contact."""
        for number in numbers:
            item = TypeResult.from_verdicts(SECURITY, [], THIRD)
            self.store.findings.observe(AccountResult(account(number), (item,), read_at=START))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One account without contacts."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as store:
        yield World(store)


def test_a_form_starts_from_what_aws_has(world: World) -> None:
    """Nothing at first; what is set, once something is."""
    empty = world.load()
    assert (empty.held, empty.values, empty.from_policy) == (None, None, frozenset())
    world.gateway.hold(1)
    assert world.load().values == CONTACT
    assert world.load().shown_at == START


def test_what_the_policy_expects_is_filled_in(world: World) -> None:
    """Into an empty form, and over values in AWS that don't comply; no others."""
    world.expect(security__email=("aws@corp.internal",), security__title=("Lead", "Duty"))
    empty = world.load()
    assert empty.values is not None
    assert (empty.values.email, empty.values.title) == ("aws@corp.internal", "")
    assert empty.from_policy == {"email"}
    world.gateway.hold(1)
    wrong = world.load()
    assert wrong.values == replace(CONTACT, email="aws@corp.internal")
    assert (wrong.held, wrong.from_policy) == (CONTACT, frozenset({"email"}))
    world.gateway.hold(1, replace(OTHER, title="Duty", email="AWS@corp.internal"))
    assert world.load().from_policy == frozenset()


@pytest.mark.parametrize("is_exempt", [True, False])
def test_what_is_not_compared_is_not_replaced(world: World, *, is_exempt: bool) -> None:
    """Where another value is allowed, by a rule that is off or exempt, AWS's value stays."""
    if is_exempt:
        world.expect(security__email=("aws@corp.internal",))
        world.exempt(Rule.DIFFERENT)
    else:
        world.expect(security__email=("aws@corp.internal",), rules__different=None)
    empty = world.load()
    assert empty.from_policy == {"email"}
    world.gateway.hold(1)
    assert world.load().values == CONTACT


def test_what_was_typed_stays_as_it_is(world: World) -> None:
    """A copied contact starts the form instead of AWS's, and complies with this policy."""
    world.expect(security__title=("Duty",))
    world.gateway.hold(1)
    typed = world.forms.load(ID, SECURITY, typed=OTHER)
    assert (typed.values, typed.from_policy) == (OTHER, frozenset())
    copied = world.forms.load(ID, SECURITY, copied=OTHER)
    assert copied.values == replace(OTHER, title="Duty")
    assert (copied.held, copied.from_policy) == (CONTACT, frozenset({"title"}))


def test_a_shared_contact_is_suggested_unless_it_is_there(world: World) -> None:
    """Nor is it where the policy says everything."""
    world.share(2, 3)
    assert world.load().suggestion == CommonContact(THIRD, 2)
    world.gateway.hold(1, THIRD)
    assert world.load().suggestion is None
    assert world.forms.load_shown(ID, SECURITY, OTHER).suggestion == CommonContact(THIRD, 2)
    assert world.forms.load_shown(ID, SECURITY, THIRD).suggestion is None
    assert len(world.gateway.reads) == 2
    world.gateway.hold(1, None)
    world.expect(**{f"security__{name}": (getattr(THIRD, name),) for name in FIELDS})
    assert world.load().suggestion is None
    assert world.load().values == THIRD


def test_exemptions_of_the_contact_are_told(world: World) -> None:
    """Those of other contacts aren't."""
    world.exempt(Rule.MISSING)
    world.exempt(Rule.PLACEHOLDER)
    world.exempt(Rule.MISSING, ContactType.BILLING)
    rules = {each.request.rule for each in world.load().exemptions}
    assert rules == {Rule.MISSING, Rule.PLACEHOLDER}
    billing = world.forms.load_shown(ID, ContactType.BILLING, OTHER)
    assert [each.request.type for each in billing.exemptions] == [ContactType.BILLING]


def test_a_forbidden_contact_can_be_set_where_that_is_exempt(world: World) -> None:
    """Saving accepts it then, so there is a form."""
    world.expect(security__presence=Presence.FORBIDDEN)
    world.share(2, 3)
    assert world.load().is_forbidden
    assert world.load().suggestion is None
    world.exempt(Rule.FORBIDDEN)
    assert not world.load().is_forbidden


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("SUSPENDED", "This account is suspended"),
        ("PENDING_CLOSURE", "This account is pending closure"),
        ("CLOSED", "This account is closed"),
    ],
)
def test_an_inactive_account_is_told_by_its_state(world: World, state: str, words: str) -> None:
    """Where AWS denies access; another failure is reported as it is."""
    world.store.accounts.remember([account(1, state=state)])
    world.gateway.say(1, unreadable(), unreadable(FailureCode.TIMED_OUT))
    with pytest.raises(GatewayError, match=words):
        world.load()
    with pytest.raises(GatewayError, match="respond in time"):
        world.load()
    assert not world.load().account.is_active


def test_a_denial_of_an_active_account_is_told_as_it_is(world: World) -> None:
    """Its state explains nothing."""
    world.gateway.say(1, unreadable(FailureCode.DENIED_BY_SCP))
    with pytest.raises(GatewayError, match="service control policy"):
        world.load()
