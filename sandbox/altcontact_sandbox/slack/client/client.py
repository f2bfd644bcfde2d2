"""Drives the sandbox's Slack over HTTP, from tests and from the terminal prompt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.client.actions import SlackActions
from altcontact_sandbox.slack.workspace import ALERTS, ALICE, APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    Seen = dict[str, Any]
    Wanted = str | Callable[[Seen], bool]

_SLICE: Final = 5.0
"""Seconds that one wait at the server takes at most."""


class SlackControl(SlackActions):
    """What a person does and sees in the workspace, and what a test sets there.

    Args:
        url: of the sandbox's Slack.
    """

    def environment(self) -> dict[str, str]:
        """The settings by which a bot reaches this workspace."""
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": f"{self.url}/api/",
        }

    def http_environment(self, port: int) -> dict[str, str]:
        """The settings of a bot that this workspace reaches by HTTP on a loopback port."""
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{self.url}/api/",
            "ALTCONTACT_HTTP": f"127.0.0.1:{port}",
        }

    # What people see

    def state(self) -> Seen:
        """Everything that people see: messages, modals, homes, and `changes`, which counts them.

        Beside that `connected`, how many connections stand, and `accepted`, how many ever came.
        """
        return self._get("state")

    def messages(self, channel: str = ALERTS) -> list[Seen]:
        """The messages that stand in a channel for all to see.

        Each: id, channel, ts, user, text, blocks, edits (how many), metadata, deleted, ephemeral,
        thread_ts (of the message that it answers), broadcast, files, and values and suggested, as
        `view` has them, of its menus.
        """
        return [m for m in self.state()["messages"] if _is_in(m, channel)]

    def ephemerals(self, user: str = ALICE) -> list[Seen]:
        """The messages in channels that one person alone sees."""
        return [m for m in self.state()["messages"] if m["to"] == user and not m["deleted"]]

    def dms(self, user: str = ALICE) -> list[Seen]:
        """The direct messages between the bot and a person."""
        return self.messages(f"D{user[1:]}")

    def private(self, user: str = ALICE) -> list[Seen]:
        """What one person alone sees: ephemeral messages, and direct ones."""
        return [message for message in self.state()["messages"] if _is_for(message, user)]

    def view(self, user: str = ALICE) -> Seen | None:
        """The topmost modal on a person's screen.

        Its members: id, hash, root, previous, view (as the app sent it), values (what stands in
        the inputs now: {block_id: value}), suggested (the options that the app gave where it was
        asked, by the same keys) and errors ({block_id: text}).
        """
        stack = self.views(user)
        return stack[-1] if stack else None

    def views(self, user: str = ALICE) -> list[Seen]:
        """The modals on a person's screen, the topmost last."""
        stack: list[Seen] = self.state()["modals"].get(user, [])
        return stack

    def home(self, user: str = ALICE) -> Seen | None:
        """A person's home tab."""
        shown: Seen | None = self.state()["homes"].get(user)
        return shown

    def wait(self, what: Callable[[Seen], Any], timeout: float = 60.0, name: str = "") -> Any:  # noqa: ANN401 - whatever `what` finds
        """Wait until `what`, given all that people see, finds something true, and give that.

        Raises:
            SandboxError: it did not in time.
        """
        deadline = time.monotonic() + timeout
        seen = self._get("state")
        while not (found := what(seen)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise SandboxError(f"Nothing found within {timeout:g} s: {name}")
            seen = self._get("state", since=seen["changes"], timeout=min(left, _SLICE))
        return found

    def wait_connected(self, number: int = 1, timeout: float = 60.0) -> None:
        """Wait until the bot is connected."""
        self.wait(lambda seen: seen["connected"] >= number, timeout, "a connection")

    def wait_message(
        self, contains: Wanted = "", channel: str = ALERTS, timeout: float = 60.0
    ) -> Seen:
        """Wait for a message in a channel; the newest that holds a text, or of which it is true."""
        return self._newest(contains, lambda m: _is_in(m, channel), timeout)

    def wait_private(self, contains: Wanted = "", user: str = ALICE, timeout: float = 60.0) -> Seen:
        """Wait for what one person alone sees, ephemeral or direct."""
        return self._newest(contains, lambda m: _is_for(m, user), timeout)

    def wait_ephemeral(
        self, contains: Wanted = "", user: str = ALICE, timeout: float = 60.0
    ) -> Seen:
        """Wait for what one person alone sees in a channel."""
        return self._newest(contains, lambda m: m["to"] == user and not m["deleted"], timeout)

    def wait_dm(self, contains: Wanted = "", user: str = ALICE, timeout: float = 60.0) -> Seen:
        """Wait for a direct message."""
        return self._newest(contains, lambda m: _is_in(m, f"D{user[1:]}"), timeout)

    def wait_view(self, contains: Wanted = "", user: str = ALICE, timeout: float = 60.0) -> Seen:
        """Wait for a modal on a person's screen that holds a text, or of which it is true."""

        def find(seen: Seen) -> Seen | None:
            stack = seen["modals"].get(user, [])
            return stack[-1] if stack and _fits(stack[-1], contains) else None

        found: Seen = self.wait(find, timeout, _name(contains))
        return found

    def _newest(self, wanted: Wanted, place: Callable[[Seen], bool], timeout: float) -> Seen:
        def find(seen: Seen) -> Seen | None:
            standing = (m for m in reversed(seen["messages"]) if place(m) and _fits(m, wanted))
            return next(standing, None)

        found: Seen = self.wait(find, timeout, _name(wanted))
        return found


def _is_in(message: Seen, channel: str) -> bool:
    return bool(
        message["channel"] == channel and not message["ephemeral"] and not message["deleted"]
    )


def _is_for(message: Seen, user: str) -> bool:
    return not message["deleted"] and bool(
        message["to"] == user or message["channel"] == f"D{user[1:]}"
    )


def _fits(seen: Seen, wanted: Wanted) -> bool:
    if callable(wanted):
        return wanted(seen)
    return wanted in (f"{seen['text']} {seen['blocks']}" if "blocks" in seen else str(seen))


def _name(wanted: Wanted) -> str:
    return "what was described" if callable(wanted) else wanted
