"""Everything that people see of a workspace, as JSON for the control interface."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.workspace import APPROVERS, BOT_USER, GROUP

if TYPE_CHECKING:
    from altcontact_sandbox.slack.model import Channel, File, Group, Message
    from altcontact_sandbox.slack.workspace import Workspace

    Node = dict[str, Any]


def snapshot(space: Workspace) -> Node:
    """Everything that people see."""
    return {
        "changes": space.changes,
        "bot": {"id": BOT_USER, "name": space.users[BOT_USER]},
        "people": [
            {"id": user, "name": name, "role": _role(space, user)}
            for user, name in space.users.items()
            if user != BOT_USER
        ],
        "groups": [_group(group) for group in space.groups.values() if not group.deleted_at],
        "channels": [_channel(channel) for channel in space.channels.values()],
        "messages": [_message(space, message) for message in space.messages],
        "modals": {user: [asdict(view) for view in stack] for user, stack in space.modals.items()},
        "homes": {user: asdict(view) for user, view in space.homes.items()},
        "refusals": space.refusals.shown(),
    }


def _role(space: Workspace, user: str) -> str:
    """What the person may do where the bot runs as the sandbox starts it."""
    groups = (space.groups[GROUP], space.groups[APPROVERS])
    is_fixer = any(user in group.members and not group.deleted_at for group in groups)
    return "fixer" if is_fixer else ""


def _group(group: Group) -> Node:
    return {
        "id": group.id,
        "handle": group.handle,
        "name": group.name,
        "members": sorted(group.members),
    }


def _channel(channel: Channel) -> Node:
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "is_archived": channel.is_archived,
        "members": sorted(channel.members),
    }


def _message(space: Workspace, message: Message) -> Node:
    return {
        **asdict(message),
        "id": f"{message.channel}/{message.ts}",
        "ephemeral": message.ephemeral,
        "files": [_file(space.files[file]) for file in message.files],
    }


def _file(file: File) -> Node:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "size": file.size,
        "url": f"/files/{file.id}",
    }
