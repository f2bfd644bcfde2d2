"""Acked first, acted on once, and answered by the guard itself whatever fails."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request import BoltRequest

from bot.domain.errors import StoreError
from bot.slack.background import BackgroundTasks
from bot.slack.middleware import RequestGuard, ShapeCheck
from tests.unit.slack.starved_executor import StarvedExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from slack_bolt import Ack

    from bot.services.audit_trail import AuditTrail
    from bot.slack.middleware import ErrorHandler
    from bot.slack.views.message import Message

COMMAND = {"command": "/altcontact", "trigger_id": "1.2.a", "user_id": "U1"}
ACTION = {
    "type": "block_actions",
    "trigger_id": "1.2.a",
    "user": {"id": "U1"},
    "actions": [{"action_id": "press"}],
}
SUBMISSION = {
    "type": "view_submission",
    "user": {"id": "U1"},
    "view": {"callback_id": "form", "type": "modal"},
}


class World:
    """A Bolt app with a listener of each kind behind the guard.

    `acted` counts what was done. `fault` is raised by what happens after an ack; `before` by a form
    before its ack, `unreadable` by the database. `told` is what people heard, `noted` what is put
    on record.
    """

    def __init__(self, threads: Executor | None = None) -> None:
        self.acted = 0
        self.fault: Exception | None = None
        self.before: Exception | None = None
        self.unreadable: StoreError | None = None
        self.told: list[str] = []
        self.errors: list[Exception] = []
        self.noted: list[str] = []
        self._keys: set[str] = set()
        self._pool = threads or ThreadPoolExecutor(4)
        self._threads = BackgroundTasks(self._pool)
        self._acking = ThreadPoolExecutor(4)
        self._app = App(
            listener_executor=self._acking,
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None, bot_token="x"),
            before_authorize=ShapeCheck(self._guard()),
        )
        guard = self._guard()
        self._app.command("/altcontact")(guard.once(self._act))
        self._app.action("press")(guard.once(self._act))
        self._app.action("turn")(guard.each(self._act))
        self._app.view("form")(guard.submission(self._submit))

    def _guard(self) -> RequestGuard:
        errors, trail = cast("ErrorHandler", self), cast("AuditTrail", self)
        return RequestGuard(self, errors, self._threads, trail)

    def is_first(self, key: str) -> bool:
        if self.unreadable is not None:
            raise self.unreadable
        first = key not in self._keys
        self._keys.add(key)
        return first

    def handle(self, error: Exception, _: dict[str, Any]) -> None:
        self.told.append(type(error).__name__)
        self.errors.append(error)

    def tell(self, message: Message, _: dict[str, Any]) -> None:
        self.told.append(message.text)

    def note(self, error: Exception, _: dict[str, Any]) -> None:
        self.noted.append(type(error).__name__)

    def payload_refused(self, actor: str, reason: str, request: str) -> None:
        self.noted.append(f"{actor} {reason} {request}")

    def _act(self, _: dict[str, Any]) -> None:
        self.acted += 1
        if self.fault is not None:
            raise self.fault

    def _submit(self, ack: Ack, body: dict[str, Any]) -> None:
        if self.before is not None:
            raise self.before
        ack(response_action="clear")
        self._act(body)

    def deliver(self, body: dict[str, Any]) -> str | None:
        """The body of the ack; None where none came."""
        response = self._app.dispatch(BoltRequest(mode="socket_mode", body=body))
        return response.body if response.status == 200 else None

    def finish_acks(self) -> None:
        """Wait until Bolt's threads are done, which go on for a moment after an ack."""
        self._acking.shutdown(wait=True)

    def stop_acting(self) -> None:
        """Begin nothing more, and wait for what was begun."""
        self._threads.stop()

    def settle(self) -> None:
        """Wait until everything that was delivered is over, also what waits for a thread."""
        self.finish_acks()
        self._pool.shutdown(wait=True)
        self.stop_acting()


@pytest.fixture
def world() -> Iterator[World]:
    """The app, stopped after the test."""
    made = World()
    yield made
    made.settle()


def test_what_slack_repeats_is_acked_and_acted_on_once(world: World) -> None:
    """Slack repeats a delivery whose ack it missed."""
    assert [world.deliver(COMMAND) for _ in range(3)] == ["", "", ""]
    world.settle()
    assert world.acted == 1
    assert world.noted == ["U1 repeated /altcontact"] * 2


