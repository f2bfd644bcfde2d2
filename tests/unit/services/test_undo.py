"""Undo: puts back what was there before a fix, if AWS still has what the fix wrote."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import ALERTS, SendState
from bot.domain.contacts import fingerprint
from bot.domain.errors import GatewayError, NotAllowed
from bot.domain.failures import FailureCode
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import ManagedBy
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Present
from bot.domain.rule_catalog import Rule
from bot.domain.stale_reads import STALE_READ_AGE
from bot.domain.undo import NotUndone, UndoObstacle, can_be_undone, obstacle_of
from bot.services.fix_result import Fixed, FixOutcome, NotFixed
from bot.services.undo import UndoAttempt, UndoQuestion
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    PATIENCE,
    SCHEDULE,
    SECURITY,
    THIRD,
    Gate,
    account,
    fix_request,
    gateway_error,
    scanner,
    unreadable,
)
from tests.unit.services.fix_world import ANA, BO, EVE, NAME, World, record_of, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import Fix
    from bot.services.undo import UndoResult
    from tests.unit.fakes import FakeGateway
    from tests.unit.services.fix_world import Process

LONG: float = STALE_READ_AGE.total_seconds()
"""After so many seconds, AWS shows what it has."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What fixes work on."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def process(world: World) -> Process:
    """The bot under test."""
    made = world.process()
    made.store.accounts.remember([account(1)])
    return made


@pytest.fixture
def gateway(world: World) -> FakeGateway:
    """AWS."""
    return world.gateway


def fixed(world: World, process: Process, before: AlternateContact | None = OTHER) -> Fix:
    """A verified fix that overwrote `before`."""
    world.gateway.hold(1, before)
    return record_of(process.fixes.fix(fix_request(shown=before), NAME, ANA))


def attempt(result: UndoResult) -> UndoAttempt:
    """An undo that was attempted."""
    assert isinstance(result, UndoAttempt), result
    return result


def undo_of(result: UndoResult) -> Fix:
    """The record of an undo that was verified."""
    outcome = attempt(result).result
    assert outcome.outcome is FixOutcome.VERIFIED, outcome
    return record_of(outcome)


def not_undone(result: UndoResult) -> tuple[UndoObstacle, int | None]:
    """Why a fix wasn't undone, and the number of the other fix."""
    assert isinstance(result, NotUndone), result
    return result.obstacle, result.other.id if result.other is not None else None


def question(result: UndoResult) -> UndoQuestion:
    """What the person is asked."""
    assert isinstance(result, UndoQuestion), result
    return result


def test_what_was_there_is_put_back(world: World, process: Process, gateway: FakeGateway) -> None:
    """The contact from before is written and verified, and both fixes refer to each other."""
    fix = fixed(world, process)
    undo = undo_of(process.undos.undo(fix, BO, "undo-1"))
    assert gateway.writes == [CONTACT, OTHER]
    assert (undo.before, undo.request.wanted, undo.request.undoes) == (CONTACT, OTHER, fix.id)
    assert undo.request.user_id == "U2"
    assert recorded(process.store, fix.id).undone_by == undo.id


