"""The plan of what a reading changes.

Plain data: `bot.domain.evaluation.reconcile` makes it, and the store applies it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.evaluation.known_account import KnownContact, KnownFinding
    from bot.domain.findings import FindingKey, Resolution, Verdict
    from bot.domain.policy.destination import Destination


@dataclass(frozen=True, slots=True)
class FindingDetails:
    """A finding's details: the verdict, where it is announced, and the account's owner."""

    verdict: Verdict
    destination: Destination
    owner: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OpenedFinding:
    """A new finding; one with an `exemption_id` is exempt from the start."""

    key: FindingKey
    details: FindingDetails
    seen_at: datetime
    exemption_id: int | None = None


@dataclass(frozen=True, slots=True)
class RefreshedFinding:
    """A finding that was found again, with its current details."""

    finding: KnownFinding
    details: FindingDetails
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ResolvedFinding:
    """A finding that is resolved: how, and the user whose fix resolved it, if any."""

    finding: KnownFinding
    resolution: Resolution
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class KeptContact:
    """A contact to be kept as read; `checked` if a scan or a fix read it and could evaluate it."""

    type: ContactType
    contact: AlternateContact | None
    fingerprint: str
    read_at: datetime
    checked: bool
    before: KnownContact | None = None

    @property
    def is_new(self) -> bool:
        """Whether it differs from the kept one, or none was kept."""
        return self.before is None or self.before.fingerprint != self.fingerprint

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the kept one."""
        return self.before is not None and self.is_new


@dataclass(frozen=True, slots=True)
class ChangedContact:
    """A compliant contact that somebody else changed, to be announced."""

    key: FindingKey
    destination: Destination
    before: AlternateContact | None
    after: AlternateContact | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reading changes, in order. `confirmed` has the ids of fixes verified in AWS."""

    contacts: tuple[KeptContact, ...] = ()
    confirmed: tuple[int, ...] = ()
    resolved: tuple[ResolvedFinding, ...] = ()
    refreshed: tuple[RefreshedFinding, ...] = ()
    opened: tuple[OpenedFinding, ...] = ()
    changed: tuple[ChangedContact, ...] = ()

    @classmethod
    def of(cls, plans: Iterable[Plan]) -> Plan:
        """Several plans as one."""
        every = tuple(plans)
        return cls(
            tuple(item for plan in every for item in plan.contacts),
            tuple(item for plan in every for item in plan.confirmed),
            tuple(item for plan in every for item in plan.resolved),
            tuple(item for plan in every for item in plan.refreshed),
            tuple(item for plan in every for item in plan.opened),
            tuple(item for plan in every for item in plan.changed),
        )
