"""The offer in the form to fill in the contact that other accounts have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.slack.views.blocks import actions, button, context, plain

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.services.fix_suggestions import CommonContact
    from bot.slack.views.blocks import Block

USE: Final = "altcontact_use_common"
"""The action id of the button that fills in other accounts' contact; its value is the contact's
fingerprint."""

NO_LONGER_SHARED: Final = (
    ":warning: Other accounts no longer share that contact. Nothing was filled in."
)
"""Says that a suggestion can't be filled in any more, as mrkdwn."""


def shared_note(suggestion: CommonContact) -> str:
    """Says that a suggestion was filled in, as mrkdwn."""
    return f"Filled in with the contact that {suggestion.accounts:,} other accounts have."


def suggestion_blocks(
    suggestion: CommonContact, contact_type: ContactType, hidden_note: str
) -> list[Block]:
    """The offer to fill in the contact that other accounts have, with its values.

    Args:
        suggestion: the contact, and how many accounts have it.
        contact_type: which contact.
        hidden_note: why this person can't see the values, as mrkdwn; empty if they can.
    """
    number = f"{suggestion.accounts:,} other accounts"
    if hidden_note:
        return [context(f"{number} share a {contact_type.label} contact. {hidden_note}")]
    text = f"Use the contact that {number} have"
    values = ", ".join(getattr(suggestion.contact, field) for field in FIELDS)
    shown: Block = {"type": "context", "elements": [plain(values, 1_000)]}
    return [actions(button(text, USE, suggestion.contact.fingerprint)), shown]
