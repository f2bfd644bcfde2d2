"""What becomes of fixes that nobody works on any more: AWS is read, and what it took counts."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.failures import FailureCode
from bot.domain.fixes import FixState
from bot.domain.runs import RunKind
from bot.services.fix_recovery import LOOK_AGAIN_FOR, UNREADABLE_FOR
from bot.services.fix_result import FixOutcome
from bot.services.ports.aws import Priority
from bot.services.ports.runs import NewRun
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    PATIENCE,
    Gate,
    account,
    fix_request,
    gateway_error,
    unreadable,
)
from tests.unit.services.fix_world import ANA, NAME, World, record_of, recorded, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.fixes import Fix, FixRequest
    from bot.services.fix_result import FixResult
    from tests.unit.services.fix_world import Process

LEASE = 31.0
"""Seconds after which a fix that nobody renewed is nobody's."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What fixes work on."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def dead(world: World) -> Process:
    """A bot that is going to be killed."""
    return world.process()


@pytest.fixture
def bot(world: World, dead: Process) -> Process:
    """The bot under test, of another process on the same database."""
    return world.process()


def begun(dead: Process, request: FixRequest | None = None, *, asked: bool = True) -> Fix:
    """A fix whose process was killed, before AWS was asked or while it was."""
    fix, new = dead.store.fixes.plan(request or fix_request(), NAME)
    assert new
    return dead.store.fixes.begin_writing(fix.id, None) if asked else fix


def test_what_a_dead_process_wrote_is_confirmed(world: World, dead: Process, bot: Process) -> None:
    """A fix killed between write and record is confirmed by what AWS holds."""
    begun(dead)
    world.gateway.hold(1)
    world.clock.tick(LEASE)
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.CONFIRMED
    assert not fix.already_there
    assert fix.in_doubt_since is None
    assert world.told == ["recorded"]


def test_what_somebody_works_on_is_left_alone(world: World, dead: Process, bot: Process) -> None:
    """As long as a fix's process says that it is there, nobody else ends the fix."""
    fix = begun(dead)
    for _ in range(5):
        world.clock.tick(20)
        assert dead.store.fixes.renew(fix.id)
        bot.recovery.look()
    assert recorded(bot.store) == fix
    assert world.gateway.reads == []
    world.clock.tick(LEASE)
    bot.recovery.look()
    assert world.gateway.reads != []
    assert not dead.store.fixes.renew(fix.id)


def test_a_second_bot_does_not_end_what_hangs(world: World, bot: Process) -> None:
    """While AWS takes its time over a write, another bot leaves the fix to the one that asked."""
    first = world.process(lease=0.003)
    gate = world.gateway.write_gate = Gate()
    ended: list[FixResult] = []
    thread = threading.Thread(
        target=lambda: ended.append(first.fixes.fix(fix_request(), NAME, ANA))
    )
    thread.start()
    renewed = threading.Event()
    with gate.held():
        for _ in range(20):
            lease = lease_of(world)
            world.clock.tick(10)
            while lease_of(world) == lease:
                assert not renewed.wait(0.001)
            bot.recovery.look()
            assert recorded(bot.store).ended_at is None
            refused = refusal(bot.fixes.fix(fix_request("form-2", wanted=OTHER), NAME, ANA))
            assert refused.outcome is FixOutcome.UNDER_WAY
    thread.join(PATIENCE)
    assert ended[0].outcome is FixOutcome.VERIFIED
    assert world.gateway.writes == [CONTACT]


def lease_of(world: World) -> object:
    """Until when somebody works on the first fix."""
    with world.processes[0].store.connections.reading() as db:
        row = db.row("SELECT lease_until FROM fixes")
        assert row is not None
        return row["lease_until"]


def test_a_write_that_aws_took_wins(world: World, dead: Process, bot: Process) -> None:
    """A fix that another bot ended as failed goes on where AWS took it after all."""
    gate = world.gateway.write_gate = Gate()
    ended: list[FixResult] = []
    thread = threading.Thread(target=lambda: ended.append(dead.fixes.fix(fix_request(), NAME, ANA)))
    thread.start()
    with gate.held():
        # Its process is so slow that it seems dead, and AWS shows nothing for long.
        world.clock.tick(LEASE)
        bot.recovery.look()
        world.clock.tick(120)
        bot.recovery.look()
        given_up = recorded(bot.store)
        assert given_up.state is FixState.FAILED
        assert given_up.in_doubt_since is not None
    thread.join(PATIENCE)
    assert ended[0].outcome is FixOutcome.VERIFIED
    fix = recorded(bot.store)
    assert fix.state is FixState.CONFIRMED
    assert (fix.failure, fix.in_doubt_since) == (None, None)


