"""An account a row: what falls short with its button, and what was resolved with who and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.contacts import ContactType
from bot.findings import Outcome
from bot.slack.blocks import button, date, escape, mrkdwn, plain, section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.findings import Finding
    from bot.slack.blocks import Block

FIX: Final = "altcontact_fix"
"""Begins the action id of every button that opens the form; a number follows it."""

NAME_TEXT: Final = 200
"""AWS takes names of 50 characters; more is not relied upon, nor shown."""

REASON_TEXT: Final = 300


def fix_button(
    number: int, account_id: str, kind: ContactType, label: str = "Fix", *, primary: bool = True
) -> Block:
    """A button that opens the form; `number` is its own in the message or view."""
    return button(label, f"{FIX}:{number}", f"{account_id}:{kind.value}", primary=primary)


def parse_fix(value: str) -> tuple[str, ContactType]:
    """The account id and contact type of a button made by `fix_button`."""
    account_id, _, kind = value.partition(":")
    return account_id, ContactType(kind)


def finding_rows(findings: Iterable[Finding]) -> list[Block]:
    """A block a finding, in the order given."""
    return [_row(number, finding) for number, finding in enumerate(findings)]


def title(name: str, account_id: str) -> str:
    """An account by its name and id, for `plain_text`."""
    shown = name[:NAME_TEXT]
    return f"{shown} · {account_id}" if shown and shown != account_id else account_id


def _row(number: int, finding: Finding) -> Block:
    key = finding.key
    name = title(finding.account_name, key.account_id)
    if finding.resolved_at is not None:
        by = f"by <@{finding.resolved_by}>" if finding.resolved_by else "outside of this bot"
        how = escape(finding.resolution[:REASON_TEXT])
        done = f":white_check_mark: Resolved {by}, {date(finding.resolved_at)}. {how}".rstrip()
        return section(plain(f"{name}\n{key.type.label} contact"), fields=[mrkdwn(done)])
    if key.outcome is Outcome.MISSING:
        accessory = fix_button(number, key.account_id, key.type)
        return section(plain(f"{name}\n{key.type.label} contact is missing"), accessory=accessory)
    return section(plain(f"{name}\n{key.type.label} contact: {finding.reason[:REASON_TEXT]}"))
