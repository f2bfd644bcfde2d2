"""One organization's part of a scan by itself: list, place, read, evaluate."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Unit
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.scans import ScanPart
from bot.services.evaluation_context import EvaluationContext
from bot.services.placement import PlacementResolver
from bot.services.scan.organization_scan import OrganizationScan
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import ORGANIZATION, FakeClock, FakeGateway, account, gateway_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.accounts import Account

PROD = Unit("ou-ab12-11111111", "Prod")
BILLING_IN_PROD = PolicyTable(
    "here", {"billing.presence": Presence.REQUIRED}, Match(units=("/Prod",))
)


class World:
    """Two accounts, the first of which is in an OU that the policy asks more of."""

    def __init__(self, store: SqliteStore, readers: ThreadPoolExecutor) -> None:
        clock = FakeClock()
        self.gateway = FakeGateway(account(1), account(2))
        self.gateway.name = "corp"
        self.gateway.tree = {PROD.id: (PROD,)}
        self.gateway.placed = {account(1).id: PROD.id, account(2).id: ""}
        self.gateway.hold(2)
        self.progress: list[tuple[int, int | None]] = []
        self.told = threading.Event()
        self.stopping = threading.Event()
        policy = Policy.requiring(tables=[BILLING_IN_PROD])
        self.scan = OrganizationScan(
            self.gateway,
            PlacementResolver(self.gateway, store.accounts, policy, clock),
            EvaluationContext(policy),
            clock,
            readers=readers,
            concurrency=1,
            stopping=self.stopping,
            on_progress=self._on_progress,
            poll_interval=0.005,
            shutdown_timeout=0.05,
        )

    def _on_progress(self) -> None:
        self.progress.append(self.scan.progress)
        self.told.set()

    def outcomes(self) -> list[Outcome]:
        """What came of each account, in the order listed."""
        return [result.outcome for result in self.scan.results()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One organization, and one thread that reads it."""
    with (
        SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as store,
        ThreadPoolExecutor(1) as readers,
    ):
        yield World(store, readers)


def test_it_is_complete_before_it_runs(world: World) -> None:
    """Its progress, its results and how it went can be asked for at any time."""
    assert world.scan.progress == (0, None)
    assert world.scan.results() == []
    assert world.scan.part == ScanPart("corp")


def test_accounts_are_listed_placed_read_and_evaluated(world: World) -> None:
    """Each account is read for what its place makes the policy ask of it, and evaluated by that."""
    world.scan.run()
    assert world.scan.part == ScanPart("corp", ORGANIZATION)
    assert world.outcomes() == [Outcome.MISSING, Outcome.COMPLIANT]
    assert world.scan.results()[0].account.units == (PROD,)
    assert [(account_id, contact_type) for account_id, contact_type, _ in world.gateway.reads] == [
        (account(1).id, ContactType.SECURITY),
        (account(1).id, ContactType.BILLING),
        (account(2).id, ContactType.SECURITY),
    ]
    assert world.progress[-1] == (2, 2)


def test_the_total_is_unknown_while_accounts_are_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until AWS has listed the last account, nobody knows how many there are."""
    meanwhile = []

    def listing() -> Iterator[Account]:
        yield account(1)
        assert world.told.wait(60)
        meanwhile.append(world.scan.progress)
        yield account(2)

    monkeypatch.setattr(world.gateway, "accounts", listing)
    world.scan.run()
    assert meanwhile == [(1, None)]
    assert world.progress[-1] == (2, 2)


def test_the_total_stays_unknown_if_listing_fails(world: World) -> None:
    """A list that broke off doesn't say how many accounts there are."""
    world.gateway.listing_fault = gateway_error(FailureCode.THROTTLED)
    world.scan.run()
    assert world.scan.progress == (2, None)


def test_the_first_reason_to_give_up_stands(world: World) -> None:
    """Once given up nothing is read, and no later reason takes its place."""
    world.scan.give_up(failure(FailureCode.CREDENTIALS_EXPIRED))
    world.stopping.set()
    world.scan.run()
    why = world.scan.part.failure
    assert why is not None
    assert why.cause is FailureCode.CREDENTIALS_EXPIRED
    assert (world.scan.results(), world.gateway.reads) == ([], [])