def test_a_command_and_an_action_are_not_taken_for_each_other(world: World) -> None:
    """Each kind of delivery is remembered apart; a page may be turned by each delivery."""
    turn = {**ACTION, "actions": [{"action_id": "turn"}]}
    for body in (COMMAND, ACTION, turn, turn):
        assert world.deliver(body) == ""
    world.settle()
    assert world.acted == 4


@pytest.mark.parametrize("body", [COMMAND, ACTION], ids=["command", "action"])
def test_what_follows_an_ack_is_done_where_no_thread_can_be_started(
    body: dict[str, Any],
) -> None:
    """It is acked, so Slack does not repeat it: it is done on the thread that acked, once."""
    world = World(StarvedExecutor())
    assert world.deliver(body) == ""
    world.settle()
    assert world.acted == 1


def test_who_waits_for_a_thread_hears_that_the_bot_stops() -> None:
    """What was acked and not begun is not dropped in silence."""
    threads, go_on = ThreadPoolExecutor(1), threading.Event()
    world = World(threads)
    busy = threads.submit(go_on.wait, 60)
    while not busy.running():
        continue
    assert world.deliver(COMMAND) == ""
    world.finish_acks()
    threads.shutdown(wait=False, cancel_futures=True)
    go_on.set()
    world.settle()
    assert world.told == ["Stopping"]
    assert world.acted == 0


@pytest.mark.parametrize("body", [COMMAND, ACTION, SUBMISSION], ids=["command", "action", "form"])
def test_an_exception_right_after_the_ack_does_not_lose_it(
    world: World, body: dict[str, Any]
) -> None:
    """Bolt's own runner takes the ack back of a listener that raises at once, most times."""
    world.fault = StoreError("The disk is full.")
    bodies = [{**body, "trigger_id": str(number)} for number in range(20)]
    assert None not in [world.deliver(each) for each in bodies]
    world.settle()
    assert len(world.told) == 20


@pytest.mark.parametrize("body", [COMMAND, ACTION], ids=["command", "action"])
def test_what_the_database_keeps_from_being_done_is_told_as_not_done(
    world: World, body: dict[str, Any]
) -> None:
    """Who pressed a button that changes something hears that nothing was changed by it."""
    world.unreadable = StoreError("The database is locked.", "Look for a backup.")
    assert world.deliver(body) == ""
    world.settle()
    (error,) = world.errors
    assert isinstance(error, StoreError)
    assert str(error) == "Nothing was done. The database is locked."
    assert error.remedy == "Look for a backup. Then try again."
    assert world.acted == 0


@pytest.mark.parametrize("error", [StoreError("The disk is full."), ZeroDivisionError()])
def test_a_form_that_fails_before_its_ack_is_acked_with_what_failed(
    world: World, error: Exception
) -> None:
    """The window says what happened; Slack would say that it could not connect."""
    world.before = error
    shown = world.deliver(SUBMISSION)
    assert shown is not None
    assert ("full" if isinstance(error, StoreError) else "reference") in shown
    assert world.noted == [type(error).__name__]


def _without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    copy = {**body}
    if len(path) == 1:
        copy.pop(path[0])
    else:
        copy[path[0]] = _without(copy[path[0]], *path[1:])
    return copy


@pytest.mark.parametrize(
    "body",
    [
        {},
        _without(COMMAND, "user_id"),
        {**COMMAND, "command": None},
        _without(ACTION, "user"),
        {**ACTION, "actions": []},
        {**ACTION, "actions": [{"action_id": 7}]},
        {**ACTION, "event": None},
        {**SUBMISSION, "view": None},
        {**SUBMISSION, "type": "of another kind", "view": "V1"},
        _without(SUBMISSION, "view", "type"),
        _without(SUBMISSION, "view", "callback_id"),
        {**COMMAND, "text": "\ud800"},
        {**COMMAND, "type": 5, "command": 5},
        {"type": "event_callback", "event": 5},
    ],
)
def test_what_bolt_would_fail_on_is_acked_and_left_alone(
    world: World, body: dict[str, Any]
) -> None:
    """Nothing is done, and the person is asked to try again."""
    assert world.deliver(body) == ""
    world.settle()
    assert world.acted == 0
    assert "Couldn't read this request" in world.told[0]
    assert world.noted == ["PayloadError"]


def test_a_request_that_comes_while_the_bot_stops_is_acked(world: World) -> None:
    """Nothing more is begun, nothing is raised, and the person hears why."""
    world.stop_acting()
    assert world.deliver(COMMAND) == ""
    world.settle()
    assert world.told == ["Stopping"]
    assert world.acted == 0
