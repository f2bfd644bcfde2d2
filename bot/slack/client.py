"""Slack's Web API: the two clients, and what its refusals mean in words.

A message is posted with a client that never tries again by itself: Slack has no idempotent post,
and a second try after a lost answer would post twice. Everything else may be tried again.
"""

from __future__ import annotations

import logging
import socket
import ssl
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, cast
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from bot.domain.errors import (
    HistoryUnreadable,
    MessageGone,
    NotifierError,
    PostInDoubt,
    PostRefused,
)

if TYPE_CHECKING:
    from slack_sdk.web import SlackResponse

    from bot.slack.views.message import Message

_Problem = TypeVar("_Problem", bound=NotifierError)

CALL_ERRORS: Final = (SlackClientError, OSError, HTTPException)
"""All that a call of slack_sdk's `WebClient` raises for what Slack or the network did.

`HTTPException` is an answer that broke off: slack_sdk passes it on as urllib raises it.
"""

CallError: TypeAlias = SlackClientError | OSError | HTTPException

TIMEOUT: Final = 10
"""Seconds to wait for an answer; people wait behind most calls."""

SHORT_TIMEOUT: Final = 2
"""Seconds to wait where a `trigger_id` is about to lapse."""

DOCTOR_TIMEOUT: Final = 5
"""Seconds to wait where it is looked whether Slack answers."""

_TOKEN_DEAD: Final = (
    "Slack does not accept the bot's token any more.",
    "Install the app in the workspace again, and start the bot with the new SLACK_BOT_TOKEN.",
)
_PERMANENT: Final[dict[str, tuple[str, str]]] = {
    "invalid_auth": _TOKEN_DEAD,
    "not_authed": _TOKEN_DEAD,
    "token_revoked": _TOKEN_DEAD,
    "token_expired": _TOKEN_DEAD,
    "account_inactive": _TOKEN_DEAD,
    "not_in_channel": (
        "The bot is not in the channel for alerts.",
        "In that channel type: /invite @altcontact",
    ),
    "channel_not_found": (
        "The channel for alerts does not exist, or the bot cannot see it.",
        "Check ALTCONTACT_CHANNEL; a private channel is seen only once the bot is invited to it.",
    ),
    "is_archived": (
        "The channel for alerts is archived.",
        "Unarchive it, or name another in ALTCONTACT_CHANNEL.",
    ),
    "missing_scope": (
        "The Slack app lacks a scope.",
        "Compare the app's scopes with manifest.yml, and install the app again.",
    ),
    "restricted_action": (
        "A workspace setting keeps the bot from posting.",
        "Ask a workspace admin to let the app post in the channel for alerts.",
    ),
}
_BY_ITSELF: Final = "It is tried again by itself."
TRY_AGAIN: Final = "Please try again in a moment."
"""The next step where a person's own request failed: nobody but they try it again."""

_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_MAYBE_DONE: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"}
)


def retrying_client(token: str, base_url: str) -> WebClient:
    """A client for calls that may be made twice: it waits out 429, 5xx and lost connections."""
    return WebClient(
        token=token,
        base_url=base_url,
        timeout=TIMEOUT,
        retry_handlers=[
            ConnectionErrorRetryHandler(max_retry_count=2),
            RateLimitErrorRetryHandler(max_retry_count=2),
            ServerErrorRetryHandler(max_retry_count=2),
        ],
    )


def single_try_client(token: str, base_url: str) -> WebClient:
    """A client that makes each call once."""
    return WebClient(token=token, base_url=base_url, timeout=TIMEOUT, retry_handlers=[])


def short_timeout_client(token: str, base_url: str) -> WebClient:
    """A client for what must be known before a `trigger_id` lapses after three seconds."""
    return WebClient(token=token, base_url=base_url, timeout=SHORT_TIMEOUT, retry_handlers=[])


