"""What the bot fixes by itself after a scan, and what it leaves to people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.accounts import Account
from bot.domain.announcements import AnnouncementKind
from bot.domain.audit import AuditAction
from bot.domain.contacts import fingerprint
from bot.domain.errors import StoreError
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.policy.match import EVERY, Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule
from bot.domain.runs import ItemState, RunKind, RunState
from bot.services.account_policy import AccountPolicies
from bot.services.auto_fix import AutoFixService
from bot.services.management_accounts import ManagementAccounts
from bot.services.organizations import OrganizationRouter
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    SCHEDULE,
    SECURITY,
    START,
    FakeClock,
    FakeGateway,
    account,
    scanner,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.policy.account_policy import Value
    from bot.domain.runs import RunItem

WHOLE: dict[str, Value] = {
    "security.name": (CONTACT.name,),
    "security.title": (CONTACT.title,),
    "security.email": (CONTACT.email,),
    "security.phone": (CONTACT.phone,),
}
"""A security contact that is expected whole."""


class World:
    """Accounts without a security contact, and a policy that lets the bot set the expected one."""

    def __init__(self, path: Path, accounts: int = 3) -> None:
        self.path = path
        self.clock = FakeClock()
        self.gateway = FakeGateway(*(account(number) for number in range(1, accounts + 1)))
        self.policy = Policy.requiring()
        self.allow()
        self.store = SqliteStore(with_tables(path), self.clock)
        self.started: list[str] = []

    def allow(self, match: Match = EVERY, **more: Value) -> None:
        """Let the bot fix accounts; `__` in a key stands for a dot."""
        values = {"auto_fix": True, **WHOLE}
        values |= {key.replace("__", "."): value for key, value in more.items()}
        general = PolicyTable("policy", {key: values.pop(key) for key in WHOLE if key in values})
        self.policy = Policy.requiring(tables=[general, PolicyTable("override", values, match)])

    def service(self, store: SqliteStore | None = None) -> AutoFixService:
        """The service of a bot on this database."""
        store = store or self.store
        organizations = OrganizationRouter([self.gateway], store.accounts)
        return AutoFixService(
            store,
            AccountPolicies(store.accounts, lambda: self.policy),
            ManagementAccounts(organizations, store.scans, self.clock),
            self.clock,
            on_started=lambda: self.started.append("started"),
        )

    def scan(self) -> None:
        """Check everything."""
        self.clock.tick(60)
        checking = scanner(self.gateway, self.store, self.clock, self.policy)
        checking.start(SCHEDULE).report.result()
        checking.stop()

    def items(self, run_id: int = 1) -> list[RunItem]:
        """The contacts of a run."""
        return self.store.runs.items(run_id)

    def numbers(self, run_id: int = 1) -> list[int]:
        """The accounts of a run."""
        return [int(item.account_id) for item in self.items(run_id)]

    def is_idle(self) -> bool:
        """Whether the bot fixes nothing by itself."""
        return self.store.runs.get(1) is None and self.started == []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three accounts without a contact."""
    made = World(tmp_path / "bot.db")
    yield made
    made.store.close()


def test_new_findings_become_a_run_that_begins_at_once(world: World) -> None:
    """Each account gets its expected contact, unless AWS has another one than the scan read."""
    world.gateway.hold(2, OTHER)
    world.gateway.hold(3, CONTACT)
    world.scan()
    world.service().settle()
    run = world.store.runs.get(1)
    assert run is not None
    assert (run.kind, run.state) == (RunKind.AUTO_FIX, RunState.RUNNING)
    assert run.requested_by.user_id == "bot"
    assert world.numbers() == [1, 2]
    assert [item.wanted for item in world.items()] == [CONTACT, CONTACT]
    assert [item.shown for item in world.items()] == [fingerprint(None), fingerprint(OTHER)]
    assert all(item.state is ItemState.PLANNED for item in world.items())
    assert world.started == ["started"]


def test_it_is_off_unless_the_policy_turns_it_on(world: World) -> None:
    """Where no section does, or none that matches."""
    world.policy = Policy.requiring(tables=[PolicyTable("policy", WHOLE)])
    world.scan()
    world.service().settle()
    assert world.is_idle()
    world.allow(Match(names=("Other *",)))
    world.service().settle()
    assert world.is_idle()


@pytest.mark.parametrize(
    "more",
    [
        {"managed_by": "terraform"},
        {"approval": "always"},
        {"auto_fix": False},
        {"security__name": ()},
        {"security__email": ("@corp.internal",)},
        {"security__title": ("Lead", "Duty")},
    ],
)
def test_what_is_left_to_people(world: World, more: dict[str, Any]) -> None:
    """What a tool manages, what needs approval, and what the policy leaves open."""
    world.allow(Match(accounts=(account(1).id,)), **more)
    world.scan()
    world.service().settle()
    assert world.is_idle()


def test_the_management_account_is_never_fixed(world: World) -> None:
    """Whatever the policy allows there."""
    world.allow(approval="never")
    world.gateway.listed = [Account("999999999999", "Management"), account(1)]
    world.scan()
    world.service().settle()
    assert world.numbers() == [1]


def test_accounts_that_cannot_be_fixed(world: World) -> None:
    """A suspended account, one that couldn't be read, and an exempt contact."""
    world.gateway.listed = [account(1, state="SUSPENDED"), account(2), account(3)]
    world.gateway.say(2, unreadable())
    world.scan()
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION,
        account(3).id,
        SECURITY,
        Rule.MISSING,
        "Closed at the end.",
        "U1",
        START + timedelta(days=30),
    )
    world.store.exemptions.grant([request], "Account 3")
    world.service().settle()
    assert world.is_idle()


