"""What a person who requested a check sees: its start, its progress, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.finding_lists import FindingPage
from bot.domain.findings import Outcome
from bot.domain.scan_summary import progress_text, summary_text
from bot.domain.scans import ScanState, TriggerKind
from bot.slack.views.blocks import (
    accounts,
    clip,
    context,
    date,
    escape,
    header,
    paragraph,
    text_size,
)
from bot.slack.views.finding_rows import NO_LINKS
from bot.slack.views.message import Message
from bot.slack.views.scan_limits import limits
from bot.slack.views.scan_result_rows import causes, contact_rows

if TYPE_CHECKING:
    from bot.domain.scans import Scan, ScanReport, Trigger
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

ROOM: Final = 8_500
"""Characters of a result without its last lines: Slack accepts about 10,000 in a message."""

FAILURES: Final = 3
"""Organizations whose failures a result shows."""

FAILURE_TEXT: Final = 700
ORGANIZATION_TEXT: Final = 50

_ORDER: Final = (
    (Outcome.COMPLIANT, "compliant"),
    (Outcome.MISSING, "missing a contact"),
    (Outcome.WRONG, "not as the policy expects"),
    (Outcome.WEAK, "with a weak contact"),
    (Outcome.UNKNOWN, "couldn't be checked"),
    (Outcome.UNSUPPORTED, "to verify manually"),
    (Outcome.EXEMPT, "exempt"),
    (Outcome.SKIPPED, "skipped, not active"),
)


def started_message() -> Message:
    """The check has started."""
    return _running("Checking all accounts… The result will appear here.")


def joined_message(scan: Scan) -> Message:
    """A check was already running."""
    by, since = started_by(scan.trigger), date(scan.started_at)
    return _running(
        f"A check is already running: {by} started it {since}. Its result will appear here."
    )


def progress_message(done: int, total: int | None) -> Message:
    """How far the check is; `total` is None while accounts are still being listed."""
    return _running(f"Checking accounts: {progress_text(done, total)}")


def result_message(
    report: ScanReport,
    page: FindingPage | None = None,
    links: RowLinks = NO_LINKS,
    *,
    note: str = "",
) -> Message:
    """The result of a check.

    Args:
        report: the check.
        page: its non-compliant contacts as they are now.
        links: what the rows link to.
        note: why contact details are hidden, as mrkdwn, if they are.
    """
    scan, page = report.scan, page or FindingPage()
    headline = _headline(scan, is_over=bool(page.resolved or page.exempt))
    blocks: list[Block] = [header(headline)]
    summary = summary_text(report)
    if summary:
        blocks.append(paragraph(escape(summary) + _since_then(page)))
        blocks.append(context(_counts(report)))
    blocks += _failures(scan)
    blocks += limits(scan)
    blocks += contact_rows(scan.id, page, links)
    blocks += causes(report.results, ROOM - text_size(blocks))
    blocks += [context(note)] if note else []
    blocks.append(context(_circumstances(report)))
    return Message(escape(f"{headline}. {summary}".strip()), blocks)


def started_by(trigger: Trigger) -> str:
    """Who or what started a scan, for mrkdwn."""
    match trigger.kind:
        case TriggerKind.SLACK:
            return f"<@{trigger.user_id}>"
        case TriggerKind.SCHEDULE:
            return "the schedule"
        case TriggerKind.CLI:
            return "the command line"


def _running(text: str) -> Message:
    return Message(text, [paragraph(f":hourglass_flowing_sand: {text}")])


def _headline(scan: Scan, *, is_over: bool) -> str:
    if scan.state is ScanState.FAILED:
        return "The check failed"
    begin = "" if scan.state is ScanState.COMPLETE else "Incomplete: "
    short = sum(number for outcome, number in scan.counts.items() if outcome.is_non_compliant)
    unchecked = sum(number for outcome, number in scan.counts.items() if outcome.unchecked)
    if short:
        verb = "needed" if is_over else "needs" if short == 1 else "need"
        return f"{begin}{short:,} of {accounts(scan.accounts)} {verb} attention"
    if unchecked:
        return f"{begin}{accounts(unchecked)} couldn't be checked"
    if scan.limits:
        return f"{begin}{_only_checked(scan.accounts)}"
    return f"{begin}{'no' if begin else 'No'} account needs attention"


def _only_checked(number: int) -> str:
    """That nothing needs attention, as far as that can be said: an organization wasn't listed."""
    it = "it needs no attention" if number == 1 else "none needs attention"
    return f"Only {accounts(number)} checked: {it}"


def _since_then(page: FindingPage) -> str:
    """What became of the non-compliant contacts since the check, as a line."""
    parts = [f"{page.resolved:,} resolved"] if page.resolved else []
    parts += [f"{page.exempt:,} exempt"] if page.exempt else []
    if not parts:
        return ""
    return f"\nSince then: {', '.join(parts)}, {page.open:,} left."


def _counts(report: ScanReport) -> str:
    """How many accounts have which outcome, for mrkdwn."""
    excluded = sum(bool(result.excluded) for result in report.results)
    parts = []
    for outcome, words in _ORDER:
        number = report.scan.counts.get(outcome)
        if number and outcome is Outcome.SKIPPED and excluded:
            inactive = number - excluded
            parts.append(f"*{excluded:,}* excluded by the policy")
            parts += [f"*{inactive:,}* {words}"] if inactive > 0 else []
        elif number:
            parts.append(f"*{number:,}* {words}")
    return " · ".join(parts)


def _failures(scan: Scan) -> list[Block]:
    """Why the check isn't complete, for each organization if there are several."""
    if scan.failure is None:
        return []
    failed = scan.state is ScanState.FAILED
    state = "No account was checked." if failed else "Some accounts weren't checked."
    of_each = [(part.organization, part.failure) for part in scan.parts if part.failure]
    shown = [
        f"{f'*{escape(clip(name, ORGANIZATION_TEXT))}:* ' if name else ''}{escape(why.message)}"
        f"\n:point_right: {escape(why.remedy)}"
        for name, why in (of_each or [("", scan.failure)])[:FAILURES]
    ]
    if len(of_each) > FAILURES:
        shown.append(f"…and {len(of_each) - FAILURES:,} more organizations.")
    lines = [f":warning: {state} {shown[0]}", *shown[1:]]
    return [paragraph(clip(line, FAILURE_TEXT)) for line in lines]


def _circumstances(report: ScanReport) -> str:
    scan = report.scan
    new = sum(1 for key in report.changes.opened if key.outcome.is_non_compliant)
    parts = [f"Started by {started_by(scan.trigger)} {date(scan.started_at)}"]
    scopes = [(part.organization, part.scope) for part in scan.parts] or [("", scan.scope)]
    for name, scope in scopes[:FAILURES]:
        if scope is not None:
            of = f"{escape(clip(name, ORGANIZATION_TEXT))} " if name else ""
            parts.append(f"{of}called from {scope.caller}")
    exempt = sum(
        verdict.exemption is not None
        for result in report.results
        for item in result.results
        for verdict in item.verdicts
    )
    if exempt:
        parts.append(f"{exempt:,} exempt")
    if new:
        parts.append(f"{new:,} new, posted to the alert channel")
    return " · ".join(parts)
