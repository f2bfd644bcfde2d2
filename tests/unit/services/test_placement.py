"""OUs and tags of listed accounts: what is asked and when, what is kept, and what fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
import structlog

from bot.domain.accounts import AccountPlacement, Unit
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.services.organizations import OrganizationRouter
from bot.services.placement import AccountPlacer, PlacementResolver
from bot.services.tag_reader import MAX_CONSECUTIVE_FAILURES
from tests.unit.fakes import FakeClock, FakeGateway, account, gateway_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.services.ports.store import AccountRepository

DAY = 86_400.0
PROD, TEAM, TEST = (
    Unit("ou-ab12-11111111", "Production"),
    Unit("ou-ab12-22222222", "Payments"),
    Unit("ou-ab12-33333333", "Test"),
)
TREE = {PROD.id: (PROD,), TEAM.id: (PROD, TEAM), TEST.id: (TEST,)}
UNITS = Policy.requiring(tables=[PolicyTable("line 1", {}, Match(units=("/Production/**",)))])
TAGS = Policy.requiring(tables=[PolicyTable("line 1", {}, Match(tags=(("env", "prod"),)))])
BOTH = Policy.requiring(tables=[*UNITS.tables[2:], *TAGS.tables[2:]])


class Keeper:
    """The part of the store that keeps where accounts stand; of known accounts alone."""

    def __init__(self, *known: Account) -> None:
        self.kept = {each.id: AccountPlacement() for each in known}
        self.writes = 0
        self.fault: StoreError | None = None

    def placements(self, organization: str) -> Mapping[str, AccountPlacement]:
        self._fail()
        assert organization == "corp"
        return dict(self.kept)

    def remember(self, accounts: Sequence[Account]) -> None:
        self._fail()
        for each in accounts:
            self.kept.setdefault(each.id, AccountPlacement())

    def keep_placements(self, placements: Mapping[str, AccountPlacement]) -> None:
        self._fail()
        self.writes += 1
        for account_id in placements.keys() & self.kept.keys():
            new, old = placements[account_id], self.kept[account_id]
            if new.units is not None:
                old = replace(old, units=new.units, units_at=new.units_at)
            if new.tags is not None:
                old = replace(old, tags=new.tags, tags_at=new.tags_at)
            self.kept[account_id] = old

    def get(self, account_id: str) -> Account | None:
        return None

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


class World:
    """One organization with OUs and tags, what is kept of it, and a clock."""

    def __init__(self, *known: Account) -> None:
        self.gateway = FakeGateway()
        self.gateway.name = "corp"
        self.gateway.tree = dict(TREE)
        self.gateway.placed = {account(1).id: TEAM.id, account(2).id: TEST.id, account(3).id: ""}
        self.gateway.tagged = {account(each).id: {"env": f"env-{each}"} for each in range(1, 30)}
        self.store = Keeper(*known)
        self.clock = FakeClock()

    def resolver(self, policy: Policy = UNITS, *, may_walk: bool = True) -> PlacementResolver:
        """What a scan completes its accounts with."""
        return PlacementResolver(
            self.gateway,
            cast("AccountRepository", self.store),
            policy,
            self.clock,
            may_walk=may_walk,
        )

    def placer(self, *gateways: FakeGateway) -> AccountPlacer:
        """What completes an account that somebody looks at."""
        accounts = cast("AccountRepository", self.store)
        return AccountPlacer(OrganizationRouter(gateways, accounts), accounts, self.clock)

    def units(self, *accounts: Account, may_walk: bool = True) -> list[tuple[Unit, ...] | None]:
        """The OUs that these accounts are in, by one scan."""
        resolver = self.resolver(may_walk=may_walk)
        return [resolver.complete(each).units for each in accounts]

    def tags(self, *accounts: Account) -> list[Mapping[str, str] | None]:
        """The tags of these accounts, by one scan."""
        resolver = self.resolver(TAGS)
        return [resolver.complete(each).tags for each in accounts]


def at(number: int, *path: Unit) -> Account:
    """An account as AWS lists it with its path, which has no names."""
    return replace(account(number), units=tuple(Unit(unit.id, "") for unit in path))


ONE, TWO, THREE = account(1), account(2), account(3)


# Nothing needed


def test_nothing_is_asked_where_the_policy_needs_nothing() -> None:
    """Neither AWS nor the store is asked; OUs without names are not shown as if they were known."""
    world = World(ONE)
    world.store.fault = StoreError("not asked")
    resolver = world.resolver(Policy.requiring())
    assert resolver.complete(ONE) is ONE
    assert resolver.complete(at(1, PROD)).units is None
    assert (world.gateway.walks, world.gateway.placings, world.gateway.tags_read) == (0, 0, [])


def test_what_the_policy_does_not_need_is_not_asked_beside_what_it_needs() -> None:
    """Tags alone take no walk, OUs alone no tags."""
    world = World(ONE, TWO)
    assert world.resolver(TAGS).complete(at(1, PROD)).units is None
    assert world.gateway.walks == 0
    world.resolver(UNITS).complete(TWO)
    assert world.gateway.tags_read == [ONE.id]


# OUs


def test_accounts_without_a_path_are_placed_by_one_walk() -> None:
    """The OUs are walked and asked for their accounts once, for all accounts of the scan."""
    world = World(ONE, TWO, THREE)
    assert world.units(ONE, TWO, THREE) == [(PROD, TEAM), (TEST,), ()]
    assert (world.gateway.walks, world.gateway.placings) == (1, 1)
    assert world.store.writes == 1
    assert world.store.kept[ONE.id].units == (PROD, TEAM)


def test_a_path_that_aws_gives_needs_only_the_names() -> None:
    """No OU is asked for its accounts, and an account right in the root needs no walk at all."""
    world = World(ONE, TWO)
    assert world.units(at(2)) == [()]
    assert world.gateway.walks == 0
    assert world.units(at(1, PROD, TEAM), at(2)) == [(PROD, TEAM), ()]
    assert (world.gateway.walks, world.gateway.placings) == (1, 0)


@pytest.mark.parametrize("accounts", [(ONE, TWO, THREE), (at(1, PROD, TEAM), at(2, TEST), at(3))])
def test_what_is_kept_is_used_for_a_day(accounts: tuple[Account, ...]) -> None:
    """Within a day nothing is asked or written again; after it the OUs are walked again."""
    world = World(*accounts)
    first = world.units(*accounts)
    writes = world.store.writes
    world.clock.tick(DAY - 1)
    assert world.units(*accounts) == first
    assert (world.gateway.walks, world.store.writes) == (1, writes)
    world.clock.tick(2)
    world.gateway.tree[TEAM.id] = (PROD, renamed := Unit(TEAM.id, "Invoices"))
    assert world.units(*accounts)[0] == (PROD, renamed)
    assert world.gateway.walks == 2
    assert world.store.kept[ONE.id].units == (PROD, renamed)


def test_names_do_not_stay_fresh_by_being_passed_on() -> None:
    """An account that moves within the day takes the age of the names with it."""
    world = World(ONE, TWO)
    world.units(at(1, TEST), at(2, TEST))
    world.clock.tick(DAY - 1)
    assert world.units(at(1, PROD, TEAM), at(2, TEST))[1] == (TEST,)
    walks = world.gateway.walks
    world.clock.tick(DAY + 1)
    world.units(at(2, TEST))
    assert world.gateway.walks == walks + 1


@pytest.mark.parametrize("new", [account(4), at(4, Unit("ou-ab12-44444444", "New"))])
def test_new_accounts_cause_one_more_walk_at_most(new: Account) -> None:
    """Accounts that are nowhere to be found are looked for once a scan."""
    world = World(ONE)
    world.units(ONE)
    assert world.units(ONE, new, replace(new, id="5" * 12)) == [(PROD, TEAM), None, None]
    assert world.gateway.walks == 2


def test_a_new_account_is_kept_too() -> None:
    """An account that the store does not know yet is made known, so that it is read but once."""
    world = World()
    assert world.units(ONE, at(2, TEST)) == [(PROD, TEAM), (TEST,)]
    assert world.units(ONE, at(2, TEST)) == [(PROD, TEAM), (TEST,)]
    assert world.gateway.walks == 1


def test_an_organization_without_ous_has_every_account_in_its_root() -> None:
    """Where a walk finds none, and where there is no organization, no account is looked for."""
    world = World(ONE)
    world.gateway.tree, world.gateway.placed = {}, {}
    assert world.units(ONE, account(9)) == [(), ()]
    assert world.gateway.placings == 0


@pytest.mark.parametrize("fault", ["walk_fault", "placing_fault"])
def test_where_the_walk_fails_what_was_kept_is_used_for_a_week(fault: str) -> None:
    """The walk is tried once a scan; its failure is reported, and logged once, without a name."""
    world = World(ONE, TWO)
    world.units(ONE, TWO)
    setattr(world.gateway, fault, gateway_error(FailureCode.PERMISSION_MISSING))
    world.clock.tick(6 * DAY)
    before = world.store.kept.copy()
    resolver = world.resolver()
    with structlog.testing.capture_logs() as logs:
        assert [resolver.complete(each).units for each in (ONE, TWO)] == [(PROD, TEAM), (TEST,)]
    assert world.gateway.walks == 2
    assert {resolver.failures_of(each.id)["units"].cause for each in (ONE, TWO)} == {
        FailureCode.PERMISSION_MISSING
    }
    assert [(entry["what"], entry["cause"]) for entry in logs] == [("units", "permission_missing")]
    assert world.store.kept == before
    world.clock.tick(DAY + 1)
    assert world.units(ONE, account(9)) == [None, None]


def test_where_the_walk_fails_a_path_is_named_by_what_was_kept() -> None:
    """Known names are good for a week, also those of other accounts' OUs."""
    world = World(ONE, TWO)
    world.units(at(1, PROD, TEAM), at(2, TEST))
    world.gateway.walk_fault = gateway_error()
    world.clock.tick(2 * DAY)
    assert world.units(at(2, PROD, TEAM), at(1, PROD)) == [(PROD, TEAM), (PROD,)]
    assert world.units(at(2, TEST, TEAM)) == [None]
    world.clock.tick(6 * DAY)
    assert world.units(at(2, PROD, TEAM)) == [None]


