"""A run takes every contact to its end, and goes on where it was if it is interrupted."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.contacts import fingerprint
from bot.domain.errors import NotAllowed, RightsUnknown
from bot.domain.failures import FailureCode
from bot.domain.fixes import FixRequest
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.runs import ItemState, RunCounts, RunItem, RunKind, RunState
from bot.services.active_run import MOST_DEFERRALS, SAME_FAILURES
from bot.services.bulk_fix import RunWorker
from bot.services.ports.aws import Priority
from bot.services.ports.runs import NewRun
from bot.services.run_fixes import CHANGED
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    PATIENCE,
    SECURITY,
    START,
    THIRD,
    Gate,
    account,
    gateway_error,
)
from tests.unit.services.fix_world import ANA, Process, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from bot.domain.runs import Run
    from bot.store import SqliteStore

VERIFIED, SAVED, FAILED = ItemState.VERIFIED, ItemState.SAVED, ItemState.FAILED
HELD_BACK, PLANNED = ItemState.HELD_BACK, ItemState.PLANNED


class Inline(Executor):
    """Works at once, in the thread that asks for it, so that nothing happens beside a test."""

    def submit(
        self,
        fn: Callable[..., Any],
        /,
        *args: Any,  # noqa: ANN401 - as the executor's own
        **kwargs: Any,  # noqa: ANN401 - the same
    ) -> Future[Any]:
        """Call a function; see `Executor.submit`."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Runs:
    """A process that works on runs, and what it reports."""

    def __init__(self, world: World, process: Process, pool: Executor | None = None) -> None:
        self.clock = world.clock
        self.process = process
        self.store: SqliteStore = process.store
        self.refusals: dict[str, NotAllowed] = {}
        self.asked: list[int] = []
        self.changed: list[str] = []
        self.ended = threading.Event()
        self.worker = RunWorker(
            process.store.runs,
            process.fixes,
            process.recovery,
            world.clock,
            still_allowed=self.require,
            on_changed=lambda: self.changed.append("changed"),
            on_ended=self.ended.set,
            pool=pool,
            poll_interval=0.01,
            show_interval=0.0,
            shutdown_timeout=PATIENCE,
        )

    def require(self, run: Run, item: RunItem) -> None:
        """Whether a contact may be written: unless the test says otherwise."""
        self.asked.append(run.id)
        if refusal := self.refusals.get(item.account_id) or self.refusals.get("all"):
            raise refusal

    def begin(self, *items: RunItem, key: str = "form-1", kind: RunKind = RunKind.FIX) -> Run:
        """A run of these contacts that has begun."""
        run = self.store.runs.preview(NewRun(key, kind, ANA), items)
        assert self.store.runs.start(run.id, "U1")
        return run

    def work(self, rounds: int = 1) -> None:
        """Look for work and do it, then read back what was written; as often as told."""
        for _ in range(rounds):
            self.worker.look()
            self.process.recovery.look(of_runs=True)
            self.clock.tick(5)

    def run(self, number: int = 1) -> Run:
        """A run as recorded."""
        run = self.store.runs.get(number)
        assert run is not None
        return run

    def states(self, number: int = 1) -> list[ItemState]:
        """The states of a run's contacts."""
        return [item.state for item in self.store.runs.items(number)]

    def reasons(self, number: int = 1) -> list[str]:
        """Why each contact of a run failed or was held back."""
        return [item.reason for item in self.store.runs.items(number)]


def item(
    number: int,
    wanted: AlternateContact | None = CONTACT,
    before: AlternateContact | None = None,
) -> RunItem:
    """An account's security contact that is to be changed, as last read at the start."""
    return RunItem(0, 0, account(number).id, f"Account {number}", SECURITY, wanted, before, START)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """AWS without any contact, where time passes only as the test says."""
    world = World(tmp_path)
    world.gateway.on_read = lambda: None
    yield world
    world.close()


@pytest.fixture
def runs(world: World) -> Runs:
    """A process that works on runs, one contact after another."""
    return Runs(world, world.process(), Inline())


def written(world: World) -> list[str]:
    """The accounts that were written, in order."""
    store = world.processes[0].store
    fixes = [store.fixes.get(origin.fix_id) for origin in world.gateway.origins]
    return [fix.request.account_id for fix in fixes if fix is not None]


