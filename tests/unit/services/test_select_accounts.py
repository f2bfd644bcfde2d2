"""What people type selects accounts, whose OUs and tags are read if that needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Unit
from bot.domain.failures import FailureCode
from bot.services.organizations import OrganizationRouter
from bot.services.select_accounts import MOST_TAGGED, AccountSelector
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import FakeClock, FakeGateway, account, gateway_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.services.select_accounts import SelectedAccounts

PROD = Unit("ou-ab12-11111111", "Prod")


class World:
    """Two accounts, one of them in an OU and with a tag, that nobody has listed yet."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self.store = store
        self.gateway = FakeGateway(account(1, "web"), account(2, "data"))
        self.gateway.tree = {PROD.id: (PROD,)}
        self.gateway.placed = {account(1).id: PROD.id, account(2).id: ""}
        self.gateway.tagged = {account(1).id: {"env": "prod"}}
        router = OrganizationRouter([self.gateway], store.accounts)
        self.selector = AccountSelector(store.accounts, router, clock)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The accounts, and the database without them."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        yield World(store, clock)


def names(selected: SelectedAccounts) -> list[str]:
    """The names of the selected accounts, where nothing is wrong."""
    assert not selected.selection.problems
    return [each.name for each in selected.selection.accounts]


def test_accounts_are_listed_if_none_is_known(world: World) -> None:
    """And again only if that is asked for."""
    assert names(world.selector.select("all")) == ["data", "web"]
    world.gateway.listed.append(account(3, "new"))
    assert names(world.selector.select("all")) == ["data", "web"]
    fresh = world.selector.select("all", fresh=True)
    assert names(fresh) == ["data", "new", "web"]
    assert [each.name for each in fresh.known] == ["data", "new", "web"]
    assert (world.gateway.walks, world.gateway.tags_read) == (0, [])


def test_ous_are_walked_only_for_a_selection_by_ou(world: World) -> None:
    """They are stored, so that the next selection by OU needs no walk."""
    assert names(world.selector.select("ou:/Prod/**")) == ["web"]
    assert world.gateway.walks == 1
    assert names(world.selector.select("/Prod")) == ["web"]
    assert world.gateway.walks == 1
    assert world.gateway.tags_read == []


def test_tags_are_read_only_for_a_selection_by_tag(world: World) -> None:
    """One call an account, so they are stored as well."""
    for _ in range(2):
        assert names(world.selector.select("tag:env=prod")) == ["web"]
    assert sorted(world.gateway.tags_read) == [account(1).id, account(2).id]
    assert world.gateway.walks == 0


def test_the_tags_of_very_many_accounts_are_not_read_for_a_selection(world: World) -> None:
    """A person waits for the selection; accounts whose tags stay unknown are listed apart."""
    world.gateway.listed = [account(n) for n in range(1, MOST_TAGGED + 3)]
    selected = world.selector.select("tag:env=prod").selection
    assert [each.id for each in selected.accounts] == [account(1).id]
    assert len(selected.unread) == 2
    assert len(world.gateway.tags_read) == MOST_TAGGED


def test_what_cannot_be_read_is_not_selected_in_silence(world: World) -> None:
    """Neither accounts whose OUs couldn't be read, nor organizations that couldn't be listed."""
    world.gateway.walk_fault = gateway_error(FailureCode.DENIED)
    selected = world.selector.select("ou:/Prod").selection
    assert selected.accounts == ()
    assert [each.name for each in selected.unread] == ["data", "web"]
    world.gateway.listing_fault = gateway_error(FailureCode.THROTTLED)
    failed = world.selector.select("all", fresh=True)
    assert failed.failures[""].cause is FailureCode.THROTTLED
    assert names(failed) == ["data", "web"]
