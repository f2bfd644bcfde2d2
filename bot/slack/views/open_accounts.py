"""Rows of accounts that need attention, as Home lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.findings import severity_of
from bot.domain.rule_catalog import Rule
from bot.slack.views.blocks import (
    accounts,
    button,
    clip,
    escape,
    mrkdwn,
    section,
)
from bot.slack.views.row_actions import FIX, REMOVE_LABEL, account_name, title
from bot.slack.views.wording import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.contacts import ContactType
    from bot.domain.findings import Finding
    from bot.domain.overview import OpenAccount
    from bot.slack.views.blocks import Block

_MISSING: Final = "No "
"""Begins what is said of contacts that are missing."""

_PROBLEM_TEXT: Final = 300
"""Characters of what is wrong with one account's contacts."""


def common_problem(found: Sequence[OpenAccount]) -> str:
    """What is wrong with every one of these accounts, for their heading; empty if they differ."""
    problems = {_problem(account.findings) for account in found}
    return problems.pop() if len(problems) == 1 else ""


def attention_heading(total: int, common: str) -> str:
    """How many accounts need attention, for mrkdwn.

    Args:
        total: how many.
        common: what is wrong with every one of them; empty if they differ.
    """
    is_one = total == 1
    if common.startswith(_MISSING) and common.count(".") == 1:
        return f"*{accounts(total)} {'has' if is_one else 'have'} {escape(_lower(common))}*"
    heading = f"*{accounts(total)} {'needs' if is_one else 'need'} attention*"
    return f"{heading} · {escape(common)}" if common else heading


def account_rows(found: Sequence[OpenAccount], *, read_only: bool, known: str = "") -> list[Block]:
    """A block for each account, with a button that opens the form of its worst contact.

    Args:
        found: the accounts, worst first.
        read_only: whether nobody can change contacts, so that there are no buttons.
        known: what is wrong, if the heading says so already.
    """
    severities = {severity_of(account.findings[0]) for account in found}
    return [
        _row(number, account, known, read_only=read_only, with_severity=len(severities) > 1)
        for number, account in enumerate(found)
    ]


def _row(
    number: int, account: OpenAccount, known: str, *, read_only: bool, with_severity: bool
) -> Block:
    problem = _problem(account.findings)
    said = [escape(problem)] if problem != known else []
    severity = severity_of(account.findings[0])
    if with_severity and severity is not None:
        said.append(f"{severity.label} risk")
    text = "\n".join(
        [account_name(account.name, account.id), *([" · ".join(said)] if said else [])]
    )
    return section(mrkdwn(text), accessory=None if read_only else _fix(number, account))


def _fix(number: int, account: OpenAccount) -> Block:
    worst = account.findings[0].key
    rules = {each.key.rule for each in account.findings if each.key.type is worst.type}
    contact = f"{worst.type.label} contact of {title(account.name, account.id)}"
    value = f"{account.id}:{worst.type.value}"
    if Rule.FORBIDDEN in rules:
        label = f"Remove: {contact}"
        return button(REMOVE_LABEL, f"{FIX}:{number}", value, label=label)
    return button("Fix", f"{FIX}:{number}", value, label=f"Fix: {contact}")


def _problem(findings: Sequence[Finding]) -> str:
    """What is wrong with an account's contacts: those that are missing in one sentence."""
    by_type: dict[ContactType, list[Finding]] = {}
    for finding in findings:
        by_type.setdefault(finding.key.type, []).append(finding)
    missing = [
        contact_type.label.lower()
        for contact_type, found in by_type.items()
        if any(finding.key.rule is Rule.MISSING for finding in found)
    ]
    said = [f"{_MISSING}{_either(missing)} contact."] if missing else []
    said += [
        sentences(contact_type, [each.reason for each in found], f"{contact_type.label} contact")
        for contact_type, found in by_type.items()
        if contact_type.label.lower() not in missing
    ]
    return clip(" ".join(said), _PROBLEM_TEXT)


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}".rstrip(".")


def _either(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
