"""What is known about an account before it is read.

Plain data, so that `bot.domain.evaluation.reconcile` needs no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.findings import FindingKey
    from bot.domain.fixes import Fix
    from bot.domain.policy.destination import Destination
    from bot.domain.rule_catalog import Rule


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """A finding that is not resolved, with the details it keeps until they are read again."""

    id: int
    key: FindingKey
    destination: Destination
    owner: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact as last read; `checked…`: as a scan or a fix last read it, if any did."""

    fingerprint: str
    read_at: datetime
    checked: AlternateContact | None = None
    checked_fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What is known about one account.

    `fixes` has the newest fix of each contact that did not fail, as long as AWS may not return it
    yet. `doubtful` has the newest fix that failed although AWS may have applied it, if no other was
    made since. `fixed_to` has the fingerprint of what the newest fix since the last scan wrote.
    `exemptions` has the ids of exemptions whose end is not recorded.
    """

    findings: tuple[KnownFinding, ...] = ()
    contacts: Mapping[ContactType, KnownContact] = field(default_factory=dict)
    fixes: Mapping[ContactType, Fix] = field(default_factory=dict)
    doubtful: Mapping[ContactType, Fix] = field(default_factory=dict)
    fixed_to: Mapping[ContactType, str] = field(default_factory=dict)
    exemptions: Mapping[tuple[ContactType, Rule], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadingTime:
    """When something was read, relative to now.

    `began` applies to results that don't say when they were read. `consistency` is how long after
    a write AWS may still return the old value.
    """

    now: datetime
    began: datetime
    consistency: timedelta
