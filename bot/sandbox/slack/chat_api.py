"""The Web API methods that post and change messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.slack.limits import problems
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import APP, BOT, BOT_USER, TEAM, Message

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Channel, Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]

MAX_TEXT: Final = 40_000
"""The most characters of a message's text."""


def post(space: Workspace, given: Arguments) -> Answer:
    """`chat.postMessage`."""
    channel = _channel_to_post(space, given)
    _check_content(given)
    _check_metadata(given)
    wait = space.may_post(channel.id)
    if wait:
        raise Refusal("ratelimited", retry_after=max(1, round(wait)))
    message = Message(
        space.new_ts(),
        channel.id,
        given.get("text", ""),
        given.get("blocks") or [],
        metadata=given.get("metadata") or None,
    )
    space.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": shown(message)}


def post_ephemeral(space: Workspace, given: Arguments) -> Answer:
    """`chat.postEphemeral`."""
    channel = _channel_to_post(space, given)
    if given.get("user") not in channel.members:
        raise Refusal("user_not_in_channel")
    _check_content(given)
    message = Message(
        space.new_ts(),
        channel.id,
        given.get("text", ""),
        given.get("blocks") or [],
        to=given["user"],
    )
    space.messages.append(message)
    return {"message_ts": message.ts}


def update(space: Workspace, given: Arguments) -> Answer:
    """`chat.update`; metadata stays where none is given."""
    if space.channel(str(given.get("channel"))) is None:
        raise Refusal("channel_not_found")
    message = space.message(str(given.get("channel")), str(given.get("ts")))
    if message is None or message.ephemeral:
        raise Refusal("message_not_found")
    _check_content(given)
    _check_metadata(given)
    message.edit(given.get("text", ""), given.get("blocks") or [])
    message.metadata = given.get("metadata") or message.metadata
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": shown(message),
    }


def _channel_to_post(space: Workspace, given: Arguments) -> Channel:
    name = str(given.get("channel", ""))
    channel = space.direct(name) if name in space.users else space.channel(name)
    if channel is None:
        raise Refusal("channel_not_found")
    if channel.is_archived:
        raise Refusal("is_archived")
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    return channel


def _check_content(given: Arguments) -> None:
    blocks = given.get("blocks") or []
    if not given.get("text"):
        raise Refusal("no_text")
    if len(given["text"]) > MAX_TEXT:
        raise Refusal("msg_too_long")
    found = problems(blocks)
    if any(problem.startswith("msg_blocks_too_long") for problem in found):
        raise Refusal("msg_blocks_too_long")
    if found:
        raise Refusal("invalid_blocks", response_metadata={"messages": found})


def _check_metadata(given: Arguments) -> None:
    metadata = given.get("metadata")
    if not metadata:
        return
    whole = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not whole or not metadata.get("event_type"):
        raise Refusal("invalid_metadata_format")


def shown(message: Message, *, with_metadata: bool = False) -> dict[str, Any]:
    """A message as Slack gives it back."""
    told: dict[str, Any] = {
        "type": "message",
        "user": BOT_USER,
        "bot_id": BOT,
        "app_id": APP,
        "team": TEAM,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
    }
    if message.edits:
        told["edited"] = {"user": BOT_USER, "ts": message.ts}
    if with_metadata and message.metadata:
        told["metadata"] = message.metadata
    return told
