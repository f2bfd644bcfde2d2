"""What is known of a request that was received before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EarlierRequest:
    """A request that some replica, or this one before a restart, received.

    Args:
        age: seconds since then, by the database's clock.
        is_answered: whether its answer was sent. It wasn't if the replica ended before that.
    """

    age: float
    is_answered: bool
