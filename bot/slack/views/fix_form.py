"""The modal by which a contact is set, from loading to its result; and the parser of its form."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.validation import EMAIL, LENGTHS, NAME, PHONE, TITLE
from bot.slack.payloads import PayloadError, find_text, metadata_of, reads_payload, text_at
from bot.slack.views.account_card_contact import contact_lines
from bot.slack.views.blocks import context, escape, paragraph, plain, section
from bot.slack.views.fix_form_hints import hints
from bot.slack.views.problem import note
from bot.slack.views.row_actions import NAME_TEXT, title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact
    from bot.domain.errors import AltcontactError
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.slack.views.blocks import Block
    from bot.slack.views.message import Message

CALLBACK: Final = "altcontact_form"
"""The callback id of the modal. Block and action id of an input are the field's name."""

TYPE: Final = "type"
"""The block id of the menu of contact types."""

CHOOSE_TYPE: Final = "altcontact_type"
"""The action id of the menu of contact types in the form; an option's value is the type."""

_MOST_TYPED: Final = {**LENGTHS, PHONE: 50}
"""What may be typed: a phone number may hold more than AWS takes until it is put in its form."""

_LABELS: Final = {NAME: "Name", TITLE: "Title", EMAIL: "Email", PHONE: "Phone"}


@dataclass(frozen=True, slots=True)
class FormInput:
    """A submitted form: what it is for, what was shown, and what was typed.

    `held` has `digests` of the fields that AWS held when it was shown. `confirmed_domain` is the
    unusual email domain that the form warned about, and that submitting it confirms.
    """

    account_id: str
    account_name: str
    type: ContactType
    shown: str
    shown_at: datetime
    values: Mapping[str, str | None] = dataclasses.field(repr=False)
    held: Mapping[str, str] = dataclasses.field(default_factory=dict)
    confirmed_domain: str = ""


@reads_payload
def parse_form(view: Any) -> FormInput:  # noqa: ANN401 - JSON
    """Read a form made by `form_view` as Slack hands it in.

    Raises:
        PayloadError: it is none.
    """
    metadata, state = metadata_of(view), view["state"]["values"]
    shown_at = datetime.fromisoformat(text_at(metadata, "shown_at"))
    if shown_at.tzinfo is None:
        raise PayloadError
    return FormInput(
        account_id=text_at(metadata, "account"),
        account_name=find_text(metadata, "name") or text_at(metadata, "account"),
        type=ContactType(metadata["type"]),
        shown=find_text(metadata, "shown"),
        shown_at=shown_at,
        values={field: find_text(state[field][field], "value") or None for field in FIELDS},
        # Forms of an earlier version do not have it.
        held={field: find_text(metadata, "held", field) for field in FIELDS},
        confirmed_domain=find_text(metadata, "domain"),
    )


@reads_payload
def parse_type(body: Mapping[str, Any]) -> tuple[str, ContactType]:
    """The account of a form, and the type that was chosen in its menu.

    Raises:
        PayloadError: no form of the bot's was it.
    """
    chosen = text_at(body, "actions", 0, "selected_option", "value")
    return text_at(metadata_of(body["view"]), "account"), ContactType(chosen)


def loading_view(name: str, account_id: str, contact_type: ContactType) -> dict[str, Any]:
    """Shown at once, until AWS has answered."""
    return _view(contact_type, [_about(name, account_id), paragraph("Reading what AWS holds now…")])


def working_view(name: str, account_id: str, contact_type: ContactType) -> dict[str, Any]:
    """The fix is under way."""
    text = (
        ":hourglass_flowing_sand: AWS is being asked, and what it holds read back. This can take a "
        "minute. You may close this window: you will get a message."
    )
    return _view(contact_type, [_about(name, account_id), paragraph(text)])


def not_shown_message(name: str, account_id: str, contact_type: ContactType) -> Message:
    """The form could not be shown where it was opened."""
    about = f"The form for the {contact_type.label} contact of {title(name, account_id)}"
    return note(
        f"{about} is not shown; nothing was changed.",
        f"To open it again, type /altcontact fix {account_id} {contact_type.value.lower()}",
    )


def message_view(message: Message, contact_type: ContactType) -> dict[str, Any]:
    """A message where a form was expected: why there is none."""
    return _view(contact_type, message.blocks)


