"""Counts calls, so that a test or a benchmark can tell what a client did."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from altcontact_sandbox.aws.protocol.messages import Call

_MAX_WRITES: Final = 10_000


@dataclass(slots=True)
class OperationStats:
    """One operation's calls. `first` and `last` are on `time.monotonic()`'s clock, in seconds."""

    calls: int = 0
    throttled: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    first: float = 0.0
    last: float = 0.0
    at_once: int = 0
    most_at_once: int = 0


class Stats:
    """Counts by operation, and the writes one by one, without what they wrote."""

    def __init__(self) -> None:
        self._operations: dict[str, OperationStats] = {}
        self._writes: deque[dict[str, Any]] = deque(maxlen=_MAX_WRITES)

    def call_started(self, call: Call) -> None:
        """Count a call that came in."""
        counts = self._operations.setdefault(call.operation, OperationStats())
        now = time.monotonic()
        counts.first = counts.first or now
        counts.last = now
        counts.calls += 1
        counts.at_once += 1
        counts.most_at_once = max(counts.most_at_once, counts.at_once)

    def call_ended(self, call: Call, code: str) -> None:
        """Count how a call ended: `ok`, AWS's error code, or the kind of a fault."""
        counts = self._operations.setdefault(call.operation, OperationStats())
        counts.at_once = max(0, counts.at_once - 1)
        counts.codes[code] += 1
        if code in {"TooManyRequestsException", "Throttling"}:
            counts.throttled += 1

    def contact_written(self, call: Call, account_id: str) -> None:
        """Keep that a write was carried out."""
        self._writes.append(
            {
                "operation": call.operation,
                "account_id": account_id,
                "contact_type": call.text("AlternateContactType"),
                "at": time.monotonic(),
            }
        )

    def as_json(self) -> dict[str, Any]:
        """For the control interface: totals, each operation, each write."""
        operations = self._operations
        return {
            "calls": sum(each.calls for each in operations.values()),
            "throttled": sum(each.throttled for each in operations.values()),
            "operations": {
                name: {
                    "calls": counts.calls,
                    "throttled": counts.throttled,
                    "codes": dict(counts.codes),
                    "first": counts.first,
                    "last": counts.last,
                    "most_at_once": counts.most_at_once,
                }
                for name, counts in operations.items()
            },
            "writes": list(self._writes),
        }
