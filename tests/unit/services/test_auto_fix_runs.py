"""Auto-fix from the scan to the contact in AWS: with the worker that writes, and what stops it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.runs import ItemState, RunState
from bot.services.account_policy import AccountPolicies
from bot.services.auto_fix import AutoFixService
from bot.services.bulk_fix import RunWorker
from bot.services.management_accounts import ManagementAccounts
from bot.services.organizations import OrganizationRouter
from tests.unit.fakes import CONTACT, OTHER, SCHEDULE, SECURITY, account, scanner
from tests.unit.services.fix_world import World, authority_of
from tests.unit.services.test_auto_fix import WHOLE
from tests.unit.services.test_bulk_fix import Inline
from tests.unit.services.test_run_exclusions import exempt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.announcements import Announcement
    from bot.domain.policy.account_policy import Value
    from tests.unit.services.fix_world import Process

ALL = [account(number) for number in (1, 2, 3)]


def policy(**more: Value) -> Policy:
    """A policy that expects a security contact whole, and lets the bot set it."""
    return Policy.requiring(tables=[PolicyTable("policy", {**WHOLE, "auto_fix": True, **more})])


class Bot:
    """One process that scans, fixes by itself, and works on its runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.process: Process = world.process()
        self.store = self.process.store
        organizations = OrganizationRouter([world.gateway], self.store.accounts)
        policies = AccountPolicies(self.store.accounts, lambda: world.policy)
        management = ManagementAccounts(organizations, self.store.scans, world.clock)
        self.auto_fix = AutoFixService(self.store, policies, management, world.clock)
        self.worker = RunWorker(
            self.store.runs,
            self.process.fixes,
            self.process.recovery,
            world.clock,
            still_allowed=authority_of(world, self.store).require,
            pool=Inline(),
        )

    def scan(self) -> None:
        """Check everything, and decide what to fix."""
        world = self._world
        checking = scanner(
            world.gateway, self.store, world.clock, world.policy, on_recorded=self.auto_fix.settle
        )
        checking.start(SCHEDULE).report.result()
        checking.stop()

    def work(self, rounds: int = 3) -> None:
        """Work on runs, and read back what was written."""
        for _ in range(rounds):
            self.worker.look()
            self.process.recovery.look(of_runs=True)
            self._world.clock.tick(5)

    def states(self) -> list[ItemState]:
        """What the contacts of the run came to."""
        return [item.state for item in self.store.runs.items(1)]

    def due(self, kind: AnnouncementKind) -> list[Announcement]:
        """The announcements of a kind that would be posted or updated now."""
        return [each for each in self.store.announcements.due() if each.kind is kind]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """AWS without any contact, where time passes only as the test says."""
    made = World(tmp_path)
    made.gateway.listed = list(ALL)
    made.gateway.on_read = lambda: None
    made.policy = policy()
    yield made
    made.close()


@pytest.fixture
def bot(world: World) -> Bot:
    """A process."""
    return Bot(world)


def test_new_findings_are_fixed_and_one_message_tells(world: World, bot: Bot) -> None:
    """The alert waits, and isn't posted if nothing is left; the run's message has it all."""
    bot.scan()
    assert bot.due(AnnouncementKind.NON_COMPLIANT) == []
    assert len(bot.due(AnnouncementKind.RUN)) == 1
    bot.work()
    assert bot.states() == [ItemState.VERIFIED] * 3
    assert world.gateway.writes == [CONTACT] * 3
    assert {origin.user_id for origin in world.gateway.origins} == {"bot"}
    run = bot.store.runs.get(1)
    assert run is not None
    assert run.state is RunState.ENDED
    assert bot.due(AnnouncementKind.NON_COMPLIANT) == []
    assert bot.due(AnnouncementKind.FIXED) == []
    bot.scan()
    assert bot.store.runs.get(2) is None


def test_what_changed_since_the_scan_is_held_back_and_alerted(world: World, bot: Bot) -> None:
    """A person was faster, with another contact: it stays, and the alert has it."""
    bot.scan()
    world.gateway.hold(2, OTHER)
    bot.work()
    assert bot.states() == [ItemState.VERIFIED, ItemState.HELD_BACK, ItemState.VERIFIED]
    assert world.gateway.held[account(2).id, SECURITY] == OTHER
    (alert,) = bot.due(AnnouncementKind.NON_COMPLIANT)
    summary = bot.store.announcements.message_content(alert.id, 10).summary
    assert (summary.accounts, summary.open_accounts) == (3, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"auto_fix": False},
        {"approval": "always"},
        {"managed_by": "terraform"},
        {"excluded": "Closing."},
    ],
)
def test_the_policy_counts_as_it_is_when_a_contact_is_written(
    world: World, bot: Bot, changed: dict[str, Value]
) -> None:
    """A policy that was reloaded in between stops the bot."""
    bot.scan()
    world.policy = policy(**changed)
    bot.work()
    assert world.gateway.writes == []
    assert set(bot.states()) <= {ItemState.FAILED, ItemState.HELD_BACK}
    assert bot.due(AnnouncementKind.NON_COMPLIANT) != []


def test_what_was_exempted_since_the_scan_is_held_back(world: World, bot: Bot) -> None:
    """The bot leaves it alone, and the others are fixed."""
    bot.scan()
    exempt(world, bot.store, 2)
    bot.work()
    assert bot.states() == [ItemState.VERIFIED, ItemState.HELD_BACK, ItemState.VERIFIED]
    assert len(world.gateway.writes) == 2


def test_a_killed_bot_writes_nothing_twice(world: World, bot: Bot) -> None:
    """Another process goes on where it was, and decides nothing again."""
    other = Bot(world)
    bot.scan()

    def killed() -> None:
        if len(world.gateway.origins) == 2:
            raise KeyboardInterrupt

    world.gateway.on_write = killed
    with pytest.raises(KeyboardInterrupt):
        bot.worker.look()
    world.gateway.on_write = lambda: None
    world.clock.tick(31)
    other.auto_fix.settle()
    other.work(30)
    assert other.states() == [ItemState.VERIFIED] * 3
    assert other.store.runs.get(2) is None
    # The second was sent when the process was killed, and AWS hadn't accepted it.
    assert [int(fix_of(other, origin.fix_id)) for origin in world.gateway.origins] == [1, 2, 3, 2]


def test_what_somebody_changes_back_is_alerted(world: World, bot: Bot) -> None:
    """The bot doesn't fight: within a day, people are asked."""
    bot.scan()
    bot.work()
    world.clock.tick(3600)
    world.gateway.hold(1, replace(CONTACT, title="Intern"))
    bot.scan()
    bot.work()
    assert bot.store.runs.get(2) is None
    assert len(world.gateway.writes) == 3
    (alert,) = bot.due(AnnouncementKind.NON_COMPLIANT)
    assert bot.store.announcements.message_content(alert.id, 10).summary.open_accounts == 1


def fix_of(bot: Bot, fix_id: int) -> str:
    """The account of a fix."""
    fix = bot.store.fixes.get(fix_id)
    assert fix is not None
    return fix.request.account_id
