"""Names the person and the fix on AWS's side, so that CloudTrail can be joined with the audit log.

The fix is in the write's `User-Agent`, and the person in the name of the session if the bot assumes
a role. CloudTrail records both.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSRequest
    from botocore.hooks import BaseEventHooks

SESSION_NAME: Final = "altcontact"
"""The bot's session name in CloudTrail, if it assumes a role."""

_LONGEST_NAME: Final = 64
_NOT_ALLOWED: Final = re.compile(r"[^\w+=,.@-]+", re.ASCII)
"""What STS rejects in a `RoleSessionName`, which has 2 to 64 characters.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

_fix_id: ContextVar[int | None] = ContextVar("altcontact_fix_id", default=None)


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
def in_user_agent(fix_id: int) -> Iterator[None]:
    """Name the fix in the `User-Agent` of this thread's requests, by clients that `add_fix` set up.

    Clients are shared by threads, so the id can't be in a client's configuration.
    """
    token = _fix_id.set(fix_id)
    try:
        yield
    finally:
        _fix_id.reset(token)


def add_fix(events: BaseEventHooks) -> None:
    """Have a client add ` altcontact-fix/<id>` to its `User-Agent` during `in_user_agent`."""
    # Botocore's own handler, registered for the service, sets the header: this one comes after it.
    events.register_last("request-created", _add_fix)


def _add_fix(request: AWSRequest, **_: object) -> None:
    """A handler for botocore's `request-created`; a signature doesn't cover this header."""
    fix_id = _fix_id.get()
    if fix_id is not None:
        agent = str(request.headers["User-Agent"])
        request.headers.replace_header("User-Agent", f"{agent} altcontact-fix/{fix_id}")
