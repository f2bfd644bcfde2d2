"""Approvals are decided once, and begin or cancel their run in the same transaction."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bot.domain.actors import Actor
from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.approvals import LIFETIME, REMIND_AFTER, ApprovalState, NewApproval
from bot.domain.audit import BOT
from bot.domain.contacts import ContactType
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.runs import ItemState, RunItem, RunKind, RunState
from bot.services.ports.runs import NewRun
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

    from bot.domain.announcements import Announcement
    from bot.domain.approvals import Approval
    from bot.domain.runs import Run
    from bot.store.store import DatabaseStore

ANA = Actor("U1", frozenset({"T1"}))
LEADS = NewApproval(("S0LEADS001",), "It's in the management account.")
OWNERS = NewApproval(("U7", "S0OWNERS01"), "The policy requires approval of every change.")


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The store of one bot."""
    with open_at(tmp_path / "bot.db", clock) as opened:
        yield opened


def previewed(store: DatabaseStore, *numbers: int, key: str = "form-1") -> Run:
    """A previewed run over these accounts."""
    items = [
        RunItem(0, 0, account(each).id, f"Account {each}", SECURITY, CONTACT, OTHER, START)
        for each in numbers or (1, 2)
    ]
    return store.runs.preview(NewRun(key, RunKind.FIX, ANA), items)


def requested(store: DatabaseStore, *approvals: NewApproval) -> list[Approval]:
    """A run that waits for these approvals."""
    run = previewed(store)
    return store.approvals.request(run.id, approvals or [LEADS], "#prod")


def state_of(store: DatabaseStore, approval: Approval) -> tuple[ApprovalState, RunState]:
    """The state of an approval, and that of its run."""
    found, run = store.approvals.get(approval.id), store.runs.get(approval.run_id)
    assert found is not None
    assert run is not None
    return found.state, run.state


def announced(store: DatabaseStore) -> list[Announcement]:
    """The messages about approvals that are due, oldest first."""
    return [each for each in store.announcements.due() if each.kind is AnnouncementKind.APPROVAL]


def audited(store: DatabaseStore) -> list[tuple[str, str]]:
    """(action, actor) of what is on record, without the previews."""
    entries = [(each.action, each.actor) for each in store.audit.entries()]
    return [entry for entry in entries if entry[0] != "run_previewed"]


def test_a_request_waits_and_is_announced(store: DatabaseStore, clock: SetClock) -> None:
    """Its message mentions who can approve, in the policy's channel; a run is requested once."""
    (approval,) = requested(store)
    assert (approval.state, approval.approvers) == (ApprovalState.WAITING, ("S0LEADS001",))
    assert approval.expires_at == clock.now() + LIFETIME
    assert state_of(store, approval)[1] is RunState.REQUESTED
    (message,) = announced(store)
    assert (message.channel, message.mention) == ("#prod", ("S0LEADS001",))
    shown = store.announcements.message_content(message.id, 20).requested_by
    assert shown.approval == approval
    assert [each.account_id for each in shown.items] == [account(1).id, account(2).id]
    assert (shown.total, shown.is_reminder) == (2, False)
    assert store.approvals.request(approval.run_id, [LEADS]) == []
    assert audited(store) == [("requested", "U1")]


def test_everyone_is_not_mentioned(store: DatabaseStore) -> None:
    """Where any member can approve, nobody is notified."""
    requested(store, NewApproval(("*",), "Because."))
    assert announced(store)[0].mention == ()


def test_the_last_approval_begins_the_run(store: DatabaseStore) -> None:
    """Each list of approvers has to agree; the run begins with the last."""
    first, second = requested(store, LEADS, OWNERS)
    decision = store.approvals.approve(first.id, "U5")
    assert decision is not None
    assert (decision.is_new, decision.started) == (True, False)
    assert state_of(store, first) == (ApprovalState.APPROVED, RunState.REQUESTED)
    decision = store.approvals.approve(second.id, "U7")
    assert decision is not None
    assert (decision.is_new, decision.started) == (True, True)
    assert state_of(store, second) == (ApprovalState.APPROVED, RunState.RUNNING)
    assert [action for action, _ in audited(store)] == [
        "requested",
        "requested",
        "approved",
        "approved",
        "run_started",
    ]
    assert all(message.revision for message in announced(store))