def form_view(
    *,
    account_name: str,
    account_id: str,
    contact_type: ContactType,
    shown: str,
    shown_at: datetime,
    values: AlternateContact | None,
    region: str | None,
    field_digests: Mapping[str, str] | None = None,
    policy: AccountPolicy | None = None,
    notice: AltcontactError | None = None,
    held: AlternateContact | None = None,
    errors: Mapping[str, str] | None = None,
    unusual_domain: str = "",
) -> dict[str, Any]:
    """The form.

    Args:
        account_name: the account's name.
        account_id: its id.
        contact_type: which contact.
        shown: the fingerprint of what the person knows AWS to hold; see `FixRequest.shown`.
        shown_at: since when they know.
        values: what the inputs are filled with, if anything.
        region: the country in whose national form phone numbers may be typed, if any.
        field_digests: what the person knows AWS to hold, by field, of `validation.digests`: a field
            that is not changed is not refused.
        policy: what the account should have, None where that is not known.
        notice: why an earlier submission was not taken.
        held: what AWS holds now, told with the notice.
        errors: {field: what AWS refused}, shown under their fields.
        unusual_domain: the email domain that submitting this form confirms; it is warned about.
    """
    blocks = [_choosing(account_name, account_id, contact_type)]
    if notice is not None:
        blocks.append(
            paragraph(f":warning: *{escape(str(notice))}*\n:point_right: {escape(notice.remedy)}")
        )
    if held is not None:
        blocks.append(section(plain(f"AWS holds now:\n{contact_lines(held)}")))
    below = hints(contact_type, region, policy)
    for field in FIELDS:
        blocks.append(_input(field, values, below.get(field)))
        if errors and field in errors:
            blocks.append(context(f":warning: {escape(errors[field])}"))
    metadata = {
        "account": account_id,
        "name": account_name[:NAME_TEXT],
        "type": contact_type.value,
        "shown": shown,
        "shown_at": shown_at.isoformat(),
        "held": dict(field_digests or {}),
        "domain": unusual_domain,
    }
    return {
        **_view(contact_type, blocks),
        "submit": plain("Save anyway" if unusual_domain else "Save", 24),
        "close": plain("Cancel", 24),
        "private_metadata": json.dumps(metadata),
    }


def forbidden_view(
    name: str, account_id: str, contact_type: ContactType, held: AlternateContact | None
) -> dict[str, Any]:
    """A contact that the policy forbids: what AWS holds, and how to delete it."""
    command = (
        f"aws account delete-alternate-contact --account-id {account_id} "
        f"--alternate-contact-type {contact_type.value}"
    )
    blocks = [
        _choosing(name, account_id, contact_type),
        paragraph(
            f":no_entry: The policy forbids a {contact_type.label} contact for this account."
        ),
    ]
    if held is None:
        blocks.append(paragraph("None is set, as it should be."))
    else:
        blocks += [
            section(plain(f"AWS holds now:\n{contact_lines(held)}")),
            paragraph(
                "The bot deletes no contacts. Delete it with the AWS CLI, or in the account's "
                "console on its *Account* page, under *Alternate contacts*:\n"
                f"```{escape(command)}```\n"
                "Leave `--account-id` out where you are signed in to this very account."
            ),
        ]
    return {**_view(contact_type, blocks), "private_metadata": json.dumps({"account": account_id})}


def _view(contact_type: ContactType, blocks: list[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(f"{contact_type.label} contact", 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


def _about(name: str, account_id: str) -> Block:
    return section(plain(title(name, account_id)))


def _choosing(name: str, account_id: str, contact_type: ContactType) -> Block:
    """The account, and the menu by which another contact of it is chosen."""
    options = {
        offered: {"text": plain(f"{offered.label} contact", 75), "value": offered.value}
        for offered in ContactType
    }
    menu = {
        "type": "static_select",
        "action_id": CHOOSE_TYPE,
        "options": list(options.values()),
        "initial_option": options[contact_type],
    }
    return {**section(plain(title(name, account_id)), accessory=menu), "block_id": TYPE}


def _input(field: str, values: AlternateContact | None, hint: str | None) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": field,
        "max_length": _MOST_TYPED[field],
    }
    value = getattr(values, field, "")[: _MOST_TYPED[field]]
    if value:
        element["initial_value"] = value
    if field == FIELDS[0]:  # the menu of contacts stands before it
        element["focus_on_load"] = True
    block: Block = {
        "type": "input",
        "block_id": field,
        "label": plain(_LABELS[field]),
        "element": element,
    }
    if hint:
        block["hint"] = plain(hint)
    return block
