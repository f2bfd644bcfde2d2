"""Runs: many contacts changed by one request, previewed before and followed to their end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import fingerprint

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.actors import Actor
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure


class RunKind(StrEnum):
    """What a run does: fix or remove contacts, undo earlier fixes, or what the policy automates."""

    FIX = "fix"
    REMOVE = "remove"
    UNDO = "undo"
    AUTO_FIX = "auto_fix"


class RunState(StrEnum):
    """How far a run has come.

    `PREVIEWED`: a person saw it and has decided nothing yet. `REQUESTED`: it waits for approval.
    `RUNNING`: its items are being worked on. `STOPPED`: a person, or the same failure everywhere,
    stopped it; the rest is still planned. `ENDED`: every item has a result. `CANCELED`: it was
    withdrawn, rejected, or expired before it began.
    """

    PREVIEWED = "previewed"
    REQUESTED = "requested"
    RUNNING = "running"
    STOPPED = "stopped"
    ENDED = "ended"
    CANCELED = "canceled"


class ItemState(StrEnum):
    """How far one contact of a run has come.

    `LEFT_OUT`: the preview left it out, so nothing is written. `HELD_BACK`: AWS, the policy or its
    exemptions changed since the preview, so nothing was written. `VERIFIED`, `SAVED`: AWS shows it,
    or accepted it. `FAILED`: it wasn't written, as far as known.
    """

    PLANNED = "planned"
    LEFT_OUT = "left_out"
    HELD_BACK = "held_back"
    VERIFIED = "verified"
    SAVED = "saved"
    FAILED = "failed"


class LeftAlone(StrEnum):
    """Why runs leave a contact alone, whatever it should be.

    `EXCLUDED`: the policy excludes its account. `EXEMPT`: all of its findings are exempt.
    """

    EXCLUDED = "excluded"
    EXEMPT = "exempt"

    @property
    def sentence(self) -> str:
        """Why, as a sentence."""
        return _LEFT_ALONE[self]


_LEFT_ALONE: Final = {
    LeftAlone.EXCLUDED: "The policy excludes this account.",
    LeftAlone.EXEMPT: "All findings of this contact are exempt.",
}


@dataclass(frozen=True, slots=True)
class RunItem:
    """One contact of a run.

    `wanted` is None if the contact is to be removed; `before` is what AWS had when the preview was
    made, None if none was set, last read at `read_at` (None: never). `reason` says in a sentence
    why it was left out, held back or failed, without personal data; `failure` is the cause, if it
    is AWS's. `fix_id` is the newest fix of this item, `undoes` the fix that it undoes. `attempt`
    counts from 1, and grows if it is retried. `confirmed_tool` as in `FixRequest`. `despite` is why
    runs leave the contact alone, if somebody requested the change in the form all the same.
    """

    number: int
    run_id: int
    account_id: str
    account_name: str
    type: ContactType
    wanted: AlternateContact | None = field(default=None, repr=False)
    before: AlternateContact | None = field(default=None, repr=False)
    read_at: datetime | None = None
    state: ItemState = ItemState.PLANNED
    reason: str = ""
    failure: Failure | None = None
    fix_id: int | None = None
    undoes: int | None = None
    attempt: int = 1
    confirmed_tool: str = ""
    despite: LeftAlone | None = None

    @property
    def shown(self) -> str:
        """The fingerprint of the contact that the preview showed."""
        return fingerprint(self.before)


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many contacts of a run are in which state."""

    planned: int = 0
    left_out: int = 0
    held_back: int = 0
    verified: int = 0
    saved: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All contacts that are, or were, to be changed: without those left out."""
        return self.planned + self.held_back + self.verified + self.saved + self.failed


@dataclass(frozen=True, slots=True)
class Run:
    """A run as recorded.

    `key` is unique to the form or command that it came from, and the same if that is submitted
    twice. `requested_by` is the person, or the bot or the command line by name. `reason` is theirs,
    if they gave one. `stop_reason` says why it is `STOPPED` or `CANCELED`. `interrupted` counts how
    often another process had to take it over. `undoes` is the run that it undoes.
    """

    id: int
    key: str
    kind: RunKind
    state: RunState
    requested_by: Actor
    created_at: datetime
    counts: RunCounts
    reason: str = ""
    channel: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stop_reason: str = ""
    interrupted: int = 0
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class LastReading:
    """A contact as last read, and what the last check found in it.

    `contact` is None if none was set at `read_at`; if that is None, it was never read. `failure` is
    why the last check couldn't read it, if it couldn't. `is_open`: it has open findings.
    `is_exempt`: all its findings are exempt.
    """

    contact: AlternateContact | None = field(default=None, repr=False)
    read_at: datetime | None = None
    failure: Failure | None = None
    is_open: bool = False
    is_exempt: bool = False

    @property
    def is_compliant(self) -> bool:
        """Whether a contact is set in which the last check found nothing."""
        clean = not self.is_open and not self.is_exempt and self.failure is None
        return self.contact is not None and clean