def test_a_fix_that_was_taken_over_is_not_written(
    world: World, dead: Process, bot: Process
) -> None:
    """A process that slept until another ended its fix does not ask AWS to write any more."""

    def sleep() -> None:
        world.gateway.on_read = lambda: None
        world.clock.tick(LEASE)
        bot.recovery.look()

    world.gateway.on_read = sleep
    refused = refusal(dead.fixes.fix(fix_request(), NAME, ANA))
    assert refused.outcome is FixOutcome.UNDER_WAY
    assert "Nothing was changed in AWS" in str(refused.problem)
    assert world.gateway.writes == []
    assert recorded(bot.store).state is FixState.FAILED


def test_what_was_never_asked_failed(world: World, dead: Process, bot: Process) -> None:
    """A fix killed before AWS was asked failed for certain, and says so."""
    begun(dead, asked=False)
    world.clock.tick(LEASE)
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.FAILED
    assert fix.in_doubt_since is None
    assert fix.failure is not None
    assert fix.failure.cause is FailureCode.NOT_REACHED
    assert "before it sent the change" in fix.failure.message


def test_what_is_there_though_it_was_never_asked_for(
    world: World, dead: Process, bot: Process
) -> None:
    """Where AWS holds the contact without having been asked, it was there already."""
    begun(dead, asked=False)
    world.gateway.hold(1)
    world.clock.tick(LEASE)
    bot.recovery.look()
    assert recorded(bot.store).already_there


def test_a_write_under_way_is_given_time(world: World, dead: Process, bot: Process) -> None:
    """Right after a kill AWS may not show yet what it took: it is looked at until it must."""
    begun(dead)
    dead.store.fixes.release(1)
    bot.recovery.look()
    assert recorded(bot.store).ended_at is None
    world.gateway.hold(1)
    world.clock.tick(10)
    bot.recovery.look()
    assert recorded(bot.store).state is FixState.CONFIRMED


def test_what_never_shows_failed_in_doubt(world: World, dead: Process, bot: Process) -> None:
    """What AWS does not show in the time it may take failed, in doubt."""
    begun(dead)
    dead.store.fixes.release(1)
    bot.recovery.look()
    world.clock.tick(70)
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.FAILED
    assert fix.in_doubt_since is not None
    assert fix.failure is not None
    assert "doesn't show" in fix.failure.message


def test_what_aws_took_late_is_found(world: World, dead: Process, bot: Process) -> None:
    """A request that outlived its process is found where it reached AWS in the end."""
    begun(dead)
    world.clock.tick(200)
    bot.recovery.look()
    assert recorded(bot.store).state is FixState.FAILED
    world.gateway.hold(1)
    world.clock.tick(60)
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.CONFIRMED
    assert (fix.failure, fix.in_doubt_since) == (None, None)


def test_whoever_comes_next_finds_what_aws_took_late(
    world: World, dead: Process, bot: Process
) -> None:
    """Who asks again for what AWS took late finds it there, by the fix that wrote it."""
    begun(dead)
    world.clock.tick(200)
    bot.recovery.look()
    world.gateway.hold(1)
    again = fix_request("form-2", shown=CONTACT, shown_at=world.clock.now())
    assert record_of(bot.fixes.fix(again, NAME, ANA)).already_there
    late = recorded(bot.store)
    assert (late.state, late.already_there) == (FixState.CONFIRMED, False)


