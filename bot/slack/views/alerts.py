"""Alerts of non-compliant contacts in a channel, and what all alerts share."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.finding_lists import FindingList, ListKind
from bot.domain.rule_catalog import Rule, worst_severity
from bot.slack.views.alert_rows import account_rows, ended_lines
from bot.slack.views.blocks import (
    accounts,
    actions,
    as_typed,
    button,
    clip,
    contacts,
    context,
    date,
    divider,
    escape,
    header,
    paragraph,
    text_size,
)
from bot.slack.views.fix_all import fix_all_button
from bot.slack.views.headlines import non_compliant_headline
from bot.slack.views.mentions import mention_line
from bot.slack.views.message import Message
from bot.slack.views.wording import OBVIOUS, rule_names, severity_heading

if TYPE_CHECKING:
    from bot.domain.alert_summary import AlertSummary
    from bot.domain.announcements import AnnouncementContent
    from bot.domain.findings import Finding
    from bot.domain.rule_catalog import Severity
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

SHOW_ALL: Final = "altcontact_show_all"
"""The action id of the button that opens all findings of an alert; its value is the alert's id."""

ROWS_TEXT: Final = 7_500
"""Characters of a message's rows: Slack accepts about 10,000 in all."""

MOST_BLOCKS: Final = 26
"""Blocks of a message of twenty accounts, headings of severities included."""

_NAME_TEXT: Final = 50
NAMES_IN_TEXT: Final = 10
"""Accounts that the text of a message names."""

_FALLBACK_TEXT: Final = 2900
_MARKUP: Final = re.compile(r"<(?:!date|https?:)[^|>]*\|([^>]*)>")
_EMOJI: Final = re.compile(r":white_check_mark: |[*`]")

_ABUSE: Final = "AWS sends abuse notices to {}, and expects an answer within 24 hours."
_ACCOUNT_1: Final = (
    "https://docs.aws.amazon.com/securityhub/latest/userguide/account-controls.html#account-1"
)
_CIS: Final = (
    "https://docs.aws.amazon.com/securityhub/latest/userguide/cis-aws-foundations-benchmark.html"
)
_BENCHMARKS: Final = f"<{_CIS}|CIS 1.2>, <{_ACCOUNT_1}|Security Hub Account.1>"
"""Who asks for a security contact. CIS AWS Foundations 1.4 to 5.0 number it 1.2."""


def non_compliant_message(content: AnnouncementContent, links: RowLinks) -> Message:
    """Contacts that are non-compliant, or were."""
    summary = content.summary
    headline = non_compliant_headline(summary)
    why = _why(summary) if summary.open_accounts else ""
    ended = ended_lines(summary)
    blocks: list[Block] = [header(headline)]
    mention = mention_line(content.announcement.mention) if summary.open_accounts else ""
    intro = mention + "\n".join(filter(None, (why, *ended)))
    if intro:
        blocks.append(paragraph(intro.strip()))
    facts = _facts(content, links)
    blocks.append(context(facts))
    if pause := _pause(content):
        blocks.append(context(pause))
    rows, shown = _rows(content, links, text_size(blocks), len(blocks))
    if rows:
        blocks += [divider(), *rows]
    hidden = summary.open_accounts - shown
    if summary.accounts:
        blocks.append(actions(*_fix_all(content), _show_all(content, hidden)))
    severity = _severity(content)
    risk = f"{severity.label} risk" if severity is not None else ""
    names = open_names(content, NAMES_IN_TEXT, with_ids=True)
    return Message(message_text(headline, why, risk, names, *ended), blocks)


def _why(summary: AlertSummary) -> str:
    """Why a security contact matters, where one is concerned."""
    types = {contact_type for contact_type, _ in summary.kinds}
    if ContactType.SECURITY not in types:
        return ""
    return _ABUSE.format("this contact" if len(types) == 1 else "the security contact")


