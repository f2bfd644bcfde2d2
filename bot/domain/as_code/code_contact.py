"""One alternate contact to be written as code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact, ContactType


@dataclass(frozen=True, slots=True)
class CodeContact:
    """A contact as it should be, and what the code needs to know about it.

    `exists` says whether AWS has a contact of this type, which code may have to adopt. AWS accepts
    the account's id only for member accounts: with `is_own_account`, the code runs in the account
    itself, and doesn't name it (AWS denies the management account's own id, see
    https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html).
    `organization` is the name of its `[[aws]]` section, empty if there is none.
    """

    account_id: str
    account_name: str
    type: ContactType
    contact: AlternateContact = field(repr=False)
    exists: bool = False
    is_own_account: bool = False
    organization: str = ""
