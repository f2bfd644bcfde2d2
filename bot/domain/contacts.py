"""Alternate contacts, and how they change."""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class ContactType(StrEnum):
    """The three types of alternate contacts, spelled as in AWS's API."""

    SECURITY = "SECURITY"
    BILLING = "BILLING"
    OPERATIONS = "OPERATIONS"

    @property
    def label(self) -> str:
        """The word for people: `Security`, `Billing`, `Operations`."""
        return self.value.capitalize()


FIELDS: Final = ("name", "title", "email", "phone")
"""The fields of a contact, in the order of the form."""


@dataclass(frozen=True, slots=True, eq=False)
class AlternateContact:
    """One contact as AWS has it. Contacts with the same normal form are equal.

    All four fields are personal data (botocore marks them `sensitive`), so none is in `repr`.
    """

    name: str = field(repr=False)
    title: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)

    def normal(self) -> tuple[str, str, str, str]:
        """The form in which two contacts are compared: (name, title, email, phone).

        Letters are composed (NFC: `ü` may be one character or two), white space is collapsed, the
        case of the email address is ignored, and a phone number is its digits with a leading `+` if
        it had one. AWS may trim what was written.
        """
        return (
            _composed(self.name),
            _composed(self.title),
            self.email.strip().casefold(),
            _dialled(self.phone),
        )

    @property
    def fingerprint(self) -> str:
        """A short digest of the normal form, to detect a change without storing the contact."""
        return hashlib.sha256("\x1f".join(self.normal()).encode()).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AlternateContact):
            return NotImplemented
        return self.normal() == other.normal()

    def __hash__(self) -> int:
        return hash(self.normal())


NO_CONTACT: Final = "none"
"""The fingerprint if no contact is set."""


def fingerprint(contact: AlternateContact | None) -> str:
    """`contact.fingerprint`, or `NO_CONTACT` if none is set."""
    return contact.fingerprint if contact is not None else NO_CONTACT


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _dialled(phone: str) -> str:
    digits = "".join(character for character in phone if character.isdigit())
    return f"+{digits}" if phone.strip().startswith("+") else digits


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A contact that changed since the last check, and not by this bot.

    None if no contact was, or is, set.
    """

    account_id: str
    account_name: str
    type: ContactType
    before: AlternateContact | None
    after: AlternateContact | None
    seen_at: datetime