@pytest.mark.parametrize("with_paths", [True, False])
def test_an_ou_that_cannot_be_listed_hides_its_own_accounts_alone(*, with_paths: bool) -> None:
    """What is in other OUs is placed; what is below that one is unknown, with why."""
    accounts = (at(1, PROD, TEAM), at(2, TEST), at(3)) if with_paths else (ONE, TWO, THREE)
    world = World(*accounts)
    world.gateway.unlisted = {PROD.id: failure(FailureCode.DENIED)}
    resolver = world.resolver()
    assert [resolver.complete(each).units for each in accounts] == [None, (TEST,), ()]
    assert resolver.failures_of(ONE.id) == {"units": failure(FailureCode.DENIED)}
    assert (resolver.failures_of(TWO.id), resolver.failures_of(THREE.id)) == ({}, {})
    assert world.gateway.walks == 1


def test_where_there_may_be_ous_no_account_is_taken_to_be_in_the_root() -> None:
    """OUs that could not be listed are not taken for none."""
    world = World(ONE)
    world.gateway.tree, world.gateway.unlisted = {}, {"": failure(FailureCode.DENIED)}
    assert world.units(ONE) == [None]


def test_a_look_does_not_walk() -> None:
    """Where nobody may wait for a walk, what was kept is used, or nothing."""
    world = World(ONE, TWO)
    assert world.units(ONE, may_walk=False) == [None]
    world.units(ONE)
    world.clock.tick(2 * DAY)
    assert world.units(ONE, may_walk=False) == [(PROD, TEAM)]
    assert world.gateway.walks == 1


