"""Slack's Web API: the clients, and the handling of failed calls.

Messages are posted with a client that never retries: posting isn't idempotent, so a retry after a
lost answer would post twice. All other calls may be retried.
"""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from http.client import HTTPException, InvalidURL
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from bot.domain.errors import (
    HistoryUnreadable,
    MessageGone,
    MessageLocked,
    NotifierError,
    NotLeading,
    PostInDoubt,
    PostRefused,
)
from bot.services.ports.metrics import NoMetrics
from bot.slack.proxy import proxy_for
from bot.slack.rate_limit_retry import RateLimitRetry
from bot.slack.refusals import RETRIED, explain_code, explain_connecting, is_known
from bot.slack.token import SlackToken
from bot.slack.transport_errors import MalformedAnswer, transport_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web import SlackResponse

    from bot.services.ports.metrics import Metrics
    from bot.slack.proxy import Proxy
    from bot.slack.views.message import Message

_Problem = TypeVar("_Problem", bound=NotifierError)

CALL_ERRORS: Final = (SlackClientError, OSError, HTTPException)
"""Everything that slack_sdk's `WebClient` raises for failures of Slack or the network.

`HTTPException` is an answer that broke off: slack_sdk passes it on as urllib raises it.
"""

CallError: TypeAlias = SlackClientError | OSError | HTTPException

TIMEOUT: Final = 10
"""Seconds to wait for an answer; a person is waiting for most calls."""

SHORT_TIMEOUT: Final = 2
"""Seconds to wait if a `trigger_id` is about to expire."""

DOCTOR_TIMEOUT: Final = 5
"""Seconds to wait when the doctor checks whether Slack answers."""

LONGEST_RETRY_AFTER: Final = 3600.0
"""The longest wait in seconds if an answer asks for more: Slack's limits are per minute."""

_BY_ITSELF: Final = "It is tried again by itself."
TRY_AGAIN: Final = "Please try again in a moment."
"""The next step if a person's own request failed: only that person retries it."""

_GONE: Final = "message_not_found"
_LOCKED: Final = frozenset({"cant_update_message", "edit_window_closed"})
_MAYBE_DONE: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"}
)

_log = structlog.get_logger(__name__)
_QUIET: Final = logging.getLogger(f"{__name__}.slack_sdk")
"""The logger of slack_sdk's clients: their exceptions are explained once, by the caller."""
_QUIET.setLevel(logging.CRITICAL)


