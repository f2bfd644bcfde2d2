"""The rows of an alert in a channel: an account a row, and what became of the others in a line.

A channel sees no contact's personal data: which fields differ, and an email address's domain.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.domain.alert_summary import AccountState
from bot.domain.contacts import ContactType
from bot.domain.findings import ResolutionKind, severity_of
from bot.domain.masking import mask
from bot.domain.rule_catalog import Rule, worst_severity
from bot.domain.rules.mail_addresses import domain_of
from bot.slack.views.blocks import as_typed, clip, day, escape, mrkdwn, section
from bot.slack.views.headlines import problem
from bot.slack.views.mentions import person
from bot.slack.views.row_actions import account_name, remedy_button
from bot.slack.views.wording import OBVIOUS, rule_link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.domain.alert_summary import AlertAccount, AlertSummary
    from bot.domain.findings import Finding
    from bot.domain.rule_catalog import Severity
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

_PROBLEM_TEXT: Final = 300
_PATH_TEXT: Final = 80
_OWNER_TEXT: Final = 60
_NAME_TEXT: Final = 50
_NAMES_TEXT: Final = 300
_BY_DOMAIN: Final = frozenset({Rule.FREE_MAIL, Rule.DISPOSABLE_MAIL, Rule.FOREIGN_DOMAIN})
"""The rules whose problem is the domain."""

_LEFT: Final = {
    ResolutionKind.INACTIVE: "not active",
    ResolutionKind.EXCLUDED: "excluded by the policy",
    ResolutionKind.DEPARTED: "left the organization",
}
_ENDED: Final = {
    AccountState.FIXED: ("fixed", "fixed"),
    AccountState.ELSEWHERE: (
        "still needs attention in another alert",
        "still need attention in another alert",
    ),
    AccountState.EXEMPT: ("exempt", "exempt"),
    AccountState.NOT_REQUIRED: ("no longer required", "no longer required"),
    AccountState.LEFT: ("no longer checked", "no longer checked"),
}
RESTORED: Final = _ENDED | {
    AccountState.FIXED: ("compliant", "compliant"),
    AccountState.ELSEWHERE: ("still needs attention", "still need attention"),
}
"""What became of one account and of several; of an alert about what couldn't be checked."""

_CHECK_MARK: Final = ":white_check_mark: "
"""Only for what is fixed: nothing of these accounts is unresolved."""


def account_rows(
    findings: Iterable[Finding],
    kinds: Collection[tuple[ContactType, Rule]],
    links: RowLinks,
) -> list[tuple[Severity | None, Block]]:
    """A row an account, in the order given, each with its worst severity.

    Args:
        findings: open ones, together by account, the worst of an account first.
        kinds: the contact types and rules of the whole alert: a single one is in its heading.
        links: what rows link to.
    """
    return [
        _row(number, list(members), kinds, links)
        for number, (_, members) in enumerate(groupby(findings, lambda item: item.key.account_id))
    ]


def ended_lines(
    summary: AlertSummary, words: Mapping[AccountState, tuple[str, str]] = _ENDED
) -> list[str]:
    """What became of the accounts of which nothing is open here: a line each, for mrkdwn."""
    lines = []
    for state, (one, many) in words.items():
        number = summary.states.get(state, 0)
        if number:
            named = [account for account in summary.ended if account.state is state]
            mark = _CHECK_MARK if state is AccountState.FIXED else ""
            counted = f"{number:,} {one if number == 1 else many}"
            lines.append(f"{mark}{counted}: {_names(named, number)}")
    return lines


