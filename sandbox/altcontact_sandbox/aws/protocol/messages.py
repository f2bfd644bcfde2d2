"""What AWS's three protocols look like on the wire: answers and errors, as botocore parses them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT: Final = "account"
ORGANIZATIONS: Final = "organizations"
STS: Final = "sts"

_CONTENT_TYPES: Final = {
    ACCOUNT: "application/json",
    ORGANIZATIONS: "application/x-amz-json-1.1",
    STS: "text/xml",
}
_STS_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
_SERVER_FAULT: Final = 500
_TARGETS: Final = ("AccountId", "ResourceId", "ChildId", "ParentId")


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response: status, headers without a length, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Refusal(Exception):
    """AWS says no: `code`, `message`, HTTP `status`, and further members of the error's shape.

    `status` is what Account Management and STS answer; Organizations turns every client error
    into 400, as services of its protocol do.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood as far as its service and operation."""

    service: str
    operation: str
    params: Mapping[str, Any] = field(repr=False)
    user_agent: str = ""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()), compare=False)
    """The id that the answer carries in `x-amzn-requestid`, and CloudTrail as `requestID`."""

    @property
    def action(self) -> str:
        """The IAM action: `account:GetAlternateContact`."""
        return f"{self.service}:{self.operation}"

    def text(self, name: str) -> str:
        """A parameter as text, empty where it is absent or of another type."""
        value = self.params.get(name)
        return value if isinstance(value, str) else ""

    @property
    def target(self) -> str:
        """The account, OU or root that it is about; empty where it names none."""
        return next((found for name in _TARGETS if (found := self.text(name))), "")


def success(call: Call, result: Mapping[str, Any] | None) -> HttpResponse:
    """The answer to a call that worked; `result` None is an empty body."""
    if call.service != STS:
        body = b"" if result is None else json.dumps(result).encode()
        return HttpResponse(200, _headers(call.service, call.request_id), body)
    members = _xml(result or {})
    name = call.operation
    return HttpResponse(
        200,
        _headers(STS, call.request_id),
        f'<{name}Response xmlns="{_STS_NAMESPACE}"><{name}Result>{members}</{name}Result>'
        f"<ResponseMetadata><RequestId>{call.request_id}</RequestId></ResponseMetadata>"
        f"</{name}Response>".encode(),
    )


def _xml(part: object) -> str:
    if not isinstance(part, dict):
        return escape(str(part))
    return "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in part.items())


def refused(service: str, refusal: Refusal, request_id: str = "") -> HttpResponse:
    """The answer to a call that AWS refuses, in the protocol of the service.

    Args:
        service: whose protocol.
        refusal: why.
        request_id: of the call; where it couldn't be read, a new one.
    """
    request_id = request_id or str(uuid.uuid4())
    headers = _headers(service, request_id)
    if service == ACCOUNT:
        headers["x-amzn-ErrorType"] = refusal.code
        body = {"message": refusal.message, **refusal.members}
        return HttpResponse(refusal.status, headers, json.dumps(body).encode())
    if service == STS:
        kind = "Receiver" if refusal.status >= _SERVER_FAULT else "Sender"
        return HttpResponse(
            refusal.status,
            headers,
            f'<ErrorResponse xmlns="{_STS_NAMESPACE}"><Error><Type>{kind}</Type>'
            f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>".encode(),
        )
    status = refusal.status if refusal.status >= _SERVER_FAULT else 400
    body = {"__type": refusal.code, "Message": refusal.message, **refusal.members}
    return HttpResponse(status, headers, json.dumps(body).encode())


def _headers(service: str, request_id: str) -> dict[str, str]:
    return {"content-type": _CONTENT_TYPES[service], "x-amzn-requestid": request_id}
