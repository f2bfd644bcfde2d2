"""The doctor's checks of PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.app.clock import SystemClock
from bot.services.doctor import State
from bot.store.postgres.address import Address
from bot.store.postgres.doctor import PostgresChecks
from bot.store.postgres.store import PostgresStore
from tests.postgres import query

if TYPE_CHECKING:
    from bot.services.doctor import CheckResult


def lines(url: str, busy_timeout: float = 5) -> dict[str, CheckResult]:
    """What the doctor finds, by the name of the check."""
    checks = PostgresChecks(url, busy_timeout).checks()
    return {line.name: line for check in checks for line in check.run()}


def states(url: str) -> dict[str, State]:
    """How each check ended."""
    return {name: line.state for name, line in lines(url).items()}


ALL_WELL = dict.fromkeys(("Server", "TLS", "Schema", "Writing"), State.OK)
UNREACHED = {
    "Server": State.FAILURE,
    "Schema": State.NOT_TESTED,
    "Writing": State.NOT_TESTED,
}


def test_all_is_well(url: str) -> None:
    """The server's version is shown, and nothing of the address that is secret."""
    found = lines(url.replace("altcontact@", "altcontact:hunter2@"))
    assert {name: line.state for name, line in found.items()} == ALL_WELL
    assert "is PostgreSQL 1" in found["Server"].message
    assert "doesn't leave this machine" in found["TLS"].message
    assert found["Schema"].message == "is up to date."
    assert "hunter2" not in str(found)


def test_an_empty_database_stays_empty(empty: str) -> None:
    """The next start creates the tables, not the doctor."""
    found = lines(empty)
    assert {name: line.state for name, line in found.items()} == ALL_WELL
    assert "the next start updates it" in found["Schema"].message
    checks = PostgresChecks(empty)
    assert (checks.last_scan(), checks.waiting(), checks.others()) == (None, None, None)
    assert query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_server_that_is_gone(url: str) -> None:
    """What builds on it isn't tested."""
    assert states(url.replace("127.0.0.1", "nowhere.invalid")) == UNREACHED


def test_a_newer_database(url: str, empty: str) -> None:
    """The bot wouldn't start with it."""
    PostgresStore(empty, SystemClock()).close()
    query(empty, "UPDATE altcontact SET version = 999")
    found = lines(empty)
    assert found["Schema"].state is State.FAILURE
    assert "newer version" in found["Schema"].message
    assert found["Writing"].state is State.NOT_TESTED
    assert states(url) == ALL_WELL


@pytest.mark.parametrize("how", ["read-only", "rights", "busy"])
def test_writing_that_fails(empty: str, how: str) -> None:
    """Each cause is said."""
    with closing(PostgresStore(empty, SystemClock())) as store:
        if how == "read-only":
            found = lines(f"{empty}?options=-cdefault_transaction_read_only%3Don")
            assert "read-only" in found["Writing"].message
        elif how == "busy":
            with store.connections.writing() as db:
                db.run("DELETE FROM deliveries")
                found = lines(empty, busy_timeout=0.2)
            assert "kept busy by another bot" in found["Writing"].message
        else:
            query(empty, "CREATE ROLE reader LOGIN")
            query(empty, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            query(empty, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
            try:
                found = lines(empty.replace("altcontact@", "reader@"))
            finally:
                query(empty, "DROP OWNED BY reader")
                query(empty, "DROP ROLE reader")
            assert "doesn't allow the bot's user" in found["Writing"].message
    assert found["Writing"].state is State.FAILURE
    assert found["Writing"].remedy


def test_an_unencrypted_connection_over_the_network(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning that says what to add."""
    monkeypatch.setattr(Address, "is_local", property(lambda _: False))
    found = lines(url)["TLS"]
    assert found.state is State.WARNING
    assert "sslmode=verify-full" in found.remedy


def test_an_old_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that isn't supported is named."""
    monkeypatch.setattr("bot.store.postgres.doctor.OLDEST", 99)
    found = lines(url)
    assert found["Server"].state is State.FAILURE
    assert "Upgrade it to PostgreSQL 99" in found["Server"].remedy
    assert found["Writing"].state is State.NOT_TESTED
