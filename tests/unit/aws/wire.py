"""AWS at the end of the wire, in memory: what boto3 sends is noted, and canned answers come back.

botocore's own parsers and signers are at work; only the socket is left out.
"""

from __future__ import annotations

import io
import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import create_loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session

OWN = "111122223333"
MEMBER = "444455556666"
ORGANIZATION = "o-exampleorgid"

_MODELS = create_loader()
"""The services' models, parsed once for all sessions: that is most of what a client costs."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def ok(**body: object) -> Answer:
    """A success of a JSON operation."""
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})


def refusal(code: str, message: str = "", status: int = 400, **more: object) -> Answer:
    """An error of a JSON operation, as the account service and Organizations send it."""
    body = json.dumps({"__type": code, "message": message, **more}).encode()
    return Answer(status, body, {"x-amzn-errortype": code})


def page(status: int = 200) -> Answer:
    """What a proxy or a captive portal answers."""
    body = b"<!DOCTYPE html><html><body>Log in to go on<br></body></html>"
    return Answer(status, body, {"content-type": "text/html", "content-length": str(len(body))})


def identity(account_id: str = OWN, partition: str = "aws") -> Answer:
    """What GetCallerIdentity answers."""
    arn = f"arn:{partition}:sts::{account_id}:assumed-role/bot/jane.doe@example.com"
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>{arn}</Arn><UserId>A:b</UserId>"
        f"<Account>{account_id}</Account></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )
    return Answer(200, body.encode(), {"content-type": "text/xml"})


def organization(management_id: str = OWN) -> Answer:
    """What DescribeOrganization answers."""
    return ok(Organization={"Id": ORGANIZATION, "MasterAccountId": management_id})


def contact(name: str = "Security team") -> Answer:
    """What GetAlternateContact answers."""
    return ok(
        AlternateContact={
            "AlternateContactType": "SECURITY",
            "Name": name,
            "Title": "Officer",
            "EmailAddress": "security@example.com",
            "PhoneNumber": "+44 20 7946 0000",
        }
    )


class Wire:
    """Answers by operation: each is given once, the last of them for ever."""

    def __init__(self, region: str | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.urls: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.user_agents: list[tuple[str, str]] = []
        self._answers: dict[str, list[Answer | Exception]] = defaultdict(list)
        self._lock = threading.Lock()
        self.session = boto3.Session(
            botocore_session=self.core(),
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="made-up",
            region_name=region,
        )
        self.on("GetCallerIdentity", identity())

    def core(self) -> Session:
        """A session of botocore at this end of the wire, without credentials."""
        core = botocore.session.get_session()
        core.register_component("data_loader", _MODELS)
        # The stubs know of handlers that answer nothing alone.
        core.register("before-send", self._send)  # type: ignore[arg-type]
        return core

    def on(self, operation: str, *answers: Answer | Exception) -> Wire:
        """Answer an operation so from now on."""
        self._answers[operation] = list(answers)
        return self

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of each call of an operation."""
        return [parameters for name, parameters in self.calls if name == operation]

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[-1]
        with self._lock:
            self.calls.append((operation, _parameters(request.body)))
            self.urls.append(request.url)
            self.headers.append({name: _text(value) for name, value in request.headers.items()})
            self.user_agents.append((operation, _text(request.headers["User-Agent"])))
            answers = self._answers[operation]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        headers = HTTPHeaders.from_dict(answer.headers)
        return AWSResponse(request.url, answer.status, headers, _Raw(answer.body))


class _Raw(io.BytesIO):
    """The body as urllib3 hands it out."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _parameters(body: object) -> dict[str, Any]:
    text = body.decode() if isinstance(body, bytes) else str(body or "")
    if text.startswith("{"):
        return dict(json.loads(text))
    return dict(parse_qsl(text))
