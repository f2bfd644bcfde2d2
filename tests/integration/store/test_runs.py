"""Runs are rows before the first write, and what becomes of each contact is recorded once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.actors import Actor
from bot.domain.audit import AuditAction
from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.fixes import FixRequest, FixState
from bot.domain.rule_catalog import Rule
from bot.domain.runs import ItemState, LastReading, Run, RunCounts, RunItem, RunKind, RunState
from bot.services.ports.runs import NewRun
from bot.store.owner import Owner
from bot.store.run_work import VERIFY_LIMIT
from bot.store.runs import PREVIEW_KEPT
from tests.integration.store.databases import open_at, place_of, query
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    breaking,
    result,
    scan_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.fixes import Fix
    from bot.store.store import DatabaseStore

ANA = Actor("U1", frozenset({"T1", "T2"}), frozenset({"E1"}))
DENIED = failure(FailureCode.DENIED)


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The store of one bot."""
    with open_at(tmp_path / "bot.db", clock) as opened:
        yield opened


@pytest.fixture
def other(store: DatabaseStore, clock: SetClock) -> Iterator[DatabaseStore]:
    """The store of a bot on another host, whose process can't be looked at."""
    owner = Owner("other", "elsewhere", 1)
    with open_at(place_of(store), clock, owner=owner) as opened:
        yield opened


def item(number: int, **changes: object) -> RunItem:
    """A contact of a run: an account without a security contact that is to get one."""
    planned = RunItem(0, 0, account(number).id, f"Account {number}", SECURITY, CONTACT, None, START)
    return replace(planned, **changes)  # type: ignore[arg-type]


def previewed(store: DatabaseStore, *items: RunItem, key: str = "form-1") -> Run:
    """A previewed run of these contacts."""
    return store.runs.preview(NewRun(key, RunKind.FIX, ANA), items or [item(1), item(2)])


def running(store: DatabaseStore, *items: RunItem) -> Run:
    """A run that this store's process works on."""
    run = previewed(store, *items)
    assert store.runs.start(run.id, "U1")
    (claimed,) = store.runs.claim()
    return claimed


def fix_of(store: DatabaseStore, what: RunItem) -> Fix:
    """The planned fix of a run's contact."""
    request = FixRequest(
        f"run:{what.run_id}:{what.number}:{what.attempt}",
        what.account_id,
        what.type,
        what.wanted,
        "U1",
        what.shown,
        START,
        what.run_id,
    )
    return store.fixes.plan(request, what.account_name)[0]


def states(store: DatabaseStore, run_id: int = 1) -> list[ItemState]:
    """The states of a run's contacts."""
    return [each.state for each in store.runs.items(run_id)]


def actions(store: DatabaseStore) -> list[str]:
    """What the audit log says happened."""
    rows = query(place_of(store), "SELECT action FROM audit ORDER BY number")
    return [str(row[0]) for row in rows]


def test_a_preview_is_recorded_with_its_contacts(store: DatabaseStore, clock: SetClock) -> None:
    """Everything comes back as it was given, numbered in order, with the states counted."""
    given = [
        item(1, before=OTHER),
        item(2, wanted=None, before=CONTACT, type=ContactType.BILLING),
        item(3, wanted=None, read_at=None, state=ItemState.LEFT_OUT, reason="No.", failure=DENIED),
    ]
    new = NewRun("form-1", RunKind.FIX, ANA, "New team", "#security")
    run = store.runs.preview(new, iter(given))
    assert run == Run(
        run.id,
        "form-1",
        RunKind.FIX,
        RunState.PREVIEWED,
        ANA,
        clock.now(),
        RunCounts(planned=2, left_out=1),
        "New team",
        "#security",
    )
    assert store.runs.get(run.id) == run
    numbered = [replace(each, number=n, run_id=run.id) for n, each in enumerate(given, 1)]
    assert store.runs.items(run.id) == numbered
    assert store.runs.items(run.id, {ItemState.PLANNED}) == numbered[:2]
    assert store.runs.items(run.id, limit=1, offset=1) == numbered[1:2]
    assert store.runs.get(99) is None
    assert store.runs.report(99) is None


