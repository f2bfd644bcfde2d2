"""What Slack tells the app of what people do, in Slack's shapes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.blocks.view_state import selection, state
from altcontact_sandbox.slack.web_api.shapes import message_json
from altcontact_sandbox.slack.web_api.views import view_json
from altcontact_sandbox.slack.workspace import APP, BOT_USER, TEAM

if TYPE_CHECKING:
    from altcontact_sandbox.slack.model import Message, View
    from altcontact_sandbox.slack.workspace import Workspace

    Payload = dict[str, Any]


def command(space: Workspace, base: str, user: str, channel: str, line: str) -> Payload:
    """A slash command, as typed: `/altcontact check`."""
    name, _, text = line.strip().partition(" ")
    place = space.channel(channel)
    origin = origin_of(space, user)
    told = {
        # Slack offers a command to people of the workspace alone, so that is where they are.
        "team_id": origin["team_id"] or origin["home_team_id"],
        "team_domain": "sandbox",
        "channel_id": channel,
        "channel_name": place.name if place and place.kind != "im" else "directmessage",
        "user_id": user,
        "user_name": space.name_of(user),
        "command": name,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": str(space.is_org_wide).lower(),
        "response_url": space.new_response_url(base, user, channel),
        "trigger_id": space.new_trigger(user),
    }
    if origin["enterprise_id"]:
        told |= {"enterprise_id": origin["enterprise_id"], "enterprise_name": "Sandbox Inc"}
    return told


def interaction(space: Workspace, kind: str, user: str) -> Payload:
    """What `block_actions`, `view_submission` and the like have in common."""
    origin, name = origin_of(space, user), space.name_of(user)
    enterprise, team = None, None
    if origin["enterprise_id"]:
        enterprise = {"id": origin["enterprise_id"], "name": "Sandbox Inc"}
    if origin["team_id"] or not space.is_org_wide:
        team = {"id": origin["team_id"] or TEAM, "domain": "sandbox"}
        if enterprise:
            team |= {"enterprise_id": enterprise["id"], "enterprise_name": enterprise["name"]}
    return {
        "type": kind,
        "team": team,
        "user": {"id": user, "username": name, "name": name, "team_id": origin["home_team_id"]},
        "api_app_id": APP,
        "is_enterprise_install": space.is_org_wide,
        "enterprise": enterprise,
    }


def origin_of(space: Workspace, user: str) -> dict[str, str]:
    """Where Slack says that a person belongs, and does something; see `SlackControl.set_origin`."""
    member = space.members.find(user)
    told = {
        "team_id": "",
        "home_team_id": (member.team_id if member else "") or TEAM,
        "enterprise_id": (member.enterprise_id if member else "") or space.enterprise_id,
    }
    return told | space.origins.get(user, {})


def place(space: Workspace, message: Message) -> Payload:
    """A message in which somebody does something; an ephemeral one is not sent along."""
    channel = space.channels[message.channel]
    where: Payload = {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.ephemeral,
        },
        "channel": {"id": channel.id, "name": channel.name},
    }
    if message.thread_ts:
        where["container"]["thread_ts"] = message.thread_ts
    if not message.ephemeral:
        where["message"] = message_json(space, message, with_metadata=True)
    return where


def in_message(space: Workspace, base: str, message: Message, user: str) -> Payload:
    """Where a press was, in a message."""
    return {
        **place(space, message),
        "response_url": space.new_response_url(base, user, message.channel, message.ts),
        "state": state(message.form, message.values, message.suggested),
    }


def in_view(view: View) -> Payload:
    """Where a press was, in a modal or a home tab."""
    return {
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(view),
    }


def action(
    block: Payload,
    element: Payload,
    value: Any,  # noqa: ANN401 - a text or a list
    suggested: list[Payload],
) -> Payload:
    """What was pressed or chosen."""
    told = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "action_ts": f"{time.time():.6f}",
    }
    if element["type"] == "button":
        worth = {"value": element["value"]} if "value" in element else {}
        return {**told, "text": element["text"], **worth}
    return {**told, **selection(element, value, suggested)}


def home_opened(space: Workspace, user: str, tab: str) -> Payload:
    """The event of somebody who opens the app, at a tab of it."""
    event: Payload = {
        "type": "app_home_opened",
        "user": user,
        "channel": space.direct(user).id,
        "tab": tab,
        "event_ts": f"{time.time():.6f}",
    }
    if tab == "home" and user in space.homes:
        event["view"] = view_json(space.homes[user])
    return _event(space, user, event)


def direct_message(space: Workspace, message: Message) -> Payload:
    """The event of a message that somebody wrote to the bot."""
    origin = origin_of(space, message.user)
    event: Payload = {
        "type": "message",
        "channel": message.channel,
        "channel_type": "im",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "event_ts": message.ts,
        "team": origin["home_team_id"],
        "client_msg_id": space.new_id("M"),
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    return _event(space, message.user, event)


def _event(space: Workspace, user: str, event: Payload) -> Payload:
    """What all events have in common."""
    origin = origin_of(space, user)
    enterprise = {"enterprise_id": origin["enterprise_id"]} if origin["enterprise_id"] else {}
    return {
        "type": "event_callback",
        "team_id": origin["team_id"] or TEAM,
        **enterprise,
        "api_app_id": APP,
        "event_id": space.new_id("Ev"),
        "event_time": int(time.time()),
        "event": event,
        "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
    }
