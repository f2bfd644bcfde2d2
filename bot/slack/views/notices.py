"""Notices: contacts changed by others, exemptions that end soon, and whether checks work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.exemptions import ExemptionKind
from bot.slack.views.blocks import (
    FIELD_TEXT,
    HEADER_TEXT,
    accounts,
    actions,
    clip,
    contacts,
    context,
    date,
    day,
    escape,
    header,
    mrkdwn,
    paragraph,
    plain,
    section,
    text_size,
)
from bot.slack.views.mentions import mention_line
from bot.slack.views.message import Message
from bot.slack.views.row_actions import EXEMPT, REASON_TEXT, SHOW, VERIFY, fix_button, row_button
from bot.slack.views.wording import UNREAD, VALUE_TEXT, first_names, row_text, rule_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.announcements import AnnouncementContent
    from bot.domain.contacts import AlternateContact, ContactChange
    from bot.domain.exemptions import Exemption
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

_ROWS_TEXT: Final = 8_000
"""Characters of a notice's rows: Slack takes about 10,000 in all."""

_MOST_ROWS: Final = 20
"""Rows of two blocks at most, of which Slack takes 50."""


def changed_message(content: AnnouncementContent) -> Message:
    """Contacts that somebody else changed, and that are still as they should be."""
    number = content.total or len(content.changes)
    headline = f"{contacts(number)} changed outside of this bot"
    still = "It is still" if number == 1 else "They are still"
    intro = (
        f"{mention_line(content.announcement.mention)}Seen {date(content.found_by.started_at)}. "
        f"{still} as the policy asks. CloudTrail tells who it was, under `PutAlternateContact` "
        "and `DeleteAlternateContact`."
    )
    rows = [_changed_row(position, change) for position, change in enumerate(content.changes)]
    names = first_names((change.account_name, change.account_id) for change in content.changes)
    more = "`/altcontact check` with an account's id shows its contacts."
    blocks = [header(headline), paragraph(intro), *_fitting(rows, number, more)]
    return Message(f"{headline}: {names}", blocks)


def exemptions_ending_message(content: AnnouncementContent, links: RowLinks) -> Message:
    """Exemptions and verifications that end within a week."""
    number = content.total or len(content.exemptions)
    kinds = {exemption.request.kind for exemption in content.exemptions}
    noun = "exemption or verification"
    if len(kinds) == 1:
        noun = str(next(iter(kinds)).value)
    headline = f"{number:,} {noun}{'' if number == 1 else 's'} to end within a week"
    headline = headline.replace("exemption or verifications", "exemptions and verifications")
    intro = (
        f"{mention_line(content.announcement.mention)}On that day the contact is alerted of again, "
        "unless it is mended, or set aside or verified anew."
    )
    rows = [
        _ending_row(position, exemption, links)
        for position, exemption in enumerate(content.exemptions)
    ]
    names = first_names(
        (exemption.account_name, exemption.request.account_id) for exemption in content.exemptions
    )
    more = "`/altcontact exemptions` lists all."
    blocks = [header(headline), paragraph(intro), *_fitting(rows, number, more)]
    return Message(f"{headline}: {names}", blocks)


def checks_failing_message(content: AnnouncementContent) -> Message:
    """Checks do not work."""
    why = content.announcement.failure
    words, remedy = (why.message, why.remedy) if why is not None else ("", "")
    headline = f"Checks do not work{_where(content)}"
    blocks = [
        header(headline),
        paragraph(
            f"The check of {date(content.found_by.started_at)} could not be completed. "
            f"{escape(words)}\n:point_right: {escape(remedy)}"
        ),
        context("Nothing was concluded from what was not seen. You will hear when checks work."),
    ]
    return Message(escape(f"{headline}: {words} {remedy}"), blocks)