def test_a_form_that_is_submitted_twice_is_one_run(store: DatabaseStore) -> None:
    """The second submission gets the run of the first, without its own contacts."""
    first = previewed(store, item(1))
    assert previewed(store, item(2), item(3)) == first
    assert [each.account_id for each in store.runs.items(first.id)] == [account(1).id]


def test_a_preview_that_nobody_acts_on_is_deleted(store: DatabaseStore, clock: SetClock) -> None:
    """It holds contacts; a run that somebody started stays."""
    started, forgotten = previewed(store, key="a"), previewed(store, key="b")
    store.runs.start(started.id, "U1")
    clock.tick(PREVIEW_KEPT.total_seconds() + 1)
    newest = previewed(store, key="c")
    assert store.runs.get(forgotten.id) is None
    assert store.runs.items(forgotten.id) == []
    assert store.runs.get(started.id) is not None
    assert newest.id not in {started.id, forgotten.id}


def test_of_two_people_who_start_a_run_one_does(store: DatabaseStore) -> None:
    """A run is started once, whether it waited for approval or not."""
    one, two = previewed(store, key="a"), previewed(store, key="b")
    assert store.runs.request(two.id)
    assert not store.runs.request(two.id)
    assert [store.runs.start(each, "U1") for each in (one.id, one.id, two.id)] == [
        True,
        False,
        True,
    ]
    assert not store.runs.request(one.id)
    assert not store.runs.start(99, "U1")


def test_a_run_that_has_not_begun_can_be_canceled(store: DatabaseStore, clock: SetClock) -> None:
    """A canceled one can't be started, and a started one can't be canceled."""
    run = previewed(store)
    assert store.runs.cancel(run.id, "U1", "Withdrawn.")
    assert not store.runs.start(run.id, "U1")
    canceled = store.runs.get(run.id)
    assert canceled == replace(
        run, state=RunState.CANCELED, stop_reason="Withdrawn.", ended_at=clock.now()
    )
    other = previewed(store, key="b")
    store.runs.start(other.id, "U1")
    assert not store.runs.cancel(other.id, "U1", "Withdrawn.")


def test_contacts_can_be_left_out_until_they_are_worked_on(store: DatabaseStore) -> None:
    """Those that a person may not fix, and those that changed while approval was awaited."""
    run = previewed(store, item(1), item(2), item(3))
    store.runs.leave_out(run.id, {1: "Not yours."})
    store.runs.hold_back(run.id, {1: "Changed.", 2: "Changed."})
    left, held, planned = store.runs.items(run.id)
    assert (left.state, left.reason) == (ItemState.LEFT_OUT, "Not yours.")
    assert (held.state, held.reason) == (ItemState.HELD_BACK, "Changed.")
    assert planned.state is ItemState.PLANNED


def test_a_contact_follows_its_fix(store: DatabaseStore) -> None:
    """Each record of the fix is one of the contact, in the same transaction."""
    run = running(store, item(1), item(2), item(3))
    one, two, three = store.runs.items(run.id)
    first, second, third = fix_of(store, one), fix_of(store, two), fix_of(store, three)
    assert [each.fix_id for each in store.runs.items(run.id)] == [first.id, second.id, third.id]
    assert states(store) == [ItemState.PLANNED] * 3
    for fix in (first, second):
        store.fixes.begin_writing(fix.id, None)
        store.fixes.advance(fix.id, FixState.APPLIED, ended=False)
    store.fixes.advance(first.id, FixState.CONFIRMED, ended=True)
    store.fixes.advance(third.id, FixState.FAILED, ended=True, failure=DENIED)
    assert states(store) == [ItemState.VERIFIED, ItemState.SAVED, ItemState.FAILED]
    last = store.runs.items(run.id)[-1]
    assert (last.reason, last.failure) == (DENIED.message, DENIED)
    assert store.runs.of_fix(second.id) == store.runs.items(run.id)[1]
    assert store.runs.of_fix(99) is None


