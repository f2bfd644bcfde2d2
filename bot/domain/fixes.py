"""Fixes: each one change of one contact, and its progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure


class FixState(StrEnum):
    """How far a fix has come.

    `PLANNED`: recorded, perhaps not written yet. `APPLIED`: AWS accepted it, but doesn't return it
    yet. `CONFIRMED`: verified in AWS. `FAILED`: the contact is unchanged, as far as known;
    `Fix.in_doubt_since` says whether that is certain.
    """

    PLANNED = "planned"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    FAILED = "failed"

    def can_become(self, other: FixState) -> bool:
        """Whether `other` is at least as certain as this state.

        Two processes may see different results of one fix. That AWS accepted it outweighs that it
        seemed to fail, and that AWS returns it outweighs both.
        """
        return _CERTAINTY.index(other) >= _CERTAINTY.index(self)


_CERTAINTY: Final = (FixState.PLANNED, FixState.FAILED, FixState.APPLIED, FixState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class FixRequest:
    """The change that a person requests.

    `key` is unique to a form, and the same if it is submitted twice. `wanted` is None if the
    contact is to be removed. `shown` is the fingerprint of the contact that the person saw when the
    form was filled in at `shown_at`. `run_id` is the run that the fix belongs to, if any, and
    `undoes` the fix that this one undoes. `confirmed_tool` names the tool that keeps the contact as
    code, if the person confirmed to change AWS anyway.
    """

    key: str
    account_id: str
    type: ContactType
    wanted: AlternateContact | None
    user_id: str
    shown: str
    shown_at: datetime
    run_id: int | None = None
    undoes: int | None = None
    confirmed_tool: str = ""


@dataclass(frozen=True, slots=True)
class WriteOrigin:
    """Who changes a contact in AWS, and by which fix: CloudTrail records both.

    `is_run`: the fix belongs to a run, and waits behind those that a person waits for. `may_send`
    is asked right before each try is sent: a process that was paused may not be the one any more
    that makes the fix.
    """

    fix_id: int
    user_id: str
    is_run: bool = False
    may_send: Callable[[], bool] = field(default=lambda: True, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix as recorded. `ended_at` is None while it is, or still has to be, worked on.

    `before` is the contact in AWS, None if there was none; it is recorded before the write.
    `already_there` is true if AWS had the wanted contact without this fix writing it.
    `in_doubt_since` is when the write was sent, as long as its result is unknown: for a `PLANNED`
    fix it is None if nothing was sent, for a `FAILED` one if AWS certainly did not apply it.
    `unusual_domain`: few or no other accounts used its email domain, and the person confirmed it.
    `undone_by` is the verified fix that undid this one. `aws_request_id` is AWS's id of the
    accepted write; empty if AWS accepted none, or its answer was lost.
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
    undone_by: int | None = None
    aws_request_id: str = ""

    @property
    def may_have_written(self) -> bool:
        """Whether AWS applied this fix, or may have."""
        took = self.state in {FixState.APPLIED, FixState.CONFIRMED} and not self.already_there
        return took or self.in_doubt_since is not None
