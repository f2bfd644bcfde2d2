"""The scopes of the bot's token, each with what it is for; a test holds manifest.yml to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BOT_SCOPES: Final = {
    "channels:history": "look whether an alert in doubt was posted, in a public channel",
    "channels:read": "find a public channel for alerts by its name",
    "chat:write": "post alerts, update them, and answer",
    "commands": "be asked by /altcontact",
    "groups:history": "look whether an alert in doubt was posted, in a private channel",
    "groups:read": "find a private channel for alerts by its name",
    "usergroups:read": "know who is in a user group that the settings name",
    "users:read": "tell members of the workspace from guests, bots and people of other workspaces",
    "users:read.email": "know members and the owners of accounts by their email addresses",
}
MEMBERS, EMAILS = "users:read", "users:read.email"
FOR_POLICY: Final = frozenset({EMAILS})
"""The scopes that only some policies need."""


def granted(headers: Mapping[str, Any]) -> frozenset[str]:
    """The scopes that the token has, by the headers of any answer; empty where they do not say."""
    value = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    # slack_sdk may give a header as a list.
    text = value[0] if isinstance(value, list) and value else value
    return frozenset(scope.strip() for scope in str(text or "").split(",") if scope.strip())


def manifest_lines(scopes: Iterable[str], *, purposes: bool = False) -> str:
    """These scopes as they stand in a manifest, each with what it is for if that is wanted."""
    listed = "\n".join(
        f"      - {scope}  # to {BOT_SCOPES[scope]}" if purposes else f"      - {scope}"
        for scope in sorted(scopes)
    )
    return f"oauth_config:\n  scopes:\n    bot:\n{listed}"
