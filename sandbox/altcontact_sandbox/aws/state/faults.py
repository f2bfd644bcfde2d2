"""Faults on demand: which calls they strike, how often, and from which call on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from altcontact_sandbox.aws.protocol.messages import Call

_ALL: Final = 100.0


class FaultKind(StrEnum):
    """What may go wrong."""

    THROTTLE = "throttle"
    """`TooManyRequestsException`, whatever the quota says."""
    ERROR = "error"
    """`InternalServerException`, HTTP 500."""
    HTML = "html"
    """A proxy's page, with status 200."""
    CLOSE = "close"
    """The connection is closed without an answer, and nothing was done."""
    HANG = "hang"
    """The answer comes after `seconds`, or when the fault is cleared."""
    EXPIRE = "expire"
    """The caller's credentials expire with this call, for good."""
    LOST_ANSWER = "lost_answer"
    """The call is carried out, but its answer is lost on the way."""


@dataclass(slots=True)
class Fault:
    """One fault. What is None matches anything.

    Args:
        kind: what goes wrong.
        operation: `GetAlternateContact`, …
        account_id: the account acted on.
        contact_type: `SECURITY`, …
        count: how many calls it strikes; None is all of them.
        after: how many matching calls it lets pass first.
        seconds: how long a `hang` lasts; None is until it is cleared.
        percent: of the calls that match, how many it strikes, from 0 to 100; None is all of them.
        seed: which calls those are. The same seed strikes the same attempts on an account and type,
            in whatever order a client with several threads calls.

    Raises:
        ValueError: `percent` is not from 0 to 100.
    """

    kind: FaultKind
    operation: str | None = None
    account_id: str | None = None
    contact_type: str | None = None
    count: int | None = None
    after: int = 0
    seconds: float | None = None
    percent: float | None = None
    seed: int = 0
    struck: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _attempts: Counter[str] = field(default_factory=Counter, repr=False)

    def __post_init__(self) -> None:
        """Check what was set."""
        if self.percent is not None and not 0 <= self.percent <= _ALL:
            raise ValueError("percent is a number from 0 to 100")

    def matches(self, call: Call, account_id: str) -> bool:
        """Whether it strikes this call; counts."""
        wanted = (
            (self.operation, call.operation),
            (self.account_id, account_id),
            (self.contact_type, call.text("AlternateContactType")),
        )
        if any(only not in {None, given} for only, given in wanted):
            return False
        if self.count is not None and self.struck >= self.count:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.percent is not None and not self._is_drawn(call, account_id, self.percent):
            return False
        self.struck += 1
        return True

    def _is_drawn(self, call: Call, account_id: str, percent: float) -> bool:
        attempt = f"{call.operation}/{account_id}/{call.text('AlternateContactType')}"
        self._attempts[attempt] += 1
        drawn = random.Random(f"{self.seed}/{attempt}/{self._attempts[attempt]}")  # noqa: S311 - no secret
        return drawn.random() * _ALL < percent

    async def hang(self) -> None:
        """Wait until the time is up or the fault is cleared."""
        try:
            await asyncio.wait_for(self.released.wait(), self.seconds)
        except TimeoutError:
            return

    def as_json(self) -> dict[str, Any]:
        """For the control interface."""
        return {
            "kind": self.kind.value,
            "operation": self.operation,
            "account_id": self.account_id,
            "contact_type": self.contact_type,
            "count": self.count,
            "after": self.after,
            "seconds": self.seconds,
            "percent": self.percent,
            "seed": self.seed,
            "struck": self.struck,
        }


class Faults:
    """The faults in force, by id, in the order of their adding: the first to match wins."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._next_id = 1

    def add(self, fault: Fault) -> int:
        """Add a fault and give it an id."""
        fault_id = self._next_id
        self._next_id += 1
        self._faults[fault_id] = fault
        return fault_id

    def clear(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all; what hangs goes on."""
        ids = list(self._faults) if fault_id is None else [fault_id]
        for each in ids:
            fault = self._faults.pop(each, None)
            if fault is not None:
                fault.released.set()

    def first_match(self, call: Call, account_id: str) -> Fault | None:
        """The fault that strikes a call, if one does."""
        return next(
            (each for each in self._faults.values() if each.matches(call, account_id)), None
        )

    def as_json(self) -> list[dict[str, Any]]:
        """For the control interface."""
        return [{"id": fault_id, **fault.as_json()} for fault_id, fault in self._faults.items()]