def test_a_reading_is_not_credited_to_a_fix_that_another_followed(
    world: World, dead: Process, bot: Process
) -> None:
    """Another bot may write the same values between the look at the record and the look at AWS."""
    begun(dead)
    world.clock.tick(200)
    bot.recovery.look()
    assert recorded(bot.store).in_doubt_since is not None

    def overtake() -> None:
        world.gateway.on_read = lambda: None
        fix, _ = dead.store.fixes.plan(fix_request("form-2"), NAME)
        dead.store.fixes.begin_writing(fix.id, None)
        world.gateway.hold(1)

    world.gateway.on_read = overtake
    world.clock.tick(60)
    bot.recovery.look()
    assert len(world.gateway.reads) > 1
    assert recorded(bot.store).state is FixState.FAILED


def test_a_doubt_comes_to_an_end(world: World, dead: Process, bot: Process) -> None:
    """What AWS does not show for an hour it did not take; nobody looks any more."""
    begun(dead)
    world.clock.tick(200)
    bot.recovery.look()
    world.clock.tick(LOOK_AGAIN_FOR.total_seconds())
    bot.recovery.look()
    fix = recorded(bot.store)
    assert (fix.state, fix.in_doubt_since) == (FixState.FAILED, None)
    assert fix.failure is not None
    world.gateway.reads.clear()
    world.clock.tick(1000)
    bot.recovery.look()
    assert world.gateway.reads == []


def test_a_clock_that_is_wrong_ends_no_doubt(world: World, dead: Process, bot: Process) -> None:
    """Nobody gives up on a fix by a clock with which neither Slack nor AWS agrees."""
    begun(dead)
    world.clock.tick(200)
    bot.recovery.look()
    world.clock.proven = False
    world.clock.tick(400 * 24 * 3600)
    bot.recovery.look()
    assert recorded(bot.store).in_doubt_since is not None
    world.clock.proven = True
    world.clock.tick(1000)
    bot.recovery.look()
    assert recorded(bot.store).in_doubt_since is None


def test_a_later_fix_ends_the_doubt_about_an_earlier(
    world: World, dead: Process, bot: Process
) -> None:
    """Once the same contact is written again, what AWS holds says nothing of the fix before."""
    begun(dead)
    world.clock.tick(200)
    bot.recovery.look()
    again = fix_request("form-2", shown_at=world.clock.now())
    assert bot.fixes.fix(again, NAME, ANA).outcome is FixOutcome.VERIFIED
    world.clock.tick(60)
    bot.recovery.look()
    assert recorded(bot.store).state is FixState.FAILED


def test_nothing_is_ended_unread(world: World, dead: Process, bot: Process) -> None:
    """As long as AWS cannot be read, a fix stays open; after a day it says why it is in doubt."""
    begun(dead)
    world.clock.tick(200)
    world.gateway.say(1, *10 * [unreadable(FailureCode.CREDENTIALS_EXPIRED)])
    bot.recovery.look()
    world.clock.tick(3600)
    bot.recovery.look()
    assert recorded(bot.store).ended_at is None
    world.clock.tick(UNREADABLE_FOR.total_seconds())
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.FAILED
    assert fix.in_doubt_since is not None
    assert fix.failure is not None
    assert fix.failure.cause is FailureCode.CREDENTIALS_EXPIRED
    assert "can't read the result" in fix.failure.message


def test_an_account_that_cannot_be_read_is_asked_ever_less(
    world: World, dead: Process, bot: Process
) -> None:
    """Looks at a contact that cannot be read are minutes apart after a while."""
    begun(dead)
    world.gateway.say(1, *1000 * [unreadable()])
    world.clock.tick(LEASE)
    for _ in range(720):
        bot.recovery.look()
        world.clock.tick(5)
    assert 5 < len(world.gateway.reads) < 20


def test_an_applied_fix_that_aws_does_not_show_stays_applied(
    world: World, dead: Process, bot: Process
) -> None:
    """A fix that AWS took stays applied where AWS does not show it."""
    dead.store.fixes.advance(begun(dead).id, FixState.APPLIED, ended=False)
    world.clock.tick(LEASE)
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.APPLIED
    assert fix.ended_at is not None


@pytest.mark.parametrize("took", [False, True])
def test_whoever_comes_next_settles_what_was_left(
    world: World, dead: Process, bot: Process, took: bool
) -> None:
    """A person need not wait for a dead process's fix: AWS is read, and theirs is made."""
    begun(dead)
    if took:
        world.gateway.hold(1)
    world.clock.tick(LEASE)
    shown = CONTACT if took else None
    mine = fix_request("form-2", wanted=OTHER, shown=shown, shown_at=world.clock.now())
    assert bot.fixes.fix(mine, NAME, ANA).outcome is FixOutcome.VERIFIED
    left = recorded(bot.store)
    assert left.state is (FixState.CONFIRMED if took else FixState.FAILED)
    assert record_of(bot.fixes.fix(mine, NAME, ANA)).before == shown


