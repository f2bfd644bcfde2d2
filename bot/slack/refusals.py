"""Explains Slack's error codes, and says which of them are transient.

From the errors that https://docs.slack.dev/reference/methods/chat.postMessage lists, and those that
every method may answer. Slack adds codes, so a code that is not here is not taken for one that
passes: a person hears of it.
"""

from __future__ import annotations

from typing import Final

RETRIED: Final = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "org_login_required",
        "accesslimited",
        "rollup_error",
    }
)
"""The codes that pass by themselves: Slack is busy, has a fault, or migrates the workspace."""

_TOKEN: Final = (
    "Slack does not accept the bot's token any more.",
    "Install the app in the workspace again, and start the bot with the new SLACK_BOT_TOKEN. If it "
    "comes from a file or from AWS, put the new one there: the bot reads it again by itself.",
)
_WORKSPACE: Final = (
    "The Slack app may not act in this workspace.",
    "Ask an admin of the Slack organization to add the app to the workspace, or to allow it again.",
)
_BY_ADMIN: Final = (
    "A workspace setting keeps the bot from posting.",
    "Ask a workspace admin to let the app post in the channel for alerts.",
)
_SCOPE: Final = (
    "The Slack app lacks a scope.",
    "Compare the app's scopes with manifest.yml, and install the app again.",
)
_TOO_MUCH: Final = (
    "Slack does not accept the message that the bot made.",
    "Update altcontact; if it happens again, report it with this code.",
)
_NO_CHANNEL: Final = (
    "The channel for alerts does not exist, or the bot cannot see it.",
    "Check ALTCONTACT_CHANNEL; a private channel is seen only once the bot is invited to it.",
)

_TOO_LATE: Final = (
    "The window couldn't open: Slack allows three seconds for that, and the bot was slower.",
    "Press the button or type the command again.",
)
_NOT_THERE: Final = (
    "The window was closed, or changed in the meantime.",
    "Open it again.",
)

TOKEN_CODES: Final = (
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
)
"""The codes that mean that the token isn't good any more."""

_WORKSPACE_CODES: Final = (
    "team_access_not_granted",
    "enterprise_is_restricted",
    "access_denied",
    "ekm_access_denied",
    "two_factor_setup_required",
    "user_is_restricted",
    "team_not_found",
)
_MESSAGE_CODES: Final = (
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_arguments",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_many_attachments",
)
_CODES: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(TOKEN_CODES, _TOKEN),
    **dict.fromkeys(_WORKSPACE_CODES, _WORKSPACE),
    **dict.fromkeys(_MESSAGE_CODES, _TOO_MUCH),
    **dict.fromkeys(("missing_scope", "no_permission", "not_allowed_token_type"), _SCOPE),
    **dict.fromkeys(("channel_not_found", "channel_type_not_supported"), _NO_CHANNEL),
    "not_in_channel": (
        "The bot is not in the channel for alerts.",
        "In that channel, type: /invite @altcontact",
    ),
    "is_archived": (
        "The channel for alerts is archived.",
        "Unarchive it, or name another in ALTCONTACT_CHANNEL.",
    ),
    "restricted_action": _BY_ADMIN,
    "restricted_action_read_only_channel": (
        "The channel for alerts is read-only for the bot.",
        "In the channel's settings, under posting permissions, allow the app to post.",
    ),
    "restricted_action_thread_only_channel": (
        "In the channel for alerts, the bot may only answer in threads.",
        "In the channel's settings, under posting permissions, allow the app to post.",
    ),
    **dict.fromkeys(
        ("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"),
        _TOO_LATE,
    ),
    **dict.fromkeys(("not_found", "hash_conflict", "view_not_found"), _NOT_THERE),
    "push_limit_reached": (
        "The window couldn't open: Slack shows at most three on top of each other.",
        "Close one, then try again.",
    ),
    "not_enabled": (
        "The Home tab of the Slack app is turned off.",
        "At https://api.slack.com/apps, under App Home, turn on the Home Tab.",
    ),
    "message_limit_exceeded": (
        "The workspace has used up the messages that its Slack plan allows.",
        "Ask a workspace admin; Slack's plan or its limit on messages has to change.",
    ),
    "ratelimited": ("Slack asks the bot to wait: it was called too often.", ""),
    "rate_limited": ("Slack asks the bot to wait: it was called too often.", ""),
    **dict.fromkeys(
        ("team_added_to_org", "org_login_required"),
        ("The workspace is being moved into a Slack organization.", ""),
    ),
    **dict.fromkeys(
        ("internal_error", "fatal_error", "service_unavailable", "request_timeout", "rollup_error"),
        ("Slack had an internal error.", ""),
    ),
}

