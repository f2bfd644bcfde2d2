"""What is suggested to be saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.findings import AccountResult, Outcome, TypeResult, Verdict
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scans import ScanState
from bot.services.account_policy import AccountPolicies
from bot.services.fix_suggestions import CommonContact, FixSuggestions
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    CONTACT,
    ORGANIZATION,
    OTHER,
    SCHEDULE,
    SECURITY,
    START,
    THIRD,
    FakeClock,
    account,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from bot.domain.policy.account_policy import Value

BILLING = ContactType.BILLING


class World:
    """Accounts with contacts, a policy that may change, and the service."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.policy = Policy.requiring()
        self.suggestions = FixSuggestions(
            store, AccountPolicies(store.accounts, lambda: self.policy)
        )
        store.accounts.remember([account(1)])

    def hold(self, contact: AlternateContact, *numbers: int) -> None:
        """Have accounts hold a security contact, as last read."""
        for number in numbers:
            item = TypeResult.from_verdicts(SECURITY, [], contact)
            self.store.findings.observe(AccountResult(account(number), (item,), read_at=START))

    def ask(self, fingerprint: str = "") -> CommonContact | None:
        """What is suggested for the first account."""
        return self.suggestions.common_contact(account(1).id, SECURITY, fingerprint)

    def expect(self, **values: Value) -> None:
        """Have the policy say this of security contacts; `__` stands for a dot."""
        given = {key.replace("__", "."): value for key, value in values.items()}
        self.policy = Policy.requiring(tables=[PolicyTable("policy", given)])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One account without contacts."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as store:
        yield World(store)


def test_the_most_frequent_contact_is_suggested(world: World) -> None:
    """At least two other accounts have it; the account's own contact doesn't count."""
    world.hold(OTHER, 2, 3)
    assert world.ask() == CommonContact(OTHER, 2)
    world.hold(CONTACT, 4, 5, 6)
    assert world.ask() == CommonContact(CONTACT, 3)
    assert world.ask(OTHER.fingerprint) == CommonContact(OTHER, 2)
    assert world.ask(THIRD.fingerprint) is None
    assert world.suggestions.common_contact(account(1).id, BILLING) is None


def test_one_account_alone_suggests_nothing(world: World) -> None:
    """Nor does the account itself together with one other."""
    world.hold(CONTACT, 1, 2)
    assert world.ask() is None


def test_what_the_policy_would_refuse_is_not_suggested(world: World) -> None:
    """The next most frequent one that complies is, unless none does."""
    world.hold(CONTACT, 2, 3, 4)
    world.hold(OTHER, 5, 6)
    world.expect(security__email=(OTHER.email,))
    assert world.ask() == CommonContact(OTHER, 2)
    world.expect(security__email=("@corp.example",))
    assert world.ask() is None
    assert world.ask(CONTACT.fingerprint) is None
    world.expect(rules__foreign_domain=Severity.HIGH, domains=("corp.example",))
    assert world.ask() is None


def test_an_exempt_rule_keeps_nothing_from_being_suggested(world: World) -> None:
    """What saving would accept is suggested."""
    world.expect(security__email=("@corp.example",))
    bad = Verdict.violated(Rule.DIFFERENT, "Not as expected.", Severity.HIGH)
    item = TypeResult.from_verdicts(SECURITY, [bad], OTHER)
    scan(world.store, AccountResult(account(1), (item,), read_at=START))
    world.hold(CONTACT, 2, 3)
    assert world.ask() is None
    until = START.replace(year=START.year + 1)
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION, account(1).id, SECURITY, Rule.DIFFERENT, "A reason.", "U1", until
    )
    world.store.exemptions.grant([request], "Account 1")
    assert world.ask() == CommonContact(CONTACT, 2)


@pytest.mark.parametrize(
    "contact",
    [
        replace(CONTACT, phone="020 7946 0958"),
        replace(CONTACT, name="Se\u202ecurity"),
        replace(CONTACT, email="sec@example.com"),
    ],
)
def test_what_the_form_would_refuse_is_not_suggested(
    world: World, contact: AlternateContact
) -> None:
    """AWS may have contacts that the form doesn't accept, or that no one can be reached by."""
    world.expect(rules__placeholder=Severity.HIGH)
    world.hold(contact, 2, 3)
    assert world.ask() is None


def test_an_unusual_domain_is_not_suggested(world: World) -> None:
    """A contact that needed confirmation before it was saved is left out."""
    world.hold(replace(CONTACT, name="Else", email="x@agency.internal"), 2, 3)
    for number in range(4, 44):
        world.hold(replace(CONTACT, name=f"Team {number}"), number)
    assert world.ask() is None


def test_an_unknown_policy_suggests_nothing(world: World) -> None:
    """It can't be said what complies."""
    world.hold(CONTACT, 2, 3)
    table = PolicyTable("tagged", {"security.email": (OTHER.email,)}, Match(tags=(("team", "a"),)))
    world.policy = Policy.requiring(tables=[table])
    assert world.ask() is None


def test_the_contacts_that_are_still_open(world: World) -> None:
    """Each type once, in AWS's order; exempt ones don't count."""
    bad = Verdict.violated(Rule.MISSING, "No contact is set.", Severity.HIGH)
    items = tuple(TypeResult.from_verdicts(each, [bad]) for each in (BILLING, SECURITY))
    assert all(each.outcome is Outcome.MISSING for each in items)
    scan(world.store, AccountResult(account(1), items, read_at=START))
    assert world.suggestions.open_types(account(1).id) == (SECURITY, BILLING)
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION,
        account(1).id,
        SECURITY,
        Rule.MISSING,
        "A reason.",
        "U1",
        START.replace(year=START.year + 1),
    )
    world.store.exemptions.grant([request], "Account 1")
    assert world.suggestions.open_types(account(1).id) == (BILLING,)


def scan(store: SqliteStore, *results: AccountResult) -> None:
    """Record what a scan found."""
    claim = store.scans.claim(SCHEDULE)
    store.scans.record(replace(claim.scan, state=ScanState.COMPLETE, scope=ORGANIZATION), results)
