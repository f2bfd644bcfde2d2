"""What `/altcontact` can do, when it checked last and will next; what a typo perhaps meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.scans import ScanState
from bot.slack.command_parser import USAGE
from bot.slack.views.account_card import TURN_ON
from bot.slack.views.blocks import (
    accounts,
    context,
    date,
    escape,
    header,
    paragraph,
    plain,
    section,
)
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.scans import Scan
    from bot.domain.slack_health import WaitingAlerts

_COMMANDS: Final = "\n".join(f"`{usage.line}` {usage.description}" for usage in USAGE)
_TYPED: Final = 100


def help_message(
    *,
    last_scan: Scan | None,
    next_check: datetime | None,
    fixers: str,
    read_only: bool,
    waiting: WaitingAlerts | None,
) -> Message:
    """What the bot can do, and how things stand.

    Args:
        last_scan: the newest scan that ended by itself, if any.
        next_check: when the schedule checks next, if ever.
        fixers: who may change contacts, as mrkdwn.
        read_only: whether nobody may.
        waiting: the alerts that wait to be posted, if any; they come first.
    """
    purpose = "I keep the alternate contacts of your AWS accounts right."
    commands = escape(_COMMANDS)
    last = _last(last_scan)
    next_ = f"Next check: {date(next_check)}." if next_check else "No check is planned."
    who = escape(TURN_ON) if read_only else f"Who may change contacts: {fixers}."
    blocks = [
        header("altcontact"),
        paragraph(f"{purpose}\n{commands}"),
        paragraph(f"{last}\n{next_}"),
    ]
    text = f"{purpose} {last} {next_}"
    if waiting is not None:
        alarm = _waiting(waiting)
        blocks.insert(0, paragraph(alarm))
        text = f"{alarm} {text}"
    blocks.append(context(who))
    return Message(text, blocks)


def typo_message(typed: str, meant: str) -> Message:
    """The nearest command to one that does not exist, if there is any."""
    answer = f"There is no command “{typed[:_TYPED]}”."
    if meant:
        answer += f" Did you mean: {meant[: 3 * _TYPED]}"
    more = "`/altcontact help` shows all commands."
    if not meant:
        more += escape(" `/altcontact check <id or name>` shows an account.")
    return Message(escape(answer), [section(plain(answer)), context(more)])


def which_account_message(name: str) -> Message:
    """A command that is about an account, typed without one."""
    question = f"Which account? Type: /altcontact {name} <id or name>"
    return Message(escape(question), [section(plain(question))])


def _waiting(waiting: WaitingAlerts) -> str:
    refusal = waiting.refusal
    number = f"{waiting.number:,} alert{' waits' if waiting.number == 1 else 's wait'}"
    code = f" (`{escape(refusal.code)}`)" if refusal.code else ""
    headline = f":warning: *{number} to be posted since {date(waiting.since)}.*"
    return f"{headline} {escape(refusal.message)}{code}\n:point_right: {escape(refusal.remedy)}"


def _last(scan: Scan | None) -> str:
    if scan is None:
        return "No check has ended yet."
    when = date(scan.finished_at or scan.started_at)
    if scan.failure is not None:
        state = "failed" if scan.state is ScanState.FAILED else "is incomplete"
        return f"Last check: {when}; it {state}: {escape(scan.failure.message)}"
    short = sum(number for outcome, number in scan.counts.items() if outcome.is_non_compliant)
    unchecked = sum(number for outcome, number in scan.counts.items() if outcome.unchecked)
    summary = f"Last check: {when}; {short:,} of {accounts(scan.accounts)} fall short"
    return f"{summary}, {unchecked:,} could not be checked." if unchecked else f"{summary}."