def test_every_contact_is_written_once_and_verified(world: World, runs: Runs) -> None:
    """Each is read before, written, and read back behind the writes; then the run ends."""
    world.gateway.hold(2, OTHER)
    world.gateway.hold(3, CONTACT)
    run = runs.begin(item(1), item(2, before=OTHER), item(3), item(4, None, CONTACT))
    world.gateway.hold(4, CONTACT)
    runs.worker.look()
    assert runs.states() == [SAVED, SAVED, VERIFIED, SAVED]
    assert not any(priority is Priority.READ_BACK for _, _, priority in world.gateway.reads)
    runs.work(2)
    assert runs.states() == [VERIFIED] * 4
    assert written(world) == [account(n).id for n in (1, 2, 4)]
    assert all(origin.is_run for origin in world.gateway.origins)
    assert {priority for _, _, priority in world.gateway.reads} == {
        Priority.RUN,
        Priority.READ_BACK,
    }
    assert world.gateway.held == {(account(n).id, SECURITY): CONTACT for n in (1, 2, 3)}
    ended = runs.run()
    assert (ended.state, ended.counts, ended.interrupted) == (
        RunState.ENDED,
        RunCounts(verified=4),
        0,
    )
    assert runs.ended.is_set()
    assert runs.changed
    assert runs.asked.count(run.id) >= 4
    runs.work()
    assert len(world.gateway.origins) == 3


def test_one_failure_stops_nothing_else(world: World, runs: Runs) -> None:
    """Each contact that fails has its reason, and the others are verified."""
    world.gateway.fail_write(gateway_error(FailureCode.DENIED))
    world.gateway.fail_write(gateway_error(FailureCode.THROTTLED))
    runs.begin(*(item(n) for n in range(1, 6)))
    runs.work(3)
    assert runs.states() == [FAILED, FAILED, VERIFIED, VERIFIED, VERIFIED]
    denied, throttled = runs.store.runs.items(1)[:2]
    assert denied.failure == gateway_error(FailureCode.DENIED).failure
    assert throttled.reason == gateway_error(FailureCode.THROTTLED).failure.message
    assert runs.run().state is RunState.ENDED


def test_the_same_failure_on_ten_accounts_stops_the_run(world: World, runs: Runs) -> None:
    """Nothing more is sent, the rest stays planned, and it is said once; it can be continued."""
    for _ in range(SAME_FAILURES):
        world.gateway.fail_write(gateway_error(FailureCode.DENIED))
    runs.begin(*(item(n) for n in range(1, 31)))
    runs.work(3)
    assert runs.states() == [FAILED] * 10 + [PLANNED] * 20
    assert len(world.gateway.origins) == SAME_FAILURES
    stopped = runs.run()
    assert stopped.state is RunState.STOPPED
    denied = gateway_error(FailureCode.DENIED).failure.message
    assert stopped.stop_reason == f"10 accounts in a row failed for the same reason: {denied}"
    assert runs.store.runs.start(1, "U1")
    runs.work(3)
    assert runs.states() == [FAILED] * 10 + [VERIFIED] * 20
    assert runs.store.runs.retry(1, "U1") == SAME_FAILURES
    runs.work(3)
    assert runs.states() == [VERIFIED] * 30
    assert runs.run().state is RunState.ENDED


def test_no_more_than_ten_contacts_are_tried_at_once_for_one_cause(world: World) -> None:
    """Those that fail and those in flight together are never more than ten."""
    gate = world.gateway.write_gate = Gate()
    for _ in range(40):
        world.gateway.fail_write(gateway_error(FailureCode.DENIED))
    runs = Runs(world, world.process())
    runs.begin(*(item(n) for n in range(1, 41)))
    runs.worker.start()
    gate.await_reached()
    gate.open()
    assert runs.ended.wait(PATIENCE)
    runs.worker.stop()
    assert len(world.gateway.origins) == SAME_FAILURES
    assert runs.run().counts == RunCounts(planned=30, failed=10)


