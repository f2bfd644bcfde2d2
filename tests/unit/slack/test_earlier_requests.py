"""Requests that came before: known to this process or to the database, if it answers in time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import structlog

from bot.domain.deliveries import EarlierRequest
from bot.domain.errors import StoreError
from bot.slack.earlier_requests import MOST_WAITING, EarlierRequests

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

WAIT = 60.0
ANSWERED, UNANSWERED = EarlierRequest(5.0, is_answered=True), EarlierRequest(5.0, is_answered=False)
JUST_NOW = EarlierRequest(0.0, is_answered=False)


class Database:
    """What a database is asked; `says` gives what it knows, `open` lets it answer."""

    def __init__(self) -> None:
        self.says: list[EarlierRequest | None] = []
        self.error: Exception | None = None
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()
        self.received: list[set[str]] = []
        self.answered: list[str] = []

    def note(
        self, received: Collection[str], answered: Collection[str]
    ) -> dict[str, EarlierRequest]:
        """Remember requests."""
        self.asked.set()
        assert self.open.wait(WAIT)
        if self.error is not None:
            raise self.error
        self.answered += answered
        self.received.append(set(received))
        known = self.says.pop(0) if received and self.says else None
        return dict.fromkeys(received, known) if known is not None else {}


@pytest.fixture
def database() -> Database:
    """A database that knows nothing, and answers at once."""
    return Database()


@pytest.fixture
def make(database: Database) -> Iterator[Callable[..., EarlierRequests]]:
    """Makes what is tested, which waits long for the database unless a test says otherwise."""
    made: list[EarlierRequests] = []

    def make(ask_within: float = WAIT, abandoned_after: float = 0.01) -> EarlierRequests:
        made.append(
            EarlierRequests(database, ask_within=ask_within, abandoned_after=abandoned_after)
        )
        return made[-1]

    yield make
    database.open.set()
    for each in made:
        each.stop()


def test_what_this_process_saw_is_repeated(
    make: Callable[..., EarlierRequests], database: Database
) -> None:
    """Also before it was answered, and without asking the database again."""
    requests = make()
    assert not requests.is_repeated("a")
    assert requests.is_repeated("a")
    assert not requests.is_repeated("b")
    requests.answered("a")
    requests.stop()
    assert (database.received, database.answered) == ([{"a"}, {"b"}, set()], ["a"])


@pytest.mark.parametrize(
    ("says", "repeated"),
    [
        ([ANSWERED], True),
        ([UNANSWERED], False),
        ([JUST_NOW, ANSWERED], True),
        ([JUST_NOW, JUST_NOW], False),
        ([EarlierRequest(-9.0, is_answered=False), ANSWERED], True),
    ],
    ids=["answered", "abandoned", "answered soon", "not answered soon", "clock set back"],
)
def test_what_another_replica_answered_is_repeated(
    make: Callable[..., EarlierRequests],
    database: Database,
    says: list[EarlierRequest | None],
    repeated: bool,
) -> None:
    """What it left without an answer, because it was killed, isn't."""
    database.says = says
    assert make().is_repeated("a") is repeated
    assert database.says == []


def test_a_slow_database_is_not_waited_for(
    make: Callable[..., EarlierRequests], database: Database
) -> None:
    """A request waits for so long, and those after it not at all; all are recorded later."""
    database.open.clear()
    requests = make(ask_within=0.01)
    with structlog.testing.capture_logs() as logged:
        assert not requests.is_repeated("a")
        assert database.asked.wait(WAIT)
        assert [requests.is_repeated(each) for each in "bcd"] == [False] * 3
    assert "requests not compared with earlier ones" in {line["event"] for line in logged}
    database.open.set()
    requests.stop()
    assert set().union(*database.received) == set("abcd")


def test_a_crowd_is_not_kept_waiting(
    make: Callable[..., EarlierRequests], database: Database
) -> None:
    """Some wait for the database; if many come at once, the others don't."""
    database.open.clear()
    requests = make()
    with ThreadPoolExecutor(MOST_WAITING) as pool:
        waiting = [pool.submit(requests.is_repeated, str(n)) for n in range(MOST_WAITING)]
        assert database.asked.wait(WAIT)
        while requests.waiting < MOST_WAITING:
            threading.Event().wait(0.001)
        assert not requests.is_repeated("one more")
        database.open.set()
        assert [each.result(WAIT) for each in waiting] == [False] * MOST_WAITING


def test_a_database_that_is_gone_or_a_defect(
    make: Callable[..., EarlierRequests], database: Database
) -> None:
    """Requests are carried out; the log says why, once a minute, and the thread goes on."""
    requests = make()
    with structlog.testing.capture_logs() as logged:
        database.error = StoreError("It is gone.", "Start it.")
        assert [requests.is_repeated(each) for each in "ab"] == [False] * 2
        database.error = ZeroDivisionError()
        assert not requests.is_repeated("c")
        database.error = None
        database.says = [ANSWERED]
        assert requests.is_repeated("d")
    events = [line["event"] for line in logged]
    assert events == ["requests not compared with earlier ones", "work failed"]


def test_after_a_stop_nothing_is_asked(
    make: Callable[..., EarlierRequests], database: Database
) -> None:
    """Nor does it fail."""
    requests = make()
    requests.stop()
    requests.answered("a")
    assert not requests.is_repeated("b")
    assert database.received == []
