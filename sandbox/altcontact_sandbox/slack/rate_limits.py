"""Slack's rate limits: token buckets, and which methods have which tier."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

from altcontact_sandbox.slack.refusals import Refusal

if TYPE_CHECKING:
    from altcontact_sandbox.slack.workspace import Workspace

TIERS: Final = {
    "chat.update": "tier3",
    "files.completeUploadExternal": "tier4",
    "files.getUploadURLExternal": "tier4",
    "usergroups.users.list": "tier2",
    "users.info": "tier4",
    "users.list": "tier2",
    "users.lookupByEmail": "tier3",
    "views.publish": "tier4",
}
"""The tier of each method whose calls are counted: the setting that says how many a minute."""


class Buckets:
    """Token buckets, each by its name."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: float, burst: float) -> float:
        """0 where a token was taken; else the seconds until there is one.

        Args:
            name: of the bucket.
            rate: tokens a second that are put into it; 0 is no limit.
            burst: tokens that it holds at most.
        """
        if not rate:
            return 0.0
        now = time.monotonic()
        tokens, at = self._held.get(name, (burst, now))
        tokens = min(burst, tokens + (now - at) * rate)
        if tokens < 1:
            self._held[name] = (tokens, now)
            return (1 - tokens) / rate
        self._held[name] = (tokens - 1, now)
        return 0.0


def check_rate(space: Workspace, method: str) -> None:
    """Whether the app may call a method now.

    Raises:
        Refusal: `ratelimited`, with the seconds until it may.
    """
    tier = TIERS.get(method)
    if tier is None:
        return
    wait = space.buckets.take(method, getattr(space, tier) / 60, space.call_burst)
    if wait:
        raise Refusal("ratelimited", retry_after=math.ceil(wait))