def test_what_a_scan_and_a_look_are_given() -> None:
    """A scan walks, a look does not; an account that has no gateway stays as it is known."""
    world = World(ONE)
    placer = world.placer(world.gateway)
    assert placer.complete(ONE, UNITS) == (ONE, {})
    assert world.resolver().place(ONE).units == (PROD, TEAM)
    assert placer.complete(ONE, UNITS)[0].units == (PROD, TEAM)
    assert placer.complete(ONE, TAGS)[0].tags == {"env": "env-1"}
    other = FakeGateway()
    other.name = "other"
    lost = world.placer(world.gateway, other)
    assert lost.complete(ONE, UNITS)[0] is ONE
    assert lost.complete(ONE, UNITS)[1].keys() >= {"units"}
    assert lost.complete(ONE, Policy.requiring()) == (ONE, {})


@pytest.mark.parametrize("number", [1, 3])
def test_a_look_does_not_renew_what_was_kept(number: int) -> None:
    """Where an account stood a week ago is not known any longer, however often it is looked at."""
    one = account(number)
    world = World(one)
    placed = world.resolver().place(one)
    placer = world.placer(world.gateway)
    since = world.store.kept[one.id].units_at
    for _ in range(7):
        assert placer.complete(placed, UNITS)[0].units == placed.units
        world.clock.tick(DAY)
    assert world.store.kept[one.id].units_at == since
    assert placer.complete(placed, UNITS)[0].units is None


