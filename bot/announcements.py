"""What the channel is to be told: decided here as data, recorded with its cause, sent later."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.scans import ScanState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.findings import Cause, Failure, Finding, FindingKey
    from bot.scans import Scan


class AnnouncementKind(StrEnum):
    """The four messages that go to the channel unasked."""

    FALLS_SHORT = "falls_short"
    UNCHECKED = "unchecked"
    CHECKS_FAILING = "checks_failing"
    CHECKS_WORKING = "checks_working"


class SendState(StrEnum):
    """How far an announcement got.

    `SENDING` is written before Slack is asked: found so after a crash, or left so by a lost answer,
    the message may stand in the channel. `WITHDRAWN`: it was resolved before it was ever sent.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message to the channel.

    `id` travels in the message's metadata. `revision` grows when a finding it shows changes;
    `shown_revision` is what stands in the channel. `first_tried_at` is when sending was first
    tried, the earliest moment to look for it from. `failure` is of a `CHECKS_FAILING` one.
    """

    id: str
    kind: AnnouncementKind
    scan_id: int
    created_at: datetime
    state: SendState
    revision: int = 0
    shown_revision: int = 0
    channel_id: str = ""
    ts: str = ""
    first_tried_at: datetime | None = None
    maybe_repeat: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class AnnouncementContent:
    """All that is needed to show an announcement.

    `findings` holds up to as many as were asked for, open ones first where not all fit, else in
    the order of account names; `total` and `open` count all.
    """

    announcement: Announcement
    scan: Scan
    findings: Sequence[Finding] = ()
    total: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class NewAnnouncement:
    """An announcement to be recorded, with the findings that it shows."""

    kind: AnnouncementKind
    findings: tuple[FindingKey, ...] = ()
    failure: Failure | None = None


def plan(
    scan: Scan, opened: Sequence[FindingKey], failing_before: Cause | None
) -> tuple[NewAnnouncement, ...]:
    """What a scan that ended gives reason to say.

    Args:
        scan: the scan, ended.
        opened: the findings that it opened.
        failing_before: the cause last announced as keeping checks from working, if it still stands.

    Returns:
        At most one announcement of each kind; none repeats what still stands.
    """
    news: list[NewAnnouncement] = []
    short = tuple(key for key in opened if key.outcome.falls_short)
    unchecked = tuple(key for key in opened if key.outcome.unchecked)
    if short:
        news.append(NewAnnouncement(AnnouncementKind.FALLS_SHORT, short))
    if unchecked:
        news.append(NewAnnouncement(AnnouncementKind.UNCHECKED, unchecked))
    failing = scan.failing
    if failing is not None and failing.cause != failing_before:
        news.append(NewAnnouncement(AnnouncementKind.CHECKS_FAILING, failure=failing))
    if scan.state is ScanState.COMPLETE and failing_before is not None:
        news.append(NewAnnouncement(AnnouncementKind.CHECKS_WORKING))
    return tuple(news)