def test_a_success_between_failures_keeps_the_run_going(world: World, runs: Runs) -> None:
    """Ten in a row stop it; more than ten in all don't."""
    numbers = range(1, 34)
    for n in numbers:
        if n % 11 == 0:
            world.gateway.hold(n, CONTACT)  # needs no write
        else:
            cause = FailureCode.DENIED if n % 11 < 9 else FailureCode.THROTTLED
            world.gateway.fail_write(gateway_error(cause))
    runs.begin(*(item(n) for n in numbers))
    runs.work(3)
    assert runs.run().counts == RunCounts(verified=3, failed=30)
    assert runs.run().state is RunState.ENDED


def test_what_changed_since_the_preview_is_held_back(world: World, runs: Runs) -> None:
    """Nothing is written there: neither over another contact nor over a removed one."""
    world.gateway.hold(1, OTHER)
    runs.begin(item(1), item(2, before=OTHER), item(3))
    runs.work(2)
    assert runs.states() == [HELD_BACK, HELD_BACK, VERIFIED]
    assert runs.reasons() == [CHANGED, CHANGED, ""]
    assert written(world) == [account(3).id]
    assert runs.store.runs.retry(1, "U1") == 0


def test_of_two_runs_over_the_same_accounts_the_second_is_held_back(
    world: World, runs: Runs
) -> None:
    """Its preview showed what was there before the first wrote."""
    runs.begin(item(1), item(2))
    runs.begin(item(2, OTHER), item(3, OTHER), key="form-2")
    runs.work(3)
    assert sorted(runs.states(1) + runs.states(2)) == sorted([VERIFIED] * 3 + [HELD_BACK])
    assert len(world.gateway.origins) == 3
    assert {runs.run(1).state, runs.run(2).state} == {RunState.ENDED}


def test_runs_take_turns(world: World, runs: Runs) -> None:
    """A small run doesn't wait until a large one has ended."""
    runs.begin(*(item(n) for n in range(1, 21)))
    runs.begin(item(31), item(32), key="form-2")
    runs.worker.look()
    assert set(written(world)[:4]) == {account(n).id for n in (1, 2, 31, 32)}


def test_the_policy_counts_as_it_is_when_a_contact_is_written(world: World, runs: Runs) -> None:
    """A contact that no longer complies is held back, without what the policy expects."""
    runs.begin(item(1), item(2, THIRD))
    runs.store.accounts.remember([account(1), account(2)])
    expected = PolicyTable("all", {"security.email": (THIRD.email,)})
    world.policy = Policy.requiring(tables=[expected])
    runs.work(2)
    assert runs.states() == [HELD_BACK, VERIFIED]
    assert runs.reasons()[0] == "It no longer complies with the policy: email."


def test_what_a_tool_came_to_manage_is_held_back_unless_that_was_confirmed(
    world: World, runs: Runs
) -> None:
    """A form that waited for approval carries the confirmation; other contacts have none."""
    runs.store.accounts.remember([account(1), account(2)])
    runs.begin(item(1), replace(item(2), confirmed_tool="terraform"))
    world.policy = Policy.requiring(tables=[PolicyTable("all", {"managed_by": "terraform"})])
    runs.work(2)
    first, second = runs.store.runs.items(1)
    assert (first.state, second.state) == (HELD_BACK, VERIFIED)
    assert "managed by Terraform" in first.reason
    assert len(world.gateway.writes) == 1


def test_a_contact_that_the_policy_forbids_no_more_is_not_removed(world: World, runs: Runs) -> None:
    """It is held back, and the other is removed and verified as absent."""
    for n in (1, 2):
        world.gateway.hold(n, CONTACT)
    runs.store.accounts.remember([account(1), account(2)])
    forbidden = {"security.presence": Presence.FORBIDDEN}
    world.policy = Policy.requiring(
        tables=[PolicyTable("one", forbidden, Match(accounts=(account(2).id,)))]
    )
    runs.begin(item(1, None, CONTACT), item(2, None, CONTACT), kind=RunKind.REMOVE)
    runs.work(3)
    assert runs.states() == [HELD_BACK, VERIFIED]
    assert runs.reasons()[0] == "The policy no longer forbids this contact, so it was not removed."
    assert world.gateway.held == {(account(1).id, SECURITY): CONTACT}


