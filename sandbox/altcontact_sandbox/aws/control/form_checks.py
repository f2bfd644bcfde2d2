"""Checks what is typed into the console's forms, and says what AWS doesn't accept."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.account.contacts import FIELDS
from altcontact_sandbox.aws.organizations.identity import MANAGEMENT_ID
from altcontact_sandbox.aws.organizations.organization import Member
from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from altcontact_sandbox.aws.protocol.input_model import AccountModel

STATES: Final = ("PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED")
"""The states that an account can be in."""

_ID: Final = re.compile(r"\d{12}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NAME: Final = re.compile(r"[ -~]{1,50}")
_EMAIL_LENGTHS: Final = range(6, 65)
_LABELS: Final = {
    "Name": "name",
    "Title": "title",
    "EmailAddress": "email address",
    "PhoneNumber": "phone number",
}
_PATTERNS: Final = {
    "EmailAddress": "AWS doesn't accept this email address: letters, digits and _+=.#|!&- "
    "before the @, and a domain with a dot after it.",
    "PhoneNumber": "AWS doesn't accept this phone number: it may hold digits, spaces, +, - and ().",
}


class WrongForm(SandboxError):
    """A form that AWS doesn't accept; `fields` says why, by the member that AWS names."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("AWS doesn't accept this contact.", "Correct what is said of each field.")
        self.fields = dict(fields)


def check_contact(model: AccountModel, contact: Mapping[str, Any]) -> None:
    """Check a contact as AWS does, by lengths and patterns.

    Raises:
        WrongForm: AWS would refuse it.
    """
    fields = {
        name: why for name in FIELDS if (why := _complaint(model, name, contact.get(name, "")))
    }
    if fields:
        raise WrongForm(fields)


def _complaint(model: AccountModel, name: str, value: object) -> str:
    limits = model.limits("PutAlternateContact", name)
    label = _LABELS[name]
    if not isinstance(value, str):
        return f"The {label} is a text."
    if len(value) < limits.get("min", 0):
        return f"Give a{'n' if label[0] in 'aeiou' else ''} {label}."
    if len(value) > limits.get("max", len(value)):
        return f"AWS takes at most {limits['max']} characters; these are {len(value)}."
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        return _PATTERNS[name]
    return ""


def new_account(members: Mapping[str, Member], given: Mapping[str, Any]) -> Member:
    """An account as its creation makes it, with a new id, active at once.

    Args:
        members: the accounts that there are, by id.
        given: its `name`, and its `email` or none: then one is made up.

    Raises:
        SandboxError: AWS would not create it.
    """
    account_id = new_id(members)
    email = given.get("email") or f"root+{account_id}@example.com"
    if any(each.email == email for each in members.values()):
        raise SandboxError(
            "Another account has this email address.", "Each account has an address of its own."
        )
    return changed_account(None, account_id, {"name": given.get("name"), "email": email})


def changed_account(
    known: Member | None,
    account_id: str,
    given: Mapping[str, Any],
    management_id: str = MANAGEMENT_ID,
) -> Member:
    """An account, new or changed in its `name`, `state` or `email`.

    Args:
        known: as it was, if it was.
        account_id: its id.
        given: what is to change.
        management_id: which account is the management account.

    Raises:
        SandboxError: AWS has no account like that.
    """
    before: dict[str, Any] = known.as_json() if known else {"state": "ACTIVE", "email": ""}
    account = {**before, **{name: given[name] for name in given if name != "id"}}
    name, state, email = account.get("name"), account["state"], account["email"]
    if _ID.fullmatch(account_id) is None:
        raise SandboxError("An account id is 12 digits.")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise SandboxError("An account's name has 1 to 50 characters, all of them ASCII.")
    if state not in STATES:
        raise SandboxError("An account has no such state.", f"It is one of {', '.join(STATES)}.")
    if account_id == management_id and state != "ACTIVE":
        raise SandboxError(
            "The management account stays active: it cannot be closed while its organization is.",
            "Choose a member account.",
        )
    if not isinstance(email, str) or (email and not _is_email(email)):
        raise SandboxError("An account's email address has 6 to 64 characters, and an @.")
    if known is None:
        return Member(account_id, name, state, email)
    return replace(known, name=name, state=state, email=email)


def _is_email(email: str) -> bool:
    return len(email) in _EMAIL_LENGTHS and _EMAIL.fullmatch(email) is not None


def new_id(taken: Container[str]) -> str:
    """An account id that is not taken."""
    while True:
        account_id = f"{secrets.randbelow(9 * 10**11) + 10**11}"
        if account_id not in taken:
            return account_id
