"""The Web API methods that post and change messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks import problems
from altcontact_sandbox.slack.model import Message
from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.web_api.shapes import is_true, message_json
from altcontact_sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from altcontact_sandbox.slack.model import Channel
    from altcontact_sandbox.slack.workspace import Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]

MAX_TEXT: Final = 40_000
"""The most characters of a message's text."""


def post(space: Workspace, given: Arguments) -> Answer:
    """`chat.postMessage`."""
    channel = channel_to_post(space, given)
    _check_content(given)
    _check_metadata(given)
    thread = thread_of(space, channel.id, given)
    wait = space.may_post(channel.id)
    if wait:
        raise Refusal("ratelimited", retry_after=max(1, round(wait)))
    message = Message(
        space.new_ts(),
        channel.id,
        BOT_USER,
        given.get("text", ""),
        given.get("blocks") or [],
        metadata=given.get("metadata") or None,
        thread_ts=thread,
        broadcast=bool(thread) and is_true(given, "reply_broadcast"),
    )
    space.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(space, message)}


def post_ephemeral(space: Workspace, given: Arguments) -> Answer:
    """`chat.postEphemeral`."""
    channel = channel_to_post(space, given)
    if given.get("user") not in channel.members:
        raise Refusal("user_not_in_channel")
    _check_content(given)
    message = Message(
        space.new_ts(),
        channel.id,
        BOT_USER,
        given.get("text", ""),
        given.get("blocks") or [],
        to=given["user"],
        thread_ts=thread_of(space, channel.id, given),
    )
    space.messages.append(message)
    return {"message_ts": message.ts}


def update(space: Workspace, given: Arguments) -> Answer:
    """`chat.update`; metadata stays where none is given."""
    message = _own(space, given, "cant_update_message")
    _check_content(given)
    _check_metadata(given)
    message.edit(given.get("text", ""), given.get("blocks") or [])
    message.metadata = given.get("metadata") or message.metadata
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(space, message),
    }


def delete(space: Workspace, given: Arguments) -> Answer:
    """`chat.delete`, of a message of the bot's own."""
    message = _own(space, given, "cant_delete_message")
    message.deleted = True
    return {"channel": message.channel, "ts": message.ts}


def permalink(space: Workspace, given: Arguments) -> Answer:
    """`chat.getPermalink`."""
    if space.channel(str(given.get("channel"))) is None:
        raise Refusal("channel_not_found")
    message = space.message(str(given.get("channel")), str(given.get("message_ts")))
    if message is None:
        raise Refusal("message_not_found")
    place = f"archives/{message.channel}/p{message.ts.replace('.', '')}"
    return {"channel": message.channel, "permalink": f"https://sandbox.slack.com/{place}"}


def thread_of(space: Workspace, channel: str, given: Arguments) -> str:
    """The first message of the thread in which to answer; empty where it is no answer.

    Raises:
        Refusal: `thread_not_found`. (Slack takes some of these, and nobody finds the answer.)
    """
    if not given.get("thread_ts"):
        return ""
    parent = space.message(channel, str(given["thread_ts"]))
    if parent is None or parent.ephemeral:
        raise Refusal("thread_not_found")
    return parent.thread_ts or parent.ts


def _own(space: Workspace, given: Arguments, foreign: str) -> Message:
    if space.channel(str(given.get("channel"))) is None:
        raise Refusal("channel_not_found")
    message = space.message(str(given.get("channel")), str(given.get("ts")))
    if message is None or message.ephemeral:
        raise Refusal("message_not_found")
    if message.user != BOT_USER:
        raise Refusal(foreign)
    return message


def channel_to_post(space: Workspace, given: Arguments) -> Channel:
    """The channel where the bot wants to post, by id, `#name` or a person's id.

    Raises:
        Refusal: `channel_not_found`, `is_archived`, `not_in_channel`, or what the channel is set
            to refuse posts by.
    """
    name = str(given.get("channel", ""))
    channel = space.direct(name) if space.name_of(name) else space.channel(name)
    if channel is None:
        raise Refusal("channel_not_found")
    if channel.is_archived:
        raise Refusal("is_archived")
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    if channel.post_problem:
        raise Refusal(channel.post_problem)
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
    if any(problem.startswith("only_one_table_allowed") for problem in found):
        raise Refusal("only_one_table_allowed")
    if found:
        raise Refusal("invalid_blocks", response_metadata={"messages": found})


def _check_metadata(given: Arguments) -> None:
    metadata = given.get("metadata")
    if not metadata:
        return
    whole = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not whole or not metadata.get("event_type"):
        raise Refusal("invalid_metadata_format")
