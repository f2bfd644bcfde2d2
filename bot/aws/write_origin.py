"""Names the person and the fix on AWS's side, so that CloudTrail can be joined with the audit log.

The fix is in the write's `User-Agent`, and the person in the name of the session if the bot assumes
a role. CloudTrail records both. Right before a write leaves, it is asked whether it still may.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from bot.domain.errors import WriteNotSent
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSRequest
    from botocore.hooks import BaseEventHooks

    from bot.domain.fixes import WriteOrigin

SESSION_NAME: Final = "altcontact"
"""The bot's session name in CloudTrail, if it assumes a role."""

_PAUSED: Final = (
    "The bot was paused for too long before it sent the change to AWS, so nothing was sent."
)
_AGAIN: Final = "Check the account, then fix it again."

_LONGEST_NAME: Final = 64
_NOT_ALLOWED: Final = re.compile(r"[^\w+=,.@-]+", re.ASCII)
"""What STS rejects in a `RoleSessionName`, which has 2 to 64 characters.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

_origin: ContextVar[WriteOrigin | None] = ContextVar("altcontact_write_origin", default=None)


def session_name(user_id: str) -> str:
    """The name of the session in which someone's writes are made.

    Args:
        user_id: a Slack user id, or another name for who requested the write; empty for the bot's
            common session.
    """
    if not user_id:
        return SESSION_NAME
    return f"{SESSION_NAME}-{_NOT_ALLOWED.sub('-', user_id)}"[:_LONGEST_NAME]


@contextmanager
def written_for(origin: WriteOrigin) -> Iterator[None]:
    """Make this thread's requests for a fix, by clients that `observe_writes` set up.

    Clients are shared by threads, so the fix can't be in a client's configuration.
    """
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def observe_writes(events: BaseEventHooks) -> None:
    """Have a client take part in `written_for`.

    It adds ` altcontact-fix/<id>` to its `User-Agent`, and sends nothing that may not be sent.
    """
    # Botocore's own handler, registered for the service, sets the header: this one comes after it.
    events.register_last("request-created", _add_fix)
    events.register_first("before-send", _refuse_late)


def _refuse_late(**_: object) -> None:
    """A handler for botocore's `before-send`.

    Raises:
        WriteNotSent: the write may not be sent any more.
    """
    origin = _origin.get()
    if origin is not None and not origin.may_send():
        raise WriteNotSent(failure(FailureCode.NOT_REACHED, message=_PAUSED, remedy=_AGAIN))


def _add_fix(request: AWSRequest, **_: object) -> None:
    """A handler for botocore's `request-created`; a signature doesn't cover this header."""
    origin = _origin.get()
    if origin is not None:
        agent = str(request.headers["User-Agent"])
        request.headers.replace_header("User-Agent", f"{agent} altcontact-fix/{origin.fix_id}")
