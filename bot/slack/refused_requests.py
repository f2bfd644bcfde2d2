"""Puts requests on record that were refused, for what they carry or for who sent them."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import (
    ApprovalRefused,
    ExemptionRefused,
    FixError,
    FixUnderWay,
    NobodyCanApprove,
    NotAllowed,
    RunRefused,
)
from bot.slack.actors import actor_of
from bot.slack.payloads import PayloadError, request_name, user_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.services.audit_trail import AuditTrail

_STALE: Final = (ExemptionRefused, FixError, RunRefused)
"""What a request named isn't there any more, or not in a state for it."""


_REQUEST: ContextVar[Mapping[str, Any] | None] = ContextVar("request", default=None)
"""What people sent, as long as it is handled; tasks in the background keep it."""


@contextmanager
def handling(body: Mapping[str, Any]) -> Iterator[None]:
    """Remember the request that is handled, also for the tasks that are begun meanwhile."""
    token = _REQUEST.set(body)
    try:
        yield
    finally:
        _REQUEST.reset(token)


class RefusedRequests:
    """Tells refusals from other failures.

    Args:
        trail: puts them on record.
    """

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    def note_current(self, error: Exception) -> None:
        """The same, for the request that is handled; nothing if none is."""
        body = _REQUEST.get()
        if body is not None:
            self.note(error, body)

    def note(self, error: Exception, body: Mapping[str, Any]) -> None:
        """Put on record a request that couldn't be read, named what is gone, or wasn't allowed.

        Args:
            error: why the request failed.
            body: the request.
        """
        if isinstance(error, NotAllowed):
            self._trail.right_refused(actor_of(body), error)
        elif isinstance(error, NobodyCanApprove):
            self._trail.refused(user_id(body), str(error))
        elif isinstance(error, PayloadError):
            self._trail.payload_refused(user_id(body), "unreadable", request_name(body))
        elif isinstance(error, _STALE) and not isinstance(error, FixUnderWay | ApprovalRefused):
            self._trail.payload_refused(user_id(body), "stale", request_name(body))
