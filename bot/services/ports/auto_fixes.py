"""The port to the record of auto-fixes; `bot.services.ports.store` says what all ports promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bot.domain.contacts import ContactType


@dataclass(frozen=True, slots=True)
class PlannedAutoFix:
    """A contact that the bot fixed by itself, or tried to, and when it planned that."""

    account_id: str
    type: ContactType
    planned_at: datetime


@dataclass(frozen=True, slots=True)
class AutoFixDecision:
    """What the bot decided after a scan about the accounts of one channel.

    `chosen` counts the contacts to fix, `left` those beyond `limit`. `channel` is as the policy
    names it, empty for the channel of the settings.
    """

    channel: str
    chosen: int
    left: int = 0
    limit: int = 0


class AutoFixRepository(Protocol):
    """What the bot fixed by itself, and where it stopped."""

    def unstarted(self) -> Sequence[int]:
        """The ids of runs that were recorded, but whose start was interrupted."""
        ...

    def planned_since(self, moment: datetime) -> Sequence[PlannedAutoFix]:
        """The contacts that the bot planned to fix by itself since then, in any process."""
        ...

    def is_decided(self, scan_id: int) -> bool:
        """Whether it was decided what to fix after this scan."""
        ...

    def decide(self, scan_id: int, decisions: Collection[AutoFixDecision]) -> None:
        """Record what was decided after a scan; alerts of the scan show where the bot stopped."""
        ...
