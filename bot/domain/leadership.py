"""Which of the bot processes on one database leads, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads, or led last.

    `token` grows by one with each new leader. `is_over`: the lease has run out and nobody has taken
    over yet, or the leader stopped. `is_own`: it is the process that asks.
    """

    host: str
    since: datetime
    token: int
    is_over: bool = False
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ReplicaNews:
    """What a replica can't know by itself.

    `others` counts the other replicas that are running. `changed` differs from that of before once
    anything was recorded that messages show. `reload` is the number of the last reload of the
    policy that somebody requested of any replica, and `digest` that of the policy it applied.
    """

    others: int
    changed: tuple[int, int]
    reload: int
    digest: str
