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
"""Characters that a reason needs."""

LONGEST_REASON: Final = 500
"""Characters that a reason may have: enough for a paragraph, and far below Slack's limits."""

NOTICE: Final = timedelta(days=7)
"""How long before its end an announcement says so."""


class ExemptionKind(StrEnum):
    """`EXEMPTION`: accepted for a time. `VERIFICATION`: verified manually, without an API."""

    EXEMPTION = "exemption"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class ExemptionRequest:
    """What a person asks to exempt.

    `reason` is why, or for a verification what was seen; it may hold personal data.
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

    `ended_at` is set once it is over: with `ended_by` where a person ended it, else on its day.
    `noticed_at` is when its coming end was announced.
    """

    id: int
    request: ExemptionRequest
    granted_at: datetime
    account_name: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    noticed_at: datetime | None = None
