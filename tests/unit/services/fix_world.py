"""What the tests of fixes have in common: the services as the app builds them, on fakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.actors import Actor
from bot.domain.policy.policy import Policy
from bot.services.account_policy import AccountPolicies
from bot.services.approval_gate import ApprovalGate
from bot.services.approval_needs import ApprovalNeeds
from bot.services.fix import FixService
from bot.services.fix_recorder import FixRecorder
from bot.services.fix_recovery import FixRecovery
from bot.services.fix_result import NotFixed
from bot.services.fix_writer import FixWriter
from bot.services.management_accounts import ManagementAccounts
from bot.services.organizations import OrganizationRouter
from bot.services.read_back import ReadBack
from bot.services.remove import RemoveService
from bot.services.run_authority import RunAuthority
from bot.services.run_exclusions import RunExclusions
from bot.services.show_account import AccountViewService
from bot.services.undo import UndoService
from bot.store import SqliteStore
from bot.store.owner import Owner
from tests.sqlite import with_tables
from tests.unit.fakes import START, FakeClock, FakeFixers, FakeGateway, FakeMembers, account

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.fixes import Fix
    from bot.services.approval_needs import Judge
    from bot.services.fix_result import FixResult

NAME = "Account 1"
ANA, BO, EVE = Actor("U1"), Actor("U2"), Actor("U9")
"""The first two are fixers."""


@dataclass(frozen=True, slots=True)
class Process:
    """One bot: its database connection, and its services for fixes."""

    store: SqliteStore
    fixes: FixService
    recovery: FixRecovery
    read_back: ReadBack
    undos: UndoService
    removals: RemoveService


class World:
    """An account without a contact, which every read of AWS takes ten seconds to read.

    `policy` may change, `fixers` knows U1 and U2, and `told` grows with each record that may be
    announced.
    """

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(START + timedelta(minutes=1))
        self.gateway = FakeGateway(account(1))
        self.gateway.on_read = lambda: self.clock.tick(10)
        self.policy = Policy.requiring()
        self.fixers = FakeFixers("U1", "U2")
        self.told: list[str] = []
        self.path = with_tables(folder / "bot.db")
        self.processes: list[Process] = []

    def process(
        self,
        *,
        within: float = 60.0,
        wait: float = 0.0,
        lease: float = 30.0,
        busy_timeout: float = 10.0,
        gated: bool = False,
    ) -> Process:
        """A bot on the database, on a host of its own; `wait` seconds between two reads.

        `gated`: a second person has to approve what the policy says.
        """
        host = f"host-{len(self.processes)}"
        store = SqliteStore(
            with_tables(self.path),
            self.clock,
            owner=Owner(host, host, 1),
            busy_timeout=busy_timeout,
        )
        read_back = ReadBack(
            self.gateway,
            self.clock,
            within=within,
            first_poll_interval=wait,
            longest_poll_interval=wait,
        )
        policies = AccountPolicies(store.accounts, lambda: self.policy)
        judge = AccountViewService(self.gateway, store, policies, FakeMembers(), self.clock).judge
        recorder = FixRecorder(
            store.fixes, judge=judge, on_recorded=lambda: self.told.append("recorded")
        )
        recovery = FixRecovery(store.fixes, recorder, read_back, self.clock)
        writer = FixWriter(
            self.gateway,
            store.fixes,
            self.clock,
            read_back=read_back,
            recorder=recorder,
            recovery=recovery,
            lease=lease,
        )
        fixes = FixService(
            store,
            self.fixers,
            self.clock,
            policies=policies,
            recovery=recovery,
            writer=writer,
            gate=self._gate(store, judge) if gated else None,
        )
        undos = UndoService(
            fixes,
            store.fixes,
            self.gateway,
            recovery,
            policies=policies,
            clock=self.clock,
            judge=judge,
        )
        removals = RemoveService(fixes, policies, store.exemptions)
        self.processes.append(Process(store, fixes, recovery, read_back, undos, removals))
        return self.processes[-1]

    def _gate(self, store: SqliteStore, judge: Judge) -> ApprovalGate:
        needs = needs_of(self, store, judge)
        return ApprovalGate(needs, self.gateway, store.fixes, self.clock)

    def close(self) -> None:
        """Close every database connection."""
        for process in self.processes:
            process.store.close()


def needs_of(world: World, store: SqliteStore, judge: Judge = lambda *_: None) -> ApprovalNeeds:
    """What knows which changes need approval."""
    organizations = OrganizationRouter([world.gateway], store.accounts)
    management = ManagementAccounts(organizations, store.scans, world.clock)
    policies = AccountPolicies(store.accounts, lambda: world.policy)
    return ApprovalNeeds(store, policies, management, world.fixers, judge)


def exclusions_of(world: World, store: SqliteStore) -> RunExclusions:
    """What knows which contacts runs leave alone."""
    policies = AccountPolicies(store.accounts, lambda: world.policy)
    return RunExclusions(store.findings, policies)


def authority_of(world: World, store: SqliteStore) -> RunAuthority:
    """What asks again whether a run may write."""
    needs, exclusions = needs_of(world, store), exclusions_of(world, store)
    return RunAuthority(store, world.fixers, needs, exclusions, world.clock)


def record_of(result: FixResult) -> Fix:
    """The record that a fix left."""
    assert result.fix is not None
    return result.fix


def refusal(result: FixResult) -> NotFixed:
    """Why a fix was not made."""
    assert isinstance(result, NotFixed)
    return result


def recorded(store: SqliteStore, number: int = 1) -> Fix:
    """A fix as the store has it."""
    fix = store.fixes.get(number)
    assert fix is not None
    return fix
