"""What a later reading proves about a finding: whether it is resolved, and how to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome, Resolution, ResolutionKind
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.domain.findings import AccountResult, FindingKey, TypeResult, Verdict
    from bot.domain.policy.account_policy import AccountPolicy

FIXED: Final = Resolution(ResolutionKind.FIXED, "Fixed and verified in AWS.")
ALREADY_THERE: Final = Resolution(ResolutionKind.FIXED, "AWS already had the requested contact.")
NOT_REQUIRED: Final = Resolution(ResolutionKind.NOT_REQUIRED, "This contact is no longer required.")
NOT_ASKED: Final = Resolution(ResolutionKind.NOT_REQUIRED, "The policy no longer requires this.")
OFF: Final = Resolution(
    ResolutionKind.NOT_REQUIRED, "This rule is off: the Slack app lacks a scope for it."
)
DECIDED: Final = Resolution(
    ResolutionKind.CHECKED, "This rule could be checked again, and isn't violated."
)
CLEARED: Final = Resolution(
    ResolutionKind.CLEARED, "This no longer applies, although the contact is unchanged."
)
GONE: Final = Resolution(ResolutionKind.DEPARTED, "The account is no longer in the organization.")
OPENED_AGAIN: Final = Resolution(
    ResolutionKind.REOPENED, "The exemption ended, so this finding is open again."
)

_UNREAD: Final = frozenset({Rule.UNREADABLE, Rule.UNSUPPORTED})


def is_resolved(key: FindingKey, item: TypeResult) -> bool:
    """Whether a reading that did not find this again proves that it is resolved.

    A contact that could not be read proves nothing about any rule, and an unknown rule proves
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
) -> Resolution:
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
        text = verdict.reason if verdict is not None else _read_text(item)
        return Resolution(ResolutionKind.CHECKED, text)
    if key.rule is Rule.MISSING:
        return NOT_ASKED if contact is None else _changed(contact_type, "set")
    if key.rule in result.disabled_rules:
        return OFF
    if changed or contact is None:
        return _changed(contact_type, "changed" if contact is not None else "deleted")
    return _same_contact(key, result.policy)


def _changed(contact_type: ContactType, how: str) -> Resolution:
    text = f"The {contact_type} contact was {how} outside of this bot."
    return Resolution(ResolutionKind.FIXED_IN_AWS, text)


def _read_text(item: TypeResult) -> str:
    """How a finding ended whose contact could not be read."""
    says_it = not item.was_read or item.outcome is Outcome.COMPLIANT
    return item.reason if says_it else f"The {item.type} contact can be read again."


def _same_contact(key: FindingKey, policy: AccountPolicy | None) -> Resolution:
    """How a finding ended whose contact is unchanged."""
    if policy is not None and not _asks(policy, key):
        return NOT_ASKED
    return DECIDED if key.outcome.unchecked else CLEARED


def resolution_of_all(result: AccountResult) -> Resolution | None:
    """Why all findings of an account end, whatever was read; None if they don't."""
    if not result.account.is_active:
        state = result.account.state.replace("_", " ").lower()
        return Resolution(ResolutionKind.INACTIVE, f"The account is {state}.")
    if result.excluded:
        text = f"The policy excludes this account: {result.excluded}"
        return Resolution(ResolutionKind.EXCLUDED, text)
    return None


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
