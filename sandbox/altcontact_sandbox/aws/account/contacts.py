"""Keeps the alternate contacts of the sandbox's accounts, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final = ("Name", "Title", "EmailAddress", "PhoneNumber")
"""The members of a contact, as AWS's API names them."""

Contact = dict[str, str]
"""The four `FIELDS` of one contact."""


class Contacts:
    """The contacts, by account id and type; touched by the event loop of the sandbox's AWS alone.

    They do not go by who is in the organization: an account that leaves it and comes back has the
    contacts that it had.
    """

    def __init__(self) -> None:
        self._contacts: dict[tuple[str, str], Contact] = {}

    def load(self, contacts: Mapping[str, Mapping[str, Contact]]) -> None:
        """Replace every contact by these: {account id: {type: contact}}."""
        self._contacts = {
            (account_id, contact_type): dict(contact)
            for account_id, by_type in contacts.items()
            for contact_type, contact in by_type.items()
        }

    def get(self, account_id: str, contact_type: str) -> Contact | None:
        """One contact, or None."""
        return self._contacts.get((account_id, contact_type))

    def put(self, account_id: str, contact_type: str, contact: Contact) -> None:
        """Put one contact."""
        self._contacts[account_id, contact_type] = dict(contact)

    def delete(self, account_id: str, contact_type: str) -> None:
        """Delete one contact, if it is there."""
        self._contacts.pop((account_id, contact_type), None)
