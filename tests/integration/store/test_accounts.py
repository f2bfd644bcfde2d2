"""Accounts, and how they are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Account, AccountPlacement, Unit
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.findings import TypeResult
from bot.store.postgres.transaction import TOGETHER
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    result,
    scan_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

THIRD = AlternateContact("Cy Dee", "Duty", "duty@example.com", "+44 20 7946 0958")
NAMES = ("Straße", "prod", "prod-eu", "Preprod", "100%_done", "ÉCOLE", "[x]*?", "prod")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DatabaseStore]:
    """A store that remembers accounts of all those names, numbered from 1."""
    with open_at(tmp_path / "bot.db", SetClock()) as opened:
        opened.accounts.remember([account(n, name) for n, name in enumerate(NAMES, 1)])
        yield opened


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("PROD", [2, 8, 4, 3]),
        ("000000000003", [3]),
        ("0000-0000-0003", [3]),
        ("arn:aws:organizations::000000000001:account/o-abcdef1234/000000000003", [3]),
        (" strasse ", [1]),
        ("école", [6]),
        ("e\u0301cole", [6]),
        ("%", [5]),
        ("_", [5]),
        ("*", [7]),
        ("0004", [4]),
        ("0000-0000 0004", [4]),
        ("000000", [5, 7, 4, 2, 8, 3, 1, 6]),
        ("00", [5]),
        ("1000", []),
        ("", []),
        ("\ud83e!", []),
    ],
)
def test_find_accounts(store: DatabaseStore, text: str, numbers: list[int]) -> None:
    """An account is found by its id or name, or part of one taken literally, in any case."""
    assert store.accounts.find(text, 10) == [account(n, NAMES[n - 1]) for n in numbers]


def test_the_best_matches_come_first(store: DatabaseStore) -> None:
    """An exact id or name, then ids that begin with the digits, then names in their order."""
    listed = [
        Account("444444444444", "Data lake"),
        Account("123444455555", "Beta"),
        Account("444455556666", "Zeta"),
        Account("999999999999", "Alpha 4444"),
        Account("888888888888", "4444"),
    ]
    store.accounts.remember(listed)
    found = [each.name for each in store.accounts.find("4444", 10)]
    assert found == ["4444", "Data lake", "Zeta", "Alpha 4444", "Beta"]
    assert store.accounts.find("4444-4444-4444", 10)[0] == listed[0]


def test_find_accounts_stops_at_its_limit(store: DatabaseStore) -> None:
    """No more accounts come than were asked for, the very name first."""
    assert [found.name for found in store.accounts.find("prod", 2)] == ["prod", "prod"]


def test_account_is_kept_as_last_listed(store: DatabaseStore) -> None:
    """What was listed last replaces what was known."""
    listed = Account(account(1).id, "Renamed", "CLOSED", "new@example.com")
    store.accounts.remember([listed])
    assert store.accounts.get(listed.id) == listed
    assert store.accounts.find("renamed", 1) == [listed]
    assert store.accounts.get("nonsense") is None


def test_many_accounts_are_stored_together(store: DatabaseStore) -> None:
    """More than go to a server at once, one of them listed twice, with signs that SQL knows."""
    names = ["%(id)s 100 %", ":name", "it''s", ") VALUES (", "back\\slash", "; --", "$1"]
    listed = [
        Account(f"{number:012}", f"{names[number % len(names)]} {number}")
        for number in range(TOGETHER + len(names))
    ]
    store.accounts.remember([Account(listed[0].id, "Listed first"), *listed])
    assert sorted(store.accounts.all(), key=lambda each: each.id) == listed


def test_account_names(store: DatabaseStore) -> None:
    """Each name comes once."""
    assert sorted(store.accounts.names()) == sorted(set(NAMES))


def test_surroundings_are_kept(store: DatabaseStore) -> None:
    """OUs and tags are kept each since its time, by organization; what is not given stays."""
    units = (Unit("ou-ab12-11111111", "Production"), Unit("ou-ab12-22222222", "Pay/ments"))
    later = START + timedelta(days=1)
    one, two, three = (account(n, NAMES[n - 1]) for n in (1, 2, 3))
    store.accounts.remember([replace(two, organization="acme")])
    store.accounts.keep_placements(
        {
            one.id: AccountPlacement(units, START, {"env": "prod"}, START),
            two.id: AccountPlacement(units=units, units_at=START),
            three.id: AccountPlacement(units=(), units_at=START, tags={}, tags_at=START),
            "000000000099": AccountPlacement(units, START),
        }
    )
    store.accounts.keep_placements(
        {
            one.id: AccountPlacement(tags={"env": "dev"}, tags_at=later),
            three.id: AccountPlacement(units=units[:1], units_at=later),
        }
    )
    kept = store.accounts.placements("")
    assert kept[one.id] == AccountPlacement(units, START, {"env": "dev"}, later)
    assert kept[three.id] == AccountPlacement(units[:1], later, {}, START)
    assert kept[account(4).id] == AccountPlacement()
    assert store.accounts.placements("acme") == {two.id: AccountPlacement(units, START)}
    assert store.accounts.placements("other") == {}
    assert store.accounts.get("000000000099") is None
    # Listed again, an account keeps where it stands.
    store.accounts.remember([replace(one, state="SUSPENDED")])
    now = store.accounts.get(one.id)
    assert now == replace(one, state="SUSPENDED", units=units, tags={"env": "dev"})
    assert store.accounts.find(one.id, 1) == [now]


def test_where_an_account_stood_is_known_for_a_week(tmp_path: Path) -> None:
    """An account comes with its OUs and tags as long as they are good, each by its own time."""
    clock = SetClock()
    path, tags = (Unit("ou-ab12-11111111", "Prod"),), {"env": "prod"}
    with open_at(tmp_path / "bot.db", clock) as store:
        store.accounts.remember([account()])
        store.accounts.keep_placements({account().id: AccountPlacement(path, START)})
        later = START + timedelta(days=1)
        store.accounts.keep_placements({account().id: AccountPlacement(tags=tags, tags_at=later)})
        clock.tick(7 * 86_400 - 1)
        whole = replace(account(), units=path, tags=tags)
        assert store.accounts.get(account().id) == whole
        clock.tick(1)
        assert store.accounts.get(account().id) == replace(account(), tags=tags)
        clock.tick(86_400)
        assert store.accounts.find(account().id, 1) == [account()]


def test_all_accounts_are_listed_at_once(tmp_path: Path) -> None:
    """In the order of names, with OUs and tags that are not too old; without those that left."""
    clock = SetClock()
    path = (Unit("ou-ab12-11111111", "Prod"),)
    one, two, three = account(1, "b"), account(2, "A"), account(3, "c")
    with open_at(tmp_path / "bot.db", clock) as store:
        scan_once(store, *(result(each) for each in (one, two, three)))
        store.accounts.keep_placements(
            {
                one.id: AccountPlacement(path, START, {"env": "prod"}, START),
                two.id: AccountPlacement(path, START),
            }
        )
        scan_once(store, *(result(each) for each in (one, two)))
        placed, other = replace(one, units=path, tags={"env": "prod"}), replace(two, units=path)
        assert store.accounts.all() == [other, placed]
        clock.tick(8 * 86_400)
        assert store.accounts.all() == [two, one]


def test_an_account_that_moved_leaves_its_ous_and_tags_behind(store: DatabaseStore) -> None:
    """What one organization says of an account does not hold in another."""
    here = replace(account(), organization="here")
    path, tags = (Unit("ou-ab12-11111111", "Prod"),), {"env": "prod"}
    kept = AccountPlacement(path, START, tags, START)
    store.accounts.remember([here])
    store.accounts.keep_placements({here.id: kept})
    store.accounts.remember([replace(here, name="Renamed")])
    assert store.accounts.placements("here")[here.id] == kept
    there = replace(here, organization="there")
    store.accounts.remember([there])
    found = store.accounts.placements("there")[here.id]
    assert (found.units, found.tags, store.accounts.get(here.id)) == (None, None, there)


def test_paths_of_many_accounts_are_held_once(store: DatabaseStore) -> None:
    """Accounts of one OU share one path in memory."""
    units = (Unit("ou-ab12-11111111", "Production"),)
    store.accounts.keep_placements({account(n).id: AccountPlacement(units, START) for n in (1, 2)})
    kept = store.accounts.placements("")
    assert kept[account(1).id].units is kept[account(2).id].units


def test_contacts_that_accounts_share(tmp_path: Path) -> None:
    """Those of at least two other active accounts, by how many; ties keep their order."""
    with open_at(tmp_path / "bot.db", SetClock()) as store:
        held: dict[int, AlternateContact] = {
            **dict.fromkeys((1, 2, 3), CONTACT),
            # The same contact as AWS may return it.
            4: replace(CONTACT, email=CONTACT.email.upper()),
            **dict.fromkeys((5, 6), OTHER),
            **dict.fromkeys((7, 8), THIRD),
            9: replace(THIRD, name="Alone"),
        }
        states = {3: "SUSPENDED"}
        results = [
            result(
                account(number, state=states.get(number, "ACTIVE")),
                TypeResult.from_verdicts(SECURITY, [], contact),
            )
            for number, contact in held.items()
        ]
        scan_once(store, *results)
        shared = store.accounts.common_contacts(SECURITY, account(1).id, 10)
        equal = sorted((CONTACT, OTHER, THIRD), key=lambda contact: contact.fingerprint)
        assert shared == [(contact, 2) for contact in equal]
        assert store.accounts.common_contacts(SECURITY, account(9).id, 1) == [(CONTACT, 3)]
        assert store.accounts.common_contacts(ContactType.BILLING, account(1).id, 10) == []
