"""One account shown, and the evaluation of a contact that a fix wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.app.wiring import Services
from bot.domain.actors import Actor
from bot.domain.failures import FailureCode
from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Present
from bot.domain.rule_catalog import Rule, Severity
from bot.services.fix_result import FixOutcome
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    PATIENCE,
    SCHEDULE,
    SECURITY,
    FakeClock,
    FakeFixers,
    FakeGateway,
    FakeMembers,
    account,
    fix_request,
    gateway_error,
    scanner,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE = account(1)
TAGGED = PolicyTable("here", {}, Match(tags=(("env", "prod"),)))
RULED = PolicyTable(
    "here", {"rules.primary_contact": Severity.LOW, "rules.root_email": Severity.LOW}
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A database."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as opened:
        yield opened


class World:
    """One account, a policy that may change, and what looks and fixes go through."""

    def __init__(self, store: SqliteStore, *tables: PolicyTable) -> None:
        self.clock = FakeClock()
        self.gateway = FakeGateway(ONE)
        self.store = store
        self.policy = Policy.requiring(tables=tables)
        self.gateway.tag_fault = gateway_error()
        self.services = Services(
            store, [self.gateway], FakeMembers(), lambda: self.policy, self.clock
        )
        self.accounts = self.services.accounts

    def scan(self) -> None:
        """A check by the policy of this moment."""
        scans = scanner(self.gateway, self.store, self.clock, self.policy)
        scans.start(SCHEDULE).report.result(PATIENCE)
        scans.stop()
        self.clock.tick(3600)

    def fix(self) -> FixOutcome:
        """A fix of the contact, to its end."""
        fixes, _ = self.services.fixes(FakeFixers("U1"), confirm_timeout=60.0)
        held = self.gateway.held.get((ONE.id, SECURITY))
        request = fix_request(shown=held, shown_at=self.clock.now())
        return fixes.fix(request, "Account 1", Actor("U1")).outcome

    def unresolved(self) -> set[Rule]:
        """The rules of the account's unresolved findings."""
        return {each.key.rule for each in self.store.findings.unresolved(ONE.id)}


def test_a_fix_of_an_account_without_a_known_place_resolves_only_what_is_sure(
    store: SqliteStore,
) -> None:
    """The contact is there now; whether it is what the policy asks for is left to a check."""
    world = World(store)
    world.scan()
    world.gateway.hold(1, CONTACT)
    assert world.unresolved() == {Rule.MISSING}
    world.policy = Policy.requiring(tables=[TAGGED])
    assert world.fix() is FixOutcome.VERIFIED
    assert world.unresolved() == set()
    world.policy = Policy.requiring(
        tables=[PolicyTable("here", {"security.email": ("x@corp.internal",)})]
    )
    world.scan()
    world.policy = Policy.requiring(tables=[TAGGED])
    world.gateway.hold(1, OTHER)
    assert world.fix() is FixOutcome.VERIFIED
    assert world.unresolved() == {Rule.DIFFERENT}


def test_what_a_fix_is_evaluated_by(store: SqliteStore) -> None:
    """Rules that need nothing more are evaluated; without rules there is no result."""
    world = World(store, RULED)
    assert world.accounts.judge(ONE.id, SECURITY, CONTACT) is None
    store.accounts.remember([ONE])
    found = world.accounts.judge(ONE.id, SECURITY, CONTACT)
    assert found is not None
    assert [(each.rule, each.outcome) for each in found.verdicts] == [
        (Rule.PRIMARY_CONTACT, Outcome.UNKNOWN)
    ]
    assert found.failure is not None
    assert found.failure.cause is FailureCode.NOT_ASKED
    world.policy = Policy.requiring(
        tables=[PolicyTable("here", {"security.presence": Presence.IGNORED})]
    )
    assert world.accounts.judge(ONE.id, SECURITY, CONTACT) is None


def test_all_three_contacts_are_read_and_evaluated_by_the_policy(store: SqliteStore) -> None:
    """What the policy does not look at is shown as it was read; what was read is kept."""
    world = World(store)
    world.scan()
    world.gateway.hold(1, CONTACT)
    look = world.accounts.show(ONE)
    assert [item.type for item in look.result.results] == [SECURITY]
    assert len(look.others) == 2
    assert world.unresolved() == set()
    world.policy = Policy.requiring(tables=[TAGGED])
    look = world.accounts.show(ONE)
    assert look.others[SECURITY] == Present(CONTACT)
    assert look.result.outcome is Outcome.UNKNOWN
    world.policy = Policy.requiring(tables=[RULED])
    world.gateway.say(1, unreadable())
    look = world.accounts.show(ONE)
    assert look.result.outcome is Outcome.UNKNOWN
    assert world.unresolved() == set()
    assert world.accounts.show(account(1, state="SUSPENDED")).others == {}