def doctor_client(token: str, base_url: str) -> WebClient:
    """A client for the doctor, who tells what fails rather than trying again."""
    # What fails becomes a line of the doctor's, so slack_sdk need not log it as well.
    logger = logging.getLogger(f"{__name__}.doctor")
    logger.setLevel(logging.CRITICAL)
    return WebClient(
        token=token,
        base_url=base_url,
        timeout=DOCTOR_TIMEOUT,
        retry_handlers=[],
        logger=logger,
    )


class Reply:
    """Answers one person through a `response_url`.

    Args:
        url: of a command or an action; good five times in thirty minutes.
        replace: whether to answer in place of the last answer, or of the message whose button was
            pressed: never where others see that message too.
    """

    def __init__(self, url: str, *, replace: bool = True) -> None:
        self._replace = replace
        self._hook = WebhookClient(url, timeout=TIMEOUT, retry_handlers=[])

    def __call__(self, message: Message) -> None:
        """Show `message` instead of the last answer.

        Raises:
            NotifierError: Slack did not take it.
        """
        try:
            answer = self._hook.send(
                text=message.text,
                blocks=message.blocks,
                response_type="ephemeral",
                replace_original=self._replace,
            )
        except CALL_ERRORS as error:
            raise explain(error) from error
        if answer.status_code != HTTPStatus.OK:
            raise NotifierError(f"Slack did not take the answer (status {answer.status_code}).")


def code_of(error: CallError) -> str:
    """Slack's word for what is wrong (`not_in_channel`), or empty where Slack did not answer."""
    if not isinstance(error, SlackApiError):
        return ""
    code = str(_response(error).get("error", ""))
    return code if code.replace("_", "").isalnum() else ""


def explain(error: CallError, remedy: str = _BY_ITSELF) -> NotifierError:
    """What a failed call means to a person; nothing of Slack's answer but its code is in it.

    Args:
        error: what the call raised.
        remedy: the next step where nothing has to be mended first.
    """
    return _as(NotifierError, error, remedy)


def post_error(error: CallError) -> PostRefused | PostInDoubt:
    """Whether a post that failed was surely not made, or may have been."""
    if _surely_not_done(error):
        return _as(PostRefused, error)
    return _as(PostInDoubt, error)


def update_error(error: CallError) -> NotifierError:
    """What a failed update of a message means."""
    if code_of(error) in _GONE:
        return _as(MessageGone, error)
    return _as(NotifierError, error)


def history_error(error: CallError) -> NotifierError:
    """What a failed look at a channel's history means: unreadable, or not just now."""
    if code_of(error) in {"missing_scope", "not_in_channel", "channel_not_found", "no_permission"}:
        return _as(HistoryUnreadable, error)
    return _as(PostRefused, error)


def _as(kind: type[_Problem], error: CallError, remedy: str = _BY_ITSELF) -> _Problem:
    code = code_of(error)
    refused = f"Slack refused: {code}." if code else "Slack could not be reached."
    words, remedy = _PERMANENT.get(code, (refused, remedy))
    return kind(
        words,
        remedy,
        code=code,
        retry_after=_retry_after(error),
        permanent=code in _PERMANENT,
    )


def _retry_after(error: CallError) -> float | None:
    if (
        not isinstance(error, SlackApiError)
        or _response(error).status_code != HTTPStatus.TOO_MANY_REQUESTS
    ):
        return None
    headers = {name.lower(): value for name, value in _response(error).headers.items()}
    value = headers.get("retry-after", "")
    text = value[0] if isinstance(value, list) else str(value)
    return float(text) if text.isdigit() else 1.0


def _surely_not_done(error: CallError) -> bool:
    if isinstance(error, SlackApiError):
        response = _response(error)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return True
        code = code_of(error)
        return (
            bool(code)
            and code not in _MAYBE_DONE
            and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        )
    # Only a connection that was never made surely carried nothing to Slack.
    reason = error.reason if isinstance(error, URLError) else error
    return isinstance(
        reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError
    )


def _response(error: SlackApiError) -> SlackResponse:
    return cast("SlackResponse", error.response)
