"""The one place where an account's policy is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable, PolicyUnknown
from bot.services.account_policy import AccountPolicies
from bot.services.organizations import OrganizationRouter
from bot.services.placement import AccountPlacer
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import SECURITY, FakeClock, FakeGateway, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE = account(1)
TAGGED = Policy.requiring(
    tables=[
        PolicyTable("here", {"security.presence": Presence.OPTIONAL}, Match(tags=(("env", "dev"),)))
    ]
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A database that knows one account."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as opened:
        opened.accounts.remember([ONE])
        yield opened


def test_a_known_account_is_looked_up_by_its_id(store: SqliteStore) -> None:
    """The account, the policy in force and what it asks come together."""
    policy = Policy.requiring()
    policies = AccountPolicies(store.accounts, lambda: policy)
    found = policies.find(ONE.id)
    assert found is not None
    assert (found.account.id, found.policy) == (ONE.id, policy)
    assert found.known == policies.known(ONE.id)
    assert found.known is not None
    assert found.known.presence[SECURITY] is Presence.REQUIRED


def test_an_account_that_is_not_known_has_no_policy(store: SqliteStore) -> None:
    """Nothing is made up of an account that was never listed."""
    policies = AccountPolicies(store.accounts, Policy.requiring)
    assert policies.find(account(2).id) is None
    assert policies.known(account(2).id) is None


def test_what_depends_on_tags_that_were_not_read_is_not_known(store: SqliteStore) -> None:
    """Where the policy asks for tags, it is not guessed what it asks of an account without."""
    policies = AccountPolicies(store.accounts, lambda: TAGGED)
    assert isinstance(policies.of(ONE).resolved, PolicyUnknown)
    assert policies.of(ONE).known is None
    assert policies.known(ONE.id) is None


def test_tags_are_read_where_that_is_asked_for(store: SqliteStore) -> None:
    """A look that may take its time completes the account by the policy in force."""
    gateway = FakeGateway(ONE)
    gateway.tagged[ONE.id] = {"env": "dev"}
    placement = AccountPlacer(
        OrganizationRouter([gateway], store.accounts), store.accounts, FakeClock()
    )
    found = AccountPolicies(store.accounts, lambda: TAGGED, placement).of_placed(ONE)
    assert found.account.tags == {"env": "dev"}
    assert found.known is not None
    assert found.known.presence[SECURITY] is Presence.OPTIONAL
