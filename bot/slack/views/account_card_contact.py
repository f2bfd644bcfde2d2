"""One contact of an account: what AWS has, what is wrong with it, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.readings import Present, Unreadable, Unsupported
from bot.domain.rule_catalog import Rule
from bot.slack.views.blocks import actions, clip, escape, paragraph, plain, section
from bot.slack.views.exemption_forms import CONSOLE_STEPS
from bot.slack.views.exemption_list import end_button
from bot.slack.views.finding_rows import exemption_line
from bot.slack.views.remove import remove_button
from bot.slack.views.row_actions import (
    EXEMPT,
    REASON_TEXT,
    VERIFY,
    fix_button,
    remedy_button,
    row_button,
)
from bot.slack.views.wording import SIGNS, UNREAD, different, rule_names, sentences

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import TypeResult, Verdict
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.readings import ContactReading
    from bot.slack.views.blocks import Block

OUTCOMES: Final = {
    Outcome.MISSING: "Missing",
    Outcome.WRONG: "Not as the policy expects",
    Outcome.WEAK: "Unreliable",
    Outcome.UNKNOWN: "Couldn't be checked",
    Outcome.UNSUPPORTED: "Couldn't be checked: verify it manually",
}
"""Outcomes in words; for the others, the reason is shown."""

_HELD_TEXT: Final = 1_000
_DETAILS_TEXT: Final = 1_400
"""Characters for one contact: three of them are far below Slack's limit for a message."""

_HEADING_SUFFIX: Final = {
    Presence.REQUIRED: " (required)",
    Presence.OPTIONAL: " (optional)",
    Presence.FORBIDDEN: " (forbidden)",
}


def contact_lines(contact: AlternateContact) -> str:
    """A contact's four fields, for `plain_text`."""
    return (
        f"Name: {contact.name}\nTitle: {contact.title}\n"
        f"Email: {contact.email}\nPhone: {contact.phone}"
    )


def evaluated_blocks(
    account: Account,
    item: TypeResult,
    policy: AccountPolicy | None,
    reading: ContactReading | None,
    *,
    rules_url: str,
    read_only: bool,
    primary: bool = False,
    shown_at: datetime | None = None,
) -> list[Block]:
    """A contact that the policy has rules for.

    Args:
        account: whose contact.
        item: its result.
        policy: what the account should have; None if that is unknown.
        reading: what AWS returned, if nothing could be concluded from it.
        rules_url: where the pages of rules are published; empty if they aren't.
        read_only: whether nobody may change contacts.
        primary: whether its *Fix* stands out.
        shown_at: when AWS was read; None if the contact's details are hidden.
    """
    number = _number(item.type)
    presence = _HEADING_SUFFIX.get(policy.presence[item.type], "") if policy is not None else ""
    held = item.contact
    if held is None and isinstance(reading, Present):
        held = reading.contact
    lines = [f"{item.type.label} contact{presence}", _outcome(item)]
    lines += [contact_lines(held)] if held is not None else []
    lines += _expected(item)
    fix = None
    if not read_only and (held is not None or not item.outcome.unchecked):
        rules = [verdict.rule for verdict in item.verdicts if verdict.exemption is None]
        if Rule.FORBIDDEN in rules and held is not None and shown_at is not None:
            named = account.name, account.id
            fix = remove_button(number, named, item.type, held, shown_at)
        elif item.outcome.is_non_compliant:
            fix = remedy_button(
                number, account.id, item.type, rules, primary=primary, name=account.name
            )
        else:
            fix = fix_button(number, account.id, item.type, "Change", name=account.name)
    blocks = [section(plain(clip("\n".join(lines), _HELD_TEXT)), accessory=fix)]
    details = _details(item, rules_url)
    if details:
        blocks.append(paragraph(details))
    buttons = [] if read_only else _buttons(number, account, item)
    return [*blocks, actions(*buttons)] if buttons else blocks


