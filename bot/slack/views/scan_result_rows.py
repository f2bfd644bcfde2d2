"""What the result of a check lists: contacts that fall short, and what could not be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.rule_catalog import Rule
from bot.slack.views.blocks import (
    FIELD_TEXT,
    clip,
    context,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
    text_size,
)
from bot.slack.views.row_actions import remedy_button, title
from bot.slack.views.wording import UNREAD, finding_text, row_text, rule_names, severity_heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.accounts import Account
    from bot.domain.findings import AccountResult, TypeResult, Verdict
    from bot.slack.views.blocks import Block

ROWS: Final = 15
"""Contacts that a result shows with their button; how many more there are is told."""

ROWS_TEXT: Final = 5_000
"""Characters of those rows."""

CAUSES: Final = 5
NAMES: Final = 10
"""Causes that a result shows, and accounts that it names with each."""

_CAUSE_TEXT: Final = 600
_NAME_TEXT: Final = 60
_MORE: Final = (
    "The alert in the channel shows all of them; so does `altcontact check` on the command line."
)


def short_rows(short: Iterable[AccountResult]) -> list[Block]:
    """A row for each contact that falls short, worst first, with its button."""
    contacts = [
        (result.account, type_result)
        for result in short
        for type_result in result.results
        if type_result.outcome.is_non_compliant
    ]
    contacts.sort(key=lambda contact: _rank(contact[1]))
    missing_alone = all(_is_missing(type_result) for _, type_result in contacts)
    blocks: list[Block] = []
    shown = 0
    under: int | None = None
    for account, type_result in contacts[:ROWS]:
        row = _row(shown, account, type_result)
        if shown and text_size(blocks) + text_size(row) > ROWS_TEXT:
            break
        if not missing_alone and _rank(type_result) != under:
            under = _rank(type_result)
            blocks.append(paragraph(severity_heading(type_result.severity)))
        blocks.append(row)
        shown += 1
    if len(contacts) > shown:
        blocks.append(context(f"…and {len(contacts) - shown:,} more. {_MORE}"))
    return blocks


def causes(results: Iterable[AccountResult], room: int) -> list[Block]:
    """What could not be checked, by cause, each with its mend and the accounts.

    Args:
        results: all accounts.
        room: the characters that there are for it.
    """
    found: dict[tuple[str, str, Rule | None], dict[str, str]] = {}
    for result in results:
        for item in result.results:
            for verdict in item.verdicts:
                why = verdict.failure
                if why is not None and verdict.exemption is None:
                    rule = None if verdict.rule in UNREAD else verdict.rule
                    named = title(clip(result.account.name, _NAME_TEXT), result.account.id)
                    accounts = found.setdefault((why.message, why.remedy, rule), {})
                    accounts[result.account.id] = named
    blocks: list[Block] = []
    shown = 0
    for (words, remedy, rule), accounts in list(found.items())[:CAUSES]:
        cause = _cause(words, remedy, rule, list(accounts.values()))
        if text_size(blocks) + text_size(cause) > room:
            break
        blocks += cause
        shown += 1
    if len(found) > shown:
        blocks.append(context(f"…and {len(found) - shown:,} more causes."))
    return blocks


def _cause(words: str, remedy: str, rule: Rule | None, names: Sequence[str]) -> list[Block]:
    head = f"Rule {rule.value} could not be decided:" if rule else "*Could not be checked:*"
    cause = f":grey_question: {head} {escape(clip(words, _CAUSE_TEXT))}"
    if remedy:
        cause += f"\n:point_right: {escape(clip(remedy, _CAUSE_TEXT))}"
    more = f"\n…and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
    return [paragraph(cause), section(plain("\n".join(names[:NAMES]) + more))]


def _row(number: int, account: Account, item: TypeResult) -> Block:
    broken = _broken(item)
    rules = [verdict.rule for verdict in broken]
    problem = finding_text(
        item.type,
        rules,
        [verdict.reason for verdict in broken],
        [field for verdict in broken for field in verdict.differences],
    )
    named = f"{'Rule' if len(rules) == 1 else 'Rules'}: {rule_names(rules, '')}"
    return section(
        plain(row_text(account.name, account.id, problem)),
        fields=() if _is_missing(item) else [mrkdwn(named, FIELD_TEXT)],
        accessory=remedy_button(number, account.id, item.type, rules),
    )


def _broken(item: TypeResult) -> list[Verdict]:
    """The rules that a contact breaks, of those that are not set aside."""
    return [
        verdict
        for verdict in item.verdicts
        if verdict.outcome.is_non_compliant and verdict.exemption is None
    ]


def _is_missing(item: TypeResult) -> bool:
    return {verdict.rule for verdict in _broken(item)} == {Rule.MISSING}


def _rank(item: TypeResult) -> int:
    return item.severity.rank if item.severity is not None else len(Rule)
