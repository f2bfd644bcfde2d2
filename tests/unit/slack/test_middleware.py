"""Once per delivery: acked at once, acted on the first time alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.domain.errors import StoreError
from bot.slack.middleware import OncePerDelivery

if TYPE_CHECKING:
    from slack_bolt import Ack

COMMAND = {"command": "/altcontact", "trigger_id": "1.2.a"}
ACTION = {"type": "block_actions", "trigger_id": "1.2.a"}


class World:
    """A listener behind the guard; `happened` is what was done, in order."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.happened: list[str] = []
        self._fault = fault
        self._keys: set[str] = set()
        self._listener = OncePerDelivery(self)(lambda _: self.happened.append("acted"))

    def is_first(self, key: str) -> bool:
        self.happened.append(key)
        if self._fault is not None:
            raise self._fault
        first = key not in self._keys
        self._keys.add(key)
        return first

    def deliver(self, body: dict[str, Any]) -> list[str]:
        """What comes of a delivery."""
        self.happened.clear()
        self._listener(cast("Ack", lambda: self.happened.append("acked")), body)
        return self.happened


def test_a_delivery_is_acked_before_anything_else_and_acted_on_once() -> None:
    """Slack need not wait for the database; what it repeats is acked and left at that."""
    world = World()
    assert world.deliver(ACTION) == ["acked", "action:1.2.a", "acted"]
    assert world.deliver(ACTION) == ["acked", "action:1.2.a"]


def test_a_command_and_an_action_are_not_taken_for_each_other() -> None:
    """Each kind of delivery is remembered apart."""
    world = World()
    assert world.deliver(COMMAND) == ["acked", "command:1.2.a", "acted"]
    assert world.deliver(ACTION) == ["acked", "action:1.2.a", "acted"]


def test_a_database_that_fails_does_not_keep_the_ack_back() -> None:
    """The delivery is acked, and the error goes to the error handler."""
    world = World(StoreError("The disk is full."))
    with pytest.raises(StoreError):
        world.deliver(ACTION)
    assert world.happened == ["acked", "action:1.2.a"]