def unevaluated_blocks(
    account: Account, contact_type: ContactType, reading: ContactReading, *, read_only: bool
) -> list[Block]:
    """A contact that the policy has no rules for."""
    lines = [f"{contact_type.label} contact (no rules)"]
    match reading:
        case Present(contact):
            lines.append(contact_lines(contact))
        case Unreadable(why) | Unsupported(why):
            lines.append(f"Couldn't be checked: {clip(why.message, REASON_TEXT)}")
            return [section(plain("\n".join(lines)))]
        case _:
            lines.append("Not set")
    number = _number(contact_type)
    button = fix_button(number, account.id, contact_type, "Change", name=account.name)
    return [section(plain("\n".join(lines)), accessory=None if read_only else button)]


def outcome_words(item: TypeResult) -> str:
    """A contact's outcome, for screen readers and notifications."""
    severity = f" ({item.severity.label.lower()})" if item.severity is not None else ""
    return f"{item.type.label} {item.outcome.value}{severity}"


def _outcome(item: TypeResult) -> str:
    severity = f" · {item.severity.label.lower()}" if item.severity is not None else ""
    words = OUTCOMES.get(item.outcome)
    if words is None and item.outcome is Outcome.COMPLIANT:
        words = "Compliant" if item.contact is not None else "Not set, which the policy allows"
    return f"{words or item.reason.removesuffix('.')}{severity}"


def _expected(item: TypeResult) -> list[str]:
    """The fields whose expected or earlier values are known, except exempt ones."""
    fields = (
        field
        for verdict in item.verdicts
        if verdict.exemption is None
        for field in verdict.differences
        if field.expected or verdict.rule is Rule.CONTESTED
    )
    return [different(field) for field in dict.fromkeys(fields)]


def _details(item: TypeResult, rules_url: str) -> str:
    """A line for each rule that is violated, not evaluated or exempt, for mrkdwn."""
    verdict_lines = (_line(item.type, verdict, rules_url) for verdict in item.verdicts)
    lines = list(dict.fromkeys(filter(None, verdict_lines)))
    if any(verdict.rule is Rule.UNSUPPORTED for verdict in item.verdicts):
        lines.insert(1, CONSOLE_STEPS)
    shown: list[str] = []
    for line in lines:
        # Whole lines only: half a mention or date would show its markup.
        if shown and sum(map(len, shown)) + len(line) > _DETAILS_TEXT:
            break
        shown.append(line)
    rest = len(lines) - len(shown)
    return "\n".join((*shown, *((f"…and {rest} more.",) if rest else ())))


def _line(contact_type: ContactType, verdict: Verdict, rules_url: str) -> str:
    rule = rule_names([verdict.rule], rules_url)
    if verdict.exemption is not None:
        return f"{exemption_line(verdict.exemption)} · Rule: {rule}"
    reason = escape(clip(sentences(contact_type, [verdict.reason]), REASON_TEXT))
    if verdict.failure is None:
        sign = SIGNS[verdict.severity] if verdict.severity is not None else ":white_circle:"
        if verdict.rule is Rule.MISSING:  # the outcome above says it
            return ""
        return f"{sign} {reason} · Rule: {rule}"
    line = reason if verdict.rule in UNREAD else f"{rule} couldn't be evaluated: {reason}"
    remedy = verdict.failure.remedy
    line = f":grey_question: {line}"
    return f"{line}\n:point_right: {escape(clip(remedy, REASON_TEXT))}" if remedy else line


def _buttons(number: int, account: Account, item: TypeResult) -> list[Block]:
    aside: dict[int, tuple[Exemption, Rule]] = {}
    for verdict in item.verdicts:
        if verdict.exemption is not None:
            aside[verdict.exemption.id] = verdict.exemption, verdict.rule
    buttons = []
    if any(verdict.rule is Rule.UNSUPPORTED for verdict in item.verdicts):
        label = "Verify again…" if aside else ""
        buttons.append(row_button(VERIFY, number, account.id, item.type, label, name=account.name))
    if any(verdict.exemption is None for verdict in item.verdicts):
        buttons.append(row_button(EXEMPT, number, account.id, item.type, name=account.name))
    for exemption, rule in aside.values():
        buttons.append(end_button(exemption, f"End: {rule.value}"))
    return buttons


def _number(contact_type: ContactType) -> int:
    """A number for the contact, unique in the message, for the ids of its buttons."""
    return list(type(contact_type)).index(contact_type)
