"""Fixes: one change of one contact each, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure


class FixState(StrEnum):
    """How far a fix got.

    `PLANNED`: recorded, perhaps not written yet. `APPLIED`: AWS took it, and does not show it yet.
    `CONFIRMED`: read back and equal. `FAILED`: the contact is as it was before.
    """

    PLANNED = "planned"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What a person asks for.

    `key` is the same for a form submitted twice, and for no other. `shown` is the fingerprint of
    the contact that the person was shown when the form was filled at `shown_at`.
    """

    key: str
    account_id: str
    type: ContactType
    wanted: AlternateContact
    user_id: str
    shown: str
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix as recorded. `ended_at` is None while somebody still works on it.

    `before` is what AWS held, None for no contact; it is recorded before AWS is asked to write.
    `already_there` is true where AWS held the wanted contact without this fix writing it.
    """

    id: int
    request: FixRequest
    account_name: str
    state: FixState
    planned_at: datetime
    before: AlternateContact | None = field(default=None, repr=False)
    applied_at: datetime | None = None
    ended_at: datetime | None = None
    failure: Failure | None = None
    already_there: bool = False
