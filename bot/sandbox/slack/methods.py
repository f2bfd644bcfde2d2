"""The Web API methods, each as strict as Slack's or stricter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from bot.sandbox.slack.limits import problems
from bot.sandbox.slack.workspace import BOT_USER, TEAM, Message, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack.workspace import Channel, Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]

MAX_TEXT: Final = 40_000
_STACK: Final = 3


class Refusal(Exception):
    """Slack says no: `code` is its word for why, `more` what else it answers."""

    def __init__(self, code: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(code)
        self.code = code
        self.more = more


def _auth_test(_: Workspace, __: Arguments) -> Answer:
    return {
        "url": "https://sandbox.slack.com/",
        "team": "Sandbox",
        "user": "altcontact",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": "B0ALTBOT01",
    }


def _post(space: Workspace, given: Arguments) -> Answer:
    channel = _channel_to_post(space, given)
    _check_content(given)
    wait = space.may_post(channel.id)
    if wait:
        raise Refusal("ratelimited", retry_after=max(1, round(wait)))
    message = Message(
        space.new_ts(),
        channel.id,
        given.get("text", ""),
        given.get("blocks") or [],
        metadata=given.get("metadata"),
    )
    space.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": _shown(message)}


def _post_ephemeral(space: Workspace, given: Arguments) -> Answer:
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


def _update(space: Workspace, given: Arguments) -> Answer:
    message = space.message(str(given.get("channel")), str(given.get("ts")))
    if message is None or message.ephemeral:
        raise Refusal("message_not_found")
    _check_content(given)
    message.text, message.blocks = given.get("text", ""), given.get("blocks") or []
    message.edits += 1
    return {"channel": message.channel, "ts": message.ts, "text": message.text}


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


def _info(space: Workspace, given: Arguments) -> Answer:
    channel = space.channel(str(given.get("channel")))
    if channel is None:
        raise Refusal("channel_not_found")
    return {"channel": _described(channel)}


def _list(space: Workspace, given: Arguments) -> Answer:
    channels = [c for c in space.channels.values() if not c.id.startswith("D")]
    start, limit = int(given.get("cursor") or 0), int(given.get("limit") or 100)
    page = channels[start : start + limit]
    more = str(start + limit) if start + limit < len(channels) else ""
    return {
        "channels": [_described(channel) for channel in page],
        "response_metadata": {"next_cursor": more},
    }


def _history(space: Workspace, given: Arguments) -> Answer:
    channel = space.channel(str(given.get("channel")))
    if channel is None:
        raise Refusal("channel_not_found")
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    oldest = float(given.get("oldest") or 0)
    with_metadata = str(given.get("include_all_metadata", "0")).lower() in {"1", "true"}
    found = [
        _shown(message, with_metadata=with_metadata)
        for message in reversed(space.messages)
        if message.channel == channel.id
        and not message.ephemeral
        and not message.deleted
        and float(message.ts) > oldest
    ]
    start, limit = int(given.get("cursor") or 0), int(given.get("limit") or 100)
    more = str(start + limit) if start + limit < len(found) else ""
    return {
        "messages": found[start : start + limit],
        "has_more": bool(more),
        "response_metadata": {"next_cursor": more},
    }


def _group_users(space: Workspace, given: Arguments) -> Answer:
    group = space.groups.get(str(given.get("usergroup")))
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": sorted(group)}


def _open_view(space: Workspace, given: Arguments) -> Answer:
    return _show_view(space, given, push=False)


def _push_view(space: Workspace, given: Arguments) -> Answer:
    return _show_view(space, given, push=True)


def _show_view(space: Workspace, given: Arguments, *, push: bool) -> Answer:
    view = _checked_view(given)
    user, wrong = space.take_trigger(str(given.get("trigger_id", "")))
    if wrong:
        raise Refusal(wrong)
    if push and len(space.modals.get(user, [])) >= _STACK:
        raise Refusal("push_limit_reached")
    return {"view": described_view(space.open_view(user, view, push=push))}


def _update_view(space: Workspace, given: Arguments) -> Answer:
    view = _checked_view(given)
    shown = space.find_view(str(given.get("view_id", "")))
    if shown is None:
        raise Refusal("not_found")
    if given.get("hash") and given["hash"] != shown.hash:
        raise Refusal("hash_conflict")
    space.change_view(shown, view)
    return {"view": described_view(shown)}


def _checked_view(given: Arguments) -> dict[str, Any]:
    view = given.get("view")
    if not isinstance(view, dict):
        raise Refusal("invalid_arguments")
    found = problems(view, surface="modal")
    if found:
        raise Refusal("invalid_arguments", response_metadata={"messages": found})
    return view


def described_view(shown: View) -> dict[str, Any]:
    """A modal as Slack hands it in: with its state."""
    values = {
        block["block_id"]: {
            block["element"]["action_id"]: {
                "type": block["element"]["type"],
                "value": shown.values.get(block["block_id"]) or None,
            }
        }
        for block in shown.view.get("blocks", [])
        if block.get("type") == "input"
    }
    return {
        **shown.view,
        "private_metadata": shown.view.get("private_metadata", ""),
        "id": shown.id,
        "hash": shown.hash,
        "team_id": TEAM,
        "root_view_id": shown.root,
        "state": {"values": values},
    }


def _described(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": BOT_USER in channel.members,
    }


def _shown(message: Message, *, with_metadata: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "message",
        "user": BOT_USER,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
    }
    if with_metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


METHODS: Final[dict[str, Callable[[Workspace, Arguments], Answer]]] = {
    "auth.test": _auth_test,
    "chat.postEphemeral": _post_ephemeral,
    "chat.postMessage": _post,
    "chat.update": _update,
    "conversations.history": _history,
    "conversations.info": _info,
    "conversations.list": _list,
    "usergroups.users.list": _group_users,
    "views.open": _open_view,
    "views.push": _push_view,
    "views.update": _update_view,
}

SCOPES: Final[dict[str, set[str]]] = {
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history"},
    "conversations.info": {"channels:read"},
    "conversations.list": {"channels:read"},
    "usergroups.users.list": {"usergroups:read"},
}
"""The scopes that each method needs; those that are absent need none."""


def arguments(body: bytes, content_type: str) -> Arguments:
    """The arguments of a call, as JSON or as a form whose members may be JSON."""
    if content_type.startswith("application/json"):
        parsed: Arguments = json.loads(body or b"{}")
        return parsed
    given: Arguments = dict(parse_qsl(body.decode(), keep_blank_values=True))
    for member in ("blocks", "view", "metadata"):
        if isinstance(given.get(member), str) and given[member]:
            given[member] = json.loads(given[member])
    return given
