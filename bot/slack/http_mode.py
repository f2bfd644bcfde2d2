"""Receives Slack's requests by HTTP: a WSGI app that lets only what Slack signed reach Bolt.

Bolt's own adapter and check would do, but for three things. Bolt parses a body before it verifies
its signature, logs the body if that is wrong, and loses a command whose text contains "payload"
(slack_bolt 1.30, `request/internals.py`). So the signature is verified first, by slack_sdk as Bolt
does, and Bolt gets the payload parsed, as it does in Socket Mode.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.adapter.wsgi import SlackRequestHandler

from bot.services.ports.metrics import NoMetrics
from bot.services.pulse import Pulse
from bot.slack.envelopes import answer
from bot.slack.payloads import find_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from slack_bolt import App
    from slack_bolt.adapter.wsgi.http_request import WsgiHttpRequest

    from bot.services.ports.metrics import Metrics
    from bot.slack.earlier_requests import EarlierRequests
    from bot.slack.signing_secret import SigningSecret

_log = structlog.get_logger(__name__)

MAX_AGE: Final = 300
"""Seconds that a signature is valid, before and after its time: Slack's recommendation."""

_LOG_INTERVAL: Final = 60.0
"""Seconds between two log lines about refused requests: anyone can send such requests."""

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_SSL_CHECK: Final = ("ssl_check", "1")
_SHORT_BODY: Final = 2000
"""Characters of a body in which Slack's check of certificates is looked for."""

_WRONG_CLOCK: Final = "If these are Slack's requests, synchronize this machine's clock."


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """What arrived from Slack.

    Args:
        silence: seconds since Slack's last request; None if there was none since the start.
        refused: requests refused since then, because their signature was wrong or too old.
    """

    silence: float | None
    refused: int = 0


class _Refused(Exception):
    """A request that isn't Slack's, or came before."""

    def __init__(self, why: str, remedy: str = "", *, known: bool = False) -> None:
        super().__init__(why)
        self.remedy = remedy
        self.known = known


class HttpMode:
    """The WSGI app, and what is known of Slack's requests.

    Args:
        app: the Bolt app whose listeners answer.
        secret: the secret by which Slack signs.
        earlier: the requests that came before.
        on_connected: called at the start.
        metrics: take how long each ack takes.
    """

    def __init__(
        self,
        app: App,
        secret: SigningSecret,
        earlier: EarlierRequests,
        *,
        on_connected: Callable[[], None] = lambda: None,
        metrics: Metrics | None = None,
    ) -> None:
        self._secret = secret
        self._earlier = earlier
        # It never beats: there is no thread here, and the server's own answers `/healthz`.
        self.pulse = Pulse("requests")
        self._bolt = _Handler(app, metrics or NoMetrics())
        self._on_connected = on_connected
        self._lock = threading.Lock()
        self._last: float | None = None
        self._refused = 0
        self._logged = 0.0

    def start(self) -> None:
        """The server is started by its owner: from now on, the bot is ready."""
        self._on_connected()

    def stop(self) -> None:
        """The server is stopped by its owner, before this."""
        self._earlier.stop()

    def status(self) -> HttpStatus:
        """What arrived so far."""
        with self._lock:
            silence = time.monotonic() - self._last if self._last is not None else None
            return HttpStatus(silence, self._refused)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request: refuse it, or pass it to Bolt."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            signature = self._verify(environ, body)
        except _Refused as refusal:
            if _is_ssl_check(body) or (refusal.known and _is_retry(environ)):
                return _end(HTTPStatus.OK, start_response)
            self._log_refusal(refusal)
            return _end(HTTPStatus.UNAUTHORIZED, start_response)
        environ["wsgi.input"] = io.BytesIO(body)
        answer = self._bolt(environ, start_response)
        return _Answer(answer, lambda: self._earlier.answered(signature))

    def _verify(self, environ: WSGIEnvironment, body: bytes) -> str:
        """Let pass what Slack signed within five minutes, once.

        Returns:
            The signature.

        Raises:
            _Refused: it is anything else.
        """
        timestamp = str(environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", ""))
        signature = str(environ.get("HTTP_X_SLACK_SIGNATURE", ""))
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            raise _Refused("no signature of Slack's")
        if abs(time.time() - int(timestamp)) > MAX_AGE:
            raise _Refused("a signature that is older than five minutes", _WRONG_CLOCK)
        if not self._secret.has_signed(body, timestamp, signature):
            raise _Refused("a wrong signature", self._secret.remedy)
        if self._earlier.is_repeated(signature):
            raise _Refused("a request that came before", known=True)
        with self._lock:
            first, self._last, self._refused = self._last is None, time.monotonic(), 0
        if first:
            _log.info("first request from Slack")
        return signature

    def _log_refusal(self, refusal: _Refused) -> None:
        """Count it, and log it unless another one was logged just before."""
        with self._lock:
            self._refused += 1
            now = time.monotonic()
            if self._logged and now - self._logged < _LOG_INTERVAL:
                return
            self._logged = now
        _log.warning("request refused", problem=str(refusal), remedy=refusal.remedy)


class _Answer(list[bytes]):
    """An answer that says when it was sent: the server then closes it."""

    def __init__(self, chunks: Iterable[bytes], sent: Callable[[], None]) -> None:
        super().__init__(chunks)
        self.close = sent


class _Handler(SlackRequestHandler):
    """Bolt's WSGI adapter, whose requests are verified, and acknowledged whatever happens."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        super().__init__(app)
        self._metrics = metrics

    def dispatch(self, request: WsgiHttpRequest) -> BoltResponse:
        """Pass a payload to Bolt."""
        began = time.monotonic()
        text = request.get_body()
        try:
            payload = _parse(text)
        except (ValueError, RecursionError) as error:
            _log.warning("payload not understood", type="http", kind=type(error).__name__)
            return BoltResponse(status=HTTPStatus.BAD_REQUEST)
        if payload.get("type") == "url_verification":
            challenge = find_text(payload, "challenge")
            return BoltResponse(status=HTTPStatus.OK, body={"challenge": challenge})
        kind = find_text(payload, "type") or "command"
        # This mode says that the payload is parsed, and that its sender is known.
        verified = BoltRequest(body=payload, mode="socket_mode")
        response = answer(kind[:50], lambda: self.app.dispatch(verified))
        seconds = time.monotonic() - began
        self._metrics.acked(seconds)
        _log.debug("acked", type=kind[:50], seconds=round(seconds, 3))
        return response


def _parse(text: str) -> dict[str, Any]:
    """The payload of a body: JSON of an event, else a form: a command, or JSON in `payload`.

    Raises:
        ValueError, RecursionError: it is neither.
    """
    if not text.startswith("{"):
        form = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" not in form:
            return form
        text = form["payload"]
    payload = json.loads(text)
    if not isinstance(payload, dict):
        raise ValueError  # noqa: TRY004 - like JSON that isn't valid
    return payload


def _is_ssl_check(body: bytes) -> bool:
    """Whether this is Slack's check of the server's certificate, which isn't always signed."""
    try:
        return _SSL_CHECK in parse_qsl(body[:_SHORT_BODY].decode())
    except ValueError:
        return False


def _is_retry(environ: WSGIEnvironment) -> bool:
    """Whether Slack says that it sends an event again: within a second, with the same signature.

    Anyone may say so. The answer is an ack of what was handled, and nothing is done again.
    """
    return bool(environ.get("HTTP_X_SLACK_RETRY_NUM"))


def _end(status: HTTPStatus, start_response: StartResponse) -> list[bytes]:
    body = b"" if status is HTTPStatus.OK else f"{status.phrase}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
