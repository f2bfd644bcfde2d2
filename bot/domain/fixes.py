"""Fixes: one change of one contact each, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure


class FixState(StrEnum):
    """How far a fix got.

    `PLANNED`: recorded, perhaps not written yet. `APPLIED`: AWS took it, and does not show it yet.
    `CONFIRMED`: read back and equal. `FAILED`: the contact is as it was before, as far as known;
    `Fix.in_doubt_since` tells whether that is certain.
    """

    PLANNED = "planned"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    FAILED = "failed"

    def can_become(self, other: FixState) -> bool:
        """Whether `other` says as much as this state or more.

        Two processes may come to know different things of one fix. That AWS took it counts for
        more than that it did not seem to, and that AWS shows it counts most.
        """
        return _CERTAINTY.index(other) >= _CERTAINTY.index(self)


_CERTAINTY: Final = (FixState.PLANNED, FixState.FAILED, FixState.APPLIED, FixState.CONFIRMED)


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
    """A fix as recorded. `ended_at` is None while somebody still works on it, or has to.

    `before` is what AWS held, None for no contact; it is recorded before AWS is asked to write.
    `already_there` is true where AWS held the wanted contact without this fix writing it.
    `in_doubt_since` is when AWS was asked to write, for as long as it is not known whether it
    did: of a `PLANNED` fix it is None where AWS was not asked, of a `FAILED` one where AWS surely
    did not take it. `unusual_domain`: few or no other accounts used its email domain, and the
    person confirmed it.
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
    in_doubt_since: datetime | None = None
    unusual_domain: bool = False

    @property
    def may_have_written(self) -> bool:
        """Whether AWS took this fix, or may have."""
        took = self.state in {FixState.APPLIED, FixState.CONFIRMED} and not self.already_there
        return took or self.in_doubt_since is not None
