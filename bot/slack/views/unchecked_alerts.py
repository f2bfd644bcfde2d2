"""Alerts of what couldn't be checked, a root cause each, until its accounts are readable again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.alert_summary import UNREAD, AccountState
from bot.domain.failures import FailureCode
from bot.slack.views.alert_rows import RESTORED, ended_lines
from bot.slack.views.alerts import (
    NAMES_IN_TEXT,
    SHOW_ALL,
    message_text,
    open_names,
)
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
from bot.slack.views.headlines import cause_headline, still_without
from bot.slack.views.mentions import mention_line
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.alert_summary import AlertSummary, Cause
    from bot.domain.announcements import AnnouncementContent
    from bot.slack.views.blocks import Block

CHECK_AGAIN: Final = "altcontact_check_all"
"""The action id of the button that checks all accounts again."""

_CAUSES: Final = 5
_CAUSE_TEXT: Final = 400
_CAUSES_TEXT: Final = 5_000
_NAMES: Final = 3
_READABLE: Final = (AccountState.FIXED, AccountState.ELSEWHERE)
_RUN: Final = re.compile(r"(?P<where>[^:]+): (?P<command>(?:aws|timedatectl|altcontact) [^\n]+)")
"""A remedy that ends with a command."""


def unchecked_message(content: AnnouncementContent) -> Message:
    """Contacts that couldn't be checked, by root cause, or that can be checked again."""
    summary = content.summary
    if not summary.open_accounts:
        return _restored_message(content)
    causes = summary.causes
    headline = _unchecked_headline(summary)
    lines = _remedies(causes)
    ended = ended_lines(summary, RESTORED)
    mention = mention_line(content.announcement.mention)
    blocks = [header(headline)]
    # A paragraph each: a section takes 3,000 characters.
    paragraphs = [f"{mention}{lines[0]}", *lines[1:]] if lines else [mention]
    blocks += [paragraph(text.strip()) for text in paragraphs if text]
    if ended:
        blocks.append(paragraph("\n".join(ended)))
    # No number of accounts checked: these are the ones that weren't.
    facts = (open_names(content, _NAMES), f"Check of {date(content.found_by.started_at)}")
    blocks.append(context(" · ".join(filter(None, facts))))
    buttons = [_show_accounts(content)]
    if any(cause.failure.cause is not FailureCode.NO_API for cause in causes):
        buttons.append(_check_again(content))
    blocks.append(actions(*buttons))
    names = open_names(content, NAMES_IN_TEXT, with_ids=True)
    return Message(message_text(headline, *lines, names, *ended), blocks)


def _show_accounts(content: AnnouncementContent) -> Block:
    spoken = f"Show {accounts(content.summary.accounts)} of this alert"
    return button("Show accounts", SHOW_ALL, content.announcement.id, label=spoken)


def _check_again(content: AnnouncementContent) -> Block:
    spoken = "Check all accounts again"
    return button("Check again", CHECK_AGAIN, content.announcement.id, label=spoken)


def _unchecked_headline(summary: AlertSummary) -> str:
    number, causes = summary.open_accounts, summary.causes
    was_read = bool(causes) and not any(cause.rules & UNREAD for cause in causes)
    checked = "fully checked" if was_read else "checked"
    exempt = summary.states.get(AccountState.EXEMPT, 0)
    why = f": {cause_headline(causes[0].failure.cause)}" if len(causes) == 1 else ""
    if number + exempt < summary.accounts:
        left = f", {number:,} left"
        return f"{accounts(summary.accounts)} couldn't be {checked}{left}{why}"
    return f"{accounts(number)} can't be {checked}{why}"


def _remedies(causes: Sequence[Cause]) -> list[str]:
    """Causes with what fixes them, as far as they fit, for mrkdwn."""
    lines: list[str] = []
    for cause in causes[:_CAUSES]:
        line = _remedy(cause, len(causes) > 1)
        if lines and sum(map(len, (*lines, line))) > _CAUSES_TEXT:
            break
        lines.append(line)
    rest = len(causes) - len(lines)
    return [*lines, f"…and {rest:,} more cause{'' if rest == 1 else 's'}."] if rest else lines


def _remedy(cause: Cause, has_others: bool) -> str:
    """A cause with what fixes it, for mrkdwn; a command as code."""
    why = cause.failure
    number = f"*{accounts(cause.accounts)}:* " if has_others else ""
    message, remedy = (clip(text, _CAUSE_TEXT) for text in (why.message, why.remedy))
    rules = sorted(rule.value for rule in cause.rules - UNREAD)
    message += f" Not evaluated: {', '.join(rules)}." if rules else ""
    if not remedy:
        return f"{number}{escape(message)}"
    command = _RUN.fullmatch(remedy)
    shown = escape(remedy)
    if command:
        shown = f"{escape(command['where'])}: {code(command['command'])}"
    return f"{number}{escape(message)}\nTo fix this: {shown}"


def _restored_message(content: AnnouncementContent) -> Message:
    """Nothing of the alert is open any longer: how its accounts are now."""
    summary = content.summary
    readable = sum(summary.states.get(state, 0) for state in _READABLE) - summary.unread_elsewhere
    if readable:
        headline = f"Checks restored: {accounts(readable)} readable"
        if summary.without_security:
            headline += f", {still_without(summary.without_security, readable)}"
    elif summary.unread_elsewhere:
        headline = f"{accounts(summary.unread_elsewhere)} still can't be checked"
    elif summary.states.get(AccountState.EXEMPT):
        headline = f"{accounts(summary.accounts)} couldn't be checked, exempt"
    else:
        headline = f"{accounts(summary.accounts)} couldn't be checked, none left"
    lines = ended_lines(summary, RESTORED)
    blocks = [header(headline)]
    if lines:
        blocks.append(paragraph("\n".join(lines)))
    blocks.append(context(f"Couldn't be checked since {date(content.found_by.started_at)}"))
    if summary.accounts:
        blocks.append(actions(_show_accounts(content)))
    return Message(message_text(headline, *lines), blocks)
