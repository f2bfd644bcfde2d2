"""The scopes of the bot's token, each with its purpose. A test compares them with manifest.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BOT_SCOPES: Final = {
    "channels:history": "look whether an alert in doubt was posted, in a public channel",
    "channels:read": "find a public channel for alerts by its name",
    "chat:write": "post alerts, update them, and answer",
    "commands": "be asked by /altcontact",
    "files:write": "attach the results of a run to its message, and send previews as a file",
    "groups:history": "look whether an alert in doubt was posted, in a private channel",
    "groups:read": "find a private channel for alerts by its name",
    "im:history": "answer direct messages to the bot",
    "usergroups:read": "know who is in a user group that the settings name",
    "users:read": "tell members of the workspace from guests, bots and people of other workspaces",
    "users:read.email": "know members and the owners of accounts by their email addresses",
}
BOT_EVENTS: Final = ("app_home_opened", "message.im")
"""The events that the app subscribes to; a test holds manifest.yml to them."""

HOME_MANIFEST: Final = """\
features:
  app_home:
    home_tab_enabled: true
    messages_tab_enabled: true
    messages_tab_read_only_enabled: false
oauth_config:
  scopes:
    bot:
      - im:history
settings:
  event_subscriptions:
    bot_events:
      - app_home_opened
      - message.im"""
"""What an app lacks that was created before the bot had a Home, as it is in manifest.yml."""

MEMBERS, EMAILS = "users:read", "users:read.email"
FOR_POLICY: Final = frozenset({EMAILS})
"""The scopes that only some policies need."""

FILES: Final = "files:write"
"""The scope of files: an app from before the bot attached results lacks it."""

MESSAGES: Final = "im:history"
"""The scope of direct messages to the bot: an app from before it lacks it, and its Home too."""


def granted(headers: Mapping[str, Any]) -> frozenset[str]:
    """The token's scopes, from the headers of any answer; empty if they have none."""
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
