"""The hints below the form's fields: what the policy expects, where a value is from, or advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.domain.evaluation.precheck import expected_words
from bot.domain.rule_catalog import Rule
from bot.domain.validation import EMAIL, PHONE
from bot.slack.views.blocks import clip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.policy.account_policy import AccountPolicy

_HINT_TEXT: Final = 300
_DOMAINS: Final = 5


def hints(
    contact_type: ContactType,
    region: str | None,
    policy: AccountPolicy | None,
    from_policy: frozenset[str] = frozenset(),
    replaced: AlternateContact | None = None,
) -> Mapping[str, str]:
    """The hint of each field that has one, for `plain_text`.

    Args:
        contact_type: which contact.
        region: the country in whose national format phone numbers may be typed, if any.
        policy: what the account should have, None if it isn't known.
        from_policy: the fields that are filled in from the policy.
        replaced: the contact in AWS, whose value in such a field doesn't comply; None if none is.
    """
    found = {
        EMAIL: "Use a distribution list: one person's mailbox is a single point of failure.",
        PHONE: "Include + and the country code. Example: +44 20 7946 0958"
        if region is None
        else f"As dialed in {region}, or with + and the country code.",
    }
    if policy is None:
        return found
    if policy.domains and Rule.FOREIGN_DOMAIN in policy.severities:
        found[EMAIL] = (
            f"The policy expects an address at {_domains(policy.domains)}. " + found[EMAIL]
        )
    for field in FIELDS:
        expected = policy.expected[contact_type].get(field, ())
        if field in from_policy:
            found[field] = _filled_in(field, replaced)
        elif expected:
            expectation = f"The policy expects {clip(expected_words(field, expected), _HINT_TEXT)}."
            found[field] = f"{expectation} {found[PHONE]}" if field == PHONE else expectation
    return found


def _filled_in(field: str, replaced: AlternateContact | None) -> str:
    value = getattr(replaced, field, "").strip()
    was = f" AWS has: {clip(value, _HINT_TEXT)}" if value else ""
    return f"Filled in from the policy.{was}"


def _domains(domains: tuple[str, ...]) -> str:
    more = len(domains) - _DOMAINS
    named = [*domains[:_DOMAINS], *([f"{more} more"] if more > 0 else [])]
    *first, last = named
    return clip(f"{', '.join(first)} or {last}" if first else last, _HINT_TEXT)
