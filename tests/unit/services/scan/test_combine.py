"""Several organizations in one scan: side by side, together, and each with its own trouble."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.cli.check import exit_status
from bot.cli.exit_status import Exit
from bot.domain.failures import FailureCode
from bot.domain.findings import Outcome
from bot.domain.scans import ScanState
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    ORGANIZATION,
    PATIENCE,
    SCHEDULE,
    FakeClock,
    FakeGateway,
    Gate,
    account,
    gateway_error,
    scanner,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.accounts import Account
    from bot.domain.announcements import AnnouncementContent
    from bot.domain.scans import ScanReport
    from bot.domain.scope import Scope


@pytest.fixture
def clock() -> FakeClock:
    """The time."""
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStore]:
    """A database."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as opened:
        yield opened


class Hanging(FakeGateway):
    """An organization that does not say who is calling until the test lets it."""

    def __init__(self, *accounts: Account) -> None:
        super().__init__(*accounts)
        self.scope_gate = Gate()
        self.went_on = threading.Event()

    def scope(self) -> Scope:
        self.scope_gate.stand()
        return ORGANIZATION

    def accounts(self) -> Iterator[Account]:
        self.went_on.set()
        return super().accounts()


def of(number: int, organization: str) -> Account:
    """An account as listed in an organization."""
    return replace(account(number), organization=organization)


def named(gateway: FakeGateway, name: str) -> FakeGateway:
    """The same, by this name."""
    gateway.name = name
    return gateway


def run(store: SqliteStore, clock: FakeClock, *gateways: FakeGateway) -> ScanReport:
    """One scan of these organizations."""
    scans = scanner(gateways, store, clock)
    report = scans.start(SCHEDULE).report.result(PATIENCE)
    scans.stop()
    clock.tick(3600)
    return report


def test_an_account_in_two_organizations_counts_once(store: SqliteStore, clock: FakeClock) -> None:
    """Of an account that moves that reading counts which tells more, whichever comes first."""
    old = named(FakeGateway(of(1, "old"), of(2, "old")), "old")
    new = named(FakeGateway(of(1, "new")), "new")
    new.hold(1)
    for first, second in ((old, new), (new, old)):
        old.say(1, unreadable())
        report = run(store, clock, first, second)
        found = {each.account.id: each for each in report.results}
        assert (report.scan.accounts, len(found)) == (2, 2)
        assert found[account(1).id].account.organization == "new"
        assert found[account(1).id].outcome is Outcome.COMPLIANT
    known = store.accounts.get(account(1).id)
    assert known is not None
    assert known.organization == "new"
    assert [each.findings for each in contents(store)] == [
        tuple(store.findings.unresolved(account(2).id))
    ]


def contents(store: SqliteStore) -> list[AnnouncementContent]:
    """What is to be announced."""
    return [store.announcements.content(each.id, 9) for each in store.announcements.due()]


def test_an_organization_that_fails_stops_no_other(store: SqliteStore, clock: FakeClock) -> None:
    """Its failure is named, the others are read, and the exit status says that not all is known."""
    broken = named(FakeGateway(), "broken")
    broken.scope_found = gateway_error(FailureCode.CREDENTIALS_EXPIRED)
    works = named(FakeGateway(of(2, "works")), "works")
    works.hold(2)
    report = run(store, clock, broken, works)
    assert report.scan.state is ScanState.INCOMPLETE
    assert report.scan.failure is not None
    assert report.scan.failure.message.startswith("In the organization “broken”: ")
    assert report.scan.complete_in == {"works"}
    assert set(report.scan.failing) == {"broken"}
    assert exit_status(report) is Exit.UNCHECKED


@pytest.mark.parametrize("with_broken", [False, True])
def test_an_organization_that_hangs_at_a_stop_keeps_none_from_being_recorded(
    store: SqliteStore, clock: FakeClock, *, with_broken: bool
) -> None:
    """What was read elsewhere is recorded, and the next start finds a check still to be made."""
    hanging = Hanging(of(1, "hangs"))
    hanging.name = "hangs"
    works = named(FakeGateway(of(2, "works")), "works")
    broken = named(FakeGateway(), "broken")
    broken.scope_found = gateway_error(FailureCode.CREDENTIALS_EXPIRED)
    gateways = [*([broken] if with_broken else []), hanging, works]
    scans = scanner(gateways, store, clock)
    read = Gate()
    works.on_read = read.stand
    ticket = scans.start(SCHEDULE)
    with read.held():
        hanging.scope_gate.await_reached()
    scans.stop()
    report = ticket.report.result(timeout=0)
    hanging.scope_gate.open()
    assert hanging.went_on.wait(PATIENCE)
    assert [each.account.id for each in report.results] == [account(2).id]
    assert report.scan.state is ScanState.INCOMPLETE
    assert "hangs" not in report.scan.complete_in
    assert store.scans.last() is None
    assert len(store.findings.unresolved(account(2).id)) == 1
