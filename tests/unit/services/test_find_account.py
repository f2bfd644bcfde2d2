"""Accounts found by what people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Account
from bot.domain.failures import FailureCode
from bot.services.find_account import AccountFinder, AccountMatches
from bot.services.organizations import OrganizationRouter
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import FakeClock, FakeGateway, account, gateway_error

if TYPE_CHECKING:
    from pathlib import Path

LAB, LAB_TWO = account(1, "Lab"), account(2, "Lab 2")


def test_the_only_match_is_meant() -> None:
    """A part of one name is enough."""
    assert AccountMatches("2", [LAB_TWO]).only == LAB_TWO


def test_an_exact_match_is_meant_whatever_contains_it() -> None:
    """A whole name goes before longer ones; so does an id; spaces and case do not count."""
    assert AccountMatches(" lab ", [LAB, LAB_TWO]).only == LAB
    assert AccountMatches(LAB_TWO.id, [LAB, LAB_TWO]).only == LAB_TWO


@pytest.mark.parametrize(
    "text",
    ["0000-0000-0002", "`000000000002`", "arn:aws:iam::000000000002:root", "x · 000000000002"],
)
def test_an_id_is_meant_however_it_was_pasted(text: str) -> None:
    """The id in the text wins over names, whatever is around it."""
    assert AccountMatches(text, [LAB, LAB_TWO]).only == LAB_TWO


def test_a_name_is_found_without_the_marks_around_it(tmp_path: Path) -> None:
    """A name that was copied with marks is found; one that has such marks of its own, too."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        finder = AccountFinder(store.accounts, OrganizationRouter([], store.accounts), clock)
        store.accounts.remember([LAB, LAB_TWO, account(3, "R&D <lab>"), account(4, "2024")])
        assert finder.known("“Lab”").only == LAB
        assert finder.known("\u200b`Lab\u00a02`").only == LAB_TWO
        assert finder.known("R&D <lab>").only == account(3, "R&D <lab>")
        assert finder.known("2024").only == account(4, "2024")
        assert finder.known("“”").accounts == []


def test_a_name_of_digits_is_a_name(tmp_path: Path) -> None:
    """A name like an account id is found by itself; where it is another's id, a person chooses."""
    clock = FakeClock()
    named = account(7, "0000-0000-0002")
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        finder = AccountFinder(store.accounts, OrganizationRouter([], store.accounts), clock)
        store.accounts.remember([named])
        assert finder.known("0000-0000-0002").only == named
        store.accounts.remember([LAB_TWO])
        assert finder.known("000000000002").only == LAB_TWO
        both = finder.known("0000-0000-0002")
        assert (both.exact, both.only) == ([LAB_TWO, named], None)


def test_of_several_none_is_meant() -> None:
    """Where several match alike, or have one name, a person has to choose."""
    assert AccountMatches("la", [LAB, LAB_TWO]).only is None
    twins = [account(1, "Lab"), account(3, "LAB")]
    assert AccountMatches("lab", [*twins, LAB_TWO]).only is None
    assert AccountMatches("lab", [*twins, LAB_TWO]).exact == twins


def test_nothing_is_meant_where_nothing_matches() -> None:
    """There is no account to choose."""
    assert AccountMatches("lab").only is None


def test_why_accounts_could_not_be_listed_comes_with_no_match_alone(tmp_path: Path) -> None:
    """What is known is found however AWS fares; else it is said why there may be more."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        gateway = FakeGateway()
        gateway.listing_fault = gateway_error(FailureCode.DENIED)
        finder = AccountFinder(store.accounts, OrganizationRouter([gateway], store.accounts), clock)
        failures = finder.find("lab").failures
        assert [why.cause for why in failures.values()] == [FailureCode.DENIED]
        store.accounts.remember([LAB])
        assert finder.find("lab") == AccountMatches("lab", store.accounts.find("lab", 1))


def test_accounts_are_listed_once_for_what_is_not_known(tmp_path: Path) -> None:
    """An unknown name lists the accounts again, and not again for a while."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        gateway = FakeGateway(Account("444444444444", "Data lake"))
        directory = AccountFinder(
            store.accounts, OrganizationRouter([gateway], store.accounts), clock
        )
        assert directory.known("lake").accounts == []
        assert [account.id for account in directory.find("lake").accounts] == ["444444444444"]
        assert not directory.find("nothing").accounts
        assert directory.nearest("data lak") == ["Data lake"]
        assert directory.name("444444444444") == "Data lake"
        assert directory.name("555555555555") == "555555555555"
