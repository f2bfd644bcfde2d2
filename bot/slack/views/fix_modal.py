"""The modal in which a contact is fixed, while it has no form: loading, saving, problems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.validation import EMAIL, NAME, PHONE, TITLE
from bot.slack.payloads import metadata_of, reads_payload, text_at
from bot.slack.views.account_card_contact import contact_lines
from bot.slack.views.blocks import actions, escape, mrkdwn, paragraph, plain, section
from bot.slack.views.message import Message
from bot.slack.views.problem import note
from bot.slack.views.remove import remove_button
from bot.slack.views.row_actions import account_name, title

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.contacts import AlternateContact
    from bot.slack.views.blocks import Block

CALLBACK: Final = "altcontact_form"
"""The callback id of the modal."""

TYPE: Final = "type"
"""The block id of the menu of contact types."""

CHOOSE_TYPE: Final = "altcontact_type"
"""The action id of the menu of contact types; an option's value is the type."""

FIELD_LABELS: Final = {NAME: "Name", TITLE: "Job title", EMAIL: "Email", PHONE: "Phone"}

_TYPE_LABEL: Final = "Contact type"
_OPTION_TEXT: Final = 75
_TITLE_TEXT: Final = 24


def modal(contact_type: ContactType, blocks: list[Block], *, close: str = "Close") -> Block:
    """The modal with these blocks.

    Args:
        contact_type: which contact; the title names it.
        blocks: its content.
        close: the label of the button that closes it.
    """
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(f"{contact_type.label} contact", _TITLE_TEXT),
        "close": plain(close, _TITLE_TEXT),
        "blocks": blocks,
    }


def account_section(name: str, account_id: str) -> Block:
    """The account that the modal is about."""
    return section(mrkdwn(account_name(name, account_id)))


def type_input(contact_type: ContactType) -> Block:
    """The menu of contact types in a form; choosing one fills the form in again."""
    return {
        "type": "input",
        "block_id": TYPE,
        "dispatch_action": True,
        "label": plain(_TYPE_LABEL),
        "element": _type_menu(contact_type),
    }


def loading_view(name: str, account_id: str, contact_type: ContactType) -> dict[str, Any]:
    """Shown at once, until AWS answers."""
    blocks = [account_section(name, account_id), paragraph("Reading the contact from AWS…")]
    return modal(contact_type, blocks)


def saving_view(name: str, account_id: str, contact_type: ContactType) -> dict[str, Any]:
    """The contact is being saved."""
    text = (
        ":hourglass_flowing_sand: Saving and verifying with AWS… This can take up to a minute. "
        "You can close this window: I'll send you the result."
    )
    return modal(contact_type, [account_section(name, account_id), paragraph(text)])


def message_view(
    message: Message, contact_type: ContactType, *, close: str = "Close"
) -> dict[str, Any]:
    """A message in place of a form."""
    return modal(contact_type, message.blocks, close=close)


def about_account(message: Message, name: str, account_id: str) -> Message:
    """The same message, which says first what account it is about."""
    text = f"{escape(title(name, account_id))}: {message.text}"
    return Message(text, [account_section(name, account_id), *message.blocks])


def not_shown_message(name: str, account_id: str, contact_type: ContactType) -> Message:
    """The form couldn't be shown where it was opened."""
    about = f"The form for the {contact_type.label} contact of {title(name, account_id)}"
    return note(
        f"{about} couldn't be shown. Nothing was changed.",
        f"To open it again, type /altcontact fix {account_id} {contact_type.value.lower()}",
    )


def forbidden_view(
    account: tuple[str, str],
    contact_type: ContactType,
    held: AlternateContact | None,
    shown_at: datetime,
) -> dict[str, Any]:
    """A contact that the policy forbids: what AWS has, and the button that removes it.

    Args:
        account: the account's name and id.
        contact_type: which contact.
        held: what AWS has; None if no contact is set.
        shown_at: when AWS was read.
    """
    name, account_id = account
    # Slack takes inputs only in a modal that can be submitted.
    menu = {
        **section(plain(_TYPE_LABEL), accessory=_type_menu(contact_type)),
        "block_id": TYPE,
    }
    blocks = [
        account_section(name, account_id),
        menu,
        paragraph(f":no_entry: The policy forbids a {contact_type.label} contact here."),
    ]
    if held is None:
        blocks.append(paragraph("None is set."))
    else:
        blocks += [
            section(plain(f"In AWS now:\n{contact_lines(held)}")),
            actions(remove_button(0, account, contact_type, held, shown_at)),
        ]
    metadata = json.dumps({"account": account_id})
    return {**modal(contact_type, blocks), "private_metadata": metadata}


@reads_payload
def parse_type(body: Mapping[str, Any]) -> tuple[str, ContactType]:
    """The account of a form, and the type that was chosen in its menu.

    Raises:
        PayloadError: it isn't a form of this bot.
    """
    chosen = text_at(body, "actions", 0, "selected_option", "value")
    return text_at(metadata_of(body["view"]), "account"), ContactType(chosen)


def _type_menu(contact_type: ContactType) -> Block:
    options = {
        offered: {"text": plain(f"{offered.label} contact", _OPTION_TEXT), "value": offered.value}
        for offered in ContactType
    }
    return {
        "type": "static_select",
        "action_id": CHOOSE_TYPE,
        "placeholder": plain(_TYPE_LABEL, 150),
        "options": list(options.values()),
        "initial_option": options[contact_type],
    }
