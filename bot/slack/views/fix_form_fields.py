"""The text fields of the form by which a contact is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.validation import LENGTHS, PHONE, TITLE
from bot.slack.views.blocks import plain
from bot.slack.views.fix_modal import FIELD_LABELS

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.slack.views.blocks import Block

_MOST_TYPED: Final = {**LENGTHS, PHONE: 50}
"""A phone number may be longer as typed than in the format that is saved."""

_TITLES: Final = {
    ContactType.SECURITY: "Example: Security operations lead",
    ContactType.BILLING: "Example: Accounts payable manager",
    ContactType.OPERATIONS: "Example: Cloud operations lead",
}


def field_input(
    field: str,
    contact_type: ContactType,
    values: AlternateContact | None,
    hint: str | None,
    *,
    may_focus: bool = True,
) -> Block:
    """One field of the form.

    Args:
        field: which field.
        contact_type: which contact the form is for.
        values: what the fields are filled in with, if anything.
        hint: what is below the field, if anything.
        may_focus: whether the form begins at its fields rather than at what is above them.
    """
    element: Block = {
        "type": "plain_text_input",
        "action_id": field,
        "max_length": _MOST_TYPED[field],
    }
    value = getattr(values, field, "")[: _MOST_TYPED[field]]
    if value:
        element["initial_value"] = value
    if field == TITLE:
        element["placeholder"] = plain(_TITLES[contact_type], 150)
    if may_focus and field == FIELDS[0]:  # rather than the menu above it
        element["focus_on_load"] = True
    block: Block = {
        "type": "input",
        "block_id": field,
        "label": plain(FIELD_LABELS[field]),
        "element": element,
    }
    if hint:
        block["hint"] = plain(hint)
    return block
