"""Slack over HTTP: signed requests to the app's request URL, whose answer is the ack."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from altcontact_sandbox.slack.transport.http_request import post
from altcontact_sandbox.slack.transport.socket_mode import delivered
from altcontact_sandbox.slack.transport.wire_log import Exchange
from altcontact_sandbox.slack.workspace import SIGNING_SECRET

if TYPE_CHECKING:
    from altcontact_sandbox.slack.transport.http_request import HttpAnswer
    from altcontact_sandbox.slack.workspace import Workspace

    Payload = dict[str, Any]

REQUEST_PATH: Final = "/slack/events"
"""The path of the request URLs that people enter for an app made with Bolt."""

EVENT_RETRIES: Final = (0.0, 0.2, 1.0)
"""Seconds until an event is delivered again: Slack's are at once, a minute and five minutes.

Nothing else is delivered again over HTTP.
"""

_PROBE_INTERVAL: Final = 0.05
"""Seconds until a URL at which nothing listens is tried again."""

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_OK: Final = 200


@dataclass(frozen=True)
class _Answered:
    """What came back: the ack, or None with the reason by Slack's name for it, and in words."""

    ack: Payload | None
    reason: str = ""
    why: str = ""
    no_retry: bool = False


class HttpMode:
    """What is delivered to the request URL of the workspace, if it has one.

    If there are several, a load balancer is before them: it sends each request to the next one, and
    to another one if the connection fails.
    """

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._probes: dict[str, asyncio.Task[None]] = {}
        self._verified: set[str] = set()
        self._turn = itertools.count()

    @property
    def connected(self) -> int:
        """How many URLs answered Slack's challenge, and requests since."""
        return len(self._verified)

    def use(self, urls: list[str]) -> None:
        """Deliver to these URLs, once they have answered Slack's challenge; none: Socket Mode."""
        for probe in self._probes.values():
            probe.cancel()
        self._probes.clear()
        self._verified.clear()
        self._space.request_urls = urls
        for url in urls:
            self._verify_again(url)

    def _verify_again(self, url: str) -> None:
        self._verified.discard(url)
        if url not in self._probes or self._probes[url].done():
            self._probes[url] = asyncio.create_task(self._verify(url))

    async def _verify(self, url: str) -> None:
        """Send a challenge until something listens; it must come back."""
        challenge = secrets.token_hex(16)
        sent = {"type": "url_verification", "challenge": challenge, "token": "deprecated"}
        while True:
            answered = await self._post(url, "events_api", sent, {})
            if answered.reason != "connection_failed":
                break
            await asyncio.sleep(_PROBE_INTERVAL)
        if answered.ack is None or answered.ack.get("challenge") != challenge:
            why = answered.why or "The answer has another challenge."
            self._space.refusals.add("url_verification", "invalid", why=[why], url=url)
        else:
            self._verified.add(url)
        await self._space.tell()

    async def deliver(
        self, kind: str, payload: Payload, *, again: bool = False
    ) -> tuple[Payload | None, int]:
        """Deliver a payload, an event up to four times; `again`: its ack was lost before.

        Returns:
            What the ack carried, None if none came; and how many deliveries it took.
        """
        # of the day on which it was sent
        acks, refusals, wire = self._space.acks, self._space.refusals, self._space.wire
        name, retries = delivered(kind, payload), EVENT_RETRIES if kind == "events_api" else ()
        headers = _retry(1, "http_timeout") if again and kind == "events_api" else {}
        attempt = 0
        while True:
            began = time.monotonic()
            answered = await self._balance(kind, payload, headers)
            seconds = time.monotonic() - began
            is_acked = answered.ack is not None
            acks.append(
                {"type": kind, "seconds": seconds if is_acked else None, "attempt": attempt}
            )
            status = "ok" if is_acked else answered.reason
            await wire.record(Exchange("http", name, status, payload, answered.ack), seconds)
            if answered.ack is not None:
                return answered.ack, attempt + 1
            if attempt >= len(retries) or answered.no_retry:
                break
            await asyncio.sleep(retries[attempt])
            attempt += 1
            headers = _retry(attempt, answered.reason)
        refusals.add(name, "no_ack", why=[answered.why])
        await self._space.tell()
        return None, attempt + 1

    async def _balance(self, kind: str, payload: Payload, headers: dict[str, str]) -> _Answered:
        """A request to the next URL that is up; to another one if the connection fails."""
        answered = _Answered(None, "connection_failed", "Nothing listens at the request URL.")
        urls = sorted(self._verified) or self._space.request_urls
        first = next(self._turn)
        for number in range(len(urls)):
            url = urls[(first + number) % len(urls)]
            answered = await self._post(url, kind, payload, headers)
            if answered.reason != "connection_failed":
                return answered
            self._verify_again(url)
        return answered

    async def _post(
        self, url: str, kind: str, payload: Payload, headers: dict[str, str]
    ) -> _Answered:
        """One signed request, and what its answer means."""
        content, content_type = _encoded(kind, payload)
        now = time.time() + self._space.clock_skew
        signed = sign(content, now, self._space.signing_secret)
        sent = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed,
            **headers,
        }
        try:
            async with asyncio.timeout(self._space.ack_within):
                answer = await post(url, sent, content)
        except TimeoutError:
            within = f"No answer came within {self._space.ack_within:g} seconds."
            return _Answered(None, "http_timeout", within)
        except OSError as error:
            why = f"The request URL could not be reached: {type(error).__name__}."
            return _Answered(None, "connection_failed", why)
        return _read(kind, answer)

    async def stop(self) -> None:
        """End what still asks."""
        for probe in self._probes.values():
            probe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await probe


def _retry(attempt: int, reason: str) -> dict[str, str]:
    return {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}


def sign(content: bytes, now: float, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """The headers by which an app knows a request as Slack's, of that time."""
    timestamp = str(int(now))
    signed = b":".join((b"v0", timestamp.encode(), content))
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _encoded(kind: str, payload: Payload) -> tuple[bytes, str]:
    """A payload as Slack sends it: an event as JSON, a command and an interaction as a form."""
    if kind == "events_api":
        return json.dumps(payload).encode(), _JSON
    if kind == "slash_commands":
        form = {name: "" if value is None else str(value) for name, value in payload.items()}
        return urlencode(form, errors="replace").encode(), _FORM
    return urlencode({"payload": json.dumps(payload)}).encode(), _FORM


def _read(kind: str, answer: HttpAnswer) -> _Answered:
    """What an answer means: its status, and a body that is nothing, or what Slack takes."""
    no_retry = answer.headers.get("x-slack-no-retry") == "1"
    if answer.status != _OK:
        why = f"The answer has the status {answer.status}."
        return _Answered(None, "http_error", why, no_retry)
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip()
    if not answer.content:
        return _Answered({})
    if kind == "slash_commands" and content_type == "text/plain":
        return _Answered({"text": answer.content.decode(errors="replace")})
    try:
        given = json.loads(answer.content)
    except ValueError:
        given = None
    if content_type != _JSON or not isinstance(given, dict):
        why = f"The answer is no JSON object, but {content_type or 'of no type'}."
        return _Answered(None, "http_error", why, no_retry)
    return _Answered(given)
