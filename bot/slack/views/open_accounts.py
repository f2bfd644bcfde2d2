"""Rows of accounts that need attention, and the modal behind **Show all** on Home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.findings import severity_of
from bot.domain.rule_catalog import Rule
from bot.slack.payloads import number_at
from bot.slack.views.blocks import (
    accounts,
    actions,
    button,
    clip,
    context,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.row_actions import FIX, account_name, title
from bot.slack.views.wording import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.contacts import ContactType
    from bot.domain.findings import Finding
    from bot.domain.overview import OpenAccount
    from bot.slack.views.blocks import Block

TURN: Final = "altcontact_home_page"
"""Begins the action id of every button that turns to another page; its value is that page."""

ROWS: Final = 20
"""Accounts on a page, a block each of the 100 that a modal takes."""

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


def page_count(total: int) -> int:
    """How many pages there are; an empty list still has one."""
    return max(1, -(-total // ROWS))


def page_view(
    found: Sequence[OpenAccount], total: int, page: int, *, read_only: bool
) -> dict[str, Any]:
    """A page of all accounts that need attention.

    Args:
        found: the accounts of this page.
        total: how many there are in all.
        page: its number, from 0.
        read_only: whether nobody can change contacts.
    """
    pages = page_count(total)
    if total:
        position = f" · Page {page + 1:,} of {pages:,}" if pages > 1 else ""
        blocks = [
            context(f"{accounts(total)}, worst first{position}"),
            *account_rows(found, read_only=read_only),
        ]
    else:
        blocks = [paragraph("No account needs attention now.")]
    if pages > 1:
        blocks.append(actions(*_turns(page, pages)))
    return {
        "type": "modal",
        "callback_id": TURN,
        "title": plain("Accounts to fix", 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps({"page": page}),
        "blocks": blocks,
    }


def parse_turn(body: Mapping[str, Any]) -> int:
    """The page that a button made here asks for.

    Raises:
        PayloadError: it was made by another.
    """
    return number_at(body, "actions", 0, "value")


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
        label = f"How to delete: {contact}"
        return button("How to delete", f"{FIX}:{number}", value, label=label)
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


def _turns(page: int, pages: int) -> list[Block]:
    targets = {"Previous": page - 1, "Next": page + 1}
    return [
        button(label, f"{TURN}:{label.lower()}", str(target))
        for label, target in targets.items()
        if 0 <= target < pages
    ]