def test_a_first_fix_is_undone_by_removing_the_contact(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """Where no contact was set before, the contact is removed, and the account non-compliant."""
    fix = fixed(world, process, None)
    result = attempt(process.undos.undo(fix, ANA, "undo-1"))
    assert (gateway.writes, gateway.deletes) == ([CONTACT], [(account(1).id, SECURITY)])
    assert gateway.held == {}
    assert result.judged is not None
    assert result.judged.outcome is Outcome.MISSING


def test_an_undo_can_be_undone(world: World, process: Process, gateway: FakeGateway) -> None:
    """Again and again, each time the newest fix."""
    fix = fixed(world, process, None)
    for number in range(4):
        fix = undo_of(process.undos.undo(fix, ANA, f"undo-{number}"))
    assert gateway.writes == [CONTACT] * 3
    assert len(gateway.deletes) == 2
    assert gateway.held[account(1).id, SECURITY] == CONTACT
    assert [recorded(process.store, number).undone_by for number in range(1, 6)] == [
        2,
        3,
        4,
        5,
        None,
    ]


def test_only_fixers_undo(world: World, process: Process, gateway: FakeGateway) -> None:
    """Anybody else is refused before anything is read or recorded."""
    fix = fixed(world, process)
    reads = len(gateway.reads)
    with pytest.raises(NotAllowed):
        process.undos.undo(fix, EVE, "undo-1")
    assert (len(gateway.reads), gateway.writes) == (reads, [CONTACT])
    assert process.store.fixes.get(2) is None


def test_a_right_that_ends_meanwhile_undoes_nothing(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """Somebody who is removed from the fixers while AWS is read doesn't undo."""
    fix = fixed(world, process)

    def remove() -> None:
        world.clock.tick(60)
        world.fixers.user_ids = ()

    gateway.on_read = remove
    result = attempt(process.undos.undo(fix, ANA, "undo-1")).result
    assert result.outcome is FixOutcome.NOT_ALLOWED
    assert gateway.writes == [CONTACT]


def test_a_fix_is_undone_once(world: World, process: Process, gateway: FakeGateway) -> None:
    """The second person hears who undid it; after a redo, that this was undone, too."""
    fix = fixed(world, process)
    undo = undo_of(process.undos.undo(fix, BO, "undo-1"))
    assert not_undone(process.undos.undo(fix, ANA, "undo-2")) == (UndoObstacle.UNDONE, undo.id)
    redo = undo_of(process.undos.undo(undo, ANA, "undo-3"))
    again = process.undos.undo(fix, ANA, "undo-4")
    assert not_undone(again) == (UndoObstacle.UNDONE, undo.id)
    assert isinstance(again, NotUndone)
    assert again.other is not None
    assert again.other.undone_by == redo.id
    assert gateway.writes == [CONTACT, OTHER, CONTACT]


def test_two_people_at_once_undo_once(world: World, process: Process, gateway: FakeGateway) -> None:
    """While one undo is in progress, another is refused; afterwards it was done before."""
    fix = fixed(world, process)
    gate = gateway.write_gate = Gate()
    ended: list[UndoResult] = []
    first = threading.Thread(target=lambda: ended.append(process.undos.undo(fix, ANA, "undo-1")))
    first.start()
    with gate.held():
        refused = process.undos.undo(fix, BO, "undo-2")
        assert not_undone(refused) == (UndoObstacle.UNDER_WAY, 2)
    first.join(PATIENCE)
    undo = undo_of(ended[0])
    assert not_undone(process.undos.undo(fix, BO, "undo-3")) == (UndoObstacle.UNDONE, undo.id)
    assert gateway.writes == [CONTACT, OTHER]


def test_two_bots_at_once_undo_once(world: World, process: Process, gateway: FakeGateway) -> None:
    """Both read what the fix wrote before either one writes: only one of them does."""
    fix = fixed(world, process)
    other = world.process()
    barrier = threading.Barrier(2)
    reads = len(gateway.reads)

    def read_together() -> None:
        if len(gateway.reads) <= reads + 2:
            barrier.wait(PATIENCE)

    gateway.on_read = read_together
    ended: list[UndoResult] = []
    threads = [
        threading.Thread(target=lambda who=who: ended.append(who.undos.undo(fix, ANA, str(who))))
        for who in (process, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(ended) == 2
    assert gateway.writes == [CONTACT, OTHER]
    assert recorded(process.store, fix.id).undone_by is not None


def test_what_somebody_else_changed_is_shown_first(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """Nothing is written until the person confirms what AWS has now."""
    fix = fixed(world, process)
    gateway.hold(1, THIRD)
    asked = question(process.undos.undo(fix, ANA, "undo-1"))
    assert (asked.held, asked.later, asked.shown) == (THIRD, None, fingerprint(THIRD))
    assert gateway.writes == [CONTACT]
    assert process.store.fixes.get(2) is None
    undo = undo_of(process.undos.undo(fix, ANA, "undo-2", asked.shown))
    assert undo.before == THIRD
    assert gateway.writes == [CONTACT, OTHER]


def test_a_contact_that_somebody_removed_is_shown_first(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """That none is set is a change, too."""
    fix = fixed(world, process)
    gateway.hold(1, None)
    asked = question(process.undos.undo(fix, ANA, "undo-1"))
    assert (asked.held, asked.shown) == (None, "none")
    assert undo_of(process.undos.undo(fix, ANA, "undo-2", asked.shown)).before is None


def test_a_confirmation_is_only_for_what_was_shown(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """If the contact changed once more since, the person is asked once more."""
    fix = fixed(world, process)
    gateway.hold(1, THIRD)
    asked = question(process.undos.undo(fix, ANA, "undo-1"))
    gateway.hold(1, None)
    again = question(process.undos.undo(fix, ANA, "undo-2", asked.shown))
    assert again.held is None
    assert (gateway.writes, gateway.deletes) == ([CONTACT], [])


def test_what_changes_between_two_reads_is_held_back(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """Right before the write, AWS is read again."""
    fix = fixed(world, process)
    gateway.say(1, Present(CONTACT), Present(THIRD))
    assert question(process.undos.undo(fix, ANA, "undo-1")).held == THIRD
    assert gateway.writes == [CONTACT]
    assert recorded(process.store, 2).state is FixState.FAILED


def test_a_later_fix_is_named(world: World, process: Process, gateway: FakeGateway) -> None:
    """Who changed the contact later, by which fix."""
    fix = fixed(world, process)
    again = fix_request(
        "form-2", wanted=THIRD, user_id="U2", shown=CONTACT, shown_at=world.clock.now()
    )
    later = record_of(process.fixes.fix(again, NAME, BO))
    asked = question(process.undos.undo(fix, ANA, "undo-1"))
    assert asked.later is not None
    assert asked.later.id == later.id
    gateway.say(1, Present(CONTACT))  # AWS may still return what was there before the later fix
    assert question(process.undos.undo(fix, ANA, "undo-2")).held == THIRD
    assert gateway.writes == [CONTACT, THIRD]


def test_a_later_fix_that_was_undone_is_no_obstacle(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """AWS has what the first fix wrote again."""
    fix = fixed(world, process)
    again = fix_request("form-2", wanted=THIRD, shown=CONTACT, shown_at=world.clock.now())
    later = record_of(process.fixes.fix(again, NAME, ANA))
    undo_of(process.undos.undo(later, ANA, "undo-1"))
    assert undo_of(process.undos.undo(fix, ANA, "undo-2")).request.wanted == OTHER


def test_what_was_put_back_in_aws_is_not_written(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """AWS has the contact from before already, for longer than a read may be stale."""
    fix = fixed(world, process)
    world.clock.tick(LONG)
    gateway.hold(1, OTHER)
    result = process.undos.undo(fix, ANA, "undo-1")
    assert not_undone(result) == (UndoObstacle.PUT_BACK, None)
    assert gateway.writes == [CONTACT]


def test_a_stale_read_right_after_the_fix_does_not_hide_it(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """AWS may still return the contact from before the fix; what the fix wrote is on record."""
    fix = fixed(world, process)
    gateway.say(1, Present(OTHER), Present(OTHER))
    undo = undo_of(process.undos.undo(fix, ANA, "undo-1"))
    assert undo.before == CONTACT
    assert gateway.held[account(1).id, SECURITY] == OTHER


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"ended_at": None}, UndoObstacle.NOT_FINISHED),
        ({"state": FixState.FAILED}, UndoObstacle.FAILED),
        ({"already_there": True}, UndoObstacle.CHANGED_NOTHING),
        ({"before": CONTACT}, UndoObstacle.CHANGED_NOTHING),
        ({"before": None}, UndoObstacle.BEFORE_UNKNOWN),
        ({"undone_by": 7}, UndoObstacle.UNDONE),
        ({}, None),
    ],
)
def test_what_cannot_be_undone(
    world: World, process: Process, changes: dict[str, object], obstacle: UndoObstacle | None
) -> None:
    """By its own record: a fix is not offered to be undone that can't be."""
    fix = replace(fixed(world, process), **changes)  # type: ignore[arg-type]
    assert obstacle_of(fix) is obstacle
    assert can_be_undone(fix) is (obstacle is None)
    in_doubt = replace(fix, state=FixState.FAILED, in_doubt_since=world.clock.now())
    if obstacle is None:
        assert obstacle_of(in_doubt) is UndoObstacle.IN_DOUBT


def test_a_failed_fix_is_not_undone(world: World, process: Process, gateway: FakeGateway) -> None:
    """Nothing is read for it."""
    gateway.fail_write(gateway_error(FailureCode.DENIED))
    failed = record_of(process.fixes.fix(fix_request(), NAME, ANA))
    reads = len(gateway.reads)
    result = process.undos.undo(failed, ANA, "undo-1")
    assert not_undone(result) == (UndoObstacle.FAILED, None)
    assert len(gateway.reads) == reads


def test_what_does_not_comply_is_put_back_all_the_same(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """The result says which rules the contact violates."""
    fix = fixed(world, process)
    expected = {"security.email": ("@corp.example",)}
    world.policy = Policy.requiring(tables=[PolicyTable("line 1", expected)])
    result = attempt(process.undos.undo(fix, ANA, "undo-1"))
    assert gateway.held[account(1).id, SECURITY] == OTHER
    assert result.judged is not None
    assert Rule.DIFFERENT in [each.rule for each in result.judged.verdicts]


def test_an_account_that_cannot_be_read_is_not_undone(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """Why it couldn't be read is said, and that nothing was changed."""
    fix = fixed(world, process)
    gateway.say(1, unreadable(FailureCode.DENIED_BY_SCP))
    with pytest.raises(GatewayError, match="Nothing was changed, because AWS couldn't be read"):
        process.undos.undo(fix, ANA, "undo-1")
    assert gateway.writes == [CONTACT]


def test_a_denied_removal_says_why(world: World, process: Process, gateway: FakeGateway) -> None:
    """The fix stays, and can be undone later."""
    fix = fixed(world, process, None)
    gateway.fail_write(gateway_error(FailureCode.PERMISSION_MISSING))
    result = attempt(process.undos.undo(fix, ANA, "undo-1")).result
    assert isinstance(result, NotFixed)
    assert result.outcome is FixOutcome.FAILED
    assert recorded(process.store, fix.id).undone_by is None
    undo_of(process.undos.undo(fix, ANA, "undo-2"))


def test_an_undo_that_was_interrupted_is_settled_first(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """A process dies right after AWS removed the contact: the next one finds the undo done."""
    fix = fixed(world, process, None)

    def die() -> None:
        raise KeyboardInterrupt

    gateway.on_write = die
    gateway.held.clear()
    with pytest.raises(KeyboardInterrupt):
        process.undos.undo(fix, ANA, "undo-1")
    gateway.on_write = lambda: None
    other = world.process()
    result = other.undos.undo(fix, BO, "undo-2")
    assert not_undone(result) == (UndoObstacle.UNDONE, 2)
    assert len(gateway.deletes) == 1


def test_an_undo_that_aws_shows_late_is_noted_by_the_scan(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """Only then the fix counts as undone."""
    fix = fixed(world, process, None)
    gateway.script[account(1).id].extend([Present(CONTACT)] * 9)
    result = attempt(process.undos.undo(fix, ANA, "undo-1")).result
    assert isinstance(result, Fixed)
    assert result.outcome is FixOutcome.SAVED
    assert recorded(process.store, fix.id).undone_by is None
    gateway.script.clear()
    with_scan(world, process)
    assert recorded(process.store, fix.id).undone_by == record_of(result).id


def test_an_undo_against_a_scan(world: World, process: Process, gateway: FakeGateway) -> None:
    """A scan that reads a stale contact opens and ends nothing; a later one finds it missing."""
    world.policy = Policy.requiring()
    fix = fixed(world, process, None)
    undo_of(process.undos.undo(fix, ANA, "undo-1"))
    gateway.say(1, Present(CONTACT), Present(CONTACT))
    with_scan(world, process)
    assert process.store.findings.unresolved(account(1).id) == []
    gateway.script.clear()
    world.clock.tick(LONG)
    with_scan(world, process)
    (found,) = process.store.findings.unresolved(account(1).id)
    assert found.key.rule is Rule.MISSING


def with_scan(world: World, process: Process) -> None:
    """Check all accounts."""
    checks = scanner(world.gateway, process.store, world.clock, world.policy)
    checks.start(SCHEDULE).report.result(PATIENCE)
    checks.stop()


def test_a_contact_never_recorded_is_not_removed(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """An early version wrote without a record of what was there: that isn't taken for none."""
    fix = fixed(world, process)
    with process.store.connections.writing() as db:
        db.run("UPDATE fixes SET before = NULL WHERE id = :id", id=fix.id)
    result = process.undos.undo(fix, ANA, "undo-1")
    assert not_undone(result) == (UndoObstacle.BEFORE_UNKNOWN, None)
    assert (gateway.writes, gateway.deletes) == ([CONTACT], [])


def test_a_contact_that_a_tool_keeps_is_confirmed_once_more(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """The tool would put back its own values, so nothing is written before that is confirmed."""
    fix = fixed(world, process)
    table = PolicyTable("line 1", {"managed_by": ManagedBy.TERRAFORM})
    world.policy = Policy.requiring(tables=[table])
    asked = question(process.undos.undo(fix, ANA, "undo-1"))
    assert (asked.tool, asked.held) == (ManagedBy.TERRAFORM, CONTACT)
    assert gateway.writes == [CONTACT]
    undo = undo_of(process.undos.undo(fix, ANA, "undo-2", asked.shown, "terraform"))
    assert undo.request.confirmed_tool == "terraform"
    assert gateway.writes == [CONTACT, OTHER]


def test_what_the_fix_resolved_is_open_again(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """The finding is in the alert that it was in, without a new one; a redo resolves it again."""
    with_scan(world, process)
    alert = post_alert(process)
    (found,) = process.store.findings.unresolved(account(1).id)
    fix = record_of(process.fixes.fix(fix_request(), NAME, ANA))
    assert process.store.findings.unresolved(account(1).id) == []
    undo = undo_of(process.undos.undo(fix, ANA, "undo-1"))
    (again,) = process.store.findings.unresolved(account(1).id)
    assert (again.id, again.is_open, again.resolved_by) == (found.id, True, "")
    (due,) = [each for each in process.store.announcements.due() if each.kind in ALERTS]
    assert (due.id, due.state) == (alert, SendState.SENT)
    content = process.store.announcements.content(alert, 10)
    assert (content.open, content.total) == (1, 1)
    world.clock.tick(LONG)
    with_scan(world, process)
    (still,) = process.store.findings.unresolved(account(1).id)
    assert still.id == found.id
    undo_of(process.undos.undo(undo, ANA, "undo-2"))
    assert process.store.findings.unresolved(account(1).id) == []


def test_what_was_never_posted_is_left_to_the_next_scan(world: World, process: Process) -> None:
    """An alert that was withdrawn before it was posted isn't edited, so a new one is due."""
    with_scan(world, process)
    fix = record_of(process.fixes.fix(fix_request(), NAME, ANA))
    undo_of(process.undos.undo(fix, ANA, "undo-1"))
    assert process.store.findings.unresolved(account(1).id) == []
    world.clock.tick(LONG)
    with_scan(world, process)
    assert len(process.store.findings.unresolved(account(1).id)) == 1
    alerts = [each for each in process.store.announcements.due() if each.kind in ALERTS]
    assert [each.state for each in alerts] == [SendState.PENDING]


def post_alert(process: Process) -> str:
    """Post the alert that is due, and give its id."""
    announcements = process.store.announcements
    (alert,) = [each for each in announcements.due() if each.kind in ALERTS]
    sending = announcements.begin_sending(alert.id)
    assert sending is not None
    announcements.sent(alert.id, "C1", "1700000000.000001", sending.revision)
    return alert.id


def test_what_was_compliant_before_opens_nothing(
    world: World, process: Process, gateway: FakeGateway
) -> None:
    """The contact from before violates no rule."""
    gateway.hold(1, OTHER)
    with_scan(world, process)
    fix = fixed(world, process)
    undo_of(process.undos.undo(fix, ANA, "undo-1"))
    assert process.store.findings.unresolved(account(1).id) == []
