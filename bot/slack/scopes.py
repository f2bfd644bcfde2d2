"""The scopes of the bot's token, each with what it is for; a test holds manifest.yml to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

BOT_SCOPES: Final = {
    "channels:history": "look whether an alert in doubt was posted, in a public channel",
    "channels:read": "find a public channel for alerts by its name",
    "chat:write": "post alerts, update them, and answer",
    "commands": "be asked by /altcontact",
    "groups:history": "look whether an alert in doubt was posted, in a private channel",
    "groups:read": "find a private channel for alerts by its name",
    "usergroups:read": "know who is in a user group of ALTCONTACT_FIXERS",
}


def manifest_lines(scopes: Iterable[str], *, purposes: bool = False) -> str:
    """These scopes as they stand in a manifest, each with what it is for if that is wanted."""
    listed = "\n".join(
        f"      - {scope}  # to {BOT_SCOPES[scope]}" if purposes else f"      - {scope}"
        for scope in sorted(scopes)
    )
    return f"oauth_config:\n  scopes:\n    bot:\n{listed}"
