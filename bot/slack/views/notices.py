"""Notices: contacts changed by others, exemptions that end soon, failing checks, other bots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.domain.exemptions import ExemptionKind
from bot.domain.rules.mail_addresses import domain_of
from bot.slack.views.blocks import (
    HEADER_TEXT,
    accounts,
    actions,
    as_typed,
    clip,
    contacts,
    context,
    date,
    day,
    escape,
    header,
    mrkdwn,
    paragraph,
    section,
    text_size,
)
from bot.slack.views.headlines import cause_headline, problem, still_without
from bot.slack.views.mentions import mention_line
from bot.slack.views.message import Message
from bot.slack.views.row_actions import (
    EXEMPT,
    REASON_TEXT,
    SHOW,
    VERIFY,
    account_name,
    remedy_button,
    row_button,
)
from bot.slack.views.wording import OBVIOUS, UNREAD, first_names, rule_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.announcements import AnnouncementContent
    from bot.domain.contacts import AlternateContact, ContactChange
    from bot.domain.exemptions import Exemption
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

_ROWS_TEXT: Final = 8_000
"""Characters of a notice's rows: Slack accepts about 10,000 in all."""

_MOST_ROWS: Final = 20
"""Rows of two blocks at most; Slack accepts 50 blocks."""


def changed_message(content: AnnouncementContent) -> Message:
    """Contacts that somebody else changed, and that are still compliant."""
    number = content.total or len(content.changes)
    headline = f"{contacts(number)} changed outside of this bot"
    still = "It's still compliant" if number == 1 else "They're still compliant"
    intro = (
        f"{mention_line(content.announcement.mention)}{still}. To see who did it, look up "
        "`PutAlternateContact` and `DeleteAlternateContact` in CloudTrail."
    )
    rows = [_changed_row(position, change) for position, change in enumerate(content.changes)]
    names = first_names((change.account_name, change.account_id) for change in content.changes)
    more = "`/altcontact check` with an account's id shows its contacts."
    facts = context(f"Noticed {date(content.found_by.started_at)}")
    blocks = [header(headline), paragraph(intro), facts, *_fitting(rows, number, more)]
    return Message(f"{headline}: {names}", blocks)