def test_a_fix_that_broke_is_left_at_once(world: World, bot: Process) -> None:
    """A defect in the middle of a fix holds up nobody, and what AWS took is found."""
    world.gateway.fail_write(RuntimeError("a defect"), takes=True)
    with pytest.raises(RuntimeError):
        bot.fixes.fix(fix_request(), NAME, ANA)
    bot.recovery.look()
    assert recorded(bot.store).state is FixState.CONFIRMED


def test_one_defect_holds_up_no_other_fix(world: World, dead: Process, bot: Process) -> None:
    """Where looking at one fix breaks, the others are looked at."""
    begun(dead)
    begun(dead, fix_request("form-2", 2))
    world.gateway.say(1, RuntimeError("a defect"))
    world.gateway.hold(2)
    world.clock.tick(LEASE)
    bot.recovery.look()
    assert recorded(bot.store).ended_at is None
    assert recorded(bot.store, 2).state is FixState.CONFIRMED


def test_a_persons_fix_does_not_wait_for_those_of_a_run(
    world: World, dead: Process, bot: Process
) -> None:
    """A run's are many, and read behind a scan: they have a thread of their own."""
    run = dead.store.runs.preview(NewRun("form-9", RunKind.FIX, ANA), [])
    begun(dead, replace(fix_request("run:1:1:1", 1), run_id=run.id))
    begun(dead, fix_request("form-1", 2))
    for number in (1, 2):
        world.gateway.hold(number)
    gate = world.gateway.gate(1)
    world.clock.tick(LEASE)
    bot.recovery.start()
    never = threading.Event()
    with gate.held():
        while recorded(bot.store, 2).state is not FixState.CONFIRMED:
            assert not never.wait(0.001)
        assert recorded(bot.store, 1).state is FixState.PLANNED
    bot.recovery.wake()
    while recorded(bot.store, 1).state is not FixState.CONFIRMED:
        assert not never.wait(0.001)
    bot.recovery.stop()
    priorities = {account_id: priority for account_id, _, priority in world.gateway.reads}
    assert priorities == {account(1).id: Priority.READ_BACK, account(2).id: Priority.FIX}


def test_a_stop_leaves_the_rest_to_others(world: World, dead: Process, bot: Process) -> None:
    """Stopped in the middle, a bot concludes nothing, and another may go on at once."""
    begun(dead)
    begun(dead, fix_request("form-2", 2))
    world.clock.tick(200)
    world.gateway.on_read = bot.fixes.stop
    bot.recovery.look()
    bot.recovery.stop()
    assert [recorded(bot.store, number).ended_at for number in (1, 2)] == [None, None]
    world.gateway.on_read = lambda: None
    world.process().recovery.look()
    assert {recorded(bot.store, number).state for number in (1, 2)} == {FixState.FAILED}


def test_rounds_are_made_until_the_stop(world: World, dead: Process, bot: Process) -> None:
    """Started, it looks by itself, and a defect does not end that."""
    begun(dead)
    world.clock.tick(200)
    seen = threading.Event()
    world.gateway.on_read = seen.set
    bot.recovery.start()
    assert seen.wait(PATIENCE)
    bot.recovery.stop()


def test_a_denied_look_names_the_cause(world: World, dead: Process, bot: Process) -> None:
    """A person whose contact cannot be read hears why nothing was changed."""
    begun(dead)
    world.clock.tick(LEASE)
    world.gateway.say(1, *20 * [unreadable(FailureCode.DENIED_BY_SCP)])
    refused = refusal(bot.fixes.fix(fix_request("form-2"), NAME, ANA))
    assert refused.outcome is FixOutcome.FAILED
    assert "Nothing was changed" in str(refused.problem)
    assert gateway_error(FailureCode.DENIED_BY_SCP).failure.message in str(refused.problem)
    assert world.gateway.writes == []