def test_only_new_findings_are_fixed(world: World) -> None:
    """Not those that people have known about since an earlier scan."""
    world.policy = Policy.requiring(tables=[PolicyTable("policy", WHOLE)])
    world.scan()
    world.allow()
    world.gateway.listed.append(account(4))
    world.scan()
    world.service().settle()
    assert world.numbers() == [4]


def test_a_contact_that_somebody_changes_back_is_not_fixed_again_within_a_day(
    world: World,
) -> None:
    """It needs attention like any other; after a day the bot tries once more."""
    service = world.service()
    world.gateway.hold(2)
    world.gateway.hold(3)
    world.scan()
    service.settle()
    assert world.numbers() == [1]
    for hours, run_id in ((2, None), (26, 2)):
        world.gateway.hold(1)
        world.scan()
        world.gateway.hold(1, None)
        world.clock.tick(hours * 3600)
        world.scan()
        service.settle()
        assert (world.store.runs.get(2) is not None) == (run_id is not None)
    assert world.numbers(2) == [1]


def test_it_stops_at_the_limit_and_says_so(world: World) -> None:
    """The limit counts the contacts of all accounts; the alert shows what is left."""
    world.allow(auto_fix_limit=2)
    world.scan()
    world.service().settle()
    assert world.numbers() == [1, 2]
    # The alert waits while the bot fixes what it is about, but not for long.
    assert [each for each in world.store.announcements.due() if each.scan_id == 1] == []
    world.clock.tick(601)
    (alert,) = [each for each in world.store.announcements.due() if each.scan_id == 1]
    pause = world.store.announcements.message_content(alert.id, 10).auto_fix_pause
    assert pause is not None
    assert (pause.left, pause.limit) == (1, 2)
    actions = [each.action for each in world.store.audit.entries()]
    assert actions.count(AuditAction.AUTO_FIX_PAUSED) == 1


def test_the_limit_counts_what_other_processes_and_earlier_scans_fixed(world: World) -> None:
    """Within an hour; then there is room again, for new findings."""
    world.allow(auto_fix_limit=4)
    world.scan()
    world.service().settle()
    for number in range(4, 7):
        world.gateway.listed.append(account(number))
    world.scan()
    other = SqliteStore(world.path, world.clock)
    world.service(other).settle()
    assert world.numbers(2) == [4]
    world.clock.tick(3700)
    world.gateway.listed.append(account(7))
    world.scan()
    world.service(other).settle()
    assert world.numbers(3) == [7]
    other.close()


def test_each_account_has_the_limit_of_its_policy(world: World) -> None:
    """A section may allow less; others go on."""
    strict = PolicyTable("strict", {"auto_fix_limit": 1}, Match(names=("Account 2", "Account 3")))
    world.policy = Policy((*world.policy.tables, strict))
    world.scan()
    world.service().settle()
    assert world.numbers() == [1]


def test_a_run_goes_to_the_channel_of_its_accounts(world: World) -> None:
    """Accounts of several channels are several runs."""
    table = PolicyTable("prod", {"channel": "#prod"}, Match(accounts=(account(2).id,)))
    world.policy = Policy((*world.policy.tables, table))
    world.scan()
    world.service().settle()
    runs = [world.store.runs.get(number) for number in (1, 2)]
    assert [run.channel for run in runs if run is not None] == ["", "#prod"]
    assert (world.numbers(1), world.numbers(2)) == ([1, 3], [2])


def test_a_scan_is_decided_once(world: World) -> None:
    """By whichever process comes first, also after a restart."""
    world.scan()
    other = SqliteStore(world.path, world.clock)
    for store in (world.store, other, world.store):
        world.service(store).settle()
    assert world.started == ["started"]
    assert world.store.runs.get(2) is None
    other.close()


def test_what_was_interrupted_before_its_start_is_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that dies between recording and starting a run leaves it to the next one."""
    world.scan()

    def fail(*_: object) -> bool:
        raise StoreError("The database is closed.")

    with monkeypatch.context() as broken:
        broken.setattr(world.store.runs, "start", fail)
        world.service().settle()
    run = world.store.runs.get(1)
    assert run is not None
    assert run.state is RunState.PREVIEWED
    world.service().settle()
    run = world.store.runs.get(1)
    assert run is not None
    assert run.state is RunState.RUNNING
    assert world.numbers() == [1, 2, 3]
    assert world.store.runs.get(2) is None


def test_a_new_alert_waits_until_it_is_decided_what_is_fixed(world: World) -> None:
    """For half a minute at most; other messages, and all of them without auto-fix, don't wait."""
    world.scan()
    service = world.service()
    due = world.store.announcements.due()
    held = [each for each in due if service.holds(each)]
    assert [each.kind for each in held] == [AnnouncementKind.NON_COMPLIANT]
    world.clock.tick(31)
    assert not any(map(service.holds, due))
    world.clock.tick(-31)
    service.settle()
    assert not any(map(service.holds, due))
    world.policy = Policy.requiring(tables=[PolicyTable("policy", WHOLE)])
    world.scan()
    assert not any(map(service.holds, world.store.announcements.due()))


def test_an_old_scan_is_left_alone(world: World) -> None:
    """A bot that was off for long fixes nothing that people have seen in the meantime."""
    world.scan()
    world.clock.tick(3 * 3600)
    world.service().settle()
    assert world.is_idle()


def test_what_was_fixed_in_the_meantime_is_not_fixed(world: World) -> None:
    """A person was faster: the finding is no longer open."""
    world.scan()
    for number in (1, 2, 3):
        world.gateway.hold(number)
    world.scan()
    world.service().settle()
    assert world.is_idle()
