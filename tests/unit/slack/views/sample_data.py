"""Domain data for tests of Slack views: findings, announcements and reports of any size."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.domain.accounts import Account
from bot.domain.alert_summary import AlertFinding, AlertSummary, summarize
from bot.domain.announcements import Announcement, AnnouncementContent, AnnouncementKind, SendState
from bot.domain.contacts import AlternateContact, ContactChange, ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.failures import Failure, FailureCode, failure
from bot.domain.findings import (
    AccountResult,
    Difference,
    Finding,
    FindingKey,
    Outcome,
    ResolutionKind,
    severity_of,
)
from bot.domain.fixes import Fix, FixRequest, FixState
from bot.domain.policy.policy import Policy
from bot.domain.readings import Absent, ContactReading, Present, Unreadable
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.scans import (
    Changes,
    Scan,
    ScanPart,
    ScanReport,
    ScanState,
    Trigger,
    TriggerKind,
    count,
)
from bot.domain.scope import CallerRole, Scope, ScopeKind

NOW: Final = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
CONTACT: Final = AlternateContact(
    "Security team", "On call", "aws-security@corp.internal", "+44 20 7946 0958"
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


LIMIT: Final = Failure(
    FailureCode.WRONG_CALLER,
    "Only account 222222222222 is checked, since the bot can't list <its> organization.",
    "Run the bot in the management account.",
)


def limited_scan(name: str = "") -> Scan:
    """A scan of one account whose organization can't be listed."""
    scope = Scope(ScopeKind.ACCOUNT, CallerRole.MEMBER, "222222222222", limit=LIMIT)
    counts = {outcome: int(outcome is Outcome.COMPLIANT) for outcome in Outcome}
    return replace(scan(), scope=scope, counts=counts, parts=(ScanPart(name, scope),))


RULES: Final = {
    Outcome.MISSING: Rule.MISSING,
    Outcome.WRONG: Rule.DIFFERENT,
    Outcome.WEAK: Rule.PLACEHOLDER,
    Outcome.UNKNOWN: Rule.UNREADABLE,
    Outcome.UNSUPPORTED: Rule.UNSUPPORTED,
}
REASONS: Final = {
    Rule.MISSING: "No SECURITY contact is set.",
    Rule.DIFFERENT: "It is not the one that the policy expects.",
    Rule.PLACEHOLDER: "It is a placeholder.",
    Rule.UNSUPPORTED: "This partition has no API for alternate contacts.",
}


def finding(
    number: int,
    name: str = "Web production",
    outcome: Outcome = Outcome.MISSING,
    *,
    rule: Rule | None = None,
    resolved: bool = False,
    by: str = "",
    differences: tuple[Difference, ...] = (),
    aside: Exemption | None = None,
    owner: str = "",
    path: str = "",
    kind: ContactType = ContactType.SECURITY,
    how: ResolutionKind | None = None,
) -> Finding:
    """A finding."""
    broken = rule or RULES[outcome]
    why = failure(FailureCode.DENIED_BY_SCP) if outcome is Outcome.UNKNOWN else None
    how = how or (ResolutionKind.FIXED if by else ResolutionKind.FIXED_IN_AWS)
    return Finding(
        id=number,
        key=FindingKey(account_id(number), kind, outcome, broken),
        account_name=name,
        reason=why.message if why else REASONS.get(broken, f"It breaks {broken.value}."),
        first_seen=NOW,
        last_seen=NOW,
        failure=why,
        resolved_at=NOW if resolved else None,
        resolved_by=by,
        resolution="The SECURITY contact was set outside of this bot." if resolved else "",
        resolution_kind=how if resolved else None,
        severity=SEVERITIES.get(broken) if outcome.is_non_compliant else None,
        differences=differences,
        exemption=aside,
        owner=owner,
        path=path,
    )


def exemption(
    number: int = 1,
    *,
    kind: ExemptionKind = ExemptionKind.EXEMPTION,
    rule: Rule = Rule.MISSING,
    reason: str = "Closed at the end of the month.",
    name: str = "Web production",
    ended: datetime | None = None,
    by: str = "",
) -> Exemption:
    """A finding that bob exempted until five days from now."""
    until = NOW + timedelta(days=5)
    request = ExemptionRequest(
        kind, account_id(number), ContactType.SECURITY, rule, reason, "U0BOB00002", until
    )
    return Exemption(number, request, NOW - timedelta(days=30), name, ended, by)


def change(
    number: int,
    before: AlternateContact | None = CONTACT,
    after: AlternateContact | None = CONTACT,
    name: str = "Web production",
) -> ContactChange:
    """A contact that somebody else changed."""
    return ContactChange(account_id(number), name, ContactType.SECURITY, before, after, NOW)


