"""The top of Home: the share of compliant accounts, the counts, and when checks run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome
from bot.slack.views.blocks import accounts, button, context, date, header, mrkdwn, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.overview import Overview
    from bot.domain.scans import Scan
    from bot.slack.views.blocks import Block

CHECK: Final = "altcontact_home_check"
"""The action id of **Check now**."""

_PURPOSE: Final = "I check that every AWS account has valid alternate contacts."

_COUNTED: Final = {Outcome.EXEMPT: "exempt", Outcome.SKIPPED: "skipped"}


def summary(overview: Overview, next_check: datetime | None) -> Iterator[Block]:
    """The share, the counts, and when checks run; beside them **Check now**."""
    check = button("Check now", CHECK, "check", label="Check all accounts now")
    if overview.checked:
        share = f"{overview.percent}%" if overview.percent or not overview.compliant else "Under 1%"
        of_all = f"{overview.compliant:,} of {accounts(overview.checked)}"
        yield header(_heading(overview, share, of_all))
        yield section(mrkdwn(_counts(overview)), accessory=check)
        yield context(_times(overview, next_check))
        return
    yield header("altcontact")
    if overview.running is not None:
        text = f"{_PURPOSE}\n*The first check is running.* {_progress(overview)}"
    elif overview.last_scan is None:
        first = f"The first runs {date(next_check)}." if next_check else "None is scheduled."
        text = f"{_PURPOSE}\n*No check yet.* {first}"
    else:
        text = f"{_PURPOSE}\n*No account has been checked yet.* {_times(overview, next_check)}"
    yield section(mrkdwn(text), accessory=check)


def _heading(overview: Overview, share: str, of_all: str) -> str:
    """The share, with what it is about unless that is all accounts as they are now."""
    last = overview.last_scan
    if last is not None and last.failing:
        return f"{share} compliant when last checked ({of_all})"
    if last is not None and last.limits:
        return f"Only {accounts(overview.checked)} checked: {share} compliant"
    return f"{share} compliant ({of_all})"


def _counts(overview: Overview) -> str:
    """How many accounts have each outcome, but for those that are compliant."""
    said = []
    if overview.non_compliant:
        said.append(f"*{overview.non_compliant:,} non-compliant*")
    if overview.unchecked:
        said.append(f"{overview.unchecked:,} couldn't be checked")
    said += [
        f"{overview.counts[outcome]:,} {word}"
        for outcome, word in _COUNTED.items()
        if overview.counts.get(outcome)
    ]
    if overview.compliant == overview.checked:
        said.insert(0, _all_well(overview.last_scan))
    return " · ".join(said)


def _all_well(last: Scan | None) -> str:
    """That nothing needs attention, as far as the last scan can say so."""
    if last is not None and last.failing:
        return "Every account had valid alternate contacts when it was last checked"
    if last is not None and last.limits:
        return "What was checked has valid alternate contacts"
    return ":white_check_mark: Every account has valid alternate contacts"


def _times(overview: Overview, next_check: datetime | None) -> str:
    last = overview.last_scan
    said = [f"Last check {date(last.finished_at or last.started_at)}"] if last is not None else []
    if overview.running is not None:
        said.append(f":hourglass_flowing_sand: Checking now: {_progress(overview)}")
    elif next_check is not None:
        said.append(f"next check {date(next_check)}")
    else:
        said.append("no further check is scheduled")
    return " · ".join(said)


def _progress(overview: Overview) -> str:
    running = overview.running
    if running is None or not running.done:
        return "It has just started."
    if running.total is None:
        return f"{running.done:,} checked, still listing accounts…"
    return f"{running.done:,} of {accounts(running.total)} checked."
