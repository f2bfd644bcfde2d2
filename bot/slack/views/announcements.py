"""The message of each kind of announcement to a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from bot.domain.announcements import AnnouncementKind
from bot.slack.views.alerts import non_compliant_message
from bot.slack.views.approval_message import approval_message
from bot.slack.views.blocks import context
from bot.slack.views.finding_rows import NO_LINKS
from bot.slack.views.fix_announcement import fix_message
from bot.slack.views.notices import (
    changed_message,
    checks_failing_message,
    checks_recovered_message,
    exemptions_ending_message,
    other_bots_message,
)
from bot.slack.views.run_message import run_message
from bot.slack.views.started import started_message
from bot.slack.views.unchecked_alerts import unchecked_message

if TYPE_CHECKING:
    from bot.domain.announcements import AnnouncementContent
    from bot.slack.views.finding_rows import RowLinks
    from bot.slack.views.message import Message

ROWS: Final = 20
"""Accounts, changes or exemptions of a message: they need far less than Slack's 50 blocks."""

_REPEAT: Final = (
    "This may be a repeat: the bot couldn't confirm an earlier post, and can't read the channel's "
    "history."
)


def announcement_message(
    content: AnnouncementContent, links: RowLinks = NO_LINKS, fallback_reason: str = ""
) -> Message:
    """The message of an announcement, as things are now.

    Args:
        content: what it is about.
        links: what its rows link to.
        fallback_reason: why it is in another channel than the policy names, as mrkdwn.
    """
    message = _message(content, links)
    notes = [fallback_reason, _REPEAT if content.announcement.maybe_repeat else ""]
    if any(notes):
        message.blocks.append(context("\n".join(filter(None, notes))))
    return message


def _message(content: AnnouncementContent, links: RowLinks) -> Message:
    kind = content.announcement.kind
    match kind:
        case AnnouncementKind.NON_COMPLIANT:
            message = non_compliant_message(content, links)
        case AnnouncementKind.UNCHECKED:
            message = unchecked_message(content)
        case AnnouncementKind.CHANGED:
            message = changed_message(content)
        case AnnouncementKind.FIXED | AnnouncementKind.APPROVAL | AnnouncementKind.RUN:
            message = _about_change(content)
        case AnnouncementKind.ENDING:
            message = exemptions_ending_message(content, links)
        case AnnouncementKind.CHECKS_FAILING:
            message = checks_failing_message(content)
        case AnnouncementKind.CHECKS_WORKING:
            message = checks_recovered_message(content)
        case AnnouncementKind.OTHER_BOTS:
            message = other_bots_message(content)
        case AnnouncementKind.STARTED:
            began = content.announcement.created_at
            message = started_message(content.planned_by, began, content.scan)
        case _:
            assert_never(kind)
    return message


def _about_change(content: AnnouncementContent) -> Message:
    """A change that was made through this bot, or that is requested; or many of them."""
    if content.announcement.kind is AnnouncementKind.RUN:
        return run_message(content.run_progress)
    if content.announcement.kind is AnnouncementKind.APPROVAL:
        return approval_message(content.requested_by, content.announcement.mention)
    return fix_message(content.changed_by, content.undone_by)
