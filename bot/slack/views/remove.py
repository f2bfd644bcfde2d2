"""Removing a contact that the policy forbids: the button with its dialog, and the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType, fingerprint
from bot.domain.policy.account_policy import ManagedBy
from bot.slack.payloads import PayloadError, reads_payload
from bot.slack.views.blocks import actions, button, confirmation, escape, mrkdwn, paragraph, section
from bot.slack.views.message import Message
from bot.slack.views.row_actions import account_name, spoken, title

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.slack.views.blocks import Block

REMOVE: Final = "altcontact_remove"
"""Begins the action id of every button that removes a contact; a number follows it."""


@dataclass(frozen=True, slots=True)
class ShownContact:
    """What a button `REMOVE` is for: a contact, as the person saw it.

    `shown` is its fingerprint, and `shown_at` when AWS was read. `confirmed_tool` is the tool that
    keeps it as code, and despite which the person wants it removed; empty for none.
    """

    account_id: str
    type: ContactType
    shown: str
    shown_at: datetime
    confirmed_tool: str = ""

    @property
    def value(self) -> str:
        """What the button carries."""
        shown = f"{self.account_id}:{self.type.value}:{self.shown}"
        return f"{shown}:{self.confirmed_tool}:{self.shown_at.isoformat()}"


def remove_button(
    number: int,
    account: tuple[str, str],
    contact_type: ContactType,
    held: AlternateContact,
    shown_at: datetime,
) -> Block:
    """The button that removes a contact, after a dialog.

    Args:
        number: unique among these buttons in the message or view.
        account: the account's name and id.
        contact_type: which contact.
        held: the contact that the person sees; only its fingerprint is in the button.
        shown_at: when AWS was read.
    """
    name, account_id = account
    where = title(name, account_id)
    dialog = confirmation(
        f"Remove the {contact_type.label} contact?",
        f"AWS will have no {contact_type.label} contact for {where}. To put it back, press Undo in "
        "the result.",
        "Remove contact",
        danger=True,
    )
    value = ShownContact(account_id, contact_type, fingerprint(held), shown_at).value
    label = spoken("Remove contact", name, account_id, contact_type)
    return button(
        "Remove contact", f"{REMOVE}:{number}", value, danger=True, label=label, confirm=dialog
    )


@reads_payload
def parse_remove(value: str) -> ShownContact:
    """Read the value of a button made by `remove_button`.

    Raises:
        PayloadError: it was made by something else.
    """
    account_id, contact_type, shown, tool, shown_at = value.split(":", 4)
    moment = datetime.fromisoformat(shown_at)
    if not (account_id and shown) or moment.tzinfo is None:
        raise PayloadError
    confirmed = ManagedBy(tool).value if tool else ""
    return ShownContact(account_id, ContactType(contact_type), shown, moment, confirmed)


def managed_message(name: str, shown: ShownContact, tool: ManagedBy) -> Message:
    """A tool keeps the contact as code: nothing was removed yet, and a button that removes it."""
    words = (
        f"Not removed: this account's contacts are managed by {tool.label}, which puts back its "
        "own values when it is next applied. Remove the contact there, too."
    )
    label = spoken("Remove anyway", name, shown.account_id, shown.type)
    value = replace(shown, confirmed_tool=tool.value).value
    anyway = button("Remove anyway", f"{REMOVE}:anyway", value, danger=True, label=label)
    blocks = [
        section(mrkdwn(account_name(name, shown.account_id))),
        paragraph(f":warning: {words}"),
        actions(anyway),
    ]
    return Message(f"{escape(title(name, shown.account_id))}: {words}", blocks)


def removing_message(name: str, account_id: str, contact_type: ContactType) -> Message:
    """The removal is in progress."""
    text = (
        f":hourglass_flowing_sand: Removing the {contact_type.label} contact: waiting for AWS… "
        "This can take up to a minute. You can close this window: I'll send you the result."
    )
    return Message(text, [section(mrkdwn(account_name(name, account_id))), paragraph(text)])
