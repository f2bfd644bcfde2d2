"""What a later reading proves about a finding: whether it is over, and how that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from bot.domain.findings import AccountResult, FindingKey, TypeResult, Verdict
    from bot.domain.policy.account_policy import AccountPolicy

FIXED: Final = "Fixed, and read back from AWS."
ALREADY_THERE: Final = "AWS held the wanted contact already."
NOT_REQUIRED: Final = "This contact is not required any longer."
NOT_ASKED: Final = "The policy does not ask for this any longer."
OFF: Final = "This rule is off: the Slack app lacks a scope for it."
DECIDED: Final = "This could be found out: it is not so."
GONE: Final = "The account is not in the organization any longer."
OPENED_AGAIN: Final = "The exemption ended; opened again."

_UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})


def is_resolved(key: FindingKey, item: TypeResult) -> bool:
    """Whether a reading that did not find this again proves it over.

    What could not be read proves nothing of any rule, nor does a rule that could not be decided
    of itself.
    """
    if not item.was_read:
        return key.rule in _UNREAD
    judged = any(verdict.rule is key.rule for verdict in item.verdicts)
    return key.outcome.unchecked if judged else True


def is_informative(verdict: Verdict) -> bool:
    """Whether a verdict says anything of the contact: not where nobody asked what it takes."""
    return verdict.failure is None or not verdict.failure.cause.of_the_asking


def resolution_of(
    key: FindingKey, item: TypeResult, result: AccountResult, *, changed: bool
) -> str:
    """How a finding ended that nobody fixed here.

    Args:
        key: the finding.
        item: the reading by which it is over.
        result: what was found of the account.
        changed: whether the contact is another one than before.
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
    """How it ended that a contact could not be read."""
    says_it = not item.was_read or item.outcome is Outcome.COMPLIANT
    return item.reason if says_it else f"The {item.type} contact could be read."


def _same_contact_words(key: FindingKey, policy: AccountPolicy | None) -> str:
    """How a finding ended of a contact that is what it was."""
    if policy is not None and not _asks(policy, key):
        return NOT_ASKED
    if key.outcome.unchecked:
        return DECIDED
    return "This is not so any longer, though the contact is the same."


def resolution_of_all(result: AccountResult) -> str:
    """Why no finding of an account stands, whatever was read of it; empty where that is not so."""
    if not result.account.is_active:
        return f"The account is {result.account.state.replace('_', ' ').lower()}."
    if result.excluded:
        return f"The policy excludes this account: {result.excluded}"
    return ""


def _asks(policy: AccountPolicy, key: FindingKey) -> bool:
    """Whether the policy has a contact judged by a rule."""
    presence = policy.presence[key.type]
    match key.rule:
        case Rule.FORBIDDEN:
            return presence is Presence.FORBIDDEN
        case Rule.DIFFERENT:
            return presence is not Presence.FORBIDDEN and bool(policy.expected[key.type])
        case _:
            return presence is not Presence.FORBIDDEN and key.rule in policy.severities