def test_a_stop_finishes_what_is_in_flight(world: World) -> None:
    """What was being written is verified; the rest stays planned, and can be continued."""
    gate = world.gateway.write_gate = Gate()
    runs = Runs(world, world.process())
    runs.begin(*(item(n) for n in range(1, 41)))
    runs.worker.start()
    with gate.held():
        assert runs.store.runs.stop(1, "U2", "Stopped by a person.")
    runs.worker.stop()
    runs.process.recovery.look(of_runs=True)
    counts = runs.run().counts
    assert runs.run().state is RunState.STOPPED
    assert counts == RunCounts(planned=40 - counts.verified, verified=counts.verified)
    assert 1 <= counts.verified <= SAME_FAILURES
    assert len(world.gateway.origins) == counts.verified


def test_a_killed_run_goes_on_where_it_was(world: World, runs: Runs) -> None:
    """What was written before is only read; what wasn't sent is tried again; nothing is twice."""
    other = Runs(world, world.process(), Inline())
    runs.begin(*(item(n) for n in range(1, 7)))

    def killed() -> None:
        if len(world.gateway.origins) == 3:
            raise KeyboardInterrupt

    world.gateway.on_write = killed
    with pytest.raises(KeyboardInterrupt):
        runs.worker.look()
    world.gateway.on_write = lambda: None
    assert runs.states()[:2] == [SAVED, SAVED]
    other.work()
    assert other.run().interrupted == 0  # the claim is still good
    world.clock.tick(31)
    other.work(30)
    assert other.states() == [VERIFIED] * 6
    assert other.run().interrupted == 1
    assert other.run().state is RunState.ENDED
    # The third was sent when the process was killed, and AWS hadn't accepted it.
    assert written(world) == [account(n).id for n in (1, 2, 3, 4, 5, 6, 3)]


def test_a_contact_that_was_not_sent_is_tried_again_after_a_kill(world: World, runs: Runs) -> None:
    """Its fix was only planned, so the next process ends that and makes another."""
    runs.begin(item(1))
    (planned,) = [each for run in runs.store.runs.claim() for each in runs.store.runs.items(run.id)]
    request = FixRequest(
        f"run:1:{planned.number}:1",
        planned.account_id,
        SECURITY,
        CONTACT,
        "U1",
        fingerprint(None),
        START,
        1,
    )
    fix, _ = runs.store.fixes.plan(request, "Account 1")
    other = Runs(world, world.process(), Inline())
    world.clock.tick(31)
    other.work(3)
    assert other.states() == [VERIFIED]
    (done,) = other.store.runs.items(1)
    assert done.attempt == 2
    assert done.fix_id != fix.id
    assert written(world) == [account(1).id]


def test_an_answer_that_was_lost_is_settled_by_reading(world: World, runs: Runs) -> None:
    """AWS accepted one of the two; the other is tried again, with the same value."""
    lost = FailureCode.UNREACHABLE
    world.gateway.fail_write(gateway_error(lost), takes=True)
    world.gateway.fail_write(gateway_error(lost))
    runs.begin(item(1), item(2))
    runs.worker.look()
    assert runs.states() == [PLANNED, PLANNED]
    assert runs.run().state is RunState.RUNNING
    runs.work(60)
    assert runs.states() == [VERIFIED, VERIFIED]
    assert written(world) == [account(n).id for n in (1, 2, 2)]
    assert set(map(fingerprint, world.gateway.writes)) == {CONTACT.fingerprint}


def test_a_contact_that_somebody_is_fixing_waits(world: World, runs: Runs) -> None:
    """It is put off until the other fix has ended; then it is held back, since AWS changed."""
    other = world.process()
    request = FixRequest("form-9", account(1).id, SECURITY, OTHER, "U2", "none", START)
    fix, _ = other.store.fixes.plan(request, "Account 1")
    runs.begin(item(1), item(2))
    runs.work()
    assert runs.states() == [PLANNED, VERIFIED]
    world.clock.tick(4)
    assert other.store.fixes.renew(fix.id)
    other.store.fixes.begin_writing(fix.id, None)
    world.gateway.hold(1, OTHER)
    runs.work()
    assert runs.states() == [PLANNED, VERIFIED]
    world.clock.tick(40)
    runs.work(3)
    assert runs.states() == [HELD_BACK, VERIFIED]
    assert runs.run().state is RunState.ENDED


