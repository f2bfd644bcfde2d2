"""A contact that somebody else changed: what it was, what it is, and when that was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.contacts import AlternateContact, ContactType


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A contact that is not what it was at the last check, and not by a fix of this bot.

    None is one that was, or is, not there.
    """

    account_id: str
    account_name: str
    type: ContactType
    before: AlternateContact | None
    after: AlternateContact | None
    seen_at: datetime