@pytest.mark.parametrize("cause", [FailureCode.NOT_REACHED, FailureCode.CREDENTIALS_EXPIRED])
@pytest.mark.parametrize("policy", [UNITS, TAGS])
def test_a_scan_that_cannot_go_on_concludes_nothing(policy: Policy, cause: FailureCode) -> None:
    """A stop, or a caller that is not let in, says nothing of an account unless enough is kept."""
    world = World(ONE)
    world.gateway.tag_fault = world.gateway.walk_fault = gateway_error(cause)
    with pytest.raises(GatewayError) as raised:
        world.resolver(policy).place(ONE)
    assert raised.value.failure.cause is cause
    world.gateway.tag_fault = world.gateway.walk_fault = gateway_error(FailureCode.DENIED)
    assert world.resolver(policy).place(ONE) == ONE
    world.gateway.tag_fault = world.gateway.walk_fault = None
    known = world.resolver(policy).place(ONE)
    assert known != ONE
    world.clock.tick(2 * DAY)
    world.gateway.tag_fault = world.gateway.walk_fault = gateway_error(cause)
    assert world.resolver(policy).place(ONE) == known


# Tags


def test_tags_are_read_once_a_day() -> None:
    """Each account is asked for once, and again when what was kept is a day old."""
    world = World(ONE, TWO)
    assert world.tags(ONE, TWO) == [{"env": "env-1"}, {"env": "env-2"}]
    world.clock.tick(DAY - 1)
    world.gateway.tagged[ONE.id] = {}
    assert world.tags(ONE) == [{"env": "env-1"}]
    assert world.gateway.tags_read == [ONE.id, TWO.id]
    world.clock.tick(1)
    assert world.tags(ONE) == [{}]
    assert world.store.kept[ONE.id].tags == {}


def test_both_are_kept_in_one_write() -> None:
    """An account's OUs and tags, read in the same scan, are kept side by side."""
    world = World(ONE)
    found = world.resolver(BOTH).complete(at(1, TEST))
    assert (found.units, found.tags) == ((TEST,), {"env": "env-1"})
    assert world.store.writes == 1
    kept = world.store.kept[ONE.id]
    assert (kept.units, kept.tags) == (found.units, found.tags)


def test_tags_that_cannot_be_read_are_those_kept_for_a_week() -> None:
    """After a week they are not known, and it is never said that there are none."""
    world = World(ONE, TWO)
    world.tags(ONE)
    world.gateway.tag_fault = gateway_error(FailureCode.TIMED_OUT)
    world.clock.tick(6 * DAY)
    assert world.tags(ONE, TWO) == [{"env": "env-1"}, None]
    world.clock.tick(DAY + 1)
    assert world.tags(ONE) == [None]
    assert world.store.writes == 1


def test_one_refusal_is_one_accounts() -> None:
    """Wherever they are in the list, accounts whose tags are denied leave the others alone."""
    world = World()
    accounts = [account(each) for each in range(1, 30)]
    denied = {account(each).id for each in (1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 29)}
    world.gateway.tag_faults = dict.fromkeys(denied, gateway_error(FailureCode.DENIED))
    resolver = world.resolver(TAGS)
    unknown = {each.id for each in accounts if resolver.complete(each).tags is None}
    assert unknown == denied
    assert {each.id for each in accounts if resolver.failures_of(each.id)} == denied
    assert len(world.gateway.tags_read) == len(accounts)


@pytest.mark.parametrize(
    "cause",
    [FailureCode.PERMISSION_MISSING, FailureCode.CREDENTIALS_EXPIRED, FailureCode.TIMED_OUT],
)
def test_tags_are_not_requested_in_vain(cause: FailureCode) -> None:
    """Several refusals in a row and no success: others are not asked for, and that is said."""
    world = World()
    accounts = [account(each) for each in range(1, 11)]
    world.gateway.tag_fault = gateway_error(cause)
    resolver = world.resolver(TAGS)
    with structlog.testing.capture_logs() as logs:
        assert [resolver.complete(each).tags for each in accounts] == [None] * 10
    assert len(world.gateway.tags_read) == MAX_CONSECUTIVE_FAILURES
    assert len(logs) == 1
    told = [resolver.failures_of(each.id)["tags"] for each in accounts]
    assert [why.cause for why in told] == [cause] * 5 + [FailureCode.NOT_ASKED] * 5
    assert told[-1].message.startswith("Couldn't read the tags of 5 other accounts. ")
    assert told[-1].remedy == told[0].remedy
    world.gateway.tag_fault = None
    assert None not in world.tags(*accounts)


# The store


def test_a_store_that_keeps_nothing_costs_asking_again_and_no_more() -> None:
    """Accounts are completed all the same; what went wrong is logged."""
    world = World(ONE)
    world.store.fault = StoreError("The disk is full.")
    with structlog.testing.capture_logs() as logs:
        found = world.resolver(BOTH).complete(ONE)
        assert world.units(ONE) == [(PROD, TEAM)]
    assert (found.units, found.tags) == ((PROD, TEAM), {"env": "env-1"})
    assert {entry["event"] for entry in logs} == {
        "placement unknown",
        "placement not stored",
    }
