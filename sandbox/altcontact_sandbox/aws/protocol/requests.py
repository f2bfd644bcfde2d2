"""Tells requests apart as AWS does: by credential scope, `X-Amz-Target`, path and form."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from altcontact_sandbox.aws.protocol.messages import ACCOUNT, ORGANIZATIONS, STS, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDENTIAL: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential="
    r"(?P<key>[^/,]+)/\d{8}/(?P<region>[^/,]+)/(?P<service>[^/,]+)/aws4_request"
)
_TARGET_PREFIX: Final = "AWSOrganizationsV20161128."


class Signature:
    """What the headers say of who signed, for what and when; empty where they do not.

    The signature itself is not verified: nobody but tests and the sandbox's own bot calls here.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        found = _CREDENTIAL.match(headers.get("authorization", ""))
        self.key_id = found["key"] if found else ""
        self.region = found["region"] if found else ""
        self.service = found["service"] if found else ""
        self.at = headers.get("x-amz-date", "")
        self.token = headers.get("x-amz-security-token", "")


def service_of(signature: Signature, headers: Mapping[str, str], path: str) -> str:
    """Which of the three services a request is for.

    Raises:
        Refusal: it is for none of them.
    """
    if signature.service in {ACCOUNT, ORGANIZATIONS, STS}:
        return signature.service
    if signature.service:
        raise Refusal(
            "UnknownOperationException", f"The sandbox has no service {signature.service!r}.", 404
        )
    if headers.get("x-amz-target", "").startswith(_TARGET_PREFIX):
        return ORGANIZATIONS
    return ACCOUNT if path != "/" else STS


def understand(service: str, headers: Mapping[str, str], path: str, body: bytes) -> Call:
    """The operation and its parameters.

    Raises:
        Refusal: the body cannot be read.
    """
    agent = headers.get("user-agent", "")
    if service == STS:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return Call(STS, form.get("Action", ""), form, agent)
    if service == ORGANIZATIONS:
        operation = headers.get("x-amz-target", "").removeprefix(_TARGET_PREFIX)
        return Call(ORGANIZATIONS, operation, _members(body), agent)
    name = path.removeprefix("/")
    return Call(ACCOUNT, name[:1].upper() + name[1:], _members(body), agent)


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body or b"{}")
    except ValueError as exc:
        raise Refusal("SerializationException", "The body is not JSON.") from exc
    if not isinstance(members, dict):
        raise Refusal("SerializationException", "The body is not a JSON object.")
    return members
