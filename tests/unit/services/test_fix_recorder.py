"""What AWS took is not lost with a database that cannot be written: it hears, kept, recorded."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode
from bot.domain.fixes import FixState
from bot.services.fix_result import Fixed, FixOutcome
from tests.unit.fakes import ABSENT, CONTACT, OTHER, fix_request, gateway_error
from tests.unit.services.fix_world import ANA, NAME, World, record_of, recorded, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.services.fix_world import Process


class Lock:
    """Another program that keeps the database locked."""

    def __init__(self, world: World) -> None:
        self._connection = sqlite3.connect(world.path, isolation_level=None)

    def take(self) -> None:
        """Lock it, unless that was done."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        """Let it go."""
        self._connection.rollback()

    def close(self) -> None:
        """End the program."""
        self._connection.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What fixes work on."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bot(world: World) -> Process:
    """The bot under test, which waits a moment for another writer."""
    return world.process(busy_timeout=0.01)


@pytest.fixture
def lock(world: World, bot: Process) -> Iterator[Lock]:
    """Another program on its database."""
    made = Lock(world)
    yield made
    made.close()


def test_a_record_is_tried_again(world: World, bot: Process, lock: Lock) -> None:
    """Locked from the write on until it was read back, the fix is recorded all the same."""
    world.gateway.on_write = lock.take
    world.gateway.say(1, ABSENT, ABSENT, ABSENT)

    def unlock_late() -> None:
        if len(world.gateway.reads) > 3:
            lock.end()

    world.gateway.on_read = unlock_late
    result = bot.fixes.fix(fix_request(), NAME, ANA)
    assert result.outcome is FixOutcome.VERIFIED
    assert result.unrecorded is None
    assert recorded(bot.store).state is FixState.CONFIRMED
    assert recorded(bot.store).applied_at is not None


def test_what_cannot_be_recorded_is_told_and_kept(world: World, bot: Process, lock: Lock) -> None:
    """The person hears that AWS took it and that this is not recorded; it is, once it can be."""
    world.gateway.on_write = lock.take
    result = bot.fixes.fix(fix_request(), NAME, ANA)
    assert isinstance(result, Fixed)
    assert result.outcome is FixOutcome.VERIFIED
    assert "locked" in str(result.unrecorded)
    assert recorded(bot.store).ended_at is None
    with pytest.raises(StoreError):
        bot.recovery.look()
    assert world.told == []
    lock.end()
    reads = len(world.gateway.reads)
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.CONFIRMED
    assert world.told == ["recorded"]
    assert len(world.gateway.reads) == reads


def test_a_retry_is_not_kept_waiting(world: World, bot: Process, lock: Lock) -> None:
    """Who saves again learns that nothing was changed, or finds the contact there already."""
    world.gateway.on_write = lock.take
    bot.fixes.fix(fix_request(), NAME, ANA)
    again = fix_request("form-2", shown=CONTACT)
    refused = refusal(bot.fixes.fix(again, NAME, ANA))
    assert refused.outcome is FixOutcome.NOT_RECORDED
    assert "Nothing was changed in AWS" in str(refused.problem)
    assert "locked" in str(refused.problem)
    lock.end()
    result = bot.fixes.fix(again, NAME, ANA)
    assert record_of(result).already_there
    assert recorded(bot.store).state is FixState.CONFIRMED
    assert world.gateway.writes == [CONTACT]


def test_what_died_with_its_process_is_found_in_aws(world: World, bot: Process, lock: Lock) -> None:
    """Where the process ends before it could record, another one reads AWS."""
    world.gateway.on_write = lock.take
    bot.fixes.fix(fix_request(), NAME, ANA)
    bot.recovery.stop()
    lock.end()
    world.clock.tick(31)
    other = world.process()
    other.recovery.look()
    assert recorded(other.store).state is FixState.CONFIRMED


def test_a_stop_records_what_it_can(world: World, bot: Process, lock: Lock) -> None:
    """An orderly stop tries once more to record what could not be recorded."""
    world.gateway.on_write = lock.take
    bot.fixes.fix(fix_request(), NAME, ANA)
    lock.end()
    bot.recovery.stop()
    assert recorded(bot.store).state is FixState.CONFIRMED


def test_a_lost_answer_that_cannot_be_recorded(world: World, bot: Process, lock: Lock) -> None:
    """In doubt, and not recorded: both are reported, and both are on record in the end."""
    world.gateway.fail_write(gateway_error(FailureCode.TIMED_OUT))
    world.gateway.on_write = lock.take
    refused = refusal(bot.fixes.fix(fix_request(), NAME, ANA))
    assert record_of(refused).in_doubt_since is not None
    assert refused.unrecorded is not None
    lock.end()
    bot.recovery.look()
    fix = recorded(bot.store)
    assert fix.state is FixState.FAILED
    assert fix.in_doubt_since is not None


def test_a_write_that_cannot_be_announced_first_is_not_made(
    world: World, bot: Process, lock: Lock
) -> None:
    """Locked between the plan and the write, AWS is not asked, and the record says so later."""
    world.gateway.hold(1, OTHER)
    world.gateway.on_read = lock.take
    refused = refusal(bot.fixes.fix(fix_request(shown=OTHER), NAME, ANA))
    assert refused.outcome is FixOutcome.NOT_RECORDED
    assert world.gateway.writes == []
    lock.end()
    world.gateway.on_read = lambda: None
    bot.recovery.look()
    fix = recorded(bot.store)
    assert (fix.state, fix.in_doubt_since) == (FixState.FAILED, None)
    assert fix.failure is not None
    assert "nothing was sent to AWS" in fix.failure.message


def test_a_database_that_cannot_be_read_does_not_undo_a_write(world: World, bot: Process) -> None:
    """Where it cannot be looked up whom to read back from, the fix is saved, not verified."""
    world.gateway.on_write = lambda: world.gateway.say(1, StoreError("The database is gone."))
    assert bot.fixes.fix(fix_request(), NAME, ANA).outcome is FixOutcome.SAVED
    assert recorded(bot.store).state is FixState.APPLIED
    bot.recovery.look()
    assert recorded(bot.store).state is FixState.CONFIRMED


def test_a_stop_while_the_database_is_locked(world: World, bot: Process, lock: Lock) -> None:
    """AWS's word that it took a fix is kept also where there is no time to read it back."""

    def lock_and_stop() -> None:
        lock.take()
        bot.fixes.stop()

    world.gateway.on_write = lock_and_stop
    world.gateway.say(1, *10 * [ABSENT])
    result = bot.fixes.fix(fix_request(), NAME, ANA)
    assert result.outcome is FixOutcome.SAVED
    assert result.unrecorded is not None
    lock.end()
    bot.recovery.stop()
    assert recorded(bot.store).state is FixState.APPLIED


def test_one_fix_that_is_not_recorded_holds_up_no_other(
    world: World, bot: Process, lock: Lock
) -> None:
    """What is kept of one contact neither refuses a fix of another nor is kept for ever."""
    world.gateway.on_write = lock.take
    bot.fixes.fix(fix_request(), NAME, ANA)
    lock.end()
    world.gateway.on_write = lambda: None
    with bot.store.connections.writing() as db:
        db.run("DELETE FROM fixes")  # the database was put back from a backup
    other = bot.fixes.fix(fix_request("form-2", 2), NAME, ANA)
    assert other.outcome is FixOutcome.VERIFIED
    bot.recovery.look()
    bot.recovery.look()
    assert bot.store.fixes.get(1) is None
