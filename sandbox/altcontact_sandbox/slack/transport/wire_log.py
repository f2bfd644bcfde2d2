"""What went over the wire between the app and Slack, kept for people to look at."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

MAX_ENTRIES: Final = 1000
"""The most entries that are kept."""

_LONGEST: Final = 64_000
"""Characters of a payload that are kept."""


@dataclass(frozen=True)
class Exchange:
    """One exchange, without tokens.

    Args:
        kind: `web_api`, `socket`, `http` or `response_url`.
        name: of the method, or of what was delivered.
        status: `ok`, or in a word why it is not.
        sent: the payload.
        answered: likewise; None where nothing came.
    """

    kind: str
    name: str
    status: str
    sent: Any
    answered: Any


class WireLog:
    """The last exchanges, numbered from 1.

    It has a condition of its own: who waits for what people see is not woken by it.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self.reset()

    def reset(self) -> None:
        """Forget everything, and number from 1."""
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES)
        self._last = 0

    async def record(self, exchange: Exchange, seconds: float) -> None:
        """Keep an exchange that is over, and took so long."""
        self._last += 1
        self._entries.append(
            {
                "number": self._last,
                "at": time.time() - seconds,
                "kind": exchange.kind,
                "name": exchange.name,
                "ok": exchange.status == "ok",
                "status": exchange.status,
                "milliseconds": round(seconds * 1000, 1),
                "sent": _as_it_is(exchange.sent),
                "answered": _as_it_is(exchange.answered),
            }
        )
        await self.tell()

    async def tell(self) -> None:
        """Wake who waits for a change."""
        async with self._changed:
            self._changed.notify_all()

    async def since(self, number: int, timeout: float) -> dict[str, Any]:  # noqa: ASYNC109 - of the request
        """The entries after a number, once there are some, or after `timeout` seconds.

        A number that was not given yet is one of before a reset: then it is all of them.
        """
        with contextlib.suppress(TimeoutError):
            async with self._changed:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: self._last != number), timeout
                )
        after = number if number <= self._last else 0
        entries = [entry for entry in self._entries if entry["number"] > after]
        return {"last": self._last, "entries": entries}


def _as_it_is(payload: Any) -> Any:  # noqa: ANN401 - JSON
    """A copy, since what is shown changes later; of a long one its beginning."""
    text = json.dumps(payload)
    if len(text) <= _LONGEST:
        return json.loads(text)
    return {"cut": f"{len(text)} characters; it begins so", "text": text[:_LONGEST]}
