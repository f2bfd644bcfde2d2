"""The manifest of the Slack app, as YAML: exactly the scopes, command and events that the bot uses.

`manifest.yml` is the one for Socket Mode; a test compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.slack.command_parser import COMMAND, USAGE
from bot.slack.scopes import BOT_EVENTS, BOT_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEMPLATE: Final = """\
# The Slack app: exactly the scopes, commands and events that the bot uses.
# `altcontact manifest` prints this; with --http URL, for requests by HTTP.
display_information:
  name: altcontact
  description: Checks that every AWS account has valid alternate contacts
  long_description: >-
    AWS sends abuse notices and security alerts to an account's root mailbox, which often nobody
    reads. The security alternate contact is the second address. altcontact checks every account of
    an organization on a schedule, posts non-compliant ones to a channel, and lets you fix them with
    a form in Slack. Each fix is verified in AWS. Type {command} to begin.
  background_color: "#1d3557"
features:
  app_home:
    home_tab_enabled: true
    messages_tab_enabled: true
    messages_tab_read_only_enabled: false
  bot_user:
    display_name: altcontact
    always_online: true
  slash_commands:
    - command: {command}{command_url}
      description: Check and fix the alternate contacts of AWS accounts
      usage_hint: "{usage_hint}"
      should_escape: false
oauth_config:
  scopes:
    bot:
{scopes}
settings:
  event_subscriptions:{events_url}
    bot_events:
{events}
  interactivity:
    is_enabled: true{interactivity_urls}
  org_deploy_enabled: false
  socket_mode_enabled: {socket_mode}
  token_rotation_enabled: false
"""


def manifest(request_url: str = "") -> str:
    """The manifest.

    Args:
        request_url: the URL at which Slack finds the bot; empty for Socket Mode.
    """

    def url(indent: int, key: str) -> str:
        return f'\n{" " * indent}{key}: "{request_url}"' if request_url else ""

    return _TEMPLATE.format(
        command=COMMAND,
        command_url=url(6, "url"),
        usage_hint=usage_hint(),
        scopes=_items(6, BOT_SCOPES),
        events_url=url(4, "request_url"),
        events=_items(6, BOT_EVENTS),
        interactivity_urls=url(4, "request_url") + url(4, "message_menu_options_url"),
        socket_mode="false" if request_url else "true",
    )


def usage_hint() -> str:
    """What Slack shows while one types the command: each use of it, as help lists them."""
    uses = [f"{usage.words} {usage.argument}".strip() for usage in USAGE]
    return f"[{' | '.join(uses)}]"


def _items(indent: int, items: Iterable[str]) -> str:
    return "\n".join(f"{' ' * indent}- {item}" for item in items)