class SlackWebClient(WebClient):
    """slack_sdk's client, with the proxy found by `proxy_for`, and no error of another class.

    slack_sdk trips over an answer that is no JSON object, or not in the character set that it
    claims, with errors of Python's own; here these are a `MalformedAnswer`. `on_date` gets the
    `Date` header of each answer, also of one that refuses, and empty where there is none. `metrics`
    take each call. `may_send` is asked right before each request.

    A call that is refused because of the token is made again if there is another one by then: Slack
    did nothing, so that is safe for posts as well.
    """

    def __init__(
        self,
        token: str | SlackToken,
        base_url: str,
        on_date: Callable[[str], object] = lambda _: None,
        metrics: Metrics | None = None,
        may_send: Callable[[], bool] = lambda: True,
        **options: Any,  # noqa: ANN401 - slack_sdk's
    ) -> None:
        shared = token if isinstance(token, SlackToken) else SlackToken(token)
        super().__init__(token=shared.value, base_url=base_url, logger=_QUIET, **options)
        self._shared_token = shared
        shared.give(self)
        self._on_date = on_date
        self._metrics = metrics or NoMetrics()
        self._may_send = may_send
        self._way = proxy_for(base_url)
        self.proxy = self._way.url if self._way is not None else None

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:  # noqa: ANN401 - likewise
        """Make a call.

        Raises:
            SlackClientError, OSError, HTTPException: the call failed.
            NotLeading: it may not be made any more; nothing was sent.
        """
        used = self.token or ""
        try:
            response = self._call(api_method, arguments)
        except SlackApiError as error:
            # A call may have a token of its own, as `apps.connections.open` has.
            if "token" in (arguments.get("params") or {}):
                raise
            if not self._shared_token.refused(used, code_of(error), self.timeout):
                raise
            return self._call(api_method, arguments)
        self._shared_token.accepted(used)
        return response

    def _call(self, api_method: str, arguments: dict[str, Any]) -> SlackResponse:
        """Make a call once, apart from slack_sdk's retries; see `api_call`."""
        if not self._may_send():
            raise NotLeading
        began, outcome = time.monotonic(), "unreachable"
        try:
            response = self._answer(api_method, arguments)
            outcome = "ok"
        except SlackApiError as error:
            outcome = "refused" if code_of(error) else "unreachable"
            if _retry_after(error) is not None:
                outcome = "ratelimited"
                self._metrics.slack_limited(api_method)
            self._on_date(_header(_response(error), "date"))
            raise
        finally:
            took = time.monotonic() - began
            self._metrics.slack_call(api_method, took, outcome)
            _log.debug("slack.called", method=api_method, seconds=round(took, 3), outcome=outcome)
        self._on_date(_header(response, "date"))
        return response

    def _answer(self, api_method: str, arguments: dict[str, Any]) -> SlackResponse:
        """Slack's answer to a call, or a `CallError`."""
        _check_way(self._way)
        try:
            return super().api_call(api_method, **arguments)
        except CALL_ERRORS:
            raise
        except (ValueError, LookupError, AttributeError, RecursionError) as error:
            raise MalformedAnswer(type(error).__name__) from error

    def send_content(self, url: str, content: bytes) -> int:
        """Send the content of a file to the address that Slack gave for it.

        Returns:
            The HTTP status of the answer.

        Raises:
            SlackClientError, OSError, HTTPException: it wasn't taken.
        """
        _check_way(self._way)
        try:
            answer = self._upload_file(
                url=url,
                data=content,
                logger=_QUIET,
                timeout=self.timeout,
                proxy=self.proxy,
                ssl=self.ssl,
            )
        except CALL_ERRORS:
            raise
        except (ValueError, LookupError, AttributeError) as error:
            raise MalformedAnswer(type(error).__name__) from error
        return int(answer.status)

    def ask_time(self) -> None:
        """Get the time from any answer of Slack."""
        self.answers()

    def answers(self) -> bool:
        """Whether Slack answers at all, also if it refuses."""
        try:
            self.api_test()
        except SlackApiError as error:
            return bool(code_of(error))
        except CALL_ERRORS:
            return False
        return True


def retrying_client(
    token: str | SlackToken,
    base_url: str,
    on_date: Callable[[str], object] = lambda _: None,
    metrics: Metrics | None = None,
) -> SlackWebClient:
    """A client for idempotent calls: it retries after 429, 5xx and lost connections."""
    return SlackWebClient(
        token,
        base_url,
        on_date,
        metrics,
        timeout=TIMEOUT,
        retry_handlers=[
            ConnectionErrorRetryHandler(max_retry_count=2),
            RateLimitRetry(max_retry_count=2, metrics=metrics),
            ServerErrorRetryHandler(max_retry_count=2),
        ],
    )


def single_try_client(
    token: str | SlackToken,
    base_url: str,
    metrics: Metrics | None = None,
    may_send: Callable[[], bool] = lambda: True,
) -> SlackWebClient:
    """A client that makes each call once, and none while `may_send` says so."""
    return SlackWebClient(
        token,
        base_url,
        metrics=metrics,
        may_send=may_send,
        timeout=TIMEOUT,
        retry_handlers=[],
    )


def short_timeout_client(
    token: str | SlackToken, base_url: str, metrics: Metrics | None = None
) -> WebClient:
    """A client for calls that must end before a `trigger_id` expires after three seconds."""
    return SlackWebClient(
        token, base_url, metrics=metrics, timeout=SHORT_TIMEOUT, retry_handlers=[]
    )


def doctor_client(token: str, base_url: str) -> WebClient:
    """A client for the doctor, which reports failures instead of retrying."""
    return SlackWebClient(token, base_url, timeout=DOCTOR_TIMEOUT, retry_handlers=[])


