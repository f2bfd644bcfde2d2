"""What the person who asked for a check sees: that it runs, how far it is, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.findings import Outcome
from bot.scans import ScanState, TriggerKind
from bot.slack.blocks import accounts, context, date, escape, header, paragraph, plain, section
from bot.slack.message import Message
from bot.slack.views.rows import fix_button, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.findings import AccountResult, Failure
    from bot.scans import Scan, ScanReport, Trigger
    from bot.slack.blocks import Block

ROWS: Final = 15
"""Accounts that a result shows with their button; how many more there are is told."""

CAUSES: Final = 5
NAMES: Final = 10
"""Causes that a result shows, and accounts that it names with each."""

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


def started_message(user_id: str) -> Message:
    """The check runs."""
    text = f"Checking, as <@{user_id}> asked. The result will stand here."
    return Message(text, [paragraph(f":hourglass_flowing_sand: {text}")])


def joined_message(scan: Scan, user_id: str) -> Message:
    """A check ran already."""
    text = (
        f"A check is running already: {started_by(scan.trigger)} started it "
        f"{date(scan.started_at)}. You will get its result here, <@{user_id}>."
    )
    return Message(text, [paragraph(f":hourglass_flowing_sand: {text}")])


def progress_message(user_id: str, done: int, total: int) -> Message:
    """How far the check is; `total` may still grow while accounts are listed."""
    text = f"Checking, as <@{user_id}> asked: {done:,} of {accounts(total)} listed so far."
    return Message(text, [paragraph(f":hourglass_flowing_sand: {text}")])


def result_message(report: ScanReport, user_id: str) -> Message:
    """What a check came to, for the person who asked."""
    scan, results = report.scan, report.results
    short = [result for result in results if result.outcome.falls_short]
    unchecked = [result for result in results if result.outcome.unchecked]
    headline = _headline(scan, len(short), len(unchecked))
    counts = " · ".join(
        f"*{scan.counts[outcome]:,}* {words}"
        for outcome, words in _ORDER
        if scan.counts.get(outcome)
    )
    blocks: list[Block] = [header(headline)]
    if counts:
        blocks.append(paragraph(f"{accounts(scan.accounts)}: {counts}"))
    if scan.failure is not None:
        blocks.append(_trouble(scan, scan.failure))
    blocks += _short_rows(short)
    blocks += _causes(unchecked)
    blocks.append(context(_small_print(report, user_id)))
    return Message(escape(headline), blocks)


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


def _trouble(scan: Scan, why: Failure) -> Block:
    state = "Nothing was read." if scan.state is ScanState.FAILED else "Not everything was read."
    return paragraph(f":warning: {state} {escape(why.words)}\n:point_right: {escape(why.mend)}")


def _short_rows(short: Sequence[AccountResult]) -> list[Block]:
    rows: list[Block] = []
    for number, result in enumerate(short[:ROWS]):
        kinds = [item.type for item in result.results if item.outcome.falls_short]
        missing = ", ".join(kind.label for kind in kinds)
        text = f"{title(result.account.name, result.account.id)}\n{missing} contact is missing"
        rows.append(section(plain(text), accessory=fix_button(number, result.account.id, kinds[0])))
    if len(short) > ROWS:
        rows.append(
            context(
                f"…and {len(short) - ROWS:,} more. The alert in the channel shows all of them; so "
                "does `altcontact check` on the command line."
            )
        )
    return rows


def _causes(unchecked: Iterable[AccountResult]) -> list[Block]:
    """The accounts that could not be checked, by cause, each cause with its mend."""
    causes: dict[tuple[str, str], dict[str, str]] = {}
    for result in unchecked:
        for item in result.results:
            if item.failure is not None:
                cause = (item.failure.words, item.failure.mend)
                named = title(result.account.name, result.account.id)
                causes.setdefault(cause, {})[result.account.id] = named
    blocks: list[Block] = []
    for (words, mend), grouped in list(causes.items())[:CAUSES]:
        told = f":grey_question: *Could not be checked:* {escape(words)}"
        blocks.append(paragraph(f"{told}\n:point_right: {escape(mend)}" if mend else told))
        names = list(grouped.values())
        more = f"\n…and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
        blocks.append(section(plain("\n".join(names[:NAMES]) + more)))
    if len(causes) > CAUSES:
        blocks.append(context(f"…and {len(causes) - CAUSES:,} more causes."))
    return blocks


def _small_print(report: ScanReport, user_id: str) -> str:
    scan = report.scan
    new = sum(1 for key in report.changes.opened if key.outcome.falls_short)
    parts = [f"Asked by <@{user_id}>", f"started {date(scan.started_at)}"]
    if scan.scope is not None:
        parts.append(f"called from {scan.scope.caller}")
    if new:
        parts.append(f"{new:,} new, posted to the channel for alerts")
    return " · ".join(parts)
