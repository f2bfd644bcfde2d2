"""The announcer: every announcement goes out once, late if need be, and is kept right."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.domain.actors import Actor
from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.errors import (
    HistoryUnreadable,
    MessageGone,
    MessageLocked,
    NotifierError,
    PostInDoubt,
    PostRefused,
    StoreError,
)
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.policy import Policy
from bot.domain.readings import Present
from bot.domain.runs import RunItem, RunKind
from bot.domain.scans import ScanState, count
from bot.domain.slack_health import Refusal
from bot.services.announce import (
    DOUBT_WAIT,
    FIRST_RETRY,
    LONGEST_RETRY,
    LONGEST_WAIT,
    AnnouncementSender,
)
from bot.services.ports.runs import NewRun
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import (
    ABSENT,
    CONTACT,
    ORGANIZATION,
    PATIENCE,
    SCHEDULE,
    SECURITY,
    FakeClock,
    FakeNotifier,
    Gate,
    account,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.announcements import Announcement
    from bot.domain.readings import ContactReading
    from bot.services.ports.store import AnnouncementRepository

POLL_INTERVAL = 3600.0
REFUSED = PostRefused("Slack is away.")
NO_CHANNEL = PostRefused("The channel is archived.", "Unarchive it.", permanent=True)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until it is moved."""
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStore]:
    """The database."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        yield store


@pytest.fixture
def notifier() -> FakeNotifier:
    """The channel."""
    return FakeNotifier()


class FrailAnnouncements:
    """Announcements of a store that fails where it is asked to.

    `stale` is what it holds to be due instead of what is; `failed` is set by a fault of `due`.
    """

    def __init__(self, announcements: AnnouncementRepository) -> None:
        self._announcements = announcements
        self.due_faults = self.sent_faults = 0
        self.failed = threading.Event()
        self.stale: list[Announcement] | None = None
        self.introduce = announcements.introduce
        self.content = announcements.content
        self.message_content = announcements.message_content
        self.begin_sending = announcements.begin_sending
        self.not_sent = announcements.not_sent
        self.may_repeat = announcements.may_repeat
        self.standing = announcements.standing
        self.post_again = announcements.post_again

    def due(self) -> list[Announcement]:
        if self.due_faults:
            self.due_faults -= 1
            self.failed.set()
            raise StoreError("The database is busy.")
        return self._announcements.due() if self.stale is None else self.stale

    def sent(self, announcement_id: str, channel_id: str, ts: str, shown_revision: int) -> None:
        if self.sent_faults:
            self.sent_faults -= 1
            raise StoreError("The disk is full.")
        self._announcements.sent(announcement_id, channel_id, ts, shown_revision)


@pytest.fixture
def announcements(store: SqliteStore) -> FrailAnnouncements:
    """What the unit under test sends."""
    return FrailAnnouncements(store.announcements)


@pytest.fixture
def announcer(
    announcements: FrailAnnouncements, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> Iterator[AnnouncementSender]:
    """The unit under test; its thread runs where a test starts it."""
    announcer = AnnouncementSender(
        announcements,
        store.slack_health,
        notifier,
        clock=clock,
        rows=10,
        poll_interval=POLL_INTERVAL,
        post_interval=0.0,
        edit_interval=0.0,
    )
    yield announcer
    announcer.stop()


def scan(
    store: SqliteStore,
    readings: dict[int, ContactReading],
    *,
    cause: FailureCode | None = None,
) -> None:
    """Record a scan of these accounts."""
    results = [
        evaluate(account(number), {SECURITY: reading}, Policy.requiring().resolve(account(number)))
        for number, reading in readings.items()
    ]
    ended = replace(
        store.scans.claim(SCHEDULE).scan,
        state=ScanState.COMPLETE if cause is None else ScanState.FAILED,
        scope=ORGANIZATION,
        counts=count(results),
        failure=failure(cause) if cause else None,
    )
    store.scans.record(ended, results)


def resolve(store: SqliteStore, number: int) -> None:
    """Somebody sets an account's contact."""
    policy = Policy.requiring().resolve(account(number))
    looked = evaluate(account(number), {SECURITY: Present(CONTACT)}, policy)
    store.findings.observe(looked)


