"""Waits out Slack's rate limit, unless the answer would come too late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.services.ports.metrics import NoMetrics

if TYPE_CHECKING:
    from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

    from bot.services.ports.metrics import Metrics

_OPENING: Final = ("/views.open", "/views.push")
LONGEST_WAIT: Final = 60
"""The longest wait within a call, in seconds; for longer ones the caller decides."""

_LONGEST_FOR_WINDOW: Final = 2
"""The longest wait before opening a modal: its `trigger_id` expires after three seconds."""


class RateLimitRetry(RateLimitErrorRetryHandler):
    """Retries after Slack's `Retry-After`, but opens no modal too late.

    Args:
        max_retry_count: how often.
        metrics: take each answer after which it retries.
    """

    def __init__(self, max_retry_count: int = 1, metrics: Metrics | None = None) -> None:
        super().__init__(max_retry_count=max_retry_count)
        self._metrics = metrics or NoMetrics()

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
        again = super()._can_retry(state=state, request=request, response=response, error=error)
        if again:
            self._metrics.slack_limited(request.url.rpartition("/")[2])
        return again
