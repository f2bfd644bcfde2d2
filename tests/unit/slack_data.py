"""Domain data for tests of Slack views: findings, announcements and reports of any size."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.announcements import Announcement, AnnouncementContent, AnnouncementKind, SendState
from bot.causes import failure
from bot.contacts import Account, AlternateContact, ContactType
from bot.findings import (
    Absent,
    AccountResult,
    Cause,
    Failure,
    Finding,
    FindingKey,
    Held,
    Outcome,
    Reading,
    Unreadable,
    evaluate,
)
from bot.fixes import Fix, FixRequest, FixState
from bot.policy import Policy
from bot.scans import Changes, Scan, ScanReport, ScanState, Trigger, TriggerKind, count
from bot.scope import CallerRole, Scope, ScopeKind

NOW: Final = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
CONTACT: Final = AlternateContact(
    "Security team", "On call", "aws-security@example.com", "+44 20 7946 0958"
)
HOSTILE: Final = (
    "<!channel>",
    "*bold*",
    "`code`",
    "_x_ ~y~",
    ":smile:",
    "a & b < c > d",
    "x",
    "&" * 50,
    "<@U0ALICE001>",
)


def account_id(number: int) -> str:
    """An account id of twelve digits."""
    return f"{100_000_000_000 + number}"


def scan(
    state: ScanState = ScanState.COMPLETE,
    why: Failure | None = None,
    results: list[AccountResult] | None = None,
) -> Scan:
    """A scan that ended."""
    return Scan(
        1,
        Trigger(TriggerKind.SLACK, "U0ALICE001"),
        state,
        NOW,
        NOW + timedelta(seconds=20),
        Scope(ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT, "111111111111"),
        count(results or []),
        why,
    )


def finding(
    number: int,
    name: str = "Web production",
    outcome: Outcome = Outcome.MISSING,
    *,
    resolved: bool = False,
    by: str = "",
) -> Finding:
    """A finding."""
    why = failure(Cause.DENIED_BY_SCP) if outcome is Outcome.UNKNOWN else None
    return Finding(
        id=number,
        key=FindingKey(account_id(number), ContactType.SECURITY, outcome),
        account_name=name,
        reason=why.words if why else "No SECURITY contact is set.",
        first_seen=NOW,
        last_seen=NOW,
        failure=why,
        resolved_at=NOW if resolved else None,
        resolved_by=by,
        resolution="The SECURITY contact is set." if resolved else "",
    )


def content(
    total: int,
    kind: AnnouncementKind = AnnouncementKind.FALLS_SHORT,
    *,
    resolved: int = 0,
    names: tuple[str, ...] = ("Web production",),
    limit: int = 20,
    offset: int = 0,
    maybe_repeat: bool = False,
    why: Failure | None = None,
) -> AnnouncementContent:
    """An announcement of `total` findings, the last `resolved` of them resolved."""
    outcome = Outcome.UNKNOWN if kind is AnnouncementKind.UNCHECKED else Outcome.MISSING
    findings = [
        finding(number, names[number % len(names)], outcome, resolved=number >= total - resolved)
        for number in range(offset, min(total, offset + limit))
    ]
    announcement = Announcement(
        "a" * 32, kind, 1, NOW, SendState.SENDING, maybe_repeat=maybe_repeat, failure=why
    )
    return AnnouncementContent(announcement, scan(), findings, total, total - resolved)


def result(number: int, reading: Reading, name: str = "Web production") -> AccountResult:
    """An account with its SECURITY contact as read."""
    account = Account(account_id(number), name)
    return evaluate(account, {ContactType.SECURITY: reading}, Policy(), NOW)


def report(missing: int, unknown: int, compliant: int, name: str = "Web production") -> ScanReport:
    """A report with so many accounts of each outcome."""
    causes = [cause for cause in Cause if cause is not Cause.NOT_REACHED]
    readings: list[Reading] = [Absent()] * missing
    readings += [Unreadable(failure(causes[number % len(causes)])) for number in range(unknown)]
    readings += [Held(CONTACT)] * compliant
    results = [result(number, reading, name) for number, reading in enumerate(readings)]
    keys = tuple(
        FindingKey(item.account.id, ContactType.SECURITY, item.outcome)
        for item in results
        if item.outcome.falls_short
    )
    return ScanReport(scan(results=results), results, Changes(opened=keys))


def fix(state: FixState, *, already_there: bool = False, name: str = "Web production") -> Fix:
    """A fix that ended."""
    request = FixRequest(
        "V1:h:f", account_id(1), ContactType.SECURITY, CONTACT, "U0ALICE001", "none", NOW
    )
    return Fix(7, request, name, state, NOW, None, NOW, NOW, None, already_there)
