"""The message of a run, what it shows, and the file with its results."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.failures import FailureCode, failure
from bot.domain.run_progress import ResultFile, RunProgress
from bot.domain.run_summary import WritePace
from bot.domain.runs import ItemState
from tests.integration.store.databases import open_at, place_of, query
from tests.integration.store.fixtures import SetClock
from tests.integration.store.test_runs import DENIED, item, previewed, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.announcements import Announcement
    from bot.store.store import DatabaseStore


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The store of one bot."""
    with open_at(tmp_path / "bot.db", clock) as opened:
        yield opened


def messages(store: DatabaseStore) -> list[Announcement]:
    """The messages of runs that are to be sent or edited."""
    return [each for each in store.announcements.due() if each.kind is AnnouncementKind.RUN]


def post(store: DatabaseStore) -> str:
    """Have the message of the run stand in the channel as it is now."""
    (message,) = messages(store)
    store.announcements.begin_sending(message.id)
    store.announcements.sent(message.id, "C1", "1.1", message.revision)
    return message.id


def end(store: DatabaseStore, *states: ItemState) -> None:
    """End the run, whose contacts came to this."""
    for each, state in zip(store.runs.items(1, [ItemState.PLANNED]), states, strict=True):
        store.runs.finish_item(each, state, "Why.", DENIED)
    assert store.runs.end(1)


def progress(store: DatabaseStore) -> RunProgress:
    """What the message shows."""
    found = store.runs.progress(1)
    assert found is not None
    return found


def test_a_run_has_one_message_from_its_begin_on(store: DatabaseStore) -> None:
    """A preview has none; stopping and continuing edit it."""
    previewed(store)
    assert messages(store) == []
    running(store)
    announcement_id = post(store)
    assert messages(store) == []
    store.runs.stop(1, "U1", "Stopped by U1.")
    store.runs.start(1, "U1")
    (edited,) = messages(store)
    assert edited.id == announcement_id
    content = store.announcements.message_content(announcement_id, 20)
    assert content.run_progress == progress(store)


def test_a_message_that_was_deleted_is_posted_again_while_the_run_goes_on(
    store: DatabaseStore,
) -> None:
    """It is stopped and continued there; once it is over, nobody needs it."""
    running(store, item(1))
    announcement_id = post(store)
    assert store.announcements.post_again(announcement_id)
    post(store)
    end(store, ItemState.FAILED)
    post(store)
    assert not store.announcements.post_again(announcement_id)


def test_its_channel_is_the_one_of_the_run(store: DatabaseStore) -> None:
    """As the policy names it."""
    previewed(store)
    query(place_of(store), "UPDATE runs SET channel = '#prod'")
    store.runs.start(1, "U1")
    (message,) = messages(store)
    assert message.channel == "#prod"


def test_it_shows_how_far_the_run_is(store: DatabaseStore) -> None:
    """Problems by cause, and the time that is left at the pace of the bot."""
    throttled = failure(FailureCode.THROTTLED)
    running(store, *(item(number) for number in range(1, 21)), replace(item(21), wanted=None))
    for each in store.runs.items(1)[:5]:
        store.runs.finish_item(each, ItemState.FAILED, DENIED.message, DENIED)
    store.runs.finish_item(store.runs.items(1)[5], ItemState.FAILED, "T", throttled)
    store.runs.hold_back(1, {7: "AWS has another contact."})
    shown = progress(store)
    assert [(each.state, each.contacts) for each in shown.problems] == [
        (ItemState.FAILED, 5),
        (ItemState.FAILED, 1),
        (ItemState.HELD_BACK, 1),
    ]
    assert shown.problems[0].remedy == DENIED.remedy
    assert shown.left == (13, 1)
    assert shown.at(WritePace(2.0, 0.5)).seconds_left == pytest.approx(13 / 2 + 2)
    assert shown.done == 7


def test_it_shows_who_approved_or_went_on_without(store: DatabaseStore) -> None:
    """And the reason for that."""
    running(store)
    for state, user, reason in (("approved", "U2", ""), ("bypassed", "U3", "On fire.")):
        query(
            place_of(store),
            "INSERT INTO approvals (run_id, state, approvers, requested_at, expires_at, decided_by,"
            " reason) VALUES (1, ?, '[]', '', '', ?, ?)",
            state,
            user,
            reason,
        )
    shown = progress(store)
    assert shown.approved_by == ("U2",)
    assert shown.bypassed_by == ("U3", "On fire.")


def test_it_shows_that_it_was_undone(store: DatabaseStore) -> None:
    """Not by a preview of an undo."""
    running(store)
    assert progress(store).undone_by is None
    previewed(store, item(1), key="undo")
    query(place_of(store), "UPDATE runs SET undoes = 1 WHERE id = 2")
    assert progress(store).undone_by is None
    store.runs.start(2, "U1")
    assert progress(store).undone_by == 2


def test_a_file_is_due_when_the_run_ended_and_its_message_is_posted(store: DatabaseStore) -> None:
    """Neither before, nor once it is shared; the message says so."""
    running(store, item(1))
    assert store.run_files.due() == []
    end(store, ItemState.FAILED)
    assert store.run_files.due() == []
    post(store)
    (due,) = store.run_files.due()
    assert (due.run_id, due.place.channel_id, due.place.ts, due.file_id) == (1, "C1", "1.1", "")
    store.run_files.uploaded(due, "F1")
    (again,) = store.run_files.due()
    assert again == replace(due, file_id="F1")
    assert messages(store) == []
    store.run_files.shared(again)
    assert store.run_files.due() == []
    assert progress(store).file is ResultFile.SHARED
    assert len(messages(store)) == 1


def test_a_file_that_cannot_be_shared_is_due_no_more(store: DatabaseStore) -> None:
    """The message says why, and what to do."""
    running(store, item(1))
    end(store, ItemState.FAILED)
    post(store)
    (due,) = store.run_files.due()
    store.run_files.not_shared(due, "No scope.", "Add it.")
    assert store.run_files.due() == []
    shown = progress(store)
    assert (shown.file, shown.file_problem) == (ResultFile.FAILED, "No scope. Add it.")


def test_a_run_that_is_retried_gets_another_file(store: DatabaseStore, clock: SetClock) -> None:
    """The first is of what it had come to by then."""
    running(store, item(1))
    end(store, ItemState.FAILED)
    post(store)
    (first,) = store.run_files.due()
    store.run_files.shared(first)
    clock.moment += timedelta(minutes=1)
    assert store.runs.retry(1, "U1") == 1
    assert progress(store).file is ResultFile.NONE
    assert store.run_files.due() == []
    store.runs.claim()
    end(store, ItemState.HELD_BACK)
    post(store)
    (second,) = store.run_files.due()
    assert second.ended_at > first.ended_at
    assert second.file_id == ""


def test_no_progress_of_a_run_that_is_not_there(store: DatabaseStore) -> None:
    """It may be a forged id."""
    assert store.runs.progress(99) is None
