"""What the person who asked for a check sees: that it runs, how far it is, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from bot.slack.views.message import Message
from bot.slack.views.scan_result_rows import causes, short_rows

if TYPE_CHECKING:
    from bot.domain.scans import Scan, ScanReport, Trigger
    from bot.slack.views.blocks import Block

ROOM: Final = 8_500
"""Characters of a result without its small print: Slack takes about 10,000 in all."""

TROUBLES: Final = 3
"""Organizations whose trouble a result tells."""

TROUBLE_TEXT: Final = 700
ORGANIZATION_TEXT: Final = 50

_ORDER: Final = (
    (Outcome.COMPLIANT, "compliant"),
    (Outcome.MISSING, "missing a contact"),
    (Outcome.WRONG, "wrong"),
    (Outcome.WEAK, "weak"),
    (Outcome.UNKNOWN, "could not be checked"),
    (Outcome.UNSUPPORTED, "to be looked at by hand"),
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


def _running(text: str) -> Message:
    return Message(text, [paragraph(f":hourglass_flowing_sand: {text}")])


def result_message(report: ScanReport, user_id: str, note: str = "") -> Message:
    """What a check came to, for the person who asked.

    Args:
        report: the check.
        user_id: who asked.
        note: why contact details are hidden, as mrkdwn, where they are.
    """
    scan, results = report.scan, report.results
    short = [result for result in results if result.outcome.is_non_compliant]
    unchecked = [result for result in results if result.outcome.unchecked]
    headline = _headline(scan, len(short), len(unchecked))
    blocks: list[Block] = [header(headline)]
    summary = summary_text(report)
    if summary:
        blocks += [paragraph(escape(summary)), context(_counts(report))]
    blocks += _trouble(scan)
    blocks += short_rows(short)
    blocks += causes(results, ROOM - text_size(blocks))
    blocks += [context(note)] if note else []
    blocks.append(context(_small_print(report, user_id)))
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


def _headline(scan: Scan, short: int, unchecked: int) -> str:
    if scan.state is ScanState.FAILED:
        return "The check failed"
    begin = "" if scan.state is ScanState.COMPLETE else "Incomplete: "
    if short:
        return f"{begin}{short:,} of {accounts(scan.accounts)} fall short"
    if unchecked:
        return f"{begin}{accounts(unchecked)} could not be checked"
    return f"{begin}nothing falls short"


def _counts(report: ScanReport) -> str:
    """How many accounts came to what, for mrkdwn."""
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


def _trouble(scan: Scan) -> list[Block]:
    """What kept the check from being complete, of each organization where there are several."""
    if scan.failure is None:
        return []
    state = "Nothing was read." if scan.state is ScanState.FAILED else "Not everything was read."
    of_each = [(part.organization, part.failure) for part in scan.parts if part.failure]
    shown = [
        f"{f'*{escape(clip(name, ORGANIZATION_TEXT))}:* ' if name else ''}{escape(why.message)}"
        f"\n:point_right: {escape(why.remedy)}"
        for name, why in (of_each or [("", scan.failure)])[:TROUBLES]
    ]
    if len(of_each) > TROUBLES:
        shown.append(f"…and {len(of_each) - TROUBLES:,} more organizations.")
    lines = [f":warning: {state} {shown[0]}", *shown[1:]]
    return [paragraph(clip(line, TROUBLE_TEXT)) for line in lines]


def _small_print(report: ScanReport, user_id: str) -> str:
    scan = report.scan
    new = sum(1 for key in report.changes.opened if key.outcome.is_non_compliant)
    parts = [f"Asked by <@{user_id}>", f"started {date(scan.started_at)}"]
    scopes = [(part.organization, part.scope) for part in scan.parts] or [("", scan.scope)]
    for name, scope in scopes[:TROUBLES]:
        if scope is not None:
            of = f"{escape(clip(name, ORGANIZATION_TEXT))} " if name else ""
            parts.append(f"{of}called from {scope.caller}")
    aside = sum(
        verdict.exemption is not None
        for result in report.results
        for item in result.results
        for verdict in item.verdicts
    )
    if aside:
        parts.append(f"{aside:,} set aside")
    if new:
        parts.append(f"{new:,} new, posted to the channel for alerts")
    return " · ".join(parts)
