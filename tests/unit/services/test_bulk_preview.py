"""A preview says what a run would do and what it leaves out, and can't do it."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.actors import Actor
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import StoreError
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.evaluation.run_plan import (
    ALREADY_SET,
    NOTHING_SET,
    UNKNOWN_POLICY,
    UNREAD,
    Source,
)
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode
from bot.domain.policy.account_policy import ManagedBy, Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Absent, Present
from bot.domain.rule_catalog import Rule
from bot.domain.runs import ItemState, LeftAlone, RunItem, RunKind, RunState
from bot.domain.scans import ScanState, count
from bot.services.account_policy import AccountPolicies
from bot.services.bulk_preview import MOST_READ, BulkPreview, PreviewRequest
from bot.services.organizations import OrganizationRouter
from bot.services.ports import aws
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    CONTACT,
    ORGANIZATION,
    OTHER,
    SCHEDULE,
    SECURITY,
    START,
    FakeClock,
    FakeGateway,
    account,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.accounts import Account
    from bot.domain.evaluation.run_plan import Wanted
    from bot.domain.policy.account_policy import Value
    from bot.domain.readings import ContactReading
    from bot.services.bulk_preview import Preview

ANA = Actor("U1")
BILLING = ContactType.BILLING
EXPECTED: dict[str, Value] = {
    "security__name": (CONTACT.name,),
    "security__title": (CONTACT.title,),
    "security__email": (CONTACT.email,),
    "security__phone": (CONTACT.phone,),
}


class World:
    """An organization as the last check found it, and a preview of what could change there."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.gateway = FakeGateway()
        self.policy = Policy.requiring()
        self.accounts: list[Account] = []

    def expect(self, *tables: PolicyTable, **values: Value) -> None:
        """Set the policy: these values for all accounts, and these sections after them."""
        given = {name.replace("__", "."): value for name, value in values.items()}
        self.policy = Policy.requiring(tables=[PolicyTable("all", given), *tables])

    def check(self, *found: tuple[Account, ContactReading | None]) -> None:
        """Record a check that listed these accounts, and read these contacts of them."""
        self.accounts = [each for each, _ in found]
        scan = self.store.scans.claim(SCHEDULE).scan
        results = [
            evaluate(
                each,
                {SECURITY: reading} if reading is not None else {},
                self.policy.resolve(each),
                read_at=self.clock.now(),
            )
            for each, reading in found
        ]
        ended = replace(
            scan,
            state=ScanState.COMPLETE,
            finished_at=self.clock.now(),
            scope=ORGANIZATION,
            counts=count(results),
        )
        self.store.scans.record(ended, results)

    def preview(
        self, wanted: Wanted = CONTACT, *types: ContactType, key: str = "form-1", **more: bool
    ) -> Preview:
        """Preview a change of all accounts' security contacts, or those of these types."""
        reader = OrganizationRouter([self.gateway], self.store.accounts).reader()
        policies = AccountPolicies(self.store.accounts, lambda: self.policy)
        previews = BulkPreview(self.store, policies, reader, self.clock)
        request = PreviewRequest(key, ANA, self.accounts, types or [SECURITY], wanted, **more)  # type: ignore[arg-type]
        return previews.preview(request)

    def items(self, preview: Preview) -> list[RunItem]:
        """The contacts of a preview as recorded."""
        return self.store.runs.items(preview.run.id)

    def reasons(self, preview: Preview) -> list[str]:
        """Why each contact is left out; empty for those that are planned."""
        return [item.reason for item in self.items(preview)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization that no check has seen yet."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        yield World(store, clock)


def test_one_contact_for_all(world: World) -> None:
    """Each contact as last read, with the time, and what it becomes; nothing is read in AWS."""
    world.check(
        (account(1), Absent()), (account(2), Present(OTHER)), (account(3), Present(CONTACT))
    )
    world.clock.tick(60)
    preview = world.preview()
    assert (preview.run.state, preview.run.kind) == (RunState.PREVIEWED, RunKind.FIX)
    assert preview.run.requested_by == ANA
    one, two, three = world.items(preview)
    assert (one.wanted, one.before, one.read_at, one.state) == (
        CONTACT,
        None,
        START,
        ItemState.PLANNED,
    )
    assert (two.before, two.account_name) == (OTHER, "Account 2")
    assert (three.state, three.reason) == (ItemState.LEFT_OUT, ALREADY_SET)
    assert preview.summary.contacts == 2
    assert preview.summary.duration == timedelta(seconds=2 / 5)
    assert world.gateway.reads == []


def test_each_account_gets_what_the_policy_expects_of_it(world: World) -> None:
    """Where it expects exactly one value of each field; other accounts are left out."""
    special = PolicyTable("two", {"security.name": (OTHER.name,)}, Match(accounts=(account(2).id,)))
    several = PolicyTable(
        "three",
        {"security.title": ("A", "B"), "security.email": ("@corp.internal",)},
        Match(accounts=(account(3).id, account(4).id)),
    )
    national = PolicyTable("five", {"security.phone": ("1234",)}, Match(accounts=(account(5).id,)))
    world.expect(
        special, several, national, **{k.replace(".", "__"): v for k, v in EXPECTED.items()}
    )
    world.check(
        (account(1), Absent()),
        (account(2), Absent()),
        (account(3), Absent()),
        (account(4), Present(replace(CONTACT, name="Old", title="B", email="x@corp.internal"))),
        (account(5), Absent()),
    )
    preview = world.preview(Source.EXPECTED)
    one, two, three, four, five = world.items(preview)
    assert one.wanted == CONTACT
    assert two.wanted == replace(CONTACT, name=OTHER.name)
    assert three.reason == "The policy doesn't expect exactly one value for title and email."
    assert four.wanted == replace(CONTACT, title="B", email="x@corp.internal")
    assert five.reason == "AWS wouldn't accept what the policy expects for phone."
    assert [each.wanted for each in (three, five)] == [None, None]


def test_contacts_from_a_file(world: World) -> None:
    """Only those that the file has, each with its own."""
    world.check((account(1), Absent()), (account(2), Absent()))
    rows = {(account(2).id, SECURITY): OTHER, (account(1).id, BILLING): CONTACT}
    preview = world.preview(rows, SECURITY, BILLING)
    assert [(item.account_id, item.type, item.wanted) for item in world.items(preview)] == [
        (account(1).id, BILLING, CONTACT),
        (account(2).id, SECURITY, OTHER),
    ]


def test_what_is_left_out_says_why(world: World) -> None:
    """Inactive, excluded, managed as code, unread, unreadable, exempt, or of an unknown policy."""
    world.expect(
        PolicyTable("no", {"excluded": "Ana's sandbox"}, Match(accounts=(account(2).id,))),
        PolicyTable("tf", {"managed_by": ManagedBy.TERRAFORM}, Match(accounts=(account(3).id,))),
    )
    world.check(
        (account(1, state="SUSPENDED"), None),
        (account(2), None),
        (account(3), Absent()),
        (account(4), unreadable()),
        (account(5), Absent()),
        (account(6), Absent()),
    )
    until = START + timedelta(days=5)
    exempt = ExemptionRequest(
        ExemptionKind.EXEMPTION, account(5).id, SECURITY, Rule.MISSING, "Moving", "U1", until
    )
    world.store.exemptions.grant([exempt], "Account 5")
    preview = world.preview()
    assert world.reasons(preview) == [
        "The account is suspended.",
        LeftAlone.EXCLUDED.sentence,
        "Managed in Terraform, which would change it back.",
        f"The contact couldn't be read: {unreadable().failure.message}",
        LeftAlone.EXEMPT.sentence,
        "",
    ]
    assert world.items(preview)[3].failure == unreadable().failure
    world.expect(PolicyTable("prod", {"domains": ("a.example",)}, Match(units=("/Prod",))))
    assert world.reasons(world.preview(key="form-2"))[5] == UNKNOWN_POLICY


def test_a_contact_that_would_not_comply_is_left_out(world: World) -> None:
    """The fields are named, but not what the policy expects there, which may be personal."""
    world.expect(
        PolicyTable("never", {"security.presence": Presence.FORBIDDEN}, Match(names=("*2",))),
        security__email=("@other.example",),
    )
    world.check((account(1), Absent()), (account(2), Absent()))
    assert world.reasons(world.preview()) == [
        "It wouldn't comply with the policy: email.",
        "The policy forbids a Security contact for this account.",
    ]


def test_forbidden_contacts_can_be_removed(world: World) -> None:
    """Only where the policy forbids them, and one is set."""
    world.expect(
        PolicyTable("never", {"security.presence": Presence.FORBIDDEN}, Match(names=("*2", "*3")))
    )
    world.check(
        (account(1), Present(CONTACT)), (account(2), Present(CONTACT)), (account(3), Absent())
    )
    preview = world.preview(Source.REMOVE)
    assert preview.run.kind is RunKind.REMOVE
    assert world.reasons(preview) == [
        "The policy doesn't forbid a Security contact for this account.",
        "",
        NOTHING_SET,
    ]
    planned = world.items(preview)[1]
    assert (planned.before, planned.wanted) == (CONTACT, None)
    assert preview.summary.duration == timedelta(seconds=1)


def test_contacts_that_no_check_has_read_are_read_now(world: World) -> None:
    """They are few as a rule; a failure is said, and others go on."""
    world.check((account(1), Absent()), (account(2), Absent()))
    world.gateway.say(2, unreadable(FailureCode.THROTTLED))
    world.gateway.held[account(1).id, BILLING] = OTHER
    world.clock.tick(60)
    one, two = world.items(world.preview(CONTACT, BILLING))
    assert (one.before, one.read_at, one.state) == (OTHER, world.clock.now(), ItemState.PLANNED)
    assert two.failure == unreadable(FailureCode.THROTTLED).failure
    assert two.state is ItemState.LEFT_OUT


def test_too_many_unread_contacts_are_left_out(world: World) -> None:
    """A person waits for the preview, so a check has to read them first."""
    world.check(*((account(n), Absent()) for n in range(1, MOST_READ + 2)))
    assert set(world.reasons(world.preview(CONTACT, BILLING))) == {UNREAD}
    assert world.gateway.reads == []
    everything = world.preview(CONTACT, BILLING, key="form-2", read_all=True)
    assert set(world.reasons(everything)) == {""}
    assert len(world.gateway.reads) == MOST_READ + 1


def test_every_contact_can_be_read_now(world: World) -> None:
    """For the command line, where no check may have run lately."""
    world.check((account(1), Present(OTHER)), (account(2, state="CLOSED"), None))
    world.gateway.hold(1, CONTACT)
    assert world.reasons(world.preview(read_all=True)) == [ALREADY_SET, "The account is closed."]
    assert [each for each, _, _ in world.gateway.reads] == [account(1).id]


def test_a_domain_that_nobody_uses_is_pointed_out(world: World) -> None:
    """Unless the policy names it; the person decides."""
    world.check(*((account(n), Present(OTHER)) for n in range(1, 12)))
    unusual = replace(CONTACT, email="sec@corp.interanl")
    assert world.preview(unusual).unusual_domains == ("corp.interanl",)
    assert world.preview(CONTACT, key="form-2").unusual_domains == ()
    world.expect(domains=("corp.interanl", "corp.internal"))
    assert world.preview(unusual, key="form-3").unusual_domains == ()


def test_a_preview_has_no_means_to_write(world: World) -> None:
    """Neither the type of its access to AWS nor the object has a method that changes anything."""
    reader = OrganizationRouter([world.gateway], world.store.accounts).reader()
    for type_or_object in (aws.ContactReader, type(reader), reader):
        public = {name for name in dir(type_or_object) if not name.startswith("_")}
        assert public == {"read", "primary_contact"}
    hints = inspect.get_annotations(BulkPreview.__init__)
    assert hints["reader"] == "ContactReader"
    assert {"write", "delete"} & set(dir(BulkPreview)) == set()
    world.check((account(1), Absent()))
    world.preview(CONTACT, *ContactType, read_all=True)
    assert world.gateway.writes == []


def test_a_database_that_fails_records_nothing(world: World) -> None:
    """A preview that can't be recorded can't be acted on either."""
    world.check((account(1), Absent()))
    world.store.close()
    with pytest.raises(StoreError):
        world.preview()


def test_contacts_are_not_in_a_repr() -> None:
    """A request may get into a log."""
    request = PreviewRequest("form-1", ANA, [account()], [SECURITY], CONTACT)
    assert CONTACT.email not in repr(request)
    assert isinstance(request.wanted, AlternateContact)