def _facts(content: AnnouncementContent, links: RowLinks) -> str:
    """How bad it is, who asks for it, and which check found it, for mrkdwn."""
    severity, kinds = _severity(content), content.summary.kinds
    rules = {rule for _, rule in kinds}
    parts = [f"{severity.label} risk" if severity is not None else ""]
    if (ContactType.SECURITY, Rule.MISSING) in kinds:
        parts.append(_BENCHMARKS)
    elif len(rules) == 1 and not rules <= OBVIOUS:
        parts.append(f"Rule {rule_names(rules, links.rules_url)}")
    return " · ".join(filter(None, (*parts, checked_line(content))))


def _pause(content: AnnouncementContent) -> str:
    """That the bot no longer fixes by itself, for mrkdwn; empty if it does, or nothing is open."""
    pause = content.auto_fix_pause
    if pause is None or not content.summary.open_accounts:
        return ""
    return (
        f":warning: *Auto-fix is paused*: it reached its limit of {pause.limit:,} an "
        f"hour, with {contacts(pause.left)} left. Check why so many changed, then use *Fix all*."
    )


def _severity(content: AnnouncementContent) -> Severity | None:
    """The worst severity of what is open."""
    return worst_severity(known for known, count in content.severities.items() if count)


def _rows(
    content: AnnouncementContent, links: RowLinks, spent: int, used: int
) -> tuple[list[Block], int]:
    """The rows as far as they fit, with headings of severities where there is room; how many."""
    rows: list[tuple[Severity | None, Block]] = []
    for severity, block in account_rows(open_findings(content), content.summary.kinds, links):
        spent += text_size(block)
        if rows and spent > ROWS_TEXT:
            break
        rows.append((severity, block))
    severities = {severity for severity, _ in rows}
    # Beside the rows: a divider, and the buttons.
    has_room = used + len(rows) + len(severities) + 2 <= MOST_BLOCKS
    blocks: list[Block] = []
    for severity, members in groupby(rows, lambda row: row[0]):
        if len(severities) > 1 and has_room:
            blocks.append(context(severity_heading(severity)))
        blocks += [block for _, block in members]
    return blocks, len(rows)


def _fix_all(content: AnnouncementContent) -> list[Block]:
    """The button that fixes the open accounts together."""
    summary = content.summary
    listed = FindingList(ListKind.ALERT, content.announcement.id)
    rules = {rule for _, rule in summary.kinds}
    return fix_all_button(listed, summary.open_accounts, rules, primary=True)


def _show_all(content: AnnouncementContent, hidden: int) -> Block:
    number = content.summary.accounts
    label = f"Show all {number:,}" if hidden > 0 else "Show all"
    spoken = f"Show {accounts(number)} of this alert"
    return button(label, SHOW_ALL, content.announcement.id, label=spoken)


def open_names(content: AnnouncementContent, most: int, *, with_ids: bool = False) -> str:
    """The first accounts of which something is open, for mrkdwn."""
    named: dict[str, str] = {}
    for finding in open_findings(content):
        account_id = finding.key.account_id
        name = as_typed(clip(finding.account_name.strip(), _NAME_TEXT)) or account_id
        named[account_id] = f"{name} {account_id}" if with_ids and name != account_id else name
    shown = list(named.values())[:most]
    more = content.summary.open_accounts - len(shown)
    return ", ".join(shown) + (f", and {more:,} more" if more > 0 else "")


def open_findings(content: AnnouncementContent) -> list[Finding]:
    """The findings that somebody should act on."""
    return [finding for finding in content.findings if finding.is_open]


def checked_line(content: AnnouncementContent) -> str:
    """Which check found it, for mrkdwn."""
    scan = content.found_by
    number = f"{accounts(scan.accounts)} checked, " if scan.accounts else ""
    return f"{number}{date(scan.started_at)}"


def message_text(headline: str, *parts: str) -> str:
    """What notifications and screen readers say instead of the blocks."""
    said = (escape(headline), *(_as_text(part) for part in parts if part))
    return clip(" ".join(f"{part.rstrip('.')}." for part in said), _FALLBACK_TEXT)


def _as_text(line: str) -> str:
    """A line of mrkdwn for those who hear it: no link, no emoji, a date as it reads."""
    return _EMOJI.sub("", _MARKUP.sub(r"\1", line)).replace("\n", " ")