def summary(findings: Iterable[Finding], elsewhere: Iterable[Finding] = ()) -> AlertSummary:
    """What became of the accounts of these findings, with others of the same accounts."""
    shown = [
        AlertFinding(
            each.key.account_id,
            each.account_name,
            each.key.type,
            each.key.rule,
            each.key.outcome,
            in_alert,
            each.resolved_at is not None,
            each.resolution_kind,
            each.resolved_by,
            each.exemption.request.until if each.exemption else None,
            each.failure,
        )
        for in_alert, members in ((True, findings), (False, elsewhere))
        for each in members
    ]
    return summarize(sorted(shown, key=lambda each: (each.account_id, not each.in_alert)))


def content(
    total: int,
    kind: AnnouncementKind = AnnouncementKind.NON_COMPLIANT,
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
    still_open = total - resolved
    return AnnouncementContent(
        announcement,
        scan(),
        findings,
        total,
        still_open,
        contacts=still_open,
        missing=still_open if outcome is Outcome.MISSING else 0,
        severities={Severity.VERY_HIGH: still_open} if outcome is Outcome.MISSING else {},
        summary=summary(
            finding(number, names[number % len(names)], outcome, resolved=number >= still_open)
            for number in range(total)
        ),
    )


def mixed(
    *findings: Finding,
    kind: AnnouncementKind = AnnouncementKind.NON_COMPLIANT,
    elsewhere: Sequence[Finding] = (),
    **members: Any,  # noqa: ANN401 - any member of an announcement
) -> AnnouncementContent:
    """An announcement of these findings, all of them shown; `elsewhere` are in other alerts."""
    announcement = replace(Announcement("a" * 32, kind, 1, NOW, SendState.SENDING), **members)
    still_open = [each for each in findings if each.is_open]
    severities = Counter(severity for each in still_open if (severity := severity_of(each)))
    return AnnouncementContent(
        announcement,
        scan(),
        findings,
        len(findings),
        len(still_open),
        sum(each.exemption is not None and each.resolved_at is None for each in findings),
        len({(each.key.account_id, each.key.type) for each in still_open}),
        sum(each.key.rule is Rule.MISSING for each in still_open),
        severities,
        summary=summary(findings, elsewhere),
    )


def notice(
    kind: AnnouncementKind,
    *,
    changes: Sequence[ContactChange] = (),
    exemptions: Sequence[Exemption] = (),
    total: int = 0,
    **members: Any,  # noqa: ANN401 - any member of an announcement
) -> AnnouncementContent:
    """An announcement of changes, of exemptions that end, or of checks."""
    announcement = replace(Announcement("a" * 32, kind, 1, NOW, SendState.SENDING), **members)
    number = total or len(changes) + len(exemptions)
    return AnnouncementContent(
        announcement, scan(), total=number, changes=changes, exemptions=exemptions
    )


def result(number: int, reading: ContactReading, name: str = "Web production") -> AccountResult:
    """An account with its SECURITY contact as read."""
    account = Account(account_id(number), name)
    policy = Policy.requiring().resolve(account)
    return evaluate(account, {ContactType.SECURITY: reading}, policy, NOW)


def report(missing: int, unknown: int, compliant: int, name: str = "Web production") -> ScanReport:
    """A report with so many accounts of each outcome."""
    causes = [cause for cause in FailureCode if cause is not FailureCode.NOT_REACHED]
    readings: list[ContactReading] = [Absent()] * missing
    readings += [Unreadable(failure(causes[number % len(causes)])) for number in range(unknown)]
    readings += [Present(CONTACT)] * compliant
    results = [result(number, reading, name) for number, reading in enumerate(readings)]
    keys = tuple(
        FindingKey(item.account.id, ContactType.SECURITY, item.outcome, Rule.MISSING)
        for item in results
        if item.outcome.is_non_compliant
    )
    return ScanReport(scan(results=results), results, Changes(opened=keys))


def fix(
    state: FixState,
    *,
    already_there: bool = False,
    name: str = "Web production",
    before: AlternateContact | None = None,
    wanted: AlternateContact = CONTACT,
    unusual_domain: bool = False,
) -> Fix:
    """A fix that ended."""
    request = FixRequest(
        "V1:h:f", account_id(1), ContactType.SECURITY, wanted, "U0ALICE001", "none", NOW
    )
    ended = Fix(7, request, name, state, NOW, before, NOW, NOW, None, already_there)
    return replace(ended, unusual_domain=unusual_domain)


def fix_announcement(found: Fix) -> AnnouncementContent:
    """The announcement of a fix."""
    announcement = Announcement("a" * 32, AnnouncementKind.FIXED, None, NOW, SendState.SENDING)
    return AnnouncementContent(announcement, None, total=1, fix=found)
