"""The answers to `/altcontact help`, to a typo, and to a command that lacks an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.scans import ScanState
from bot.slack.command_parser import COMMAND, USAGE
from bot.slack.views.account_card import TURN_ON
from bot.slack.views.blocks import (
    accounts,
    actions,
    button,
    clip,
    code,
    context,
    date,
    escape,
    header,
    paragraph,
)
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.scans import Scan
    from bot.domain.slack_health import WaitingAlerts
    from bot.slack.command_parser import Command

RUN: Final = "altcontact_run"
"""The action id of the button that runs a suggested command; its value is that command's text."""

_COMMANDS: Final = "\n".join(f"`{usage.line}` {usage.description}" for usage in USAGE)
_PURPOSE: Final = "I check that every AWS account has valid alternate contacts."
_TYPED: Final = 100


def help_message(
    *,
    last_scan: Scan | None,
    next_check: datetime | None,
    fixers: str,
    read_only: bool,
    waiting: WaitingAlerts | None,
    unknown: str = "",
) -> Message:
    """The commands, the last and the next check, and who can change contacts.

    Args:
        last_scan: the newest scan that ended by itself, if any.
        next_check: when the schedule checks next, if ever.
        fixers: who may change contacts, as mrkdwn.
        read_only: whether nobody has permission to.
        waiting: the alerts that are waiting to be posted, if any; they come first.
        unknown: a word that was typed and is no command, if the person didn't ask for help.
    """
    last = _last(last_scan)
    next_ = f"Next check: {date(next_check)}." if next_check else "No check is scheduled."
    who = escape(TURN_ON) if read_only else f"Who can change contacts: {fixers}."
    blocks = [
        header("altcontact"),
        paragraph(f"{_PURPOSE}\n{escape(_COMMANDS)}"),
        paragraph(f"{last}\n{next_}"),
    ]
    text = f"{_PURPOSE} {last} {next_}"
    if unknown:
        typed = clip(unknown, _TYPED)
        blocks.insert(0, paragraph(f"Unknown command {code(typed)}."))
        text = f"Unknown command “{escape(typed)}”. {text}"
    if waiting is not None:
        alarm = _waiting(waiting)
        blocks.insert(0, paragraph(alarm))
        text = f"{alarm} {text}"
    blocks.append(context(who))
    return Message(text, blocks)


def typo_message(typed: str, meant: Command) -> Message:
    """The command that was probably meant, with a button that runs it.

    Args:
        typed: the word that is no command.
        meant: the command to suggest.
    """
    typed, text = clip(typed, _TYPED), meant.text
    question = f"Unknown command {code(typed)}. Did you mean {code(text)}?"
    label = f"Run {COMMAND} {text}"
    run = button(f"{text[0].upper()}{text[1:]}", RUN, text, label=label)
    blocks = [paragraph(question), actions(run), context(f"`{COMMAND} help` shows all commands.")]
    return Message(escape(f"Unknown command “{typed}”. Did you mean: {COMMAND} {text}"), blocks)


def which_account_message(name: str) -> Message:
    """A command that needs an account was typed without one."""
    question = f"Which account? Type `{COMMAND} {name} <id or name>`."
    return Message(escape(question), [paragraph(escape(question))])


def _waiting(waiting: WaitingAlerts) -> str:
    refusal = waiting.refusal
    number = f"{waiting.number:,} alert{' has' if waiting.number == 1 else 's have'}"
    code_words = f" (Slack's code: {code(refusal.code)})" if refusal.code else ""
    headline = f":warning: *{number} been waiting to be posted since {date(waiting.since)}.*"
    why = f"{escape(refusal.message)}{code_words}"
    return f"{headline}\n{why}\n:point_right: {escape(refusal.remedy)}"


def _last(scan: Scan | None) -> str:
    if scan is None:
        return "No check has finished yet."
    when = date(scan.finished_at or scan.started_at)
    if scan.failure is not None:
        state = "failed" if scan.state is ScanState.FAILED else "is incomplete"
        return f"Last check: {when}. It {state}: {escape(scan.failure.message)}"
    bad = sum(number for outcome, number in scan.counts.items() if outcome.is_non_compliant)
    unchecked = sum(number for outcome, number in scan.counts.items() if outcome.unchecked)
    are = "is" if scan.accounts == 1 else "are"
    counts = f"{bad:,} of {accounts(scan.accounts)} {are} non-compliant"
    if unchecked:
        counts += f", {unchecked:,} couldn't be checked"
    limits = "".join(f" {escape(why.message)}" for why in scan.limits.values())
    return f"Last check: {when}. {counts}.{limits}"
