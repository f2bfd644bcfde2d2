"""Waits out Slack's rate limit, unless what was asked is of no use by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

if TYPE_CHECKING:
    from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

_OPENING: Final = ("/views.open", "/views.push")
LONGEST_WAIT: Final = 60
"""Seconds waited at most within a call; for longer, whoever called decides what to do."""

_LONGEST_FOR_WINDOW: Final = 2
"""Seconds waited at most before a window: its `trigger_id` lapses after three."""


class RateLimitRetry(RateLimitErrorRetryHandler):
    """Tries again when Slack's `Retry-After` is over, but opens no window too late.

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
            # slack_sdk takes the first of a list for whole seconds, whatever it is.
            if not told[0].isdecimal() or int(told[0]) > most:
                return False
        return super()._can_retry(state=state, request=request, response=response, error=error)