def only_due(store: SqliteStore) -> Announcement:
    """The one announcement that is due."""
    (due,) = store.announcements.due()
    return due


def test_what_is_due_is_posted_once(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """An announcement is posted, and not again while nothing of it changes."""
    scan(store, {1: ABSENT, 2: unreadable()})
    announcer.deliver()
    announcer.deliver()
    assert [content.announcement.kind for content in notifier.messages.values()] == [
        AnnouncementKind.NON_COMPLIANT,
        AnnouncementKind.UNCHECKED,
    ]
    assert notifier.tries == 2
    assert store.announcements.due() == []
    assert store.slack_health.waiting() is None


def test_nothing_due_is_looked_for_again_in_a_while(announcer: AnnouncementSender) -> None:
    """With nothing due, the next look is that for what another process left."""
    assert announcer.deliver() == POLL_INTERVAL


def test_the_store_knows_before_slack_is_asked(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """While Slack is asked, the store has it that sending is under way."""
    scan(store, {1: ABSENT})
    seen: list[SendState] = []
    notifier.on_post = lambda: seen.append(only_due(store).state)
    announcer.deliver()
    assert seen == [SendState.SENDING]


def test_a_lost_reply_is_looked_for_not_posted_again(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """A post whose answer was lost is found in the channel, after it had time to appear there."""
    scan(store, {1: ABSENT})
    notifier.lost_replies = 1
    assert announcer.deliver() == DOUBT_WAIT
    announcer.deliver()
    assert notifier.looked_for == []
    clock.tick(DOUBT_WAIT)
    announcer.deliver()
    assert len(notifier.looked_for) == 1
    assert notifier.tries == 1
    assert store.announcements.due() == []


def test_a_post_in_doubt_that_is_not_there_is_posted(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """A post in doubt that the channel does not have goes out again, and is no repeat."""
    scan(store, {1: ABSENT})
    notifier.post_faults.append(PostInDoubt("The answer was lost."))
    announcer.deliver()
    clock.tick(DOUBT_WAIT)
    announcer.deliver()
    assert len(notifier.looked_for) == 1
    assert len(notifier.posted) == 1
    assert not next(iter(notifier.messages.values())).announcement.maybe_repeat


def test_a_post_in_doubt_without_history_says_that_it_may_be_a_repeat(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """Where history cannot be read, it goes out again and says so; that is logged once."""
    scan(store, {1: ABSENT})
    notifier.lost_replies = 1
    announcer.deliver()
    notifier.find_faults.extend(2 * [HistoryUnreadable("A scope is missing.", "Install anew.")])
    notifier.post_faults.append(REFUSED)
    with capture_logs() as logs:
        clock.tick(DOUBT_WAIT)
        announcer.deliver()
        clock.tick(LONGEST_RETRY)
        announcer.deliver()
    first, second = notifier.messages.values()
    assert not first.announcement.maybe_repeat
    assert second.announcement.maybe_repeat
    assert store.announcements.due() == []
    assert [log["event"] for log in logs].count("post in doubt, and history unreadable") == 1


def test_a_search_that_fails_for_now_is_tried_again(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """Where Slack cannot be asked for the history just now, nothing is posted meanwhile."""
    scan(store, {1: ABSENT})
    notifier.lost_replies = 1
    announcer.deliver()
    notifier.find_faults.append(REFUSED)
    clock.tick(DOUBT_WAIT)
    announcer.deliver()
    assert only_due(store).state is SendState.SENDING
    clock.tick(LONGEST_RETRY)
    announcer.deliver()
    assert notifier.tries == 1
    assert store.announcements.due() == []


def test_one_refused_after_a_lost_reply_is_still_looked_for(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """A refusal does not settle an earlier try that was never answered."""
    scan(store, {1: ABSENT})
    notifier.post_faults.extend([PostInDoubt("The answer was lost."), REFUSED])
    announcer.deliver()
    clock.tick(DOUBT_WAIT)
    announcer.deliver()
    assert only_due(store).state is SendState.PENDING
    late = store.announcements.content(only_due(store).id, 10)
    notifier.messages["1700000000.000009"] = late  # the first try shows at last
    clock.tick(LONGEST_RETRY)
    announcer.deliver()
    assert len(notifier.posted) == 1
    assert store.announcements.due() == []


def test_a_crash_while_sending_is_made_up_for(
    announcer: AnnouncementSender,
    store: SqliteStore,
    notifier: FakeNotifier,
    clock: FakeClock,
) -> None:
    """What was being sent when the process was killed is looked for before it is posted."""
    scan(store, {1: ABSENT})
    begun = store.announcements.begin_sending(only_due(store).id)
    assert begun is not None
    notifier.post(store.announcements.content(begun.id, 10))
    announcer.deliver()
    assert notifier.looked_for == []  # it may be on its way to the channel
    clock.tick(DOUBT_WAIT)
    announcer.deliver()
    assert notifier.looked_for == [begun.id]
    assert notifier.posted == [begun.id]
    assert store.announcements.due() == []


def test_what_changed_before_it_was_found_is_put_right(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """A message found again shows what has changed since, as soon as it is found."""
    scan(store, {1: ABSENT, 2: ABSENT})
    notifier.lost_replies = 1
    announcer.deliver()
    resolve(store, 1)
    clock.tick(DOUBT_WAIT)
    announcer.deliver()
    announcer.deliver()
    assert [content.open for content in notifier.updates] == [1]
    assert store.announcements.due() == []


def test_a_refusal_is_retried_ever_later(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """The waits after refusals grow twofold to a bound; nothing is tried before its time."""
    scan(store, {1: ABSENT})
    notifier.post_faults.extend(6 * [REFUSED])
    for wait in (2, 4, 8, 16, 30, 30):
        tries = notifier.tries
        announcer.deliver()
        clock.tick(wait - 0.5)
        announcer.deliver()
        assert notifier.tries == tries + 1
        clock.tick(0.5)
    announcer.deliver()
    assert len(notifier.posted) == 1
    assert notifier.looked_for == []


def test_the_wait_is_what_is_left_of_it(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """The announcer comes back when the next try is due."""
    scan(store, {1: ABSENT})
    notifier.post_faults.append(REFUSED)
    assert announcer.deliver() == FIRST_RETRY
    clock.tick(1.5)
    assert announcer.deliver() == pytest.approx(0.5)


@pytest.mark.parametrize("asked", [0.0, 3.0, 90.0])
def test_slacks_own_wait_is_kept(
    announcer: AnnouncementSender,
    store: SqliteStore,
    notifier: FakeNotifier,
    clock: FakeClock,
    asked: float,
) -> None:
    """Where Slack says how long to wait, that long is waited."""
    scan(store, {1: ABSENT})
    notifier.post_faults.append(PostRefused("Too many posts.", retry_after=asked))
    announcer.deliver()
    assert store.slack_health.waiting() is not None
    if asked:
        clock.tick(asked - 0.5)
        announcer.deliver()
        assert notifier.tries == 1
        clock.tick(0.5)
    announcer.deliver()
    assert len(notifier.posted) == 1


def test_what_a_person_must_mend_is_logged_once_and_sent_then(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """A lasting problem is logged once with its remedy; what was due goes out when it is fixed."""
    scan(store, {1: ABSENT})
    notifier.post_faults.extend(3 * [NO_CHANNEL])
    with capture_logs() as logs:
        for _ in range(4):
            announcer.deliver()
            clock.tick(LONGEST_WAIT)
    events = [log["event"] for log in logs]
    assert events == ["announcement waits", "announced", "announcing works again"]
    assert logs[0]["remedy"] == "Unarchive it."
    assert len(notifier.posted) == 1
    assert store.slack_health.waiting() is None


def test_what_waits_for_a_person_is_tried_ever_later(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """Where only a person helps, tries become rare; how many wait, and since when, is kept."""
    scan(store, {1: ABSENT, 2: unreadable()})
    began = clock.now()
    notifier.post_faults.extend(12 * [NO_CHANNEL])
    for wait in (30, 60, 120, 240, 300, 300):
        tries = notifier.tries
        announcer.deliver()
        clock.tick(wait - 0.5)
        announcer.deliver()
        assert notifier.tries == tries + 2
        clock.tick(0.5)
    waiting = store.slack_health.waiting()
    assert waiting is not None
    assert (waiting.number, waiting.since) == (2, began)
    announcer.deliver()
    assert len(notifier.posted) == 2
    assert store.slack_health.waiting() is None


def test_what_was_refused_is_sent_at_once_after_the_token_was_replaced(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """A pause that Slack's refusal began ends when its cause is gone."""
    scan(store, {1: ABSENT})
    notifier.post_faults.append(NO_CHANNEL)
    announcer.deliver()
    announcer.deliver()
    assert (notifier.tries, notifier.posted) == (1, [])
    announcer.retry()
    announcer.deliver()
    assert len(notifier.posted) == 1


def test_two_that_wait_for_different_reasons_are_logged_once_each(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """For days, two causes are two lines; it works again once neither is left."""
    scan(store, {1: ABSENT, 2: unreadable()})
    too_long = PostRefused("Slack refused: a_code_of_next_year.", "Look it up.", permanent=True)
    notifier.post_faults.extend(300 * [NO_CHANNEL, too_long])
    with capture_logs() as logs:
        for _ in range(300):
            announcer.deliver()
            clock.tick(LONGEST_WAIT)
        waits, logs[:] = [log["event"] for log in logs], []
        notifier.post_faults.append(too_long)
        announcer.deliver()
        clock.tick(LONGEST_WAIT)
        announcer.deliver()
    assert waits == 2 * ["announcement waits"]
    assert [log["event"] for log in logs] == [
        "announced",
        "announced",
        "announcing works again",
    ]


def test_a_problem_is_over_when_nothing_is_due_any_more(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """What was resolved before it could be posted is withdrawn, and its problem with it."""
    scan(store, {1: ABSENT})
    notifier.post_faults.append(NO_CHANNEL)
    announcer.deliver()
    before = store.slack_health.waiting()
    resolve(store, 1)
    announcer.deliver()
    assert before is not None
    assert before.refusal == Refusal("The channel is archived.", "Unarchive it.", "", True)  # noqa: FBT003 - permanent
    assert store.slack_health.waiting() is None
    assert notifier.posted == []


def test_what_was_withdrawn_meanwhile_is_not_posted(
    announcer: AnnouncementSender,
    store: SqliteStore,
    announcements: FrailAnnouncements,
    notifier: FakeNotifier,
) -> None:
    """What was resolved between the look and the post is left."""
    scan(store, {1: ABSENT})
    announcements.stale = announcements.due()
    resolve(store, 1)
    announcer.deliver()
    assert notifier.tries == 0


def test_one_that_fails_keeps_no_other_back(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """Where Slack refuses one announcement, the others go out all the same."""
    scan(store, {1: ABSENT, 2: unreadable()})
    notifier.post_faults.append(REFUSED)
    announcer.deliver()
    assert len(notifier.posted) == 1


def test_a_defect_in_one_keeps_no_other_back(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """An exception that nobody foresaw is logged, and its announcement tried again later."""
    scan(store, {1: ABSENT, 2: unreadable()})
    notifier.post_faults.append(RuntimeError("defect"))
    announcer.deliver()
    assert len(notifier.posted) == 1
    clock.tick(LONGEST_RETRY)
    announcer.deliver()
    assert len(notifier.posted) == 2
    assert len(notifier.looked_for) == 1


def test_a_message_is_updated_when_what_it_shows_changed(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """A finding resolved by anyone is shown in place, once, without a new post."""
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    assert notifier.updates == []
    resolve(store, 1)
    announcer.deliver()
    announcer.deliver()
    assert [content.open for content in notifier.updates] == [1]
    assert len(notifier.posted) == 1


def test_what_changed_during_an_update_is_shown_by_the_next(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """A change that an update came too early for is not lost."""
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    resolve(store, 1)
    notifier.on_update = lambda: resolve(store, 2)
    announcer.deliver()
    announcer.deliver()
    assert [content.open for content in notifier.updates] == [1, 0]
    assert store.announcements.due() == []


def test_what_changed_during_a_post_is_shown_by_an_update(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """A change that a post came too early for is not lost."""
    scan(store, {1: ABSENT, 2: ABSENT})
    notifier.on_post = lambda: resolve(store, 1)
    announcer.deliver()
    announcer.deliver()
    assert [content.open for content in notifier.updates] == [1]


def test_an_update_that_fails_is_tried_again(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """An update that Slack did not take is due again after a wait."""
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    resolve(store, 1)
    notifier.update_faults.append(NotifierError("Slack is away."))
    announcer.deliver()
    assert notifier.updates == []
    clock.tick(FIRST_RETRY)
    announcer.deliver()
    assert len(notifier.updates) == 1


def test_a_message_that_is_gone_is_let_go(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """Where the message was deleted and nothing of it stands, nothing is posted again."""
    scan(store, {1: ABSENT})
    announcer.deliver()
    resolve(store, 1)
    notifier.update_faults.append(MessageGone("It was deleted."))
    announcer.deliver()
    assert store.announcements.due() == []
    assert notifier.tries == 1


def test_an_alert_that_was_deleted_is_posted_anew_with_the_next(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """With what stands of it, once a scan has something to say; from then on it is that message."""
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    notifier.deleted.update(notifier.messages)
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    assert len(notifier.posted) == 1
    scan(store, {1: ABSENT, 2: ABSENT, 3: ABSENT})
    announcer.deliver()
    announcer.deliver()
    first, second, again = notifier.posted
    assert again == first != second
    assert [content.open for content in notifier.messages.values()] == [2, 1, 2]
    resolve(store, 1)
    announcer.deliver()
    assert list(notifier.messages.values())[2].open == 1
    assert store.announcements.due() == []


def test_an_alert_that_turns_out_to_be_deleted_is_posted_anew(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """Where one of its findings is resolved, and others stand."""
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    resolve(store, 1)
    notifier.update_faults.append(MessageGone("It was deleted."))
    announcer.deliver()
    announcer.deliver()
    assert len(notifier.posted) == 2
    assert list(notifier.messages.values())[1].open == 1
    assert store.announcements.due() == []


def test_a_message_that_may_not_be_edited_is_not_posted_anew(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """It stands in the channel, if out of date: a second one would be there with every change."""
    scan(store, {1: ABSENT, 2: ABSENT})
    announcer.deliver()
    resolve(store, 1)
    notifier.update_faults.append(MessageLocked("It is too old."))
    announcer.deliver()
    assert store.announcements.due() == []
    assert notifier.tries == 1


def test_failing_checks_are_told_once_and_so_is_their_end(
    announcer: AnnouncementSender, store: SqliteStore, notifier: FakeNotifier
) -> None:
    """One message says that checks fail, and one that they work again."""
    for _ in range(2):
        scan(store, {}, cause=FailureCode.CREDENTIALS_EXPIRED)
        announcer.deliver()
    scan(store, {1: Present(CONTACT)})
    announcer.deliver()
    assert [content.announcement.kind for content in notifier.messages.values()] == [
        AnnouncementKind.CHECKS_FAILING,
        AnnouncementKind.CHECKS_WORKING,
    ]


def test_it_sends_on_a_thread_of_its_own_when_woken(
    store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """Once started, a wake has what is due sent at once, and a stop lets the call under way end."""
    stopping = threading.Event()
    announcer = AnnouncementSender(
        store.announcements,
        store.slack_health,
        notifier,
        clock=clock,
        rows=10,
        poll_interval=POLL_INTERVAL,
        post_interval=0.0,
        stopping=stopping,
    )
    gate = Gate()
    notifier.on_post = gate.stand
    announcer.start()
    thread = sending_thread()
    scan(store, {1: ABSENT, 2: unreadable()})
    announcer.wake()
    gate.await_reached()
    stopper = threading.Thread(target=announcer.stop)
    stopper.start()
    assert stopping.wait(PATIENCE)
    gate.open()
    stopper.join(PATIENCE)
    assert not thread.is_alive()
    assert len(notifier.posted) == 1
    assert only_due(store).state is SendState.PENDING


def test_a_stop_between_looks_is_not_missed(
    store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """A stop that comes just as the announcer begins to look again ends it at once."""
    stopping, seen = threading.Event(), threading.Event()

    class StoppedAsItIsCleared(threading.Event):
        def clear(self) -> None:
            assert seen.wait(PATIENCE)
            stopping.set()
            self.set()
            super().clear()

    announcer = AnnouncementSender(
        store.announcements,
        store.slack_health,
        notifier,
        clock=clock,
        rows=10,
        poll_interval=POLL_INTERVAL,
        woken=StoppedAsItIsCleared(),
        stopping=stopping,
    )
    announcer.start()
    thread = sending_thread()
    seen.set()
    thread.join(PATIENCE)
    missed = thread.is_alive()
    announcer.stop()
    assert not missed


def sending_thread() -> threading.Thread:
    """The thread of the announcer that runs."""
    (thread,) = (found for found in threading.enumerate() if found.name == "announcer")
    return thread


def test_a_database_that_fails_for_a_while_is_waited_for(
    announcer: AnnouncementSender,
    store: SqliteStore,
    announcements: FrailAnnouncements,
    notifier: FakeNotifier,
) -> None:
    """The announcer survives a database that cannot be read, and sends once it can."""
    posted = threading.Event()
    announcements.due_faults = 1
    notifier.on_post = posted.set
    scan(store, {1: ABSENT})
    announcer.start()
    assert announcements.failed.wait(PATIENCE)
    announcer.wake()
    assert posted.wait(PATIENCE)


def test_a_record_that_fails_after_the_post_is_made_later(
    announcer: AnnouncementSender,
    store: SqliteStore,
    announcements: FrailAnnouncements,
    notifier: FakeNotifier,
) -> None:
    """A post that the store cannot take in is neither repeated nor looked for, but recorded."""
    scan(store, {1: ABSENT})
    notifier.find_faults.append(HistoryUnreadable("The app lacks a scope."))
    announcements.sent_faults = 2
    for _ in range(2):
        with pytest.raises(StoreError):
            announcer.deliver()
    announcer.deliver()
    assert notifier.looked_for == []
    assert len(notifier.posted) == 1
    assert store.announcements.due() == []


def test_a_post_that_was_never_recorded_is_looked_for_by_the_next_process(
    announcer: AnnouncementSender,
    store: SqliteStore,
    announcements: FrailAnnouncements,
    notifier: FakeNotifier,
    clock: FakeClock,
) -> None:
    """Where the process ends before it could record a post, the next one looks for it."""
    scan(store, {1: ABSENT})
    announcements.sent_faults = 1
    with pytest.raises(StoreError):
        announcer.deliver()
    following = AnnouncementSender(
        announcements, store.slack_health, notifier, clock=clock, rows=10, post_interval=0.0
    )
    following.deliver()
    clock.tick(DOUBT_WAIT)
    following.deliver()
    assert len(notifier.looked_for) == 1
    assert len(notifier.posted) == 1


def test_a_stop_before_the_start_is_harmless(announcer: AnnouncementSender) -> None:
    """An announcer that never ran may be stopped."""
    announcer.stop()


def test_a_message_is_edited_at_a_pace_that_slack_allows(
    store: SqliteStore, notifier: FakeNotifier, clock: FakeClock
) -> None:
    """However often it changes: the newest state is shown when the time has come.

    The first edit of an alert waits for nothing, the second does.
    """
    announcer = AnnouncementSender(
        store.announcements, store.slack_health, notifier, clock=clock, rows=10, post_interval=0.0
    )
    scan(store, dict.fromkeys((1, 2, 3), ABSENT))
    announcer.deliver()
    for number in (1, 2, 3):
        resolve(store, number)
        announcer.deliver()
    assert len(notifier.updates) == 1
    clock.tick(3.0)
    announcer.deliver()
    assert len(notifier.updates) == 2
    notifier.updates.clear()
    item = RunItem(0, 0, account(1).id, "Web", SECURITY, CONTACT, None, clock.now())
    run = store.runs.preview(NewRun("form", RunKind.FIX, Actor("U1")), [item])
    store.runs.start(run.id, "U1")
    announcer.deliver()
    for _ in range(3):
        store.runs.bump(run.id)
        assert announcer.deliver() <= 3.0
    assert (len(notifier.posted), notifier.updates) == (2, [])
    clock.tick(3.0)
    announcer.deliver()
    store.runs.bump(run.id)
    announcer.deliver()
    assert len(notifier.updates) == 1
