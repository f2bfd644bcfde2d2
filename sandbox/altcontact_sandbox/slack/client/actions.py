"""What people do in the sandbox's Slack, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.client.fault_settings import SlackFaultSettings
from altcontact_sandbox.slack.workspace import ALERTS, ALICE

if TYPE_CHECKING:
    Seen = dict[str, Any]


class SlackActions(SlackFaultSettings):
    """What a person does in the workspace.

    An act gives `{acked, handle, trigger_id}`, and `error` where there was nothing to act on.
    """

    def command(self, text: str, user: str = ALICE, channel: str = ALERTS) -> Seen:
        """Type a slash command."""
        return self._act("command", user=user, channel=channel, line=text)

    def commands(
        self, number: int, text: str, user: str = ALICE, channel: str = ALERTS
    ) -> list[Seen]:
        """Type a slash command so many times at once; gives what each gives.

        `{n}` in the text becomes the number of each, from 1.
        """
        told: list[Seen] = self._act(
            "commands", user=user, channel=channel, line=text, number=number
        )["each"]
        return told

    def say(
        self, text: str, user: str = ALICE, channel: str = ALERTS, *, answers: Seen | None = None
    ) -> Seen:
        """Post a message, or an answer to one, as a person; gives its `ts`."""
        thread = {"thread_ts": answers["ts"], "channel": answers["channel"]} if answers else {}
        return self._act("say", **{"user": user, "channel": channel, "text": text, **thread})

    def press(
        self,
        action_id: str = "",
        value: Any = None,  # noqa: ANN401 - a text or a list
        *,
        message: Seen | None = None,
        user: str = ALICE,
        index: int = 0,
        **more: Any,  # noqa: ANN401 - JSON
    ) -> Seen:
        """Press a button or choose an option, in a message or in the topmost modal.

        Args:
            action_id: of the element, or how it begins; empty is any.
            value: of the button or the option, a list where several are chosen; None: the first.
            message: where; None is the topmost modal.
            user: who.
            index: which of the elements that fit, from 0; -1 is the last.
            more: `home=True` for the home tab; `block_id`; `exact=True`: `action_id` is whole;
                `values`: what stands in the form's inputs by then.
        """
        given = {"user": user, "action_id": action_id, "value": value, "index": index}
        return self._act("press", **given, **_place(message), **more)

    def suggest(
        self,
        action_id: str,
        typed: str,
        *,
        message: Seen | None = None,
        user: str = ALICE,
        **more: Any,  # noqa: ANN401 - JSON
    ) -> Seen:
        """Type into a menu whose options the app is asked for; gives `options` or `option_groups`.

        Args:
            action_id: of the menu.
            typed: what stands in it.
            message: where; None is the topmost modal.
            user: who.
            more: `home=True` for the home tab; `block_id`.
        """
        given = {"user": user, "action_id": action_id, "typed": typed}
        return self._act("suggest", **given, **_place(message), **more)

    def submit(self, user: str = ALICE, /, **values: Any) -> Seen:  # noqa: ANN401 - a text or a list
        """Fill the topmost modal and submit it.

        Args:
            user: who.
            values: {block_id: text, or value of an option, or a list of values}; what is not named
                stays as it is. A menu outside an input block is `block_id/action_id`.

        Returns:
            What an act gives, with {errors: {block_id: text}}, {view} or {closed: True}.
        """
        return self._act("submit", user=user, values=values)

    def close(self, user: str = ALICE) -> Seen:
        """Close the topmost modal."""
        return self._act("close", user=user)

    def open_home(self, user: str = ALICE, tab: str = "home") -> Seen:
        """Open a tab of the app; `acked` is None if the app doesn't subscribe to that."""
        return self._act("open_home", user=user, tab=tab)

    def deliver_again(self, handle: int | None = None) -> Seen:
        """Deliver the payload of an act once more; None is the last."""
        return self._act("again", handle=handle)

    def deliver(self, payload: Seen, kind: str = "interactive") -> Seen:
        """Deliver a payload of any shape; gives what an act gives, and the `answer` of the ack.

        Args:
            payload: with a `trigger_id` and a `response_url` of `trigger`, where it has any.
            kind: of the envelope: `slash_commands`, `interactive` or `events_api`.
        """
        return self._act("deliver", kind=kind, payload=payload)

    def trigger(self, user: str = ALICE, channel: str = ALERTS) -> Seen:
        """A new `trigger_id` and `response_url` of a person's."""
        return self._act("trigger", user=user, channel=channel)


def _place(message: Seen | None) -> Seen:
    return {"channel": message["channel"], "ts": message["ts"]} if message else {}