def checks_recovered_message(content: AnnouncementContent) -> Message:
    """Checks work again."""
    headline = f"Checks work again{_where(content)}"
    finished = content.found_by.finished_at or content.found_by.started_at
    if content.announcement.organization:
        # The scan counts the accounts of every organization.
        checked_text = f"All its accounts were checked {date(finished)}."
        return Message(escape(f"{headline}."), [header(headline), paragraph(checked_text)])
    checked = accounts(content.found_by.accounts)
    blocks = [header(headline), paragraph(f"{checked} checked {date(finished)}.")]
    return Message(f"{headline}: {checked} checked.", blocks)


def other_bots_message(content: AnnouncementContent) -> Message:
    """Another bot is connected with the same Slack app, or was."""
    if not content.total:
        headline = "Resolved: only one bot uses this Slack app"
        return Message(f"{headline}.", [header(headline)])
    headline = "Another bot uses this Slack app"
    number = f"{content.total:,} other connection{'' if content.total == 1 else 's'}"
    why = (
        f"Slack counts {number} with the same SLACK_APP_TOKEN. Each command and button press "
        "reaches only one bot, and if each has a database of its own, every alert is posted twice."
    )
    remedy = "Stop the other bot, or create a Slack app of its own for it."
    return Message(
        f"{headline}. {why} {remedy}",
        [header(headline), paragraph(f"{why}\n:point_right: {remedy}")],
    )


def _where(content: AnnouncementContent) -> str:
    organization = content.announcement.organization
    return f" in {clip(organization, HEADER_TEXT // 2)}" if organization else ""


def _changed_row(number: int, change: ContactChange) -> list[Block]:
    lines = [f"{change.type.label} contact", *_changed_fields(change.before, change.after)]
    if change.before is None:
        lines[0] += " was set"
    elif change.after is None:
        lines[0] += " was deleted"
    text = row_text(change.account_name, change.account_id, "\n".join(lines))
    button = row_button(SHOW, number, change.account_id, change.type)
    return [section(plain(text), accessory=button)]


def _changed_fields(before: AlternateContact | None, after: AlternateContact | None) -> list[str]:
    """The fields in which two contacts differ, a line each, for `plain_text`."""
    lines = []
    for field in ("name", "title", "email", "phone"):
        was, now = (getattr(contact, field) if contact else "" for contact in (before, after))
        if was != now:
            shown = (clip(value, VALUE_TEXT) or "nothing" for value in (was, now))
            lines.append(f"{field.capitalize()}: {' → '.join(shown)}")
    return lines


def _ending_row(number: int, exemption: Exemption, links: RowLinks) -> list[Block]:
    request = exemption.request
    verified = request.kind is ExemptionKind.VERIFICATION
    reason = f"{request.type.label} contact: {clip(request.reason, REASON_TEXT)}"
    text = plain(row_text(exemption.account_name, request.account_id, reason))
    done = "Verified by hand" if verified else "Set aside"
    status = f"{done} by <@{request.user_id}> until *{day(request.until)}*"
    status += f" · Rule: {rule_names([request.rule], links.rules_url)}"
    if exemption.ended_at is not None:
        by = f" by <@{exemption.ended_by}>" if exemption.ended_by else ""
        status += f"\n:white_check_mark: Ended{by}, {date(exemption.ended_at)}."
        return [section(text, fields=[mrkdwn(status, FIELD_TEXT)])]
    again, label = (VERIFY, "Verify again…") if verified else (EXEMPT, "Set aside longer…")
    buttons = [row_button(again, number, request.account_id, request.type, label)]
    if request.rule not in UNREAD:
        buttons.insert(0, fix_button(number, request.account_id, request.type, primary=False))
    return [section(text, fields=[mrkdwn(status, FIELD_TEXT)]), actions(*buttons)]


def _fitting(rows: Sequence[list[Block]], total: int, more: str) -> list[Block]:
    """The blocks of rows as far as they fit, and how many more there are."""
    blocks: list[Block] = []
    shown = 0
    for row in rows[:_MOST_ROWS]:
        if shown and text_size(blocks) + text_size(row) > _ROWS_TEXT:
            break
        blocks += row
        shown += 1
    if total > shown:
        blocks.append(context(f"…and {total - shown:,} more. {more}"))
    return blocks
