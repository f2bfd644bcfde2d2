"""What a replica does about what others did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StoreError
from bot.domain.leadership import ReplicaNews
from bot.services.replicas import RELOAD_FOR, ReplicaWatch
from tests.unit.fakes import FakeClock


class FakeReplicas:
    """The database's record of the replicas."""

    def __init__(self) -> None:
        self.found = ReplicaNews(1, (0, 0), 0, "")
        self.renewed = 0
        self.left = False
        self.requested: list[str] = []
        self.error: StoreError | None = None

    def renew(self) -> None:
        self.renewed += 1

    def leave(self) -> None:
        self.left = True

    def news(self) -> ReplicaNews:
        if self.error is not None:
            raise self.error
        return self.found

    def request_reload(self, digest: str) -> int:
        self.requested.append(digest)
        return self.found.reload + 1


class World:
    """A replica among others."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.replicas = FakeReplicas()
        self.news = 0
        self.digest = "old"
        self.reloads: list[str] = []
        self.watch = ReplicaWatch(
            self.replicas, self.clock, on_news=self._take, reload=self._reload
        )

    def look(self, **changed: object) -> None:
        """Others did something, and it looks for that."""
        values = {
            name: changed.get(name, getattr(self.replicas.found, name))
            for name in ("others", "changed", "reload", "digest")
        }
        self.replicas.found = ReplicaNews(**values)  # type: ignore[arg-type]
        self.watch.look()

    def _take(self) -> None:
        self.news += 1

    def _reload(self, digest: str) -> bool:
        self.reloads.append(digest)
        return self.digest == digest


@pytest.fixture
def world() -> World:
    """A replica that was just started."""
    return World()


def test_what_others_recorded_is_shown(world: World) -> None:
    """Once for each change, and not for what was there before."""
    world.look(changed=(5, 1))
    assert world.news == 0
    world.look()
    assert world.news == 0
    world.look(changed=(6, 1))
    assert world.news == 1
    assert world.watch.others() == 1


def test_a_replica_that_started_since_the_last_look_counts(world: World) -> None:
    """Else Slack's count of connections would look like that of another bot."""
    world.look(others=1)
    world.replicas.found = replace(world.replicas.found, others=2)
    assert world.watch.others() == 2
    world.replicas.error = StoreError("It's gone.")
    assert world.watch.others() == 1


def test_alone_nothing_is_shown_twice(world: World) -> None:
    """Without others, every change is the process's own."""
    world.look(others=0)
    world.look(changed=(6, 1))
    assert world.news == 0


def test_it_says_now_and_then_that_it_runs(world: World) -> None:
    """Well within the time after which it would count as gone."""
    world.look()
    world.look()
    assert world.replicas.renewed == 1
    world.clock.tick(10)
    world.look()
    assert world.replicas.renewed == 2
    world.watch.stop()
    assert world.replicas.left


def test_a_reload_elsewhere_is_followed(world: World) -> None:
    """As soon as the file here is the same; until then it is tried again, but not all the time."""
    world.look(reload=3, digest="older than this process")
    assert world.reloads == []
    world.look(reload=4, digest="new")
    world.look()
    assert world.reloads == ["new"]
    world.digest = "new"
    world.clock.tick(10)
    world.look()
    world.clock.tick(10)
    world.look()
    assert world.reloads == ["new", "new"]


def test_a_file_that_stays_another_one_is_reported(world: World) -> None:
    """After ten minutes, once."""
    world.look()
    with capture_logs() as logs:
        world.look(reload=1, digest="new")
        world.clock.tick(RELOAD_FOR)
        world.look()
        world.clock.tick(RELOAD_FOR)
        world.look()
    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "policy differs from that of another replica"
    ]
    assert len(world.reloads) == 2


def test_ones_own_reload_is_not_followed(world: World) -> None:
    """The replica that was asked has applied the file already."""
    world.look()
    world.watch.request_reload("new")
    world.look(reload=1, digest="new")
    assert world.replicas.requested == ["new"]
    assert world.reloads == []
