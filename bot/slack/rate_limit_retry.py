"""Waits out Slack's rate limit, unless the answer would come too late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

if TYPE_CHECKING:
    from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

_OPENING: Final = ("/views.open", "/views.push")
LONGEST_WAIT: Final = 60
"""The longest wait within a call, in seconds; for longer ones the caller decides."""

_LONGEST_FOR_WINDOW: Final = 2
"""The longest wait before opening a modal: its `trigger_id` expires after three seconds."""


class RateLimitRetry(RateLimitErrorRetryHandler):
    """Retries after Slack's `Retry-After`, but opens no modal too late.

    Args:
        max_retry_count: how often.
    """

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is not None:
            headers = {name.lower(): value for name, value in response.headers.items()}
            told = headers.get("retry-after") or ["1"]
            most = _LONGEST_FOR_WINDOW if request.url.endswith(_OPENING) else LONGEST_WAIT
            # slack_sdk converts the first item of a list to whole seconds without a check.
            if not told[0].isdecimal() or int(told[0]) > most:
                return False
        return super()._can_retry(state=state, request=request, response=response, error=error)
