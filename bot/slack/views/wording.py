"""Texts that several views share: what is wrong with a contact, fields that differ, rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain import alert_summary
from bot.domain.rule_catalog import Rule, Severity
from bot.slack.views.blocks import clip, escape
from bot.slack.views.row_actions import REASON_TEXT, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.contacts import ContactType
    from bot.domain.findings import Difference, Finding

SIGNS: Final = {
    Severity.VERY_HIGH: ":red_circle:",
    Severity.HIGH: ":large_orange_circle:",
    Severity.MEDIUM: ":large_yellow_circle:",
    Severity.LOW: ":large_blue_circle:",
}

UNREAD: Final = alert_summary.UNREAD
"""The rules of findings whose contact wasn't read at all."""

OBVIOUS: Final = frozenset({Rule.MISSING, Rule.DIFFERENT, Rule.FORBIDDEN})
"""The rules whose names add nothing to the reason; the others are keys of the policy."""

VALUE_TEXT: Final = 64
"""Characters of a field's value that a row shows."""

_ACTUAL_TEXT: Final = 400
"""Characters of a field's current value: a contested one has several, with their times."""

_NAMED: Final = 3
_WHAT_TEXT: Final = 900
"""Characters of everything that is wrong with one contact."""


def finding_text(
    contact_type: ContactType,
    rules: Iterable[Rule],
    reasons: Iterable[str],
    differences: Iterable[Difference],
) -> str:
    """What is wrong with a contact: each reason, then the fields that differ, unescaped.

    Args:
        contact_type: which contact.
        rules: the rules that it violates.
        reasons: why, a sentence each.
        differences: the fields that differ from what is expected.
    """
    if set(rules) == {Rule.MISSING}:
        lines = [f"{contact_type.label} contact is missing"]
    else:
        lines = [
            clip(sentences(contact_type, reasons, f"{contact_type.label} contact"), REASON_TEXT)
        ]
    fields = list(dict.fromkeys(differences))
    lines += [different(field) for field in fields if field.expected]
    held = [different(field) for field in fields if not field.expected]
    # A contact that the policy forbids has four of them; a contested one has long ones.
    lines += [" · ".join(held)] if set(rules) == {Rule.FORBIDDEN} and held else held
    return clip("\n".join(lines), _WHAT_TEXT)


def sentences(contact_type: ContactType, reasons: Iterable[str], subject: str = "It") -> str:
    """Reasons one after another; only the first one names the contact.

    Args:
        contact_type: which contact.
        reasons: a whole sentence each, such as "The SECURITY contact's phone number …".
        subject: what the first one calls the contact.
    """
    shortened: list[str] = []
    for reason in dict.fromkeys(reasons):
        name = "It" if shortened else subject
        possessive = f"{name}'s" if name != "It" else "Its"
        shorter = re.sub(rf"^The {contact_type} contact's", possessive, reason)
        shorter = re.sub(rf"^(The|A) {contact_type} contact\b", name, shorter)
        shorter = re.sub(rf"^No {contact_type} contact is set\b", f"{name} is missing", shorter)
        is_named = shorter != reason or name == "It"
        shortened.append(shorter if is_named else f"{name}: {reason}")
    return " ".join(shortened)


def row_text(name: str, account_id: str, text: str) -> str:
    """An account's name and id with a text below, for `plain_text`."""
    return f"{title(name, account_id)}\n{text}"


def first_names(found: Iterable[tuple[str, str]]) -> str:
    """The first accounts by name and id, for a message's text."""
    names = list(dict.fromkeys(title(name, account_id) for name, account_id in found))
    return escape(", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else ""))


def different(field: Difference) -> str:
    """A field that differs: what is expected, and what it is, unescaped."""
    parts = []
    if field.expected:
        more = len(field.expected) - 1
        others = f" (or {more} other{'' if more == 1 else 's'})" if more else ""
        parts.append(f"expected {clip(field.expected[0], VALUE_TEXT)}{others}")
    if field.actual:
        is_ = "is " if field.expected else ""
        parts.append(f"{is_}{clip(field.actual, _ACTUAL_TEXT)}")
    return f"{field.field.capitalize()}: {', '.join(parts) or 'not as expected'}"


def rule_names(rules: Iterable[Rule], rules_url: str) -> str:
    """Rules by their names in the policy, each linked to its page if there is one, for mrkdwn."""
    return ", ".join(_rule_name(rule, rules_url) for rule in dict.fromkeys(rules))


def severity_heading(severity: Severity | None) -> str:
    """The heading above the rows of a severity, for mrkdwn."""
    if severity is None:
        return ":white_circle: *No severity*"
    return f"{SIGNS[severity]} *{severity.label}*"


def unchecked(contact_type: ContactType, findings: Sequence[Finding]) -> str:
    """Why a contact couldn't be checked, with the rules that couldn't be evaluated, unescaped."""
    reasons: dict[str, None] = {}
    for finding in findings:
        rule = finding.key.rule
        reason = finding.reason
        if rule not in UNREAD:
            reason = f"{rule.value} couldn't be evaluated: {reason}"
        reasons[reason] = None
    return f"{contact_type.label} contact: {clip(' '.join(reasons), REASON_TEXT)}"


def rule_link(rule: Rule, text: str, rules_url: str) -> str:
    """A text of our own that links to a rule's page if there is one, for mrkdwn."""
    if not rules_url:
        return text
    return f"<{escape(rules_url).rstrip('/')}/{rule.value}.md|{text}>"


def _rule_name(rule: Rule, rules_url: str) -> str:
    return rule_link(rule, rule.value, rules_url)