def test_a_fix_that_is_handed_on_to_be_read_back_was_not_abandoned(
    store: DatabaseStore, other: DatabaseStore, clock: SetClock
) -> None:
    """Only one whose process is gone is on record as taken over."""
    run = running(store, item(1), item(2))
    handed_on, abandoned = (fix_of(store, each) for each in store.runs.items(run.id))
    for fix in (handed_on, abandoned):
        store.fixes.begin_writing(fix.id, None)
        store.fixes.advance(fix.id, FixState.APPLIED, ended=False)
    store.fixes.release(handed_on.id)
    assert [fix.id for fix in other.fixes.take_over()] == [handed_on.id]
    assert AuditAction.FIX_TAKEN_OVER not in actions(store)
    clock.tick(31)
    assert {fix.id for fix in store.fixes.take_over()} == {handed_on.id, abandoned.id}
    assert actions(store).count(AuditAction.FIX_TAKEN_OVER) == 2


def test_what_a_fix_came_to_outweighs_what_the_run_thought(store: DatabaseStore) -> None:
    """A contact counts as verified if AWS shows it after all, and as held back if it changed."""
    run = running(store, item(1), item(2))
    one, two = store.runs.items(run.id)
    first, second = fix_of(store, one), fix_of(store, two)
    for fix in (first, second):
        store.fixes.begin_writing(fix.id, None)
        store.fixes.advance(fix.id, FixState.FAILED, ended=True, failure=DENIED, in_doubt=True)
    store.runs.finish_item(one, ItemState.HELD_BACK, "It changed in AWS.")
    store.runs.finish_item(two, ItemState.FAILED, "AWS was slow.", DENIED)
    assert states(store) == [ItemState.HELD_BACK, ItemState.FAILED]
    store.fixes.advance(second.id, FixState.CONFIRMED, ended=True)
    assert states(store) == [ItemState.HELD_BACK, ItemState.VERIFIED]
    store.runs.finish_item(two, ItemState.FAILED, "Too late.")
    assert states(store) == [ItemState.HELD_BACK, ItemState.VERIFIED]
    assert store.runs.items(run.id)[1].reason == ""


