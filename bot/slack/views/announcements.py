"""The messages that go to the channel unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from bot.announcements import AnnouncementKind
from bot.slack.blocks import (
    accounts,
    actions,
    button,
    context,
    date,
    escape,
    header,
    paragraph,
)
from bot.slack.message import Message
from bot.slack.views.rows import finding_rows, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.announcements import AnnouncementContent
    from bot.findings import Finding
    from bot.slack.blocks import Block

SHOW_ALL: Final = "altcontact_show_all"

ROWS: Final = 20
"""Findings that a message shows: far below Slack's 50 blocks and about 10,000 characters."""

_REPEAT: Final = (
    "This may be a repeat: it is not known whether it was posted before, and the channel's history "
    "cannot be read."
)
_WHY: Final = (
    "*Risk: very high.* Without a security contact AWS reaches nobody when an account is abused or "
    "its keys leak."
)


def announcement_message(content: AnnouncementContent) -> Message:
    """The message of an announcement, as things are now."""
    kind = content.announcement.kind
    match kind:
        case AnnouncementKind.FALLS_SHORT:
            message = _falls_short(content)
        case AnnouncementKind.UNCHECKED:
            message = _unchecked(content)
        case AnnouncementKind.CHECKS_FAILING:
            message = _failing(content)
        case AnnouncementKind.CHECKS_WORKING:
            message = _working(content)
        case _:
            assert_never(kind)
    if content.announcement.maybe_repeat:
        message.blocks.append(context(_REPEAT))
    return message


def _falls_short(content: AnnouncementContent) -> Message:
    since = f"Found {date(content.scan.started_at)}."
    if content.open == 0:
        headline = f"Resolved: contacts of {accounts(content.total)}"
        intro = f"All of what was missing here is set now. {since}"
        text = f"Resolved: all {content.total:,} missing contacts of this alert are set now."
    else:
        headline = f"{_contacts(content.open)} missing"
        checked = content.scan.accounts
        intro = f"Missing in *{content.open:,}* of {accounts(checked)} checked. {since}\n{_WHY}"
        done = content.total - content.open
        if done:
            intro += f"\n{done:,} of {content.total:,} resolved since."
        text = (
            f"{_contacts(content.open)} missing, of {accounts(checked)} checked. "
            f"Risk: very high. {_names(content.findings)}"
        )
    return Message(text, [header(headline), paragraph(intro), *_rows(content)])


def _unchecked(content: AnnouncementContent) -> Message:
    since = f"Since {date(content.scan.started_at)}."
    if content.open == 0:
        headline = f"Checked again: {accounts(content.total)}"
        intro = f"All of what could not be checked here could be checked since. {since}"
        text = f"All {content.total:,} contacts that could not be checked could be checked since."
        return Message(text, [header(headline), paragraph(intro), *_rows(content)])
    headline = f"{_contacts(content.open)} could not be checked"
    intro = f"Whether they are set is not known. {since}"
    if content.open < content.total:
        intro += f"\n{content.total - content.open:,} of {content.total:,} could be checked since."
    mends = dict.fromkeys(
        (finding.failure.words, finding.failure.mend)
        for finding in content.findings
        if finding.failure is not None and finding.resolved_at is None
    )
    causes = [
        paragraph(f":grey_question: {escape(words)}\n:point_right: {escape(mend)}"[:2900])
        for words, mend in list(mends)[:_CAUSES]
    ]
    text = f"{headline}: {' '.join(words for words, _ in list(mends)[:_CAUSES])}"
    blocks = [header(headline), paragraph(intro), *causes, *_rows(content)]
    return Message(escape(text)[:2900], blocks)


_CAUSES: Final = 6
"""Causes told with their mend; each row names its own besides."""


def _failing(content: AnnouncementContent) -> Message:
    why = content.announcement.failure
    words, mend = (why.words, why.mend) if why is not None else ("", "")
    blocks = [
        header("Checks do not work"),
        paragraph(
            f"The check of {date(content.scan.started_at)} could not be completed. "
            f"{escape(words)}\n:point_right: {escape(mend)}"
        ),
        context("Nothing was concluded from what was not seen. You will hear when checks work."),
    ]
    return Message(escape(f"Checks do not work: {words} {mend}"), blocks)


def _working(content: AnnouncementContent) -> Message:
    checked = accounts(content.scan.accounts)
    finished = content.scan.finished_at or content.scan.started_at
    blocks = [
        header("Checks work again"),
        paragraph(f"{checked} checked {date(finished)}."),
    ]
    return Message(f"Checks work again: {checked} checked.", blocks)


def _rows(content: AnnouncementContent) -> list[Block]:
    findings = content.findings[:ROWS]
    rows = finding_rows(findings)
    if content.total > len(findings):
        more = button(f"Show all ({content.total:,})", SHOW_ALL, content.announcement.id)
        rest = content.total - len(findings)
        rows += [context(f"…and {rest:,} more."), actions(more)]
    return rows


def _contacts(number: int) -> str:
    return f"{number:,} contact{'' if number == 1 else 's'}"


_NAMED: Final = 3


def _names(findings: Sequence[Finding]) -> str:
    """The first accounts, for those who hear the message rather than see it."""
    open_ones = [finding for finding in findings if finding.resolved_at is None]
    names = [title(finding.account_name, finding.key.account_id) for finding in open_ones]
    return escape(", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else ""))
