"""Alerts: contacts that fall short, and contacts that could not be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.findings import severity_of
from bot.domain.rule_catalog import Rule, worst_severity
from bot.slack.views.blocks import (
    accounts,
    actions,
    button,
    clip,
    contacts,
    context,
    date,
    escape,
    header,
    paragraph,
    text_size,
)
from bot.slack.views.finding_rows import by_severity, contact_rows
from bot.slack.views.mentions import mention_line
from bot.slack.views.message import Message
from bot.slack.views.wording import UNREAD, first_names

if TYPE_CHECKING:
    from bot.domain.announcements import AnnouncementContent
    from bot.domain.findings import Finding
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import Row, RowLinks

SHOW_ALL: Final = "altcontact_show_all"
"""The action id of the button that opens all findings of an alert; its value is the alert's id."""

ROWS_TEXT: Final = 8_500
"""Characters of a message's rows: Slack takes about 10,000 in all."""

_CAUSES: Final = 6
"""Causes told with their mend; each row names its own besides."""

_CAUSE_TEXT: Final = 600
_FALLBACK_TEXT: Final = 2900

_SECURITY_MISSING: Final = (
    "Without a security contact AWS reaches nobody when an account is abused or its keys leak."
)


def non_compliant_message(content: AnnouncementContent, links: RowLinks) -> Message:
    """Contacts that fall short, or that did."""
    found = date(content.found_by.started_at)
    if content.open == 0:
        headline, intro, text = _nothing_stands(content)
        over = paragraph(f"{intro} Found {found}.")
        return Message(text, [header(headline), over, *_rows(content, links)])
    standing = [finding for finding in content.findings if finding.is_open]
    severity = worst_severity([severity_of(finding) for finding in standing])
    severity = worst_severity(
        (severity, *(known for known, count in content.severities.items() if count))
    )
    number, checked = _open_contacts(content), accounts(content.found_by.accounts)
    risk = f"Risk: {severity.label.lower()}." if severity else ""
    names = first_names([(finding.account_name, finding.key.account_id) for finding in standing])
    intro_text = f"Found {found} in a check of {checked}."
    if all_missing(content):
        headline = f"{contacts(number)} missing"
        if len({finding.key.type for finding in standing}) == 1:
            intro_text = f"Missing in *{number:,}* of {checked} checked. Found {found}."
        text = f"{headline}, of {checked} checked. {risk} {names}"
    else:
        headline = f"{contacts(number)} {'falls' if number == 1 else 'fall'} short"
        headline += f", worst: {severity.label.lower()}" if severity else ""
        text = f"{headline}. {names}"
    why = _SECURITY_MISSING if any(_is_security_missing(finding) for finding in standing) else ""
    if risk and all_missing(content):
        intro_text += f"\n*{risk}* {why}".rstrip()
    elif why:
        intro_text += f"\n{why}"
    noun = "" if all_missing(content) else " findings"
    intro = (
        mention_line(content.announcement.mention)
        + intro_text
        + _since_then(content, noun, "resolved")
    )
    return Message(text, [header(headline), paragraph(intro), *_rows(content, links)])


def unchecked_message(content: AnnouncementContent, links: RowLinks) -> Message:
    """Contacts that could not be checked, by cause, or that could be since."""
    since = f"Since {date(content.found_by.started_at)}."
    if content.open == 0:
        headline, intro, text = _nothing_unchecked(content)
        over = paragraph(f"{intro} {since}")
        return Message(text, [header(headline), over, *_rows(content, links)])
    standing = [finding for finding in content.findings if finding.is_open]
    unread = any(finding.key.rule in UNREAD for finding in standing)
    headline = f"{contacts(_open_contacts(content))} could not be checked"
    if not unread:
        headline = f"{contacts(_open_contacts(content))} could not be checked in full"
    known = "Whether they are set is not known." if unread else "Not every rule could be decided."
    intro = mention_line(content.announcement.mention) + f"{known} {since}"
    intro += _since_then(content, "", "could be checked")
    mends = dict.fromkeys(
        (finding.failure.message, finding.failure.remedy)
        for finding in standing
        if finding.failure is not None
    )
    shown = list(mends)[:_CAUSES]
    causes = [paragraph(_cause(words, remedy)) for words, remedy in shown]
    text = clip(escape(f"{headline}: {' '.join(words for words, _ in shown)}"), _FALLBACK_TEXT)
    reasons = {finding.reason for finding in standing}
    known = next(iter(reasons)) if len(reasons) == 1 and causes else ""
    rows = _rows(content, links, text_size(causes), known)
    return Message(text, [header(headline), paragraph(intro), *causes, *rows])


