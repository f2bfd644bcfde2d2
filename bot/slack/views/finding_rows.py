"""The rows of findings that one person sees: a contact a row, with what is wrong or what was done.

A channel gets other rows, without contact details: `bot.slack.views.alert_rows`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.domain.exemptions import ExemptionKind
from bot.domain.findings import Outcome, ResolutionKind, severity_of
from bot.domain.masking import mask
from bot.domain.rule_catalog import Rule, worst_severity
from bot.slack.views.blocks import as_typed, clip, context, date, day, escape, mrkdwn, section
from bot.slack.views.mentions import person
from bot.slack.views.row_actions import (
    EXEMPT,
    FIX,
    REASON_TEXT,
    SHOW,
    VERIFY,
    account_name,
    row_menu,
)
from bot.slack.views.wording import (
    OBVIOUS,
    finding_text,
    rule_names,
    severity_heading,
    unchecked,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.domain.rule_catalog import Severity
    from bot.slack.views.blocks import Block

_STATUS_TEXT: Final = 700
"""Characters of what was done about one contact, or why it is exempt."""

_OWNER_TEXT: Final = 100
_PATH_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class RowLinks:
    """What rows link to.

    `rules_url` is where the pages of rules are published, empty where they are not; `owners` has
    accounts' owners as mrkdwn, by the values of their tags.
    """

    rules_url: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)

    def hidden(self) -> RowLinks:
        """The same without the addresses of owners who were not found in Slack."""
        return RowLinks(self.rules_url, {tag: mask(shown) for tag, shown in self.owners.items()})


NO_LINKS: Final = RowLinks()


def finding_rows(findings: Iterable[Finding], links: RowLinks = NO_LINKS) -> list[Block]:
    """A row a contact, worst first, under a heading a severity where there are several.

    Args:
        findings: of any contacts; a contact's place is that of its worst finding, resolved or not,
            so that no row moves when it is fixed.
        links: what the rows link to.
    """
    contacts: dict[tuple[str, ContactType], list[Finding]] = {}
    for finding in findings:
        contacts.setdefault((finding.key.account_id, finding.key.type), []).append(finding)
    accounts = list(dict.fromkeys(account_id for account_id, _ in contacts))
    position = {account_id: number for number, account_id in enumerate(accounts)}

    def order(found: Sequence[Finding]) -> tuple[int, int, int]:
        key = found[0].key
        return _rank(found), position[key.account_id], list(type(key.type)).index(key.type)

    rows = sorted(contacts.values(), key=order)
    grouped = [list(members) for _, members in groupby(rows, _rank)]
    blocks: list[Block] = []
    number = 0
    for members in grouped:
        if len(grouped) > 1:
            blocks.append(context(severity_heading(_severity(members[0]))))
        for found in members:
            blocks.append(_row(number, found, links))
            number += 1
    return blocks


def exemption_line(exemption: Exemption) -> str:
    """Until when, by whom and why a finding is exempt, for mrkdwn."""
    request = exemption.request
    reason = escape(clip(request.reason, REASON_TEXT))
    by, until = f"<@{request.user_id}>", day(request.until)
    if request.kind is ExemptionKind.VERIFICATION:
        verified = f"Verified manually by {by} {date(exemption.granted_at)}"
        return f":white_circle: {verified}, valid until {until}: {reason}"
    return f":white_circle: Exempt until {until} by {by}: {reason}"


def _severity(found: Sequence[Finding]) -> Severity | None:
    return worst_severity([severity_of(finding) for finding in found])


def _rank(found: Sequence[Finding]) -> int:
    severity = _severity(found)
    return severity.rank if severity is not None else len(Outcome)


def _row(number: int, found: Sequence[Finding], links: RowLinks) -> Block:
    first = found[0]
    key = first.key
    open_ = [finding for finding in found if finding.is_open]
    heading = account_name(first.account_name, key.account_id)
    where = " · ".join(filter(None, (_path(first), _owner(first, links))))
    lines = [f"{heading}  {where}".rstrip()]
    lines += [_problem(key.type, open_, links)] if open_ else [f"{key.type.label} contact"]
    lines += [done] if (done := _done(found)) else []
    choices = _choices(found, open_)
    is_forbidden = any(finding.key.rule is Rule.FORBIDDEN for finding in open_)
    menu = None
    if choices:
        menu = row_menu(number, key.account_id, key.type, *choices, is_forbidden=is_forbidden)
    return section(mrkdwn("\n".join(lines)), accessory=menu)


def _choices(found: Sequence[Finding], open_: Sequence[Finding]) -> tuple[str, ...]:
    """What can be done about a contact: nothing once all of it is resolved."""
    if any(finding.key.outcome.is_non_compliant for finding in open_):
        return FIX, EXEMPT, SHOW
    if any(finding.key.outcome is Outcome.UNSUPPORTED for finding in open_):
        return VERIFY, EXEMPT, SHOW
    if open_:
        return EXEMPT, SHOW
    # On the account's card an exemption can be ended.
    return (SHOW,) if any(finding.resolved_at is None for finding in found) else ()


def _problem(contact_type: ContactType, open_: Sequence[Finding], links: RowLinks) -> str:
    """What is wrong with a contact, or why it couldn't be checked, for mrkdwn."""
    rules = list(dict.fromkeys(finding.key.rule for finding in open_))
    if not any(finding.key.outcome.is_non_compliant for finding in open_):
        return escape(unchecked(contact_type, open_))
    differences = [field for finding in open_ for field in finding.differences]
    reasons = [finding.reason for finding in open_]
    text = escape(finding_text(contact_type, rules, reasons, differences))
    named = [rule for rule in rules if rule not in OBVIOUS]
    label = "Rule" if len(named) == 1 else "Rules"
    return f"{text}\n{label}: {rule_names(named, links.rules_url)}" if named else text


def _path(finding: Finding) -> str:
    return as_typed(clip(finding.path, _PATH_TEXT)) if finding.path != "/" else ""


def _owner(finding: Finding, links: RowLinks) -> str:
    owner = finding.owner.strip()
    return links.owners.get(finding.owner) or as_typed(clip(owner, _OWNER_TEXT)) if owner else ""


def _done(found: Iterable[Finding]) -> str:
    """What was resolved or is exempt of a contact, a line each, for mrkdwn."""
    lines: dict[str, None] = {}
    for finding in found:
        if finding.resolved_at is not None:
            lines[_resolved_line(finding)] = None
        elif finding.exemption is not None:
            lines[exemption_line(finding.exemption)] = None
    shown: list[str] = []
    for line in lines:
        # Whole lines only: half a mention or date would show its markup.
        if shown and sum(map(len, shown)) + len(line) > _STATUS_TEXT:
            break
        shown.append(line)
    rest = len(lines) - len(shown)
    return "\n".join((*shown, *((f"…and {rest} more.",) if rest else ())))


def _resolved_line(finding: Finding) -> str:
    """How a finding ended; it has no check mark, since other findings may be open."""
    how = escape(finding.resolution[:REASON_TEXT])
    if finding.resolution_kind is ResolutionKind.REOPENED or finding.resolved_at is None:
        return f":white_circle: {how}"
    by = f" by {person(finding.resolved_by)}" if finding.resolved_by else ""
    return f":white_circle: Resolved{by}, {date(finding.resolved_at)}. {how}".rstrip()
