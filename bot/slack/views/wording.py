"""What is the matter with a contact, in the words of the messages: reasons, fields, rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

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

UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})
"""What findings break of which nothing was read."""

VALUE_TEXT: Final = 64
"""Characters of a field's value that a row shows: an address that is longer is told by then."""

_ACTUAL_TEXT: Final = 400
"""Characters of what a field is: one that flips to and fro has several values with their times."""

_NAMED: Final = 3
_WHAT_TEXT: Final = 900
"""Characters of all that is the matter with one contact."""


def finding_text(
    contact_type: ContactType,
    rules: Iterable[Rule],
    reasons: Iterable[str],
    differences: Iterable[Difference],
) -> str:
    """What is the matter with a contact: each reason, then the fields, for `plain_text`.

    Args:
        contact_type: which contact.
        rules: the rules that it breaks.
        reasons: why, a sentence each.
        differences: the fields that are not as they should be.
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
    # A contact that should not be there has four; one that flips to and fro has long ones.
    lines += [" · ".join(held)] if set(rules) == {Rule.FORBIDDEN} and held else held
    return clip("\n".join(lines), _WHAT_TEXT)


def sentences(contact_type: ContactType, reasons: Iterable[str], subject: str = "It") -> str:
    """Reasons after one another, in which the contact is named once at most.

    Args:
        contact_type: which contact.
        reasons: a whole sentence each, such as "The SECURITY contact's phone number …".
        subject: what the contact is called at first.
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
    """An account's name and id, and what is to be said of it below, for `plain_text`."""
    return f"{title(name, account_id)}\n{text}"


def first_names(found: Iterable[tuple[str, str]]) -> str:
    """The first accounts by name and id, for those who hear a message rather than see it."""
    names = list(dict.fromkeys(title(name, account_id) for name, account_id in found))
    return escape(", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else ""))


def different(field: Difference) -> str:
    """A field that is not as it should be: what is expected, and what it is, for `plain_text`."""
    parts = []
    if field.expected:
        more = len(field.expected) - 1
        others = f" (or {more} other{'' if more == 1 else 's'})" if more else ""
        parts.append(f"expected {clip(field.expected[0], VALUE_TEXT)}{others}")
    if field.actual:
        is_ = "is " if field.expected else ""
        parts.append(f"{is_}{clip(field.actual, _ACTUAL_TEXT)}")
    return f"{field.field.capitalize()}: {', '.join(parts) or 'not as it should be'}"


def rule_names(rules: Iterable[Rule], rules_url: str) -> str:
    """Rules by their names in the policy, each a link to its page if there is one, for mrkdwn."""
    return ", ".join(_rule_name(rule, rules_url) for rule in dict.fromkeys(rules))


def severity_heading(severity: Severity | None) -> str:
    """What stands above the rows of a severity, for mrkdwn."""
    if severity is None:
        return ":white_circle: *Of no severity*"
    return f"{SIGNS[severity]} *{severity.label}*"


def undecided(contact_type: ContactType, broken: Sequence[Finding], known: str = "") -> str:
    """Why a contact could not be checked, with the rules that could not be decided.

    Args:
        contact_type: which contact.
        broken: its findings.
        known: a reason that stands above already, and is not told again.
    """
    reasons: dict[str, None] = {}
    for finding in broken:
        if finding.key.rule not in UNREAD:
            rule_text = f"{finding.key.rule.value} could not be decided"
            reasons[
                f"{rule_text}." if finding.reason == known else f"{rule_text}: {finding.reason}"
            ] = None
        elif finding.reason != known:
            reasons[finding.reason] = None
    if not reasons:
        return f"{contact_type.label} contact"
    return f"{contact_type.label} contact: {clip(' '.join(reasons), REASON_TEXT)}"


def _rule_name(rule: Rule, rules_url: str) -> str:
    if not rules_url:
        return rule.value
    return f"<{escape(rules_url).rstrip('/')}/{rule.value}.md|{rule.value}>"
