"""AWS accounts and their alternate contacts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

ACTIVE: Final = "ACTIVE"
"""The one `Account.State` in which AWS lets a contact be written."""


class ContactType(StrEnum):
    """The three alternate contacts that AWS knows, spelled as its API spells them."""

    SECURITY = "SECURITY"
    BILLING = "BILLING"
    OPERATIONS = "OPERATIONS"

    @property
    def label(self) -> str:
        """The word for people: `Security`, `Billing`, `Operations`."""
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit: its id (`ou-ab12-11111111`) and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account in scope.

    `state` is what AWS says, unchanged (`ACTIVE`, `SUSPENDED`, `CLOSED`, …), so that a state that
    AWS adds later is shown rather than refused. The root mailbox and the tags are personal data:
    they are kept out of `repr`, and so out of logs and exception texts.

    `organization` is the name of the `[[aws]]` table through which the account was listed, empty
    where there is none. `units` are its organizational units, from the root down, without the root;
    `tags` are its tags. Both are None where they were not read.
    """

    id: str
    name: str
    state: str = ACTIVE
    email: str = field(default="", repr=False)
    organization: str = ""
    units: tuple[Unit, ...] | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False, hash=False)

    @property
    def is_active(self) -> bool:
        """Whether AWS lets this account's contacts be read and written."""
        return self.state == ACTIVE

    @property
    def path(self) -> str:
        """The names of its organizational units: `/Production/Payments`; empty if not read."""
        if self.units is None:
            return ""
        return "/" + "/".join(unit.name for unit in self.units)


FIELDS: Final = ("name", "title", "email", "phone")
"""The fields of a contact, in the order of the form."""


@dataclass(frozen=True, slots=True, eq=False)
class AlternateContact:
    """One contact as AWS has it; equal to another when their normal forms are.

    All four fields are personal data (botocore marks them `sensitive`): none is in `repr`.
    """

    name: str = field(repr=False)
    title: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)

    def normal(self) -> tuple[str, str, str, str]:
        """The form in which two contacts are compared: (name, title, email, phone).

        White space is folded, the case of the email address is ignored, and a phone number is its
        digits with a leading `+` where it had one: AWS may hand back what was written trimmed.
        """
        return (
            " ".join(self.name.split()),
            " ".join(self.title.split()),
            self.email.strip().casefold(),
            _dialled(self.phone),
        )

    @property
    def fingerprint(self) -> str:
        """A short digest of the normal form, to detect a change without the contact itself."""
        return hashlib.sha256("\x1f".join(self.normal()).encode()).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AlternateContact):
            return NotImplemented
        return self.normal() == other.normal()

    def __hash__(self) -> int:
        return hash(self.normal())


NO_CONTACT: Final = "none"
"""The fingerprint where no contact is set."""


def fingerprint(contact: AlternateContact | None) -> str:
    """`contact.fingerprint`, or `NO_CONTACT` where none is set."""
    return contact.fingerprint if contact is not None else NO_CONTACT


def _dialled(phone: str) -> str:
    digits = "".join(character for character in phone if character.isdigit())
    return f"+{digits}" if phone.strip().startswith("+") else digits


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A contact that changed since the last check, and not by a fix of this bot.

    None where no contact was, or is, set.
    """

    account_id: str
    account_name: str
    type: ContactType
    before: AlternateContact | None
    after: AlternateContact | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AccountPlacement:
    """The stored OUs and tags of an account, and when they were read; None where they were not."""

    units: tuple[Unit, ...] | None = None
    units_at: datetime | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False)
    tags_at: datetime | None = None