def test_two_approvers_at_once_approve_once(store: DatabaseStore) -> None:
    """One decides, the other sees who did; the run begins once."""
    (approval,) = requested(store)
    start = threading.Barrier(8)

    def approve(user_id: str) -> bool:
        start.wait()
        decision = store.approvals.approve(approval.id, user_id)
        assert decision is not None
        assert decision.approval.state is ApprovalState.APPROVED
        return decision.is_new

    with ThreadPoolExecutor(8) as people:
        decided = list(people.map(approve, (f"U{number}" for number in range(8))))
    assert sum(decided) == 1
    found = store.approvals.get(approval.id)
    assert found is not None
    assert found.decided_by == f"U{decided.index(True)}"
    assert [action for action, _ in audited(store)].count("run_started") == 1


def test_withdrawn_and_approved_at_once(store: DatabaseStore) -> None:
    """Whoever is first counts: nothing is written, or the request can't be withdrawn any more."""
    for number in range(6):
        run = previewed(store, 1, key=f"form-{number}")
        (approval,) = store.approvals.request(run.id, [LEADS])
        start = threading.Barrier(2)

        def approve(approval: Approval = approval, start: threading.Barrier = start) -> bool:
            start.wait()
            decision = store.approvals.approve(approval.id, "U5")
            return decision is not None and decision.is_new

        def withdraw(approval: Approval = approval, start: threading.Barrier = start) -> bool:
            start.wait()
            decision = store.approvals.close(approval.id, ApprovalState.WITHDRAWN, "U1")
            return decision is not None and decision.is_new

        with ThreadPoolExecutor(2) as people:
            approved, withdrawn = people.submit(approve), people.submit(withdraw)
        assert approved.result() is not withdrawn.result()
        expected = (
            (ApprovalState.APPROVED, RunState.RUNNING)
            if approved.result()
            else (ApprovalState.WITHDRAWN, RunState.CANCELED)
        )
        assert state_of(store, approval) == expected


@pytest.mark.parametrize(
    "state", [ApprovalState.REJECTED, ApprovalState.WITHDRAWN, ApprovalState.VOID]
)
def test_a_request_that_ends_cancels_its_run(store: DatabaseStore, state: ApprovalState) -> None:
    """Its other approvals end with it, and neither can be approved any more."""
    first, second = requested(store, LEADS, OWNERS)
    store.approvals.approve(first.id, "U5")
    decision = store.approvals.close(second.id, state, "U7", "Not this week, please.")
    assert decision is not None
    assert decision.approval.reason == "Not this week, please."
    assert state_of(store, second) == (state, RunState.CANCELED)
    again = store.approvals.approve(second.id, "U8")
    assert again is not None
    assert (again.is_new, again.approval.decided_by) == (False, "U7")
    assert not store.runs.start(second.run_id, "U1")
    assert store.approvals.waiting() == []


def test_a_request_expires(store: DatabaseStore, clock: SetClock) -> None:
    """After a day it can't be approved, even before its end is recorded."""
    (approval,) = requested(store)
    clock.tick(LIFETIME.total_seconds() - 1)
    assert len(store.approvals.waiting()) == 1
    clock.tick(1)
    late = store.approvals.approve(approval.id, "U5")
    assert late is not None
    assert not late.is_new
    assert state_of(store, approval) == (ApprovalState.WAITING, RunState.REQUESTED)
    assert store.approvals.waiting() == []
    assert store.approvals.settle()
    assert state_of(store, approval) == (ApprovalState.EXPIRED, RunState.CANCELED)
    assert not store.approvals.settle()
    assert ("expired", "bot") in audited(store)