def test_a_caller_that_is_refused_ends_it(world: World) -> None:
    """Where AWS does not let the caller in nothing is concluded, and the reason is reported."""
    world.gateway.walk_fault = gateway_error(FailureCode.CREDENTIALS_EXPIRED)
    world.scan.run()
    why = world.scan.part.failure
    assert why is not None
    assert why.cause is FailureCode.CREDENTIALS_EXPIRED
    assert not any(result.was_scanned for result in world.scan.results())
    assert world.gateway.reads == []


IF_TAGGED = PolicyTable(
    "here", {"billing.presence": Presence.REQUIRED}, Match(tags=(("env", "prod"),))
)


class TaggedWorld:
    """Sixty accounts, read by eight threads, of which the policy needs the tags."""

    def __init__(self, store: SqliteStore) -> None:
        self.accounts = [account(number) for number in range(1, 61)]
        self.gateway = FakeGateway(*self.accounts)
        self.store = store

    def unknown(self) -> dict[str, FailureCode]:
        """The accounts that a scan leaves unknown, with the cause."""
        policy = Policy.requiring(tables=[IF_TAGGED])
        with ThreadPoolExecutor(8) as readers:
            clock = FakeClock()
            scan = OrganizationScan(
                self.gateway,
                PlacementResolver(self.gateway, self.store.accounts, policy, clock),
                EvaluationContext(policy),
                clock,
                readers=readers,
                concurrency=8,
                stopping=threading.Event(),
                on_progress=lambda: None,
                poll_interval=0.005,
                shutdown_timeout=1,
            )
            scan.run()
        results = scan.results()
        assert [result.account.id for result in results] == [each.id for each in self.accounts]
        return {
            result.account.id: item.failure.cause
            for result in results
            for item in result.results[:1]
            if item.failure is not None
        }


@pytest.fixture
def tagged(tmp_path: Path) -> Iterator[TaggedWorld]:
    """The same world for each test, with nothing kept."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as store:
        yield TaggedWorld(store)


@pytest.mark.parametrize(
    "denied",
    [{1}, {30}, set(range(1, 21)), set(range(1, 41)), set(range(2, 60, 2)), set(range(21, 61))],
    ids=["first", "one", "first 20", "first 40", "every other", "last 40"],
)
def test_accounts_whose_tags_are_denied_are_unknown_and_no_others(
    tagged: TaggedWorld, denied: set[int]
) -> None:
    """However many they are and wherever they are listed, each refusal is one account's."""
    ids = {account(number).id for number in denied}
    fault = gateway_error(FailureCode.DENIED)
    tagged.gateway.tag_faults = dict.fromkeys(ids, fault)
    assert tagged.unknown() == dict.fromkeys(ids, FailureCode.PLACE_UNREAD)


def test_where_nobodys_tags_can_be_read_some_are_asked_for_and_the_rest_are_not(
    tagged: TaggedWorld,
) -> None:
    """The first ones and some from all over the list decide it, the same ones at each scan."""
    tagged.gateway.tag_fault = gateway_error(FailureCode.DENIED)
    first = tagged.unknown()
    asked = list(tagged.gateway.tags_read)
    assert len(asked) == 10
    assert {each for each, cause in first.items() if cause is FailureCode.PLACE_UNREAD} == {*asked}
    assert {cause for each, cause in first.items() if each not in asked} == {
        FailureCode.PLACE_NOT_ASKED
    }
    assert tagged.unknown() == first
    assert tagged.gateway.tags_read == 2 * asked


def test_tags_are_read_side_by_side_once_one_was_read(tagged: TaggedWorld) -> None:
    """What one account after another decides costs no more than the first success."""
    together = threading.Barrier(8, timeout=10)
    tagged.gateway.on_tags = lambda number: together.wait() if 1 < number <= 9 else None
    assert tagged.unknown() == {}