class Reply:
    """Answers one person through a `response_url`.

    Args:
        url: of a command or an action; good five times in thirty minutes.
        replace: whether to answer in place of the last answer, or of the message whose button was
            pressed: never where others see that message too.
    """

    def __init__(self, url: str, *, replace: bool = True) -> None:
        self._replace = replace
        self._hook = WebhookClient(url, timeout=TIMEOUT, logger=_QUIET, retry_handlers=[])
        self._way = proxy_for(url)
        self._hook.proxy = self._way.url if self._way is not None else None

    def __call__(self, message: Message) -> None:
        """Show `message` instead of the last answer.

        Raises:
            NotifierError: Slack did not accept it.
        """
        try:
            _check_way(self._way)
            answer = self._hook.send(
                text=message.text,
                blocks=message.blocks,
                response_type="ephemeral",
                replace_original=self._replace,
            )
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error
        except (ValueError, LookupError) as error:
            # An answer in an unknown character set comes from a proxy.
            raise explain(MalformedAnswer(type(error).__name__), TRY_AGAIN) from error
        if answer.status_code != HTTPStatus.OK:
            raise NotifierError(
                f"Slack did not accept the answer to a command (HTTP {answer.status_code}).",
                TRY_AGAIN,
            )


def _check_way(proxy: Proxy | None) -> None:
    """Raise InvalidURL if the proxy is invalid: urllib would use another one instead."""
    if proxy is not None and proxy.problem:
        raise InvalidURL(proxy.variable)


def code_of(error: CallError) -> str:
    """Slack's error code (`not_in_channel`), or empty if Slack did not answer."""
    if not isinstance(error, SlackApiError):
        return ""
    try:
        code = _response(error).get("error")
    except (AttributeError, ValueError):  # slack_sdk has kept an answer that is no JSON object
        code = None
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else ""


def explain(error: CallError, remedy: str = _BY_ITSELF) -> NotifierError:
    """The error for a failed call; from Slack's answer it only has the code.

    Args:
        error: the call's exception.
        remedy: the next step if a retry may help.
    """
    return _as(NotifierError, error, remedy)


def connecting_error(error: CallError) -> NotifierError:
    """The error if Slack opened no Socket Mode connection."""
    return _as(NotifierError, error, words=explain_connecting)


def post_error(error: CallError) -> PostRefused | PostInDoubt:
    """The error for a failed post: certainly not posted, or in doubt."""
    if _surely_not_done(error):
        return _as(PostRefused, error)
    return _as(PostInDoubt, error)


def update_error(error: CallError) -> NotifierError:
    """The error for a failed update of a message."""
    if code_of(error) == _GONE:
        return _as(MessageGone, error)
    if code_of(error) in _LOCKED:
        return _as(MessageLocked, error)
    return _as(NotifierError, error)


def history_error(error: CallError) -> NotifierError:
    """The error for a failed search of a channel's history: unreadable, or only now.

    A permanent refusal makes it unreadable, so that no post waits for a search that can't succeed.
    """
    problem = _as(PostRefused, error)
    return _as(HistoryUnreadable, error) if problem.permanent else problem


def _as(
    kind: type[_Problem],
    error: CallError,
    remedy: str = _BY_ITSELF,
    words: Callable[[str], tuple[str, str]] = explain_code,
) -> _Problem:
    code, retry_after = code_of(error), _retry_after(error)
    permanent = bool(code) and code not in RETRIED and retry_after is None
    if code or retry_after is not None:
        message, own_remedy = words(code or "ratelimited")
        if permanent and not is_known(code) and remedy != _BY_ITSELF:
            own_remedy = remedy
    else:
        problem = transport_problem(error, _status(error))
        message, own_remedy = problem.message, problem.remedy
    if not permanent:
        own_remedy = f"{own_remedy} {remedy}".strip()
    return kind(message, own_remedy, code=code, retry_after=retry_after, permanent=permanent)


def _retry_after(error: CallError) -> float | None:
    if (
        not isinstance(error, SlackApiError)
        or _response(error).status_code != HTTPStatus.TOO_MANY_REQUESTS
    ):
        return None
    text = _header(_response(error), "retry-after")
    if not (text.isascii() and text.isdigit()):
        return 1.0
    return min(float(text), LONGEST_RETRY_AFTER)


def _header(response: SlackResponse, name: str) -> str:
    """A header of an answer; empty if it has none."""
    headers = {key.lower(): value for key, value in response.headers.items()}
    value = headers.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


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
    return not transport_problem(error).sent


def _status(error: CallError) -> int:
    """The HTTP status of an answer that wasn't 200 OK; otherwise 0."""
    status = _response(error).status_code if isinstance(error, SlackApiError) else HTTPStatus.OK
    return status if status != HTTPStatus.OK else 0


def _response(error: SlackApiError) -> SlackResponse:
    return cast("SlackResponse", error.response)
