"""The Web API methods that read channels and user groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.web_api.shapes import is_true, message_json, replies
from altcontact_sandbox.slack.workspace import BOT_USER, TEAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altcontact_sandbox.slack.model import Channel, Message
    from altcontact_sandbox.slack.workspace import Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]


def info(space: Workspace, given: Arguments) -> Answer:
    """`conversations.info`."""
    return {"channel": _described(_channel(space, given))}


def channels(space: Workspace, given: Arguments) -> Answer:
    """`conversations.list`, of the types asked for; public channels where none is."""
    kinds = str(given.get("types") or "public_channel").split(",")
    found = [
        _described(channel)
        for channel in space.channels.values()
        if channel.kind in kinds
        and not (is_true(given, "exclude_archived") and channel.is_archived)
    ]
    page, more = _page(found, given)
    return {"channels": page, **more}


def history(space: Workspace, given: Arguments) -> Answer:
    """`conversations.history`, newest first; answers in threads only where they are broadcast."""
    channel = _channel_to_read(space, given)
    found = [
        message
        for message in reversed(space.messages)
        if message.channel == channel.id
        and not message.ephemeral
        and not message.deleted
        and (message.broadcast or not message.thread_ts)
    ]
    return _messages(space, found, given)


def thread(space: Workspace, given: Arguments) -> Answer:
    """`conversations.replies`: a message and the answers to it, the first one first."""
    channel = _channel_to_read(space, given)
    named = space.message(channel.id, str(given.get("ts")))
    first = space.message(channel.id, named.thread_ts) if named and named.thread_ts else named
    if first is None or first.ephemeral:
        raise Refusal("thread_not_found")
    return _messages(space, [first, *replies(space, first)], given)


def _messages(space: Workspace, found: list[Message], given: Arguments) -> Answer:
    oldest = float(given.get("oldest") or 0)
    latest = float(given.get("latest") or "inf")
    inclusive = is_true(given, "inclusive")
    within = [
        message_json(space, message, with_metadata=is_true(given, "include_all_metadata"))
        for message in found
        if oldest < float(message.ts) < latest
        or (inclusive and float(message.ts) in {oldest, latest})
    ]
    page, more = _page(within, given)
    return {
        "messages": page,
        "has_more": bool(more["response_metadata"]["next_cursor"]),
        **more,
    }


def members(space: Workspace, given: Arguments) -> Answer:
    """`conversations.members`."""
    page, more = _page(sorted(_channel(space, given).members), given)
    return {"members": page, **more}


def open_direct(space: Workspace, given: Arguments) -> Answer:
    """`conversations.open`, with one person."""
    user = str(given.get("users", ""))
    if not space.name_of(user):
        raise Refusal("user_not_found")
    return {"channel": {"id": space.direct(user).id}}


def groups(space: Workspace, given: Arguments) -> Answer:
    """`usergroups.list`."""
    return {
        "usergroups": [
            {
                "id": group.id,
                "team_id": TEAM,
                "is_usergroup": True,
                "handle": group.handle,
                "name": group.name,
                "user_count": len(group.members),
                "date_delete": group.deleted_at,
            }
            for group in space.groups.values()
            if is_true(given, "include_disabled") or not group.deleted_at
        ]
    }


def group_users(space: Workspace, given: Arguments) -> Answer:
    """`usergroups.users.list`."""
    group = space.groups.get(str(given.get("usergroup")))
    if group is None or group.deleted_at:
        raise Refusal("no_such_subteam")
    return {"users": sorted(group.members)}


def _channel(space: Workspace, given: Arguments) -> Channel:
    channel = space.channels.get(str(given.get("channel")))
    if channel is None:
        raise Refusal("channel_not_found")
    return channel


def _channel_to_read(space: Workspace, given: Arguments) -> Channel:
    channel = _channel(space, given)
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    return channel


def _page(everything: Sequence[Any], given: Arguments) -> tuple[list[Any], Answer]:
    try:
        start, limit = int(given.get("cursor") or 0), int(given.get("limit") or 100)
    except ValueError:
        raise Refusal("invalid_cursor") from None
    if not 0 < limit <= 1000:  # noqa: PLR2004 - Slack's figure
        raise Refusal("invalid_limit")
    more = str(start + limit) if start + limit < len(everything) else ""
    return list(everything[start : start + limit]), {"response_metadata": {"next_cursor": more}}


def _described(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind == "public_channel",
        "is_group": channel.kind == "private_channel",
        "is_im": channel.kind == "im",
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": BOT_USER in channel.members,
        "num_members": len(channel.members),
    }
