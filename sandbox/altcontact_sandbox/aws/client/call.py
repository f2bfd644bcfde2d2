"""Calls the control interface of a sandbox's AWS, and says what went wrong."""

from __future__ import annotations

from typing import Any, Final

import httpx

from altcontact_sandbox.aws.control.routes import PREFIX
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.loopback import NO_CERTIFICATES

_TIMEOUT: Final = 60.0
_BAD_REQUEST: Final = 400


class ControlClient:
    """The control interface at `url`."""

    def __init__(self, url: str = "") -> None:
        self.url = url

    def _call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        try:
            answer = httpx.request(
                method,
                f"{self.url}{PREFIX}{path}",
                json=body,
                timeout=_TIMEOUT,
                trust_env=False,
                verify=NO_CERTIFICATES,
            )
        except httpx.HTTPError as exc:
            raise SandboxError(f"The sandbox's AWS at {self.url} isn't responding.") from exc
        if answer.status_code == _BAD_REQUEST:
            told = answer.json()
            raise SandboxError(told["error"], told["remedy"])
        if not answer.is_success:
            raise SandboxError(f"The sandbox's AWS answered {answer.status_code} to {path}.")
        return answer.json() if answer.content else None
