"""A contact a row: what is the matter with it, what can be done, what was done or set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.domain.exemptions import ExemptionKind
from bot.domain.findings import Outcome, severity_of
from bot.domain.masking import mask
from bot.domain.rule_catalog import worst_severity
from bot.slack.views.blocks import (
    FIELD_TEXT,
    clip,
    date,
    day,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.row_actions import EXEMPT, REASON_TEXT, SHOW, VERIFY, remedy_button, row_menu
from bot.slack.views.wording import (
    finding_text,
    row_text,
    rule_names,
    severity_heading,
    undecided,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.domain.rule_catalog import Severity
    from bot.slack.views.blocks import Block

_STATUS_TEXT: Final = 700
"""Characters of what was done about one contact, or why it is set aside."""

_OWNER_TEXT: Final = 100


@dataclass(frozen=True, slots=True)
class RowLinks:
    """What rows link to.

    `rules_url` is where the pages of rules are published, empty where they are not; `owners` has
    accounts' owners as mrkdwn, by what their tags say.
    """

    rules_url: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)

    def hidden(self) -> RowLinks:
        """The same without the addresses of owners who were not found in Slack."""
        return RowLinks(self.rules_url, {tag: mask(shown) for tag, shown in self.owners.items()})


NO_LINKS: Final = RowLinks()


@dataclass(frozen=True, slots=True)
class Row:
    """The findings of one contact, in the order given, as blocks."""

    findings: tuple[Finding, ...]
    blocks: tuple[Block, ...]

    @property
    def severity(self) -> Severity | None:
        """The worst of its findings, whatever became of them: so no row moves by being mended."""
        return worst_severity([severity_of(finding) for finding in self.findings])


def contact_rows(
    findings: Iterable[Finding], links: RowLinks = NO_LINKS, known: str = ""
) -> list[Row]:
    """A row a contact, in the order in which the contacts are first met.

    Args:
        findings: of any contacts.
        links: what the rows point to.
        known: why something could not be checked, where that stands above the rows already.
    """
    contacts: dict[tuple[str, ContactType], list[Finding]] = {}
    for finding in findings:
        contacts.setdefault((finding.key.account_id, finding.key.type), []).append(finding)
    return [
        Row(tuple(found), tuple(_blocks(number, found, links, known)))
        for number, found in enumerate(contacts.values())
    ]


def by_severity(rows: Sequence[Row]) -> list[Block]:
    """The blocks of rows, worst first, under a heading each severity where there are several."""
    accounts = list(dict.fromkeys(row.findings[0].key.account_id for row in rows))
    position = {account_id: number for number, account_id in enumerate(accounts)}

    def order(row: Row) -> tuple[int, int, int]:
        key = row.findings[0].key
        return _rank(row), position[key.account_id], list(type(key.type)).index(key.type)

    ordered = sorted(rows, key=order)
    grouped = [(rank, list(members)) for rank, members in groupby(ordered, _rank)]
    blocks: list[Block] = []
    for _, members in grouped:
        if len(grouped) > 1:
            blocks.append(paragraph(severity_heading(members[0].severity)))
        blocks += [block for row in members for block in row.blocks]
    return blocks


def finding_rows(findings: Iterable[Finding], links: RowLinks = NO_LINKS) -> list[Block]:
    """The blocks of findings, put together by contact and severity."""
    return by_severity(contact_rows(findings, links))


def exemption_line(exemption: Exemption) -> str:
    """Until when, by whom and why a finding is set aside, for mrkdwn."""
    request = exemption.request
    reason = escape(clip(request.reason, REASON_TEXT))
    by, until = f"<@{request.user_id}>", day(request.until)
    if request.kind is ExemptionKind.VERIFICATION:
        return (
            f":white_circle: Verified by hand by {by} {date(exemption.granted_at)}, "
            f"good until {until}: {reason}"
        )
    return f":white_circle: Set aside until {until} by {by}: {reason}"


def _rank(row: Row) -> int:
    return row.severity.rank if row.severity is not None else len(Outcome)


def _blocks(number: int, found: Sequence[Finding], links: RowLinks, known: str) -> list[Block]:
    first = found[0]
    key, name = first.key, first.account_name
    standing = [finding for finding in found if finding.is_open]
    done = _done(found)
    if not standing:
        text = plain(row_text(name, key.account_id, f"{key.type.label} contact"))
        aside = any(finding.resolved_at is None for finding in found)
        # On the account's card it can be ended.
        menu = row_menu(number, key.account_id, key.type, SHOW) if aside else None
        return [section(text, fields=[mrkdwn(done, FIELD_TEXT)], accessory=menu)]
    details = _details(standing, done, links)
    if any(finding.key.outcome.is_non_compliant for finding in standing):
        rules = [finding.key.rule for finding in standing]
        reasons = [finding.reason for finding in standing]
        differences = [field for finding in standing for field in finding.differences]
        text = plain(
            row_text(name, key.account_id, finding_text(key.type, rules, reasons, differences))
        )
        menu = row_menu(number, key.account_id, key.type, EXEMPT, SHOW)
        return [
            section(text, accessory=remedy_button(number, key.account_id, key.type, rules)),
            section(mrkdwn(details), accessory=menu),
        ]
    by_hand = any(finding.key.outcome is Outcome.UNSUPPORTED for finding in standing)
    reason = undecided(key.type, standing, known)
    choices = (VERIFY, EXEMPT, SHOW) if by_hand else (EXEMPT, SHOW)
    return [
        section(
            plain(row_text(name, key.account_id, reason)),
            fields=[mrkdwn(details, FIELD_TEXT)],
            accessory=row_menu(number, key.account_id, key.type, *choices),
        )
    ]


def _details(standing: Sequence[Finding], done: str, links: RowLinks) -> str:
    """The rules that are broken, whose account it is, and what is over already, for mrkdwn."""
    rules = [finding.key.rule for finding in standing]
    label = "Rule" if len(set(rules)) == 1 else "Rules"
    details = f"{label}: {rule_names(rules, links.rules_url)}"
    owner = standing[0].owner.strip()
    if owner:
        named = links.owners.get(standing[0].owner) or escape(clip(owner, _OWNER_TEXT))
        details += f" · Owner: {named}"
    return f"{details}\n{done}" if done else details


def _done(found: Iterable[Finding]) -> str:
    """What was resolved or is set aside of a contact, a line each, for mrkdwn."""
    lines: dict[str, None] = {}
    for finding in found:
        if finding.resolved_at is not None and _opened_again(finding):
            lines[f":white_circle: {escape(finding.resolution[:REASON_TEXT])}"] = None
        elif finding.resolved_at is not None:
            by = f" by <@{finding.resolved_by}>" if finding.resolved_by else ""
            how = escape(finding.resolution[:REASON_TEXT])
            when = date(finding.resolved_at)
            lines[f":white_check_mark: Resolved{by}, {when}. {how}".rstrip()] = None
        elif finding.exemption is not None:
            lines[exemption_line(finding.exemption)] = None
    shown: list[str] = []
    for line in lines:
        # Whole lines alone: half a mention or date would show as it is written.
        if shown and sum(map(len, shown)) + len(line) > _STATUS_TEXT:
            break
        shown.append(line)
    rest = len(lines) - len(shown)
    return "\n".join((*shown, *((f"…and {rest} more.",) if rest else ())))


def _opened_again(finding: Finding) -> bool:
    """Whether it gave way to a new finding, since what set it aside had ended."""
    ended = finding.exemption.ended_at if finding.exemption is not None else None
    resolved = finding.resolved_at
    return ended is not None and resolved is not None and resolved >= ended
