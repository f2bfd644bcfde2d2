"""The fix: who may, what is written, and when it counts as done."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import (
    ContactChanged,
    ContactRefused,
    FixUnderWay,
    GatewayError,
    NotAllowed,
    StoreError,
)
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.readings import Present, Unsupported
from bot.services import fix
from bot.services.fix import STALE_READS, FixService
from bot.services.ports.aws import Priority
from bot.store import SqliteStore
from tests.unit.fakes import (
    ABSENT,
    CONTACT,
    OTHER,
    PATIENCE,
    START,
    THIRD,
    FakeClock,
    FakeFixers,
    FakeGateway,
    Gate,
    account,
    fix_request,
    gateway_error,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.fixes import Fix, FixRequest

NAME = "Account 1"


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "FIRST_WAIT", 0.0)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that every read moves on by ten seconds, so that waiting comes to an end."""
    return FakeClock(START + timedelta(minutes=1))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStore]:
    """The database."""
    with SqliteStore(tmp_path / "bot.db", clock) as store:
        yield store


@pytest.fixture
def gateway(clock: FakeClock) -> FakeGateway:
    """An account without a contact."""
    gateway = FakeGateway(account(1))
    gateway.on_read = lambda: clock.tick(10)
    return gateway


@pytest.fixture
def told() -> list[str]:
    """Grows each time that there may be something to announce."""
    return []


@pytest.fixture
def remediator(
    gateway: FakeGateway, store: SqliteStore, clock: FakeClock, told: list[str]
) -> FixService:
    """The unit under test; U1 and U2 are fixers."""
    fixers = FakeFixers("U1", "U2")
    return FixService(gateway, store, fixers, clock, on_recorded=lambda: told.append("recorded"))


def recorded(store: SqliteStore, number: int = 1) -> Fix:
    """A fix as the store has it."""
    fix = store.fix(number)
    assert fix is not None
    return fix


def planned(store: SqliteStore, request: FixRequest | None = None) -> Fix:
    """A fix that a process left before it wrote."""
    fix, new = store.plan_fix(request or fix_request(), NAME)
    assert new
    return fix


def test_a_fix_is_written_read_back_and_recorded(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore, told: list[str]
) -> None:
    """A fix ends confirmed after two equal reads, with who, before and after on record."""
    gateway.hold(1, OTHER)
    fix = remediator.fix(fix_request(shown=OTHER), NAME)
    assert fix.state is FixState.CONFIRMED
    assert fix.before == OTHER
    assert fix.request.user_id == "U1"
    assert fix.ended_at is not None
    assert not fix.already_there
    assert gateway.writes == [CONTACT]
    assert len(gateway.reads) == 3
    assert {priority for _, _, priority in gateway.reads} == {Priority.FIX}
    assert recorded(store) == fix
    assert told == ["recorded"]