def test_who_loses_the_right_changes_nothing_more(world: World, runs: Runs) -> None:
    """Each contact says so, and ten in a row stop the run."""
    refusal = NotAllowed("You don't have permission to change contacts.", "Ask a fixer.")
    runs.refusals["all"] = refusal
    runs.begin(*(item(n) for n in range(1, 13)))
    runs.work(2)
    assert runs.states() == [FAILED] * 10 + [PLANNED] * 2
    assert runs.reasons()[0] == str(refusal)
    assert runs.run().state is RunState.STOPPED
    assert world.gateway.origins == []
    runs.refusals.clear()
    assert runs.store.runs.retry(1, "U1") == SAME_FAILURES
    runs.work(3)
    assert runs.states() == [VERIFIED] * 12


def test_a_right_that_is_lost_while_aws_is_read_prevents_the_write(
    world: World, runs: Runs
) -> None:
    """It is checked again right before the write; other accounts go on."""
    refusal = NotAllowed("You don't have permission to change contacts.", "Ask a fixer.")
    world.gateway.on_read = lambda: runs.refusals.update({account(2).id: refusal})
    runs.begin(item(1), item(2), item(3))
    runs.work(3)
    assert runs.states() == [VERIFIED, FAILED, VERIFIED]
    assert written(world) == [account(1).id, account(3).id]


def test_rights_that_are_unknown_for_a_while_delay_the_run(world: World, runs: Runs) -> None:
    """Slack may not answer for minutes; nothing is written, and nothing has failed."""
    unknown = RightsUnknown("Slack didn't answer.", "Try again.")
    runs.refusals["all"] = unknown
    runs.begin(item(1), item(2))
    runs.work(3)
    assert runs.states() == [PLANNED, PLANNED]
    assert runs.run().state is RunState.RUNNING
    runs.refusals.clear()
    runs.work(3)
    assert runs.states() == [VERIFIED, VERIFIED]
    runs.refusals["all"] = unknown
    runs.begin(item(3), key="form-2")
    runs.work(MOST_DEFERRALS + 2)
    assert runs.states(2) == [FAILED]
    assert runs.reasons(2) == ["Slack didn't answer."]


def test_unknown_rights_right_before_the_write_leave_the_contact_planned(
    world: World, runs: Runs
) -> None:
    """The fix that was refused is on record, so the contact gets another one."""
    unknown = RightsUnknown("Slack didn't answer.", "Try again.")
    world.gateway.on_read = lambda: runs.refusals.update({"all": unknown})
    runs.begin(item(1))
    runs.worker.look()
    assert runs.states() == [PLANNED]
    world.gateway.on_read = lambda: None
    runs.refusals.clear()
    world.clock.tick(5)
    runs.work(3)
    assert runs.states() == [VERIFIED]
    assert runs.store.runs.items(1)[0].attempt == 2


def test_an_undo_may_put_back_what_does_not_comply(world: World, runs: Runs) -> None:
    """The policy is not asked what was there before."""
    runs.store.accounts.remember([account(1)])
    world.policy = Policy.requiring(tables=[PolicyTable("all", {"security.email": (THIRD.email,)})])
    world.gateway.hold(1, CONTACT)
    runs.begin(item(1, OTHER, CONTACT), kind=RunKind.UNDO)
    runs.work(3)
    assert runs.states() == [VERIFIED]
    assert world.gateway.held[account(1).id, SECURITY] == OTHER


def test_a_clean_stop_releases_the_run(world: World) -> None:
    """The next process continues it at once, and the run says that it was interrupted."""
    runs = Runs(world, world.process())
    runs.worker.start()
    gate = world.gateway.write_gate = Gate()
    runs.begin(*(item(n) for n in range(1, 31)))
    runs.worker.wake()
    stopping = threading.Thread(target=runs.worker.stop)
    with gate.held():
        stopping.start()
    stopping.join(PATIENCE)
    other = Runs(world, world.process(), Inline())
    other.work(3)
    assert other.states() == [VERIFIED] * 30
    assert other.run().interrupted == 1
    assert len(world.gateway.origins) == 30


def test_a_defect_in_one_contact_does_not_stop_the_run(world: World, runs: Runs) -> None:
    """It counts as failed, and the log has the details."""
    world.gateway.say(1, ValueError("a defect"))
    runs.begin(item(1), item(2))
    runs.work(3)
    assert runs.states() == [FAILED, VERIFIED]
    assert runs.run().state is RunState.ENDED
