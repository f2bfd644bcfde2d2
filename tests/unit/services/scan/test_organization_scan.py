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
from tests.unit.fakes import ORGANIZATION, FakeClock, FakeGateway, account, gateway_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        self.progress: list[tuple[int, int]] = []
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
            on_progress=lambda: self.progress.append(self.scan.progress),
            poll_interval=0.005,
            shutdown_timeout=0.05,
        )

    def outcomes(self) -> list[Outcome]:
        """What came of each account, in the order listed."""
        return [result.outcome for result in self.scan.results()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One organization, and one thread that reads it."""
    with SqliteStore(tmp_path / "bot.db", FakeClock()) as store, ThreadPoolExecutor(1) as readers:
        yield World(store, readers)


def test_it_is_complete_before_it_runs(world: World) -> None:
    """Its progress, its results and how it went can be asked for at any time."""
    assert world.scan.progress == (0, 0)
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
    """Where AWS does not let the caller in nothing is concluded, and the reason is told."""
    world.gateway.walk_fault = gateway_error(FailureCode.CREDENTIALS_EXPIRED)
    world.scan.run()
    why = world.scan.part.failure
    assert why is not None
    assert why.cause is FailureCode.CREDENTIALS_EXPIRED
    assert not any(result.was_scanned for result in world.scan.results())
    assert world.gateway.reads == []
