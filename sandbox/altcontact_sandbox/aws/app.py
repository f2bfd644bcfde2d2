"""One ASGI app that answers as AWS would, and fails as told."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.account.api import AccountApi
from altcontact_sandbox.aws.organizations.api import OrganizationsApi
from altcontact_sandbox.aws.protocol.clock_skew import require_timely
from altcontact_sandbox.aws.protocol.messages import (
    ACCOUNT,
    ORGANIZATIONS,
    STS,
    Call,
    HttpResponse,
    Refusal,
    refused,
    success,
)
from altcontact_sandbox.aws.protocol.requests import Signature, service_of, understand
from altcontact_sandbox.aws.state.faults import Fault, FaultKind
from altcontact_sandbox.aws.state.quotas import throttled
from altcontact_sandbox.aws.sts.api import StsApi
from altcontact_sandbox.servers import hang_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws
    from altcontact_sandbox.aws.sts.callers import Caller

_PROXY_PAGE: Final = HttpResponse(
    200,
    {"content-type": "text/html; charset=utf-8"},
    b"<!DOCTYPE html><html><head><title>Sign in</title></head>"
    b"<body><h1>Please sign in to the network</h1></body></html>",
)
_OUTAGE_PAGE: Final = HttpResponse(
    503,
    {"content-type": "text/html"},
    # botocore takes a page for a fault of the server's own only where it begins just so.
    b"<html><body><b>Http/1.1 Service Unavailable</b></body></html>",
)
_SAID: Final = {
    "html": "A proxy's page, with status 200.",
    "outage": "AWS is down: a page, with status 503.",
    "aborted": "The caller hung up before the answer.",
}
_NO_API: Final = frozenset({"aws-us-gov", "aws-eusc"})
"""Partitions without an endpoint for Account Management: a call there reaches nobody."""


class _HangUp(Exception):
    """The connection is to be closed without an answer.

    Its `code` says why: the kind of a fault, or that there is no endpoint.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a call ended: what goes back, in one word, and what that says to a reader."""

    answer: HttpResponse
    code: str
    said: Mapping[str, Any]


class AwsApp:
    """STS, Organizations and Account Management on one URL."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._account = AccountApi(aws)
        self._organizations = OrganizationsApi(aws)
        self._sts = StsApi(aws)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        body = await _body(receive)
        if body is None:
            return
        try:
            answer = await self._answer(headers, scope["path"], body)
        except _HangUp:
            await hang_up(receive, send)
            return
        headers_sent = {**answer.headers, "date": formatdate(self._aws.now(), usegmt=True)}
        raw = [(name.encode(), value.encode()) for name, value in headers_sent.items()]
        raw.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, headers: Mapping[str, str], path: str, body: bytes) -> HttpResponse:
        signature = Signature(headers)
        service = ACCOUNT
        try:
            service = service_of(signature, headers, path)
            call = understand(service, headers, path, body)
        except Refusal as refusal:
            return refused(service, refusal)
        self._aws.stats.call_started(call)
        started = time.perf_counter()
        code = "aborted"
        said: Mapping[str, Any] = _said(code)
        try:
            outcome = await self._outcome(signature, call)
            code, said = outcome.code, outcome.said
        except _HangUp as closed:
            code, said = closed.code, {}
            raise
        finally:
            self._aws.stats.call_ended(call, code)
            caller = self._aws.keys.owner(signature.key_id)
            seconds = time.perf_counter() - started
            self._aws.recorder.record(call, caller, code, said, seconds)
            self._aws.writes.record(call, caller, code, seconds)
        return outcome.answer

    async def _outcome(self, signature: Signature, call: Call) -> _Outcome:
        if self._aws.settings.latency_ms > 0:
            await asyncio.sleep(self._aws.settings.latency_ms / 1000)
        if self._aws.settings.outage:
            return _Outcome(_OUTAGE_PAGE, "outage", _said("outage"))
        caller = self._aws.keys.owner(signature.key_id)
        target = call.target or (caller.account_id if caller else "")
        fault = self._aws.faults.first_match(call, target)
        if fault is not None:
            self._aws.changes.record()
        if fault is not None and fault.kind is FaultKind.HTML:
            return _Outcome(_PROXY_PAGE, "html", _said("html"))
        try:
            if fault is not None:
                await self._strike(fault, caller, call)
            result = self._carry_out(signature, call)
        except Refusal as refusal:
            said = {"code": refusal.code, "message": refusal.message, **refusal.members}
            answer = refused(call.service, refusal, call.request_id)
            outcome = _Outcome(answer, refusal.code, said)
        else:
            outcome = _Outcome(success(call, result), "ok", result or {})
        if fault is not None and fault.kind is FaultKind.LOST_ANSWER:
            raise _HangUp(fault.kind)
        return outcome

    async def _strike(self, fault: Fault, caller: Caller | None, call: Call) -> None:
        match fault.kind:
            case FaultKind.THROTTLE:
                raise throttled(call)
            case FaultKind.ERROR:
                code = "ServiceException" if call.service == ORGANIZATIONS else "InternalFailure"
                code = "InternalServerException" if call.service == ACCOUNT else code
                raise Refusal(code, "An internal error occurred.", 500)
            case FaultKind.CLOSE:
                raise _HangUp(fault.kind)
            case FaultKind.HANG:
                await fault.hang()
            case FaultKind.EXPIRE if caller is not None:
                self._aws.keys.expire(caller.name)
            case _:
                return

    def _carry_out(self, signature: Signature, call: Call) -> dict[str, Any] | None:
        now = self._aws.now()
        caller = self._aws.keys.authenticate(call.service, signature, now)
        require_timely(call.service, signature.at, now)
        if call.service == ACCOUNT and caller.partition in _NO_API:
            raise _HangUp("no_endpoint")
        if self._aws.settings.throttling and call.service != STS:
            raise throttled(call)
        self._aws.quotas.take(caller, call)
        self._aws.policies.require(caller, call)
        if call.service == ACCOUNT:
            return self._account.answer(caller, call)
        if call.service == ORGANIZATIONS:
            return self._organizations.answer(caller, call)
        return self._sts.answer(caller, call)


def _said(code: str) -> dict[str, Any]:
    return {"code": code, "message": _SAID[code]}


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where the caller went away before it had sent all of it."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