def exemptions_ending_message(content: AnnouncementContent, links: RowLinks) -> Message:
    """Exemptions and verifications that end within a week."""
    number = content.total or len(content.exemptions)
    kinds = {exemption.request.kind for exemption in content.exemptions}
    nouns = ("exemption or verification", "exemptions and verifications")
    if len(kinds) == 1:
        noun = str(next(iter(kinds)).value)
        nouns = (noun, f"{noun}s")
    ends = f"{nouns[0]} ends" if number == 1 else f"{nouns[1]} end"
    headline = f"{number:,} {ends} within a week"
    intro = (
        f"{mention_line(content.announcement.mention)}After that, the contact is in an alert "
        "again. Fix it before then, or exempt or verify it again."
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
    """Checks are failing, or were."""
    why = content.announcement.failure
    where = _where(content)
    cause = f": {cause_headline(why.cause)}" if why is not None else ""
    since = f"Check of {date(content.found_by.started_at)}"
    if content.recovered_at is not None:
        headline = f"Checks{where} were failing{cause}"
        facts = f"{since} · recovered {date(content.recovered_at)}"
        return Message(f"{escape(headline)}. They recovered.", [header(headline), context(facts)])
    headline = f"Checks{where} are failing{cause}"
    blocks = [header(headline)]
    text = ""
    if why is not None:
        text = f"{escape(why.message)} To fix this: {escape(why.remedy)}"
        blocks.append(paragraph(f"{escape(why.message)}\nTo fix this: {escape(why.remedy)}"))
    blocks.append(context(f"{since} · I'll post here when they recover."))
    said = f"{escape(headline)}. {text}".rstrip()
    return Message(f"{said} I'll post here when they recover.", blocks)


def checks_recovered_message(content: AnnouncementContent) -> Message:
    """Checks work again, and how the accounts are now."""
    checked, scan = content.checked, content.found_by
    readable = scan.accounts - scan.skipped
    if checked is not None:
        readable = checked.total - checked.unchecked
    headline = f"Checks{_where(content)} restored: {accounts(readable)} readable"
    facts = []
    if checked is not None:
        if checked.without_security:
            headline += f", {still_without(checked.without_security, readable)}"
        if checked.non_compliant:
            facts.append(f"{checked.non_compliant:,} non-compliant")
        if checked.unchecked:
            facts.append(f"{checked.unchecked:,} couldn't be checked")
    finished = scan.finished_at or scan.started_at
    line = " · ".join((*facts, f"Checked {date(finished)}"))
    said = f"{escape(headline)}. {', '.join(facts)}".rstrip(" .")
    return Message(f"{said}.", [header(headline), context(line)])


def other_bots_message(content: AnnouncementContent) -> Message:
    """Another bot is connected with the same Slack app, or was."""
    if not content.total:
        headline = "Only one bot uses this Slack app again"
        return Message(f"{headline}.", [header(headline)])
    headline = "Another bot uses this Slack app"
    number = f"{content.total:,} other connection{'' if content.total == 1 else 's'}"
    why = (
        f"Slack counts {number} with the same SLACK_APP_TOKEN. Each command and button press "
        "reaches only one bot, and if each has its own database, every alert is posted twice."
    )
    remedy = "To fix this: Stop the other bot, or create a separate Slack app for it."
    return Message(f"{headline}. {why} {remedy}", [header(headline), paragraph(f"{why}\n{remedy}")])


def _where(content: AnnouncementContent) -> str:
    organization = content.announcement.organization
    return f" in {clip(organization, HEADER_TEXT // 3)}" if organization else ""


def _changed_row(number: int, change: ContactChange) -> list[Block]:
    heading = account_name(change.account_name, change.account_id)
    text = f"{heading}\n{change.type.label} contact {_change(change.before, change.after)}"
    name = change.account_name
    button = row_button(SHOW, number, change.account_id, change.type, name=name)
    return [section(mrkdwn(text), accessory=button)]


def _change(before: AlternateContact | None, after: AlternateContact | None) -> str:
    """What changed, by the names of fields and the email's domain, for mrkdwn."""
    if before is None or after is None:
        contact, done = (after, "set") if before is None else (before, "deleted")
        domain = domain_of(contact.email) if contact is not None else ""
        return f"was {done}" + (f" (email at {as_typed(domain)})" if domain else "")
    changed = [field for field in FIELDS if getattr(before, field) != getattr(after, field)]
    old, new = domain_of(before.email), domain_of(after.email)
    moved = f" (email moved from {as_typed(old)} to {as_typed(new)})" if old != new else ""
    return f"has a new {', '.join(changed) or 'value'}{moved}"


def _ending_row(number: int, exemption: Exemption, links: RowLinks) -> list[Block]:
    request, name = exemption.request, exemption.account_name
    is_verification = request.kind is ExemptionKind.VERIFICATION
    done = "Verified" if is_verification else "Exempt"
    reason = escape(clip(request.reason, REASON_TEXT))
    subject, predicate = problem(request.type, request.rule)
    if request.rule not in OBVIOUS | UNREAD:
        predicate = rule_link(request.rule, predicate, links.rules_url)
    facts = (
        f"{subject} {predicate} · {done} until *{day(request.until)}* by <@{request.user_id}>"
    ).strip()
    text = f"{account_name(name, request.account_id)}\n{facts}\n{reason}"
    if exemption.ended_at is not None:
        by = f" by <@{exemption.ended_by}>" if exemption.ended_by else ""
        return [section(mrkdwn(f"{text}\nEnded{by}, {date(exemption.ended_at)}."))]
    again, label = (VERIFY, "Verify again…") if is_verification else (EXEMPT, "Extend…")
    buttons = [row_button(again, number, request.account_id, request.type, label, name=name)]
    if request.rule not in UNREAD:
        rules = {request.rule}
        fix = remedy_button(number, request.account_id, request.type, rules, name=name)
        buttons.insert(0, fix)
    return [section(mrkdwn(text)), actions(*buttons)]


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
