"""The Web API methods that read channels, people and user groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.chat_api import shown
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import BOT_USER, TEAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.slack.workspace import Channel, Workspace

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
        if channel.kind in kinds and not (_yes(given, "exclude_archived") and channel.is_archived)
    ]
    page, more = _page(found, given)
    return {"channels": page, **more}


def history(space: Workspace, given: Arguments) -> Answer:
    """`conversations.history`, newest first."""
    channel = _channel(space, given)
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    oldest = float(given.get("oldest") or 0)
    latest = float(given.get("latest") or "inf")
    inclusive = _yes(given, "inclusive")
    found = [
        shown(message, with_metadata=_yes(given, "include_all_metadata"))
        for message in reversed(space.messages)
        if message.channel == channel.id
        and not message.ephemeral
        and not message.deleted
        and (
            oldest < float(message.ts) < latest
            or (inclusive and float(message.ts) in {oldest, latest})
        )
    ]
    page, more = _page(found, given)
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
    if user not in space.users:
        raise Refusal("user_not_found")
    return {"channel": {"id": space.direct(user).id}}


def user_info(space: Workspace, given: Arguments) -> Answer:
    """`users.info`."""
    user = str(given.get("user", ""))
    if user not in space.users:
        raise Refusal("user_not_found")
    return {"user": _person(space, user)}


def users(space: Workspace, given: Arguments) -> Answer:
    """`users.list`."""
    page, more = _page([_person(space, user) for user in space.users], given)
    return {"members": page, **more}


def groups(space: Workspace, _: Arguments) -> Answer:
    """`usergroups.list`."""
    return {
        "usergroups": [
            {
                "id": group,
                "team_id": TEAM,
                "is_usergroup": True,
                "handle": "secops",
                "name": "Security operations",
                "user_count": len(people),
                "date_delete": 0,
            }
            for group, people in space.groups.items()
        ]
    }


def group_users(space: Workspace, given: Arguments) -> Answer:
    """`usergroups.users.list`."""
    group = space.groups.get(str(given.get("usergroup")))
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": sorted(group)}


def _channel(space: Workspace, given: Arguments) -> Channel:
    channel = space.channels.get(str(given.get("channel")))
    if channel is None:
        raise Refusal("channel_not_found")
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


def _yes(given: Arguments, member: str) -> bool:
    return str(given.get(member, "0")).lower() in {"1", "true"}


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


def _person(space: Workspace, user: str) -> dict[str, Any]:
    name = space.users[user]
    return {
        "id": user,
        "team_id": TEAM,
        "name": name,
        "real_name": name.capitalize(),
        "deleted": False,
        "is_bot": user == BOT_USER,
        "profile": {"display_name": name, "real_name": name.capitalize()},
        "tz": "Europe/London",
    }