def test_a_long_wait_is_reminded_of_once(store: DatabaseStore, clock: SetClock) -> None:
    """A second message mentions the approvers again, in the same channel."""
    (approval,) = requested(store)
    clock.tick(REMIND_AFTER.total_seconds() - 1)
    assert not store.approvals.settle()
    clock.tick(1)
    assert store.approvals.settle()
    assert not store.approvals.settle()
    first, reminder = announced(store)
    assert (reminder.channel, reminder.mention) == (first.channel, first.mention)
    assert store.announcements.message_content(reminder.id, 5).requested_by.is_reminder
    assert approval.reminded_at is None
    (waiting,) = store.approvals.waiting()
    assert waiting.approval.reminded_at == clock.now()


def test_a_reminder_that_was_never_posted_is_withdrawn(
    store: DatabaseStore, clock: SetClock
) -> None:
    """Once it is decided, nobody needs to be reminded; the request itself is still announced."""
    (approval,) = requested(store)
    clock.tick(REMIND_AFTER.total_seconds())
    store.approvals.settle()
    store.approvals.approve(approval.id, "U5")
    assert len(announced(store)) == 1
    sql = "SELECT state FROM announcements WHERE kind = 'approval' ORDER BY number"
    states = [state for (state,) in query(place_of(store), sql)]
    assert states == [SendState.PENDING, SendState.WITHDRAWN]


def test_break_glass_before_and_after_a_request(store: DatabaseStore) -> None:
    """It begins the run at once, and says so in a new message; once, and not after a decision."""
    run = previewed(store)
    assert store.approvals.bypass(run.id, [LEADS, OWNERS], "U1", "Abuse report, due today.", "#a")
    made = store.approvals.of_run(run.id)
    assert {each.state for each in made} == {ApprovalState.BYPASSED}
    assert {each.reason for each in made} == {"Abuse report, due today."}
    assert [each.mention for each in announced(store)] == [LEADS.approvers, OWNERS.approvers]
    assert not store.approvals.bypass(run.id, [LEADS], "U1", "Again and again.")

    other = previewed(store, 3, key="form-2")
    (approval,) = store.approvals.request(other.id, [LEADS])
    assert store.approvals.bypass(other.id, [LEADS], "U1", "Abuse report, due today.")
    assert state_of(store, approval) == (ApprovalState.BYPASSED, RunState.RUNNING)
    assert len(announced(store)) == 4

    third = previewed(store, 4, key="form-3")
    (rejected,) = store.approvals.request(third.id, [LEADS])
    store.approvals.close(rejected.id, ApprovalState.REJECTED, "U5", "Not this week, please.")
    assert not store.approvals.bypass(third.id, [LEADS], "U1", "Abuse report, due today.")
    assert state_of(store, rejected) == (ApprovalState.REJECTED, RunState.CANCELED)


def test_the_requester_is_informed_once(store: DatabaseStore, clock: SetClock) -> None:
    """Of two processes, one informs them: of what others decided, not of what they did."""
    (approval,) = requested(store)
    assert store.approvals.to_notify() == []
    store.approvals.approve(approval.id, "U5")
    (due,) = store.approvals.to_notify()
    assert due.approval.id == approval.id
    assert store.approvals.notified(approval.id)
    assert not store.approvals.notified(approval.id)
    assert store.approvals.to_notify() == []

    mine = previewed(store, 3, key="form-2")
    (withdrawn,) = store.approvals.request(mine.id, [LEADS])
    store.approvals.close(withdrawn.id, ApprovalState.WITHDRAWN, "U1")
    assert store.approvals.to_notify() == []
    late = previewed(store, 4, key="form-3")
    store.approvals.request(late.id, [LEADS])
    clock.tick(LIFETIME.total_seconds())
    store.approvals.settle()
    assert [each.approval.state for each in store.approvals.to_notify()] == [ApprovalState.EXPIRED]


