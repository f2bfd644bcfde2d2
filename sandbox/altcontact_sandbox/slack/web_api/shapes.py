"""Messages and files as Slack gives them back, and how its arguments are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.workspace import APP, BOT, BOT_USER, TEAM

if TYPE_CHECKING:
    from altcontact_sandbox.slack.model import File, Message
    from altcontact_sandbox.slack.workspace import Workspace

    Node = dict[str, Any]


def is_true(given: Node, member: str) -> bool:
    """Whether an argument says so, in JSON or in a form."""
    return str(given.get(member, "0")).lower() in {"1", "true"}


def message_json(space: Workspace, message: Message, *, with_metadata: bool = False) -> Node:
    """A message as Slack gives it back."""
    told: Node = {
        "type": "message",
        "user": message.user,
        "team": TEAM,
        "ts": message.ts,
        "text": message.text,
    }
    if message.user == BOT_USER:
        told |= {"bot_id": BOT, "app_id": APP, "blocks": message.blocks}
    if message.edits:
        told["edited"] = {"user": message.user, "ts": message.ts}
    if message.files:
        told["files"] = [file_json(space.files[file]) for file in message.files]
    if with_metadata and message.metadata:
        told["metadata"] = message.metadata
    return told | _in_thread(space, message)


def replies(space: Workspace, message: Message) -> list[Message]:
    """The answers to a message, the first one first."""
    return [
        one
        for one in space.messages
        if (one.channel, one.thread_ts) == (message.channel, message.ts)
        and not one.deleted
        and not one.ephemeral
    ]


def file_json(file: File) -> Node:
    """A file as Slack gives it back."""
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "size": file.size,
        "user": BOT_USER,
    }


def _in_thread(space: Workspace, message: Message) -> Node:
    if message.thread_ts:
        subtype = {"subtype": "thread_broadcast"} if message.broadcast else {}
        parent = space.message(message.channel, message.thread_ts)
        told = {"parent_user_id": parent.user} if parent is not None else {}
        return {"thread_ts": message.thread_ts, **told, **subtype}
    answers = replies(space, message)
    if not answers:
        return {}
    people = sorted({one.user for one in answers})
    return {
        "thread_ts": message.ts,
        "reply_count": len(answers),
        "reply_users": people,
        "reply_users_count": len(people),
        "latest_reply": answers[-1].ts,
    }
