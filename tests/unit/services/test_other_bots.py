"""Another bot on the same Slack app: noticed, confirmed, announced once, and over at last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.errors import StoreError
from bot.services.other_bots import RECOUNT, RECOUNT_KNOWN, OtherBotsWatch
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bench:
    """A watch over a real store, and how often it had news."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.news = 0
        self.watch = OtherBotsWatch(store.slack_health, self.count_news, clock)

    def last(self) -> None:
        """Another bot is connected for longer than a restart overlaps."""
        self.watch.count(1)
        self.clock.tick(RECOUNT)
        self.watch.count(1)

    def count_news(self) -> None:
        self.news += 1

    @property
    def due(self) -> list[AnnouncementKind]:
        """What is to be posted."""
        return [each.kind for each in self.store.announcements.due()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """The unit under test."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        yield Bench(store, clock)


def test_alone(bench: Bench) -> None:
    """Where nobody else is connected nothing is said, and nothing counted again."""
    with capture_logs() as logs:
        assert bench.watch.count(0) is None
    assert (logs, bench.due, bench.news) == ([], [], 0)
    assert bench.store.slack_health.others() is None


def test_a_restart_that_overlaps(bench: Bench) -> None:
    """The log and the doctor say so at once; the channel hears of what lasts alone."""
    with capture_logs() as logs:
        assert bench.watch.count(1) == RECOUNT
        others = bench.store.slack_health.others()
        assert bench.watch.count(0) is None
    assert others is not None
    assert (others.connections, others.lasting) == (1, False)
    assert [log["log_level"] for log in logs] == ["warning", "info"]
    assert "An overlapping restart" in logs[0]["problem"]
    assert logs[0]["remedy"]
    assert (bench.due, bench.news) == ([], 0)
    assert bench.store.slack_health.others() is None


def test_what_lasts_is_announced_once(bench: Bench) -> None:
    """However often it is counted, over restarts too; the time of the first count stays."""
    began = bench.clock.now()
    with capture_logs() as logs:
        assert bench.watch.count(1) == RECOUNT
        bench.clock.tick(RECOUNT)
        assert bench.watch.count(1) == RECOUNT_KNOWN
        assert bench.watch.count(2) == RECOUNT_KNOWN
    assert [log["lasting"] for log in logs] == [False, True]
    restarted = OtherBotsWatch(bench.store.slack_health, bench.count_news, bench.clock)
    restarted.count(1)
    bench.clock.tick(RECOUNT)
    restarted.count(1)
    assert (bench.due, bench.news) == ([AnnouncementKind.OTHER_BOTS], 1)
    others = bench.store.slack_health.others()
    assert others is not None
    assert (others.connections, others.since, others.lasting) == (1, began, True)


def test_a_connection_that_is_lost_again_at_once(bench: Bench) -> None:
    """Two counts within seconds may both be of the bot's own lost connection: nothing lasts yet."""
    with capture_logs() as logs:
        bench.watch.count(1)
        bench.clock.tick(5)
        assert bench.watch.count(1) == RECOUNT
    assert len(logs) == 1
    assert bench.due == []
    bench.clock.tick(RECOUNT)
    assert bench.watch.count(1) == RECOUNT_KNOWN
    assert bench.due == [AnnouncementKind.OTHER_BOTS]


def test_its_end_is_shown_in_the_message(bench: Bench) -> None:
    """Once posted, the message is updated; the next time it is announced again."""
    bench.last()
    (posted,) = bench.store.announcements.due()
    assert bench.store.announcements.content(posted.id, 10).total == 1
    bench.store.announcements.begin_sending(posted.id)
    bench.store.announcements.sent(posted.id, "C1", "1.1", 0)
    assert bench.due == []
    bench.watch.count(0)
    (again,) = bench.store.announcements.due()
    assert (again.id, again.state, bench.news) == (posted.id, SendState.SENT, 2)
    assert bench.store.announcements.content(posted.id, 10).total == 0
    bench.last()
    assert len(bench.due) == 2


def test_what_is_over_before_it_was_posted_is_withdrawn(bench: Bench) -> None:
    """Nobody hears of what is over already."""
    bench.last()
    bench.watch.count(0)
    assert bench.due == []


def test_a_store_that_fails(bench: Bench) -> None:
    """The connection does not end with it; the log says both."""

    def fail(connections: int, *, lasting: bool) -> bool:
        raise StoreError(f"Full: {connections}, {lasting}.", "Make room.")

    bench.store.slack_health.count_others = fail  # type: ignore[method-assign]
    with capture_logs() as logs:
        assert bench.watch.count(1) == RECOUNT
    assert [log["log_level"] for log in logs] == ["error", "warning"]


def test_replicas_are_no_other_bots(bench: Bench) -> None:
    """Connections of replicas on the same database aren't counted; one more is."""
    replicas = [2]
    watch = OtherBotsWatch(
        bench.store.slack_health, bench.count_news, bench.clock, replicas=lambda: replicas[0]
    )
    assert watch.count(2) is None
    assert bench.store.slack_health.others() is None
    assert watch.count(3) == RECOUNT
    others = bench.store.slack_health.others()
    assert others is not None
    assert others.connections == 1