def test_what_was_compliant_before_is_known(store: DatabaseStore) -> None:
    """A contact that was set counts as compliant unless a check found something in it."""
    scan_once(store, result(1, breaking(Rule.PLACEHOLDER)), result(2, Outcome.COMPLIANT))
    run = previewed(store, 1, 2, 3)
    compliant = store.approvals.compliant_contacts(run.id)
    assert compliant == {(account(number).id, ContactType.SECURITY) for number in (2, 3)}


def test_messages_follow_the_run(store: DatabaseStore) -> None:
    """What became of the contacts is shown where it was approved."""
    (approval,) = requested(store)
    store.approvals.approve(approval.id, "U5")
    (message,) = announced(store)
    before = message.revision
    store.runs.bump(approval.run_id)
    assert announced(store)[0].revision == before + 1


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (("AWS changed.", "AWS changed."), "AWS changed."),
        (("AWS changed.", "It is exempt."), "Every contact was held back, because AWS or the"),
    ],
)
def test_a_run_that_held_everything_back_makes_its_request_void(
    store: DatabaseStore, reasons: tuple[str, ...], words: str
) -> None:
    """Who approved it stays known, and the requester is informed once more."""
    (approval,) = requested(store)
    store.approvals.approve(approval.id, "U5")
    assert store.approvals.notified(approval.id)
    before = announced(store)[0].revision
    store.runs.claim()
    for item, reason in zip(store.runs.items(approval.run_id), reasons, strict=True):
        assert state_of(store, approval)[0] is ApprovalState.APPROVED
        store.runs.finish_item(item, ItemState.HELD_BACK, reason)
    assert store.runs.end(approval.run_id)
    (due,) = store.approvals.to_notify()
    void = due.approval
    assert (void.id, void.state, void.decided_by) == (approval.id, ApprovalState.VOID, "U5")
    assert void.reason.startswith(words)
    assert audited(store)[-2:] == [("run_ended", BOT), ("voided", BOT)]
    assert announced(store)[0].revision > before
    shown = store.runs.progress(approval.run_id)
    assert shown is not None
    assert shown.approved_by == ("U5",)


@pytest.mark.parametrize("state", [ItemState.VERIFIED, ItemState.SAVED, ItemState.FAILED])
def test_a_run_that_held_back_a_part_keeps_its_approval(
    store: DatabaseStore, state: ItemState
) -> None:
    """Something was changed, or may be tried again under it. Break-glass stays what it is."""
    (approval,) = requested(store)
    store.approvals.approve(approval.id, "U5")
    other = previewed(store, 3, key="form-2")
    store.approvals.bypass(other.id, [LEADS], "U1", "Abuse report, due today.")
    store.runs.claim()
    first, second = store.runs.items(approval.run_id)
    (third,) = store.runs.items(other.id)
    store.runs.finish_item(first, ItemState.HELD_BACK, "AWS changed.")
    store.runs.finish_item(second, state, "")
    store.runs.finish_item(third, ItemState.HELD_BACK, "AWS changed.")
    assert store.runs.end(approval.run_id)
    assert store.runs.end(other.id)
    assert state_of(store, approval)[0] is ApprovalState.APPROVED
    (bypassed,) = store.approvals.of_run(other.id)
    assert bypassed.state is ApprovalState.BYPASSED


def test_no_such_approval(store: DatabaseStore) -> None:
    """An id that is no approval's decides nothing."""
    assert store.approvals.get(7) is None
    assert store.approvals.request_of(7, 3) is None
    assert store.approvals.approve(7, "U5") is None
    assert store.approvals.close(7, ApprovalState.REJECTED, "U5", "No, thank you.") is None
    assert not store.approvals.bypass(7, [LEADS], "U1", "Abuse report, due today.")
    assert audited(store) == []
