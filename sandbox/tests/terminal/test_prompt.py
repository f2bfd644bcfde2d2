"""The workspace in a terminal: a menu that searches, from its number to what is chosen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

import pytest
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.terminal.prompt import Prompt

if TYPE_CHECKING:
    from altcontact_sandbox.slack.client.client import SlackControl

MENU = {
    "type": "external_select",
    "action_id": "pick",
    "placeholder": {"type": "plain_text", "text": "Search"},
}
MESSAGE = {
    "ts": "1.1",
    "channel": "C0ALERTS01",
    "to": "U0ALICE001",
    "text": "Which one?",
    "blocks": [{"type": "actions", "elements": [MENU]}],
}


class FakeControl:
    """A workspace with one message in it; `offered` is what its menu gives."""

    def __init__(self, **offered: Any) -> None:  # noqa: ANN401 - JSON
        self.offered = offered
        self.searched: list[str] = []
        self.pressed: list[str] = []

    def state(self) -> dict[str, Any]:
        return {"changes": 1, "messages": [MESSAGE], "modals": {}}

    def wait(self, *_: object) -> dict[str, Any]:
        raise SandboxError("Nothing new.")

    def view(self, _: str) -> None:
        return None

    def suggest(self, action_id: str, typed: str, **_: object) -> dict[str, Any]:
        assert action_id == "pick"
        self.searched.append(typed)
        return self.offered

    def press(self, action_id: str, value: str, **_: object) -> dict[str, Any]:
        assert action_id == "pick"
        self.pressed.append(value)
        return {}


def talk(control: FakeControl, *lines: str) -> str:
    """What a terminal shows while these lines are typed."""
    out, typed = io.StringIO(), iter(["hello", *lines, "quit"])
    Prompt(cast("SlackControl", control), out, lambda *_: next(typed)).run()
    return out.getvalue()


def test_what_a_menu_finds_can_be_chosen() -> None:
    """Its number asks what to search for; each option found has a number of its own."""
    options = [{"text": {"text": f"Web {name}"}, "value": name} for name in ("one", "two")]
    control = FakeControl(options=options)
    shown = talk(control, "1", "web", "3")
    assert "[1 Search]" in shown
    assert "[2 Web one]" in shown
    assert control.searched == ["web"]
    assert control.pressed == ["two"]


@pytest.mark.parametrize(
    ("offered", "told"),
    [({"options": []}, "(nothing found)"), ({"error": "no answer"}, "(no answer)")],
)
def test_a_search_that_finds_nothing_says_so(offered: dict[str, Any], told: str) -> None:
    """No option, or no answer from the app."""
    assert told in talk(FakeControl(**offered), "1", "nothing")
