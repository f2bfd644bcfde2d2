"""The Web API: which methods there are, what scopes they need, and how a call is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.web_api import chat, conversations, files, users, views
from altcontact_sandbox.slack.workspace import BOT, BOT_USER, TEAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.slack.workspace import Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]

_KINDS: Final = {"public_channel": "channels", "private_channel": "groups", "im": "im"}


def _auth_test(space: Workspace, _: Arguments) -> Answer:
    told: Answer = {
        "url": "https://sandbox.slack.com/",
        "team": "Sandbox",
        "user": "altcontact",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": space.is_org_wide,
    }
    return {**told, "enterprise_id": space.enterprise_id} if space.enterprise_id else told


def _api_test(_: Workspace, given: Arguments) -> Answer:
    if "error" in given:
        raise Refusal(str(given["error"]), args=given)
    return {"args": given}


METHODS: Final[dict[str, Callable[[Workspace, Arguments], Answer]]] = {
    "api.test": _api_test,
    "auth.test": _auth_test,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.info": conversations.info,
    "conversations.list": conversations.channels,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_direct,
    "conversations.replies": conversations.thread,
    "files.completeUploadExternal": files.complete,
    "files.getUploadURLExternal": files.upload_url,
    "files.upload": files.deprecated,
    "usergroups.list": conversations.groups,
    "usergroups.users.list": conversations.group_users,
    "users.info": users.info,
    "users.list": users.listed,
    "users.lookupByEmail": users.with_email,
    "views.open": views.open_view,
    "views.publish": views.publish_view,
    "views.push": views.push_view,
    "views.update": views.update_view,
}

SCOPES: Final[dict[str, str]] = {
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "{kind}:history",
    "conversations.info": "{kind}:read",
    "conversations.list": "{kind}:read",
    "conversations.members": "{kind}:read",
    "conversations.open": "im:write",
    "conversations.replies": "{kind}:history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.upload": "files:write",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": users.EMAIL_SCOPE,
}
"""The scope that each method needs; those that are absent need none.

`{kind}` is that of the channel which is asked about: `channels`, `groups` or `im`.
"""


def granted(space: Workspace) -> list[str]:
    """The scopes of the bot's token, in order; where none are set, all that are of use."""
    if space.scopes is not None:
        return sorted(space.scopes)
    kinds = _KINDS.values()
    every = {scope.format(kind=kind) for scope in SCOPES.values() for kind in kinds}
    return sorted({"commands", *every})


def check_scopes(space: Workspace, method: str, given: Arguments) -> None:
    """Whether the app may call a method.

    A list of channels of several types is given where the app may read one of them.

    Raises:
        Refusal: `missing_scope`, with what is needed and what is provided.
    """
    if space.scopes is None or method not in SCOPES:
        return
    if method == "conversations.list":
        kinds = str(given.get("types") or "public_channel").split(",")
    else:
        channel = space.channel(str(given.get("channel")))
        kinds = [channel.kind if channel else "public_channel"]
    needed = [SCOPES[method].format(kind=_KINDS.get(kind, kind)) for kind in kinds]
    if not space.scopes.intersection(needed):
        raise Refusal(
            "missing_scope", needed=",".join(needed), provided=",".join(sorted(space.scopes))
        )


def arguments(body: bytes, content_type: str) -> Arguments:
    """The arguments of a call, as JSON or as a form whose members may be JSON.

    Raises:
        Refusal: `invalid_json`, or `json_not_object`.
    """
    try:
        if content_type.startswith("application/json"):
            given: Arguments = json.loads(body or b"{}")
        else:
            given = dict(parse_qsl(body.decode(), keep_blank_values=True))
            for member in ("blocks", "view", "metadata", "files"):
                if given.get(member):
                    given[member] = json.loads(given[member])
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(given, dict):
        raise Refusal("json_not_object")
    return given
