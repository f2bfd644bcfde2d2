"""Drives the sandbox's Slack over HTTP, from tests and from the terminal prompt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import httpx

from bot.sandbox.errors import SandboxError
from bot.sandbox.slack.workspace import ALERTS, ALICE, APP_TOKEN, BOT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    Seen = dict[str, Any]

_SLICE: Final = 5.0
"""Seconds that one wait at the server takes at most."""

_ACT_TIMEOUT: Final = 60.0


class SlackControl:
    """What a person does and sees in the workspace, and what a test bends there.

    Args:
        url: of the sandbox's Slack.
    """

    def __init__(self, url: str = "") -> None:
        self.url = url
        self._http = httpx.Client(timeout=_ACT_TIMEOUT, trust_env=False)

    def hang_up(self) -> None:
        """Close the connections to the sandbox."""
        self._http.close()

    def environment(self) -> dict[str, str]:
        """The settings by which a bot reaches this workspace."""
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": f"{self.url}/api/",
        }

    # What people do

    def command(self, text: str, user: str = ALICE, channel: str = ALERTS) -> Seen:
        """Type a slash command."""
        return self._act("command", user=user, channel=channel, text=text)

    def press(
        self,
        action_id: str,
        value: str | None = None,
        *,
        message: Seen | None = None,
        user: str = ALICE,
    ) -> Seen:
        """Press a button or choose an option, in a message or in the topmost modal."""
        place = {"channel": message["channel"], "ts": message["ts"]} if message else {}
        return self._act("press", user=user, action_id=action_id, value=value, **place)

    def submit(self, user: str = ALICE, **values: str) -> Seen:
        """Fill the topmost modal and submit it."""
        return self._act("submit", user=user, values=values)

    def close(self, user: str = ALICE) -> Seen:
        """Close the topmost modal."""
        return self._act("close", user=user)

    def deliver_again(self) -> Seen:
        """Deliver the last payload once more."""
        return self._act("again")

    # What people see

    def state(self) -> Seen:
        """Everything that people see."""
        return self._get("state")

    def messages(self, channel: str = ALERTS) -> list[Seen]:
        """The messages that stand in a channel for all to see."""
        return [
            message
            for message in self.state()["messages"]
            if message["channel"] == channel and not message["ephemeral"]
        ]

    def private(self, user: str = ALICE) -> list[Seen]:
        """What one person alone sees: ephemeral messages, and direct ones."""
        return [message for message in self.state()["messages"] if _is_for(message, user)]

    def view(self, user: str = ALICE) -> Seen | None:
        """The topmost modal on a person's screen."""
        stack = self.state()["modals"].get(user, [])
        return stack[-1] if stack else None

    def wait(self, what: Callable[[Seen], Any], timeout: float = 20.0, name: str = "") -> Any:  # noqa: ANN401 - whatever `what` finds
        """Wait until `what`, given all that people see, finds something true, and give that.

        Raises:
            SandboxError: it did not in time.
        """
        deadline = time.monotonic() + timeout
        seen = self._get("state")
        while not (found := what(seen)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise SandboxError(f"Nothing like that within {timeout:g} s: {name}")
            seen = self._get("state", since=seen["changes"], timeout=min(left, _SLICE))
        return found

    def wait_connected(self, number: int = 1, timeout: float = 20.0) -> None:
        """Wait until the bot is connected."""
        self.wait(lambda seen: seen["connected"] >= number, timeout, "a connection")

    def wait_message(self, contains: str, channel: str = ALERTS, timeout: float = 20.0) -> Seen:
        """Wait for a message in a channel; the newest whose text or blocks contain a text."""
        found: Seen = self.wait(
            lambda seen: _newest(
                seen, contains, lambda m: m["channel"] == channel and not m["ephemeral"]
            ),
            timeout,
            contains,
        )
        return found

    def wait_private(self, contains: str, user: str = ALICE, timeout: float = 20.0) -> Seen:
        """Wait for what one person alone sees."""
        found: Seen = self.wait(
            lambda seen: _newest(seen, contains, lambda m: _is_for(m, user)), timeout, contains
        )
        return found

    def wait_view(self, contains: str, user: str = ALICE, timeout: float = 20.0) -> Seen:
        """Wait for a modal on a person's screen that contains a text."""

        def find(seen: Seen) -> Seen | None:
            stack = seen["modals"].get(user, [])
            return stack[-1] if stack and contains in str(stack[-1]) else None

        found: Seen = self.wait(find, timeout, contains)
        return found

    # What tests bend and ask

    def calls(self, method: str = "") -> list[Seen]:
        """The calls that were accepted."""
        return [call for call in self._get("log")["calls"] if call["method"].startswith(method)]

    def refusals(self) -> list[Seen]:
        """What was refused, and why."""
        refused: list[Seen] = self._get("log")["refusals"]
        return refused

    def acks(self) -> list[Seen]:
        """Each delivery, with the seconds until its ack."""
        acks: list[Seen] = self._get("log")["acks"]
        return acks

    def fault(self, method: str, kind: str, count: int = 1, seconds: float = 0.0) -> None:
        """Let calls of a method fail: ratelimited, error, hang, close or lost_reply."""
        self._set("fault", method=method, kind=kind, count=count, seconds=seconds)

    def cut_sockets(self, refuse_for: float = 0.0) -> None:
        """Cut every connection, and take none for so many seconds."""
        self._set("cut", seconds=refuse_for)

    def set_channel(self, channel: str = ALERTS, **members: bool) -> None:
        """Archive a channel (`is_archived`), or put the bot in or out of it (`has_bot`)."""
        self._set("channel", id=channel, **members)

    def settings(self, **changed: Any) -> None:  # noqa: ANN401 - of several types
        """Change token_problem, scopes, latency, ack_within, post_rate or post_burst."""
        self._set("settings", **changed)

    def reset(self) -> None:
        """As on the first day."""
        self._set("reset")

    def _get(self, path: str, **query: float) -> Seen:
        answer: Seen = self._http.get(f"{self.url}/_sandbox/{path}", params=query).json()
        return answer

    def _act(self, act: str, **given: Any) -> Seen:  # noqa: ANN401 - JSON
        answer: Seen = self._http.post(f"{self.url}/_sandbox/act/{act}", json=given).json()
        return answer

    def _set(self, what: str, **given: Any) -> None:  # noqa: ANN401 - JSON
        self._http.post(f"{self.url}/_sandbox/set/{what}", json=given).raise_for_status()


def _is_for(message: Seen, user: str) -> bool:
    return bool(message["to"] == user or message["channel"] == f"D{user[1:]}")


def _newest(seen: Seen, contains: str, place: Callable[[Seen], bool]) -> Seen | None:
    for message in reversed(seen["messages"]):
        if place(message) and contains in f"{message['text']} {message['blocks']}":
            found: Seen = message
            return found
    return None