def test_what_was_held_is_on_record_before_aws_is_asked(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """While AWS is asked to write, the store has the fix as planned, with what was held before."""
    gateway.hold(1, OTHER)
    seen: list[Fix] = []
    gateway.on_write = lambda: seen.append(recorded(store))
    remediator.fix(fix_request(shown=OTHER), NAME)
    assert [(fix.state, fix.before) for fix in seen] == [(FixState.PLANNED, OTHER)]


def test_only_fixers_fix(remediator: FixService, gateway: FakeGateway, store: SqliteStore) -> None:
    """Anyone else is refused at submission: nothing is read, written or recorded."""
    with pytest.raises(NotAllowed):
        remediator.fix(fix_request(user_id="U9"), NAME)
    assert gateway.reads == []
    assert store.fix(1) is None


def test_a_form_submitted_twice_writes_once(remediator: FixService, gateway: FakeGateway) -> None:
    """The second submission of a form gets the fix that the first one made."""
    first = remediator.fix(fix_request(), NAME)
    assert remediator.fix(fix_request(), NAME) == first
    assert gateway.writes == [CONTACT]


def test_two_people_at_once_write_once(remediator: FixService, gateway: FakeGateway) -> None:
    """While one fix is under way another of the same contact is refused, and told why."""
    gateway.write_gate = Gate()
    ended: list[Fix] = []
    first = threading.Thread(target=lambda: ended.append(remediator.fix(fix_request(), NAME)))
    first.start()
    with gateway.write_gate.held():
        with pytest.raises(FixUnderWay, match="U1"):
            remediator.fix(fix_request("form-2", wanted=OTHER, user_id="U2"), NAME)
        twice = remediator.fix(fix_request(), NAME)
        assert twice.state is FixState.PLANNED
    first.join(PATIENCE)
    assert ended[0].state is FixState.CONFIRMED
    assert gateway.writes == [CONTACT]


def test_what_is_there_already_is_not_written(
    remediator: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Where AWS holds the wanted contact, the fix is confirmed and says that it was there."""
    gateway.hold(1)
    fix = remediator.fix(fix_request(shown=OTHER), NAME)
    assert fix.state is FixState.CONFIRMED
    assert fix.already_there
    assert gateway.writes == []


def test_what_changed_meanwhile_is_not_overwritten(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A contact that is not the one shown is left, and the person is shown what is held now."""
    gateway.hold(1, OTHER)
    with pytest.raises(ContactChanged) as raised:
        remediator.fix(fix_request(shown=THIRD), NAME)
    assert raised.value.held == OTHER
    assert gateway.writes == []
    assert recorded(store).state is FixState.FAILED
    assert recorded(store).before == OTHER


def test_a_stale_read_does_not_hide_a_recent_fix(
    remediator: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Where AWS still gives the old value, a fix made since the form was shown counts."""
    remediator.fix(fix_request(), NAME)
    gateway.say(1, ABSENT)
    with pytest.raises(ContactChanged) as raised:
        remediator.fix(fix_request("form-2", wanted=OTHER, user_id="U2"), NAME)
    assert raised.value.held == CONTACT
    assert gateway.writes == [CONTACT]


def test_a_stale_read_does_not_pass_for_already_there(
    remediator: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """An old value that AWS gives shortly after it was fixed is written again when wanted back."""
    gateway.hold(1, OTHER)
    remediator.fix(fix_request(shown=OTHER), NAME)
    gateway.say(1, Present(OTHER))
    back = fix_request("form-2", wanted=OTHER, shown=OTHER, shown_at=clock.now())
    fix = remediator.fix(back, NAME)
    assert fix.state is FixState.CONFIRMED
    assert not fix.already_there
    assert gateway.writes == [CONTACT, OTHER]


def test_what_was_shown_after_a_fix_may_be_overwritten(
    remediator: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """A form filled after the recent fix goes by what AWS holds."""
    remediator.fix(fix_request(), NAME)
    again = fix_request("form-2", wanted=OTHER, shown=CONTACT, shown_at=clock.now())
    assert remediator.fix(again, NAME).state is FixState.CONFIRMED
    assert gateway.writes == [CONTACT, OTHER]


def test_a_fix_of_long_ago_does_not_count_against_what_aws_gives(
    remediator: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Once AWS must have caught up, what it gives is what it holds."""
    remediator.fix(fix_request(), NAME)
    gateway.hold(1, OTHER)
    clock.tick(STALE_READS.total_seconds())
    again = fix_request("form-2", wanted=THIRD, shown=OTHER)
    assert remediator.fix(again, NAME).state is FixState.CONFIRMED


def test_a_fix_that_had_no_effect_is_no_recent_one(
    remediator: FixService, gateway: FakeGateway
) -> None:
    """A fix that found its contact there already wrote nothing that AWS could be behind."""
    gateway.hold(1)
    remediator.fix(fix_request(), NAME)
    gateway.hold(1, OTHER)
    again = fix_request("form-2", wanted=THIRD, shown=OTHER)
    assert remediator.fix(again, NAME).state is FixState.CONFIRMED


@pytest.mark.parametrize(
    "reading", [unreadable(FailureCode.DENIED), Unsupported(failure(FailureCode.NO_API))]
)
def test_what_cannot_be_read_is_not_written(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore, reading: Unsupported
) -> None:
    """Where AWS does not say what it holds nothing is written; the cause is told and recorded."""
    gateway.say(1, reading)
    with pytest.raises(GatewayError) as raised:
        remediator.fix(fix_request(), NAME)
    assert raised.value.failure == reading.failure
    assert gateway.writes == []
    fix = recorded(store)
    assert fix.state is FixState.FAILED
    assert fix.failure == reading.failure


def test_refused_fields_come_back(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Fields that AWS itself refuses are handed back, and the fix is recorded as failed."""
    gateway.fail_write(
        ContactRefused(failure(FailureCode.REFUSED), {"phone": "not a phone number"})
    )
    with pytest.raises(ContactRefused) as raised:
        remediator.fix(fix_request(), NAME)
    assert raised.value.fields == {"phone": "not a phone number"}
    assert recorded(store).state is FixState.FAILED


def test_a_denied_write_fails_with_its_cause(remediator: FixService, gateway: FakeGateway) -> None:
    """Where AWS denies the write, the fix failed, for AWS's reason."""
    gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    fix = remediator.fix(fix_request(), NAME)
    assert fix.state is FixState.FAILED
    assert fix.failure == failure(FailureCode.DENIED_BY_SCP)


def test_a_denied_write_of_what_is_there_succeeds(
    remediator: FixService, gateway: FakeGateway
) -> None:
    """Where AWS denies the write though it holds the wanted contact, the fix says it was there."""
    gateway.fail_write(gateway_error(FailureCode.DENIED))
    gateway.on_write = lambda: gateway.hold(1)
    fix = remediator.fix(fix_request(), NAME)
    assert fix.state is FixState.CONFIRMED
    assert fix.already_there


def test_a_throttled_write_is_not_waited_for(remediator: FixService, gateway: FakeGateway) -> None:
    """A write that AWS surely did not take fails at once."""
    gateway.fail_write(gateway_error(FailureCode.THROTTLED))
    assert remediator.fix(fix_request(), NAME).state is FixState.FAILED
    assert len(gateway.reads) == 1


@pytest.mark.parametrize(
    "cause", [FailureCode.TIMED_OUT, FailureCode.MALFORMED, FailureCode.AWS_FAULT]
)
def test_a_lost_answer_is_no_failure_where_aws_took_it(
    remediator: FixService, gateway: FakeGateway, cause: FailureCode
) -> None:
    """Where the answer was lost but AWS shows what was written, the fix is confirmed."""
    gateway.fail_write(gateway_error(cause), takes=True)
    gateway.say(1, ABSENT, ABSENT)
    fix = remediator.fix(fix_request(), NAME)
    assert fix.state is FixState.CONFIRMED
    assert not fix.already_there
    assert gateway.writes == [CONTACT]


def test_a_lost_answer_is_a_failure_where_aws_never_shows_it(
    remediator: FixService, gateway: FakeGateway, clock: FakeClock
) -> None:
    """Where the answer was lost and AWS does not show the contact in time, the fix failed."""
    gateway.fail_write(gateway_error(FailureCode.TIMED_OUT))
    fix = remediator.fix(fix_request(), NAME)
    assert fix.state is FixState.FAILED
    assert fix.failure == failure(FailureCode.TIMED_OUT)
    assert clock.now() - fix.planned_at >= timedelta(seconds=60)


def test_a_lost_answer_is_left_open_by_a_stop(
    remediator: FixService,
    gateway: FakeGateway,
    store: SqliteStore,
    clock: FakeClock,
) -> None:
    """A stop does not take a write in doubt for failed: the next start finds out."""
    gateway.fail_write(gateway_error(FailureCode.TIMED_OUT), takes=True)
    gateway.on_write = remediator.stop
    gateway.say(1, ABSENT, ABSENT)
    fix = remediator.fix(fix_request(), NAME)
    assert fix.state is FixState.PLANNED
    assert store.unfinished_fixes() == [fix]
    FixService(gateway, store, FakeFixers(), clock).recover()
    assert recorded(store).state is FixState.CONFIRMED


def test_two_equal_reads_must_follow_each_other(
    remediator: FixService, gateway: FakeGateway
) -> None:
    """One replica that is ahead confirms nothing: an unequal read starts the count anew."""
    gateway.say(1, ABSENT, Present(CONTACT), ABSENT, Present(CONTACT), unreadable())
    assert remediator.fix(fix_request(), NAME).state is FixState.CONFIRMED
    assert len(gateway.reads) == 7


def test_the_normal_form_is_what_is_compared(remediator: FixService, gateway: FakeGateway) -> None:
    """What AWS hands back trimmed is what was written."""
    gateway.on_write = lambda: gateway.say(1, *2 * [Present(CONTACT)])
    loose = type(CONTACT)(" Ana  Lima", "Lead ", "SEC@example.com", "+351 (210) 000-000")
    assert remediator.fix(fix_request(wanted=loose), NAME).state is FixState.CONFIRMED


def test_what_aws_does_not_show_in_time_stays_applied(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore, clock: FakeClock
) -> None:
    """Once the bound has passed, the fix ends as applied, not as confirmed."""
    gateway.on_write = lambda: gateway.say(1, *20 * [ABSENT])
    fix = remediator.fix(fix_request(), NAME)
    assert fix.state is FixState.APPLIED
    assert fix.applied_at is not None
    assert clock.now() - fix.applied_at == timedelta(seconds=60)
    assert store.unfinished_fixes() == []


def test_the_bound_may_be_set(gateway: FakeGateway, store: SqliteStore, clock: FakeClock) -> None:
    """With no time to confirm, one read is all there is."""
    gateway.on_write = lambda: gateway.say(1, ABSENT)
    hasty = FixService(gateway, store, FakeFixers("U1"), clock, confirm_within=0)
    assert hasty.fix(fix_request(), NAME).state is FixState.APPLIED


def test_a_stop_ends_the_wait_for_aws(
    remediator: FixService,
    gateway: FakeGateway,
    store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fix that is being confirmed when the bot stops is recorded as applied at once."""
    monkeypatch.setattr(fix, "FIRST_WAIT", 3600.0)
    monkeypatch.setattr(fix, "LONGEST_WAIT", 3600.0)
    gate = Gate()
    gateway.say(1, *10 * [ABSENT])
    gateway.on_write = lambda: setattr(gateway, "on_read", gate.stand)
    ended: list[Fix] = []
    thread = threading.Thread(target=lambda: ended.append(remediator.fix(fix_request(), NAME)))
    thread.start()
    with gate.held():
        remediator.stop()
    thread.join(PATIENCE)
    assert ended[0].state is FixState.APPLIED
    assert recorded(store) == ended[0]


def test_what_cannot_be_recorded_is_not_written(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Without a record of the plan AWS is not asked."""
    store.close()
    with pytest.raises(StoreError):
        remediator.fix(fix_request(), NAME)
    assert gateway.writes == []


def test_recovery_confirms_what_a_dead_process_wrote(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore, told: list[str]
) -> None:
    """A fix killed between write and record is confirmed by what AWS holds."""
    planned(store)
    gateway.hold(1)
    remediator.recover()
    assert recorded(store).state is FixState.CONFIRMED
    assert told == ["recorded"]


def test_recovery_fails_what_was_never_written(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A fix killed before its write failed, and says that the bot was stopped."""
    planned(store)
    remediator.recover()
    fix = recorded(store)
    assert fix.state is FixState.FAILED
    assert fix.failure is not None
    assert fix.failure.cause is FailureCode.NOT_REACHED
    assert "before AWS took" in fix.failure.message
    assert gateway.writes == []


def test_recovery_says_where_it_cannot_see(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A planned fix whose contact cannot be read failed for that reason, and says so."""
    planned(store)
    gateway.say(1, *20 * [unreadable(FailureCode.CREDENTIALS_EXPIRED)])
    remediator.recover()
    why = recorded(store).failure
    assert why is not None
    assert why.cause is FailureCode.CREDENTIALS_EXPIRED
    assert "cannot see" in why.message


def test_recovery_leaves_applied_what_aws_does_not_show(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A fix that AWS took stays applied where AWS does not show it yet."""
    store.advance_fix(planned(store).id, FixState.APPLIED, ended=False)
    remediator.recover()
    fix = recorded(store)
    assert fix.state is FixState.APPLIED
    assert fix.ended_at is not None


def test_recovery_leaves_alone_what_somebody_works_on(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """A fix that moves while recovery looks at it is another process's, which is not dead."""
    fix = planned(store)
    gateway.on_read = lambda: move_on(store, fix)
    gateway.hold(1)
    remediator.recover()
    assert recorded(store).state is FixState.APPLIED
    assert recorded(store).ended_at is None


def move_on(store: SqliteStore, fix: Fix) -> None:
    """Another process gets on with a fix."""
    store.advance_fix(fix.id, FixState.APPLIED, ended=False)


def test_a_stop_leaves_recovery_to_the_next_start(
    remediator: FixService, gateway: FakeGateway, store: SqliteStore
) -> None:
    """Stopped in the middle, recovery concludes nothing of what it did not wait for."""
    planned(store)
    planned(store, fix_request("form-2", 2))
    gateway.on_read = remediator.stop
    remediator.recover()
    assert len(gateway.reads) == 1
    assert len(store.unfinished_fixes()) == 2
    remediator.recover()
    assert len(gateway.reads) == 1
