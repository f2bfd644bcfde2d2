"""Exemptions of findings, and manual verifications: by whom, why, until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import ContactType
    from bot.domain.rule_catalog import Rule

SHORTEST_REASON: Final = 10
"""The fewest characters that a reason may have."""

LONGEST_REASON: Final = 500
"""The most characters that a reason may have: a paragraph, and far below Slack's limits."""

NOTICE: Final = timedelta(days=7)
"""How long before its end an exemption is announced as ending soon."""


class ExemptionKind(StrEnum):
    """`EXEMPTION`: accepted for a time. `VERIFICATION`: verified manually, without an API."""

    EXEMPTION = "exemption"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class ExemptionRequest:
    """A request to exempt something.

    `reason` is why, or for a verification what the person saw; it may contain personal data.
    """

    kind: ExemptionKind
    account_id: str
    type: ContactType
    rule: Rule
    reason: str = field(repr=False)
    user_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption as recorded; it is never deleted.

    `ended_at` is set once it is over; `ended_by` is set too if a person ended it early.
    `noticed_at` is when its upcoming end was announced.
    """

    id: int
    request: ExemptionRequest
    granted_at: datetime
    account_name: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    noticed_at: datetime | None = None