def _cause(words: str, remedy: str) -> str:
    cause = f":grey_question: {escape(clip(words, _CAUSE_TEXT))}"
    return f"{cause}\n:point_right: {escape(clip(remedy, _CAUSE_TEXT))}" if remedy else cause


def _nothing_stands(content: AnnouncementContent) -> tuple[str, str, str]:
    """Headline, introduction and text of an alert of which nothing is open."""
    subject = f"contacts of {accounts(_accounts_of(content))}"
    if content.exempt:
        text = f"{content.exempt:,} of {content.total:,} set aside."
        intro = f"All of what fell short here is right now, or set aside: {text}"
        return f"Nothing open: {subject}", intro, f"Nothing open: {subject}. {text}"
    if all_missing(content):
        text = f"Resolved: all {content.total:,} missing contacts of this alert are set now."
        return f"Resolved: {subject}", "All of what was missing here is set now.", text
    intro = "All of what fell short here is right now."
    return f"Resolved: {subject}", intro, f"Resolved: {subject}. {intro}"


def _nothing_unchecked(content: AnnouncementContent) -> tuple[str, str, str]:
    """The same of contacts that could not be checked."""
    subject = accounts(_accounts_of(content))
    if content.exempt:
        text = f"{content.exempt:,} of {content.total:,} set aside."
        intro = f"All of what could not be checked here could be since, or is set aside: {text}"
        return f"Nothing open: {subject}", intro, f"Nothing open: {subject}. {text}"
    text = f"All {content.total:,} contacts that could not be checked could be checked since."
    intro = "All of what could not be checked here could be checked since."
    return f"Checked again: {subject}", intro, text


def _since_then(content: AnnouncementContent, noun: str, how: str) -> str:
    """How many findings are over or set aside, as lines to follow an introduction."""
    done = content.total - content.open - content.exempt
    of = f"of {content.total:,}{noun}"
    lines = (
        f"\n{done:,} {of} {how} since." if done else "",
        f"\n{content.exempt:,} {of} set aside." if content.exempt else "",
    )
    return "".join(lines)


def _rows(
    content: AnnouncementContent, links: RowLinks, spent: int = 0, known: str = ""
) -> list[Block]:
    """The rows as far as they fit, and the button behind which all of them are."""
    fitting: list[Row] = []
    shown = 0
    for row in contact_rows(content.findings, links, known):
        spent += text_size(row.blocks)
        if fitting and spent > ROWS_TEXT:
            break
        fitting.append(row)
        shown += len(row.findings)
    blocks = by_severity(fitting)
    if content.total > shown:
        more = button(f"Show all ({content.total:,})", SHOW_ALL, content.announcement.id)
        blocks += [context(f"…and {content.total - shown:,} more."), actions(more)]
    return blocks


def all_missing(content: AnnouncementContent) -> bool:
    """Whether it is about contacts that are missing, and nothing else."""
    if content.open and content.missing:
        return content.missing == content.open
    return all(finding.key.rule is Rule.MISSING for finding in content.findings)


def _is_security_missing(finding: Finding) -> bool:
    return finding.key.rule is Rule.MISSING and finding.key.type is ContactType.SECURITY


def _open_contacts(content: AnnouncementContent) -> int:
    """How many contacts the open findings are of."""
    shown = {
        (finding.key.account_id, finding.key.type)
        for finding in content.findings
        if finding.is_open
    }
    if content.total <= len(content.findings):
        return len(shown)
    return content.contacts or content.open


def _accounts_of(content: AnnouncementContent) -> int:
    """How many accounts it is about; where not all findings are at hand, how many those are."""
    if content.total > len(content.findings):
        return content.total
    return len({finding.key.account_id for finding in content.findings})
