"""What a later reading proves about a finding: whether it is resolved, and how to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from bot.domain.findings import AccountResult, FindingKey, TypeResult, Verdict
    from bot.domain.policy.account_policy import AccountPolicy

FIXED: Final = "Fixed and verified in AWS."
ALREADY_THERE: Final = "AWS already had the requested contact."
NOT_REQUIRED: Final = "This contact is no longer required."
NOT_ASKED: Final = "The policy no longer requires this."
OFF: Final = "This rule is off: the Slack app lacks a scope for it."
DECIDED: Final = "This rule could be checked again, and isn't violated."
GONE: Final = "The account is no longer in the organization."
OPENED_AGAIN: Final = "The exemption ended, so this finding is open again."

_UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})


def is_resolved(key: FindingKey, item: TypeResult) -> bool:
    """Whether a reading that did not find this again proves that it is resolved.

    A contact that could not be read proves nothing about any rule, and an undecided rule proves
    nothing about itself.
    """
    if not item.was_read:
        return key.rule in _UNREAD
    judged = any(verdict.rule is key.rule for verdict in item.verdicts)
    return key.outcome.unchecked if judged else True


def is_informative(verdict: Verdict) -> bool:
    """Whether a verdict says anything about the contact: not if its data was not requested."""
    return verdict.failure is None or not verdict.failure.cause.of_the_asking


def resolution_of(
    key: FindingKey, item: TypeResult, result: AccountResult, *, changed: bool
) -> str:
    """How a finding ended that was not fixed with this bot.

    Args:
        key: the finding.
        item: the reading that resolves it.
        result: the account's result.
        changed: whether the contact differs from the one before.
    """
    contact_type, contact = key.type, item.contact
    verdict = next((verdict for verdict in item.verdicts if verdict.rule is key.rule), None)
    if verdict is not None or key.rule in _UNREAD:
        return verdict.reason if verdict is not None else _read_words(item)
    if key.rule is Rule.MISSING:
        return (
            NOT_ASKED
            if contact is None
            else f"The {contact_type} contact was set outside of this bot."
        )
    if key.rule in result.disabled_rules:
        return OFF
    if changed or contact is None:
        became = "changed" if contact is not None else "deleted"
        return f"The {contact_type} contact was {became} outside of this bot."
    return _same_contact_words(key, result.policy)


def _read_words(item: TypeResult) -> str:
    """How a finding ended whose contact could not be read."""
    says_it = not item.was_read or item.outcome is Outcome.COMPLIANT
    return item.reason if says_it else f"The {item.type} contact can be read again."


def _same_contact_words(key: FindingKey, policy: AccountPolicy | None) -> str:
    """How a finding ended whose contact is unchanged."""
    if policy is not None and not _asks(policy, key):
        return NOT_ASKED
    if key.outcome.unchecked:
        return DECIDED
    return "This no longer applies, although the contact is unchanged."


def resolution_of_all(result: AccountResult) -> str:
    """Why all findings of an account end, whatever was read; empty if they don't."""
    if not result.account.is_active:
        return f"The account is {result.account.state.replace('_', ' ').lower()}."
    if result.excluded:
        return f"The policy excludes this account: {result.excluded}"
    return ""


def _asks(policy: AccountPolicy, key: FindingKey) -> bool:
    """Whether a rule applies to a contact according to the policy."""
    presence = policy.presence[key.type]
    match key.rule:
        case Rule.FORBIDDEN:
            return presence is Presence.FORBIDDEN
        case Rule.DIFFERENT:
            return presence is not Presence.FORBIDDEN and bool(policy.expected[key.type])
        case _:
            return presence is not Presence.FORBIDDEN and key.rule in policy.severities