_NEW_APP_LEVEL: Final = (
    "Generate one with the scope connections:write at https://api.slack.com/apps (the app, Basic "
    "Information, App-Level Tokens), and start the bot with it as SLACK_APP_TOKEN."
)
_CONNECTING: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        (*TOKEN_CODES, "not_allowed_token_type"),
        ("Slack does not accept the app-level token.", _NEW_APP_LEVEL),
    ),
    **dict.fromkeys(
        ("missing_scope", "no_permission"),
        ("The app-level token lacks the scope connections:write.", _NEW_APP_LEVEL),
    ),
    "forbidden_team": _WORKSPACE,
    "socket_mode_not_enabled": (
        "Socket Mode is off for the Slack app.",
        "Turn it on at https://api.slack.com/apps (the app, Socket Mode).",
    ),
}
"""Refusals of a connection: these are about the app-level token, not the bot's."""

_EVERYWHERE: Final = frozenset(
    {
        *TOKEN_CODES,
        *_WORKSPACE_CODES,
        *_MESSAGE_CODES,
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "message_limit_exceeded",
    }
)
"""Refusals that another channel would answer alike."""

CLOSED: Final[dict[str, tuple[str, str]]] = {
    "channel_not_found": (
        "there is no such channel that the bot can see.",
        "Check it in the policy; invite the bot first where the channel is private.",
    ),
    "is_archived": ("it is archived.", "Unarchive it, or name another in the policy."),
    "not_in_channel": ("the bot is not in it.", "In that channel, type: /invite @altcontact"),
    "restricted_action": (
        "a workspace setting keeps the bot from posting there.",
        "Ask a workspace admin to let the app post there.",
    ),
    "restricted_action_read_only_channel": (
        "it is read-only for the bot.",
        "In the channel's settings, under posting permissions, allow the app to post.",
    ),
}
"""What closes a channel of the policy, in words with the remedy."""


def is_known(code: str) -> bool:
    """Whether there are words for a code of its own."""
    return code in _CODES or code in RETRIED


def explain_connecting(code: str) -> tuple[str, str]:
    """What a code means that refuses a connection of Socket Mode; see `explain_code`."""
    return _CONNECTING.get(code) or explain_code(code)


def explain_code(code: str) -> tuple[str, str]:
    """What a code means, and the next step; empty where trying again is all there is to do."""
    known = _CODES.get(code)
    if known is not None:
        return known
    if code in RETRIED:
        return f"Slack could not answer ({code}).", ""
    if code.startswith("restricted_action"):
        return f"A workspace setting keeps the bot from posting ({code}).", _BY_ADMIN[1]
    remedy = f"Look up {code} at https://docs.slack.dev, or ask a workspace admin."
    return f"Slack refused: {code}.", remedy


def closes_channel(code: str) -> tuple[str, str] | None:
    """Why a channel of the policy cannot be posted to, where another one perhaps can.

    Returns:
        What to say after the channel's name, and the remedy; None where the refusal has nothing
        to do with the channel, or passes by itself.
    """
    if not code or code in RETRIED or code in _EVERYWHERE:
        return None
    if code in CLOSED:
        return CLOSED[code]
    why, remedy = explain_code(code)
    if code.startswith("restricted_action"):
        return f"a workspace setting keeps the bot from posting there ({code}).", CLOSED[
            "restricted_action"
        ][1]
    return f"{why[0].lower()}{why[1:]}", remedy
