"""The rows in a check's result: non-compliant contacts, and why others couldn't be checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.finding_lists import FindingList, ListKind
from bot.slack.payloads import find_text
from bot.slack.views.blocks import (
    accounts,
    actions,
    button,
    clip,
    contacts,
    context,
    escape,
    paragraph,
    plain,
    section,
    text_size,
)
from bot.slack.views.finding_rows import finding_rows
from bot.slack.views.row_actions import title
from bot.slack.views.show_all import SHOW
from bot.slack.views.wording import UNREAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.finding_lists import FindingPage
    from bot.domain.findings import AccountResult, Finding
    from bot.domain.rule_catalog import Rule
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

ROWS: Final = 15
"""Contacts that a result shows; **Show all** has the others."""

ROWS_TEXT: Final = 5_000
"""Characters of those rows."""

CAUSES: Final = 5
"""Causes that a result shows."""

NAMES: Final = 10
"""Accounts that it names for each."""

_RESULT: Final = "altcontact_result"
_RESULT_ROW: Final = re.compile(rf"{_RESULT}:([0-9]{{1,15}}):[0-9]+")
_CAUSE_TEXT: Final = 600
_NAME_TEXT: Final = 60


def check_list(scan_id: int) -> FindingList:
    """The list of what a check found."""
    return FindingList(ListKind.CHECK, str(scan_id))


def contact_rows(scan_id: int, page: FindingPage, links: RowLinks) -> list[Block]:
    """A row for each non-compliant contact, worst first, and **Show all** if they don't all fit.

    Args:
        scan_id: the check; the rows keep it, so that the result can be shown again.
        page: its non-compliant contacts, as they are now.
        links: what the rows link to.
    """
    found = _by_contact(page.findings)
    blocks: list[Block] = []
    shown = 0
    for number in range(1, len(found) + 1):
        more = finding_rows([each for one in found[:number] for each in one], links)
        if shown and text_size(more) > ROWS_TEXT:
            break
        blocks, shown = more, number
    blocks = [
        {**block, "block_id": f"{_RESULT}:{scan_id}:{number}"} if "accessory" in block else block
        for number, block in enumerate(blocks)
    ]
    if page.matching > shown:
        more_ = f"{page.matching - shown:,} more"
        show_all = button(
            f"Show all ({page.matching:,})",
            SHOW,
            str(check_list(scan_id)),
            label=f"Show all {contacts(page.matching)} that need attention",
        )
        blocks += [context(f"…and {more_}."), actions(show_all)]
    return blocks


def result_of(body: Mapping[str, object]) -> int | None:
    """The check in whose result something was pressed; None if it was pressed elsewhere."""
    found = _RESULT_ROW.fullmatch(find_text(body, "actions", 0, "block_id"))
    return int(found[1]) if found is not None else None


def causes(results: Iterable[AccountResult], room: int) -> list[Block]:
    """Why contacts couldn't be checked: each cause with its remedy and the accounts.

    Args:
        results: all accounts.
        room: the most characters that may be used.
    """
    found: dict[tuple[str, str, Rule | None], dict[str, str]] = {}
    for result in results:
        for item in result.results:
            for verdict in item.verdicts:
                why = verdict.failure
                if why is not None and verdict.exemption is None:
                    rule = None if verdict.rule in UNREAD else verdict.rule
                    named = title(clip(result.account.name, _NAME_TEXT), result.account.id)
                    affected = found.setdefault((why.message, why.remedy, rule), {})
                    affected[result.account.id] = named
    blocks: list[Block] = []
    shown = 0
    for (words, remedy, rule), affected in list(found.items())[:CAUSES]:
        cause = _cause(words, remedy, rule, list(affected.values()))
        if text_size(blocks) + text_size(cause) > room:
            break
        blocks += cause
        shown += 1
    if len(found) > shown:
        blocks.append(context(f"…and {len(found) - shown:,} more causes."))
    return blocks


def _by_contact(findings: Iterable[Finding]) -> list[list[Finding]]:
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.key.account_id, finding.key.type), []).append(finding)
    return list(found.values())


def _cause(words: str, remedy: str, rule: Rule | None, names: Sequence[str]) -> list[Block]:
    what = f"Rule {rule.value} couldn't be evaluated" if rule else "Couldn't be checked"
    head = f"*{what} in {accounts(len(names))}:*"
    cause = f":grey_question: {head} {escape(clip(words, _CAUSE_TEXT))}"
    if remedy:
        cause += f"\n:point_right: {escape(clip(remedy, _CAUSE_TEXT))}"
    more = f"\n…and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
    return [paragraph(cause), section(plain("\n".join(names[:NAMES]) + more))]