def test_a_fix_without_a_run_changes_no_run(store: DatabaseStore) -> None:
    """The same contact may be fixed by a person meanwhile."""
    run = running(store, item(1))
    request = FixRequest("form-9", account(1).id, SECURITY, CONTACT, "U2", "none", START)
    fix, _ = store.fixes.plan(request, "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    assert store.runs.items(run.id)[0].fix_id is None
    assert states(store) == [ItemState.PLANNED]


def test_a_running_run_has_one_process(
    store: DatabaseStore, other: DatabaseStore, clock: SetClock
) -> None:
    """Only its process gets contacts to work on, as long as it renews its claim."""
    run = running(store, item(1), item(2), item(3))
    assert other.runs.claim() == []
    assert other.runs.next_items(run.id, 3) == []
    assert [each.number for each in store.runs.next_items(run.id, 2)] == [1, 2]
    assert [each.number for each in store.runs.next_items(run.id, 2, after=2)] == [3]
    clock.tick(29)
    assert store.runs.renew(run.id)
    clock.tick(29)
    assert other.runs.claim() == []
    clock.tick(2)
    (taken,) = other.runs.claim()
    assert (taken.id, taken.interrupted) == (run.id, 1)
    assert not store.runs.renew(run.id)
    assert store.runs.next_items(run.id, 3) == []
    assert len(other.runs.next_items(run.id, 3)) == 3
    assert store.runs.claim() == []
    (again,) = other.runs.claim()
    assert again.interrupted == 1


def test_a_run_of_a_process_that_stopped_is_continued(
    store: DatabaseStore, other: DatabaseStore
) -> None:
    """It is released at once, and says that it was interrupted, once."""
    run = running(store, item(1))
    store.runs.release(run.id)
    store.runs.release(run.id)
    (taken,) = other.runs.claim()
    assert (taken.id, taken.interrupted) == (run.id, 1)
    assert actions(store).count(AuditAction.RUN_INTERRUPTED) == 1


def test_a_process_can_work_on_one_run_alone(store: DatabaseStore) -> None:
    """A command doesn't take over what another process left."""
    one, two = previewed(store, key="a"), previewed(store, key="b")
    for each in (one, two):
        store.runs.start(each.id, "U1")
    assert [run.id for run in store.runs.claim(two.id)] == [two.id]
    assert store.runs.next_items(one.id, 1) == []
    assert [run.id for run in store.runs.claim()] == [one.id, two.id]


def test_a_run_that_is_started_here_is_nobody_elses(
    store: DatabaseStore, other: DatabaseStore
) -> None:
    """A bot on the same database doesn't begin a run of the command line."""
    run = previewed(store)
    assert store.runs.start(run.id, "cli:ana", here=True)
    assert other.runs.claim() == []
    assert [each.id for each in store.runs.claim()] == [run.id]
    assert store.runs.claim()[0].interrupted == 0


def test_a_stopped_run_keeps_the_rest_planned(store: DatabaseStore) -> None:
    """What is in flight is recorded all the same, and the rest goes on when it is continued."""
    run = running(store, item(1), item(2))
    one, _ = store.runs.next_items(run.id, 2)
    fix = fix_of(store, one)
    assert store.runs.stop(run.id, "U2", "Stopped by a person.")
    assert not store.runs.stop(run.id, "U2", "Stopped by a person.")
    assert store.runs.next_items(run.id, 2) == []
    assert not store.runs.renew(run.id)
    assert not store.runs.end(run.id)
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    assert states(store) == [ItemState.VERIFIED, ItemState.PLANNED]
    stopped = store.runs.get(run.id)
    assert stopped is not None
    assert (stopped.state, stopped.stop_reason) == (RunState.STOPPED, "Stopped by a person.")
    assert store.runs.start(run.id, "U1")
    (continued,) = store.runs.claim()
    assert (continued.state, continued.stop_reason) == (RunState.RUNNING, "")
    assert continued.started_at == stopped.started_at
    assert [each.number for each in store.runs.next_items(run.id, 2)] == [2]


def test_a_run_ends_when_nothing_is_planned_and_everything_is_read_back(
    store: DatabaseStore, other: DatabaseStore, clock: SetClock
) -> None:
    """What AWS accepted is awaited for a while; what it still doesn't show then stays saved."""
    run = running(store, item(1), item(2))
    one, two = store.runs.items(run.id)
    assert not store.runs.end(run.id)
    first, second = fix_of(store, one), fix_of(store, two)
    store.fixes.advance(first.id, FixState.CONFIRMED, ended=True)
    store.fixes.begin_writing(second.id, None)
    store.fixes.advance(second.id, FixState.APPLIED, ended=False)
    report = store.runs.report(run.id)
    assert report is not None
    assert report.verifying == 1
    assert not store.runs.end(run.id)
    clock.tick(VERIFY_LIMIT.total_seconds() + 1)
    assert not other.runs.end(run.id)
    assert store.runs.end(run.id)
    assert not store.runs.end(run.id)
    ended = store.runs.get(run.id)
    assert ended is not None
    assert (ended.state, ended.ended_at) == (RunState.ENDED, clock.now())
    assert ended.counts == RunCounts(verified=1, saved=1)
    store.fixes.advance(second.id, FixState.CONFIRMED, ended=True)
    assert states(store) == [ItemState.VERIFIED] * 2


def test_failed_contacts_are_planned_again(store: DatabaseStore) -> None:
    """Each gets a new attempt, and so a new fix; what was held back needs a new preview."""
    run = running(store, item(1), item(2), item(3))
    one, two, three = store.runs.items(run.id)
    store.runs.finish_item(one, ItemState.FAILED, "No.", DENIED)
    store.runs.finish_item(two, ItemState.HELD_BACK, "Changed.")
    store.runs.finish_item(three, ItemState.FAILED, "No.", DENIED)
    assert store.runs.retry(run.id, "U1") == 0  # it is still running
    assert store.runs.end(run.id)
    assert store.runs.retry(run.id, "U1") == 2
    assert store.runs.retry(run.id, "U1") == 0
    (again,) = store.runs.claim()
    assert (again.state, again.ended_at, again.interrupted) == (RunState.RUNNING, None, 0)
    planned = store.runs.next_items(run.id, 3)
    assert [(each.number, each.attempt, each.reason, each.failure) for each in planned] == [
        (1, 2, "", None),
        (3, 2, "", None),
    ]
    store.runs.finish_item(one, ItemState.FAILED, "A late answer of the first attempt.")
    assert states(store)[0] is ItemState.PLANNED


def test_a_report_groups_what_went_wrong_by_its_cause(store: DatabaseStore) -> None:
    """One root cause is one group, even if the message names the account."""
    run = running(store, *(item(n) for n in range(1, 7)), item(7, wanted=None, before=CONTACT))
    one, two, three, four, *_ = store.runs.items(run.id)
    for each in (one, two, three):
        why = failure(FailureCode.DENIED, message=f"Denied in {each.account_id}.", remedy="Allow.")
        store.runs.finish_item(each, ItemState.FAILED, why.message, why)
    store.runs.finish_item(four, ItemState.HELD_BACK, "It changed in AWS.")
    store.runs.leave_out(run.id, {5: "Suspended.", 6: "Suspended."})
    report = store.runs.report(run.id, accounts=2)
    assert report is not None
    assert report.run.counts == RunCounts(planned=1, left_out=2, held_back=1, failed=3)
    assert report.removals == 1
    (failed,) = report.of(ItemState.FAILED)
    assert failed.contacts == 3
    assert failed.accounts == ((account(1).id, "Account 1"), (account(2).id, "Account 2"))
    assert failed.reason == f"Denied in {account(1).id}."
    assert failed.failure is not None
    (left_out,) = report.of(ItemState.LEFT_OUT)
    assert (left_out.reason, left_out.contacts, left_out.failure) == ("Suspended.", 2, None)
    assert [group.state for group in report.groups] == [
        ItemState.FAILED,
        ItemState.LEFT_OUT,
        ItemState.HELD_BACK,
    ]


def test_every_step_of_a_run_is_on_record(store: DatabaseStore) -> None:
    """With who did it and how many contacts were in which state, and nothing personal."""
    run = running(store, item(1))
    store.runs.stop(run.id, "U2", "Stopped by a person.")
    store.runs.start(run.id, "U3")
    store.runs.claim()
    (one,) = store.runs.next_items(run.id, 1)
    store.runs.finish_item(one, ItemState.FAILED, "No.", DENIED)
    store.runs.end(run.id)
    rows = query(
        place_of(store), "SELECT action, actor, run_id, details FROM audit ORDER BY number"
    )
    assert [(action, actor) for action, actor, _, _ in rows] == [
        (AuditAction.RUN_PREVIEWED, "U1"),
        (AuditAction.RUN_STARTED, "U1"),
        (AuditAction.RUN_STOPPED, "U2"),
        (AuditAction.RUN_STARTED, "U3"),
        (AuditAction.RUN_ENDED, "bot"),
    ]
    assert {run_id for _, _, run_id, _ in rows} == {run.id}
    assert '"failed":"1"' in str(rows[-1][3])
    assert '"reason":"Stopped by a person."' in str(rows[2][3])
    assert CONTACT.email not in str(rows)


def test_contacts_are_known_as_last_read(store: DatabaseStore, clock: SetClock) -> None:
    """With what the last check found, and why a contact couldn't be read."""
    scan_once(
        store,
        result(1, Outcome.COMPLIANT),
        result(2, Outcome.MISSING),
        result(3, Outcome.UNKNOWN),
        result(4, breaking(Rule.PLACEHOLDER), breaking(Rule.MISSING, kind=ContactType.BILLING)),
        result(5, breaking(Rule.PLACEHOLDER, unclear=(Rule.MEMBER_MAILBOX,))),
    )
    until = clock.now() + timedelta(days=9)
    exempt = ExemptionRequest(
        ExemptionKind.EXEMPTION,
        account(4).id,
        SECURITY,
        Rule.PLACEHOLDER,
        "Until the move",
        "U1",
        until,
    )
    store.exemptions.grant([exempt], "Account 4")
    found = store.runs.last_readings([SECURITY])
    assert {kind for _, kind in found} == {SECURITY}
    one, two, three, four, five = (found[account(n).id, SECURITY] for n in range(1, 6))
    assert one == LastReading(CONTACT, clock.now())
    assert one.is_compliant
    assert two == LastReading(None, clock.now(), is_open=True)
    assert (three.read_at, three.failure, three.is_open) == (None, DENIED, True)
    assert four == LastReading(CONTACT, clock.now(), is_exempt=True)
    assert not four.is_compliant
    assert five == LastReading(CONTACT, clock.now(), is_open=True)
    both = store.runs.last_readings(list(ContactType))
    assert both[account(4).id, ContactType.BILLING].is_open