def _row(
    number: int,
    found: Sequence[Finding],
    kinds: Collection[tuple[ContactType, Rule]],
    links: RowLinks,
) -> tuple[Severity | None, Block]:
    first = found[0]
    key, name = first.key, first.account_name
    is_explained = len(kinds) == 1
    facts = (_path(first), _owner(first, links), _detail(first) if is_explained else "")
    where = " · ".join(filter(None, facts))
    text = f"{account_name(name, key.account_id)}  {where}".rstrip()
    if not is_explained:
        text += f"\n{_problems(found, links.rules_url)}"
    rules = {finding.key.rule for finding in found if finding.key.type is key.type}
    button = remedy_button(number, key.account_id, key.type, rules, name=name)
    severity = worst_severity(severity_of(finding) for finding in found)
    return severity, section(mrkdwn(text), accessory=button)


def _path(finding: Finding) -> str:
    return as_typed(clip(finding.path, _PATH_TEXT)) if finding.path != "/" else ""


def _owner(finding: Finding, links: RowLinks) -> str:
    """Who owns the account, where that is nobody's address or number."""
    owner = finding.owner.strip()
    if not owner:
        return ""
    mentioned = links.owners.get(finding.owner)
    if mentioned is not None:
        return mentioned if mask(mentioned) == mentioned else ""
    return as_typed(clip(owner, _OWNER_TEXT)) if mask(owner) == owner else ""


def _problems(found: Sequence[Finding], rules_url: str) -> str:
    """What is wrong with each contact of an account, for mrkdwn.

    Half a link would show its address, so long texts have no links, or no details either.
    """
    for url, with_details in ((rules_url, True), ("", True)):
        text = _said(found, url, with_details=with_details)
        if len(text) <= _PROBLEM_TEXT:
            return text
    return clip(_said(found, "", with_details=False), _PROBLEM_TEXT)


def _said(found: Sequence[Finding], rules_url: str, *, with_details: bool) -> str:
    parts = []
    for contact_type in ContactType:
        of_type = [finding for finding in found if finding.key.type is contact_type]
        subject, predicates = "", []
        for finding in of_type:
            subject, predicate = problem(contact_type, finding.key.rule)
            detail = _detail(finding) if with_details else ""
            rule = finding.key.rule
            if rule not in OBVIOUS:
                predicate = rule_link(rule, predicate, rules_url)
            predicates.append(f"{predicate} ({detail})" if detail else predicate)
        if predicates:
            parts.append(f"{subject} {' and '.join(dict.fromkeys(predicates))}".strip())
    return " · ".join(parts)


def _detail(finding: Finding) -> str:
    """The domain that explains a problem, or the fields that differ, for mrkdwn."""
    rule = finding.key.rule
    differences = {field.field: field for field in finding.differences}
    email = differences.get("email")
    domain = domain_of(email.actual) if email is not None else ""
    if rule in _BY_DOMAIN:
        return as_typed(domain)
    if rule is Rule.DIFFERENT:
        fields = [
            f"email at {as_typed(domain)}" if name == "email" and domain else escape(name)
            for name in differences
        ]
        return ", ".join(fields)
    return ""


def _names(named: Sequence[AlertAccount], number: int) -> str:
    """Accounts by name, each run with who or what it has in common, for mrkdwn."""
    runs: list[str] = []
    shown = 0
    for how, members in groupby(sorted(named, key=_how), _how):
        names: list[str] = []
        for account in members:
            name = as_typed(clip(account.name.strip() or account.id, _NAME_TEXT))
            if shown and sum(map(len, (*runs, *names, name))) > _NAMES_TEXT:
                break
            names.append(name)
            shown += 1
        if names:
            run = ", ".join(names)
            runs.append(f"{run} ({how})" if how else run)
    more = f", and {number - shown:,} more" if number > shown else ""
    return ", ".join(runs) + more


def _how(account: AlertAccount) -> str:
    """Who fixed an account, until when it is exempt, or why it is no longer checked."""
    if account.until is not None:
        return f"until {day(account.until)}"
    if account.resolved_by:
        return person(account.resolved_by)
    if account.resolution is ResolutionKind.FIXED_IN_AWS:
        return "in AWS"
    return _LEFT.get(account.resolution, "") if account.resolution is not None else ""
