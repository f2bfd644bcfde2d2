"""Refuses signatures that are too old or too young by AWS's clock, in the words of each service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from altcontact_sandbox.aws.protocol.messages import STS, Refusal

_MINUTES: Final = 5
_FORMAT: Final = "%Y%m%dT%H%M%SZ"


def require_timely(service: str, signed_at: str, now: float) -> None:
    """Let pass what was signed within five minutes of now; and what does not say when.

    Args:
        service: whose words to use.
        signed_at: the `X-Amz-Date` header.
        now: the time by AWS's clock, in seconds since 1970.

    Raises:
        Refusal: as AWS does, whose message tells both clocks.
    """
    try:
        signed = datetime.strptime(signed_at, _FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return
    leeway = _MINUTES * 60
    if signed < now - leeway:
        why = f"expired: {signed_at} is now earlier than {_text(now - leeway)} ({_text(now)} - "
    elif signed > now + leeway:
        why = f"not yet current: {signed_at} is still later than {_text(now + leeway)} ("
        why += f"{_text(now)} + "
    else:
        return
    code = "SignatureDoesNotMatch" if service == STS else "InvalidSignatureException"
    raise Refusal(code, f"Signature {why}{_MINUTES} min.)", 403)


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(_FORMAT)
