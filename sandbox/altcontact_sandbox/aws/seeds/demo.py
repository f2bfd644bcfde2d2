"""Accounts to start from: the sandbox's dozen in every state, and as many as a benchmark wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    DELEGATED_OTHER_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
)
from bot.domain.contacts import AlternateContact, ContactType

if TYPE_CHECKING:
    from collections.abc import Mapping

DENIED_ID: Final = "161616161616"
"""The demo's account on which a service control policy denies everything."""


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An account to seed, with the contacts that it has.

    `ou` is a path by names, `primary` what is set of its primary contact.
    """

    id: str
    name: str
    state: str = "ACTIVE"
    email: str = field(default="", repr=False)
    contacts: Mapping[ContactType, AlternateContact] = field(default_factory=dict, repr=False)
    ou: str = "/"
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)
    primary: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """For the control interface."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "email": self.email or f"root+{self.id}@example.com",
            "contacts": {kind.value: to_aws(contact) for kind, contact in self.contacts.items()},
            "ou": self.ou,
            "tags": dict(self.tags),
            "primary": dict(self.primary),
        }


def to_aws(contact: AlternateContact) -> dict[str, str]:
    """A contact with the member names of AWS's API."""
    return {
        "Name": contact.name,
        "Title": contact.title,
        "EmailAddress": contact.email,
        "PhoneNumber": contact.phone,
    }


def from_aws(members: Mapping[str, str]) -> AlternateContact:
    """A contact from the members of AWS's API."""
    return AlternateContact(
        name=members["Name"],
        title=members["Title"],
        email=members["EmailAddress"],
        phone=members["PhoneNumber"],
    )


SECURITY_TEAM: Final = AlternateContact(
    "Security Team", "Security Operations", "aws-security@corp.internal", "+44 20 7946 0018"
)
_FINANCE: Final = AlternateContact(
    "Finance", "Accounts Payable", "aws-billing@corp.internal", "+44 20 7946 0321"
)
_PLATFORM: Final = AlternateContact(
    "Platform Team", "On call", "aws-operations@corp.internal", "+44 20 7946 0755"
)
_ALL: Final = {
    ContactType.SECURITY: SECURITY_TEAM,
    ContactType.BILLING: _FINANCE,
    ContactType.OPERATIONS: _PLATFORM,
}
_BUT_SECURITY: Final = {
    ContactType.BILLING: _FINANCE,
    ContactType.OPERATIONS: _PLATFORM,
}
_SECURITY_ALONE: Final = {ContactType.SECURITY: SECURITY_TEAM}
_ONE_PERSON: Final = {
    ContactType.SECURITY: AlternateContact(
        "Sam Example", "Engineer", "sam@corp.internal", "+44 20 7946 0991"
    )
}
_PRODUCTION: Final = {"environment": "prod"}


def demo_accounts() -> list[SandboxAccount]:
    """About a dozen accounts in every state; six active ones lack a SECURITY contact."""
    return [
        SandboxAccount(MANAGEMENT_ID, "Management", contacts=_ALL),
        SandboxAccount(DELEGATED_ID, "Security tooling", contacts=_ALL, ou="/Security/Tooling"),
        SandboxAccount(DELEGATED_OTHER_ID, "Audit", contacts=_SECURITY_ALONE, ou="/Security/Audit"),
        SandboxAccount(
            MEMBER_ID,
            "Data lake",
            contacts={ContactType.BILLING: _FINANCE},
            ou="/Production/Data",
            tags=_PRODUCTION,
        ),
        SandboxAccount("555555555555", "Web production", ou="/Production/Web", tags=_PRODUCTION),
        SandboxAccount("666666666666", "Web staging", contacts=_BUT_SECURITY, ou="/Development"),
        SandboxAccount("777777777777", "R&D <sandbox>", ou="/Sandbox"),
        SandboxAccount("888888888888", "Training", ou="/Sandbox/Training"),
        SandboxAccount(
            "101010101010",
            "Customer analytics and reporting, Europe (staging)",
            contacts=_BUT_SECURITY,
            ou="/Development/Data",
        ),
        SandboxAccount(
            "121212121212",
            "Payments",
            contacts=_ONE_PERSON,
            ou="/Production/Payments",
            tags={**_PRODUCTION, "owner": "alice@corp.example"},
        ),
        SandboxAccount("131313131313", "Old shop", "SUSPENDED", ou="/Suspended"),
        SandboxAccount("141414141414", "Merged away", "CLOSED", ou="/Suspended"),
        SandboxAccount("151515151515", "Going away", "PENDING_CLOSURE", ou="/Suspended"),
        SandboxAccount(DENIED_ID, "Legal hold", contacts=_SECURITY_ALONE, ou="/Legal"),
        SandboxAccount("171717171717", "Brand new", "PENDING_ACTIVATION"),
    ]


def many_accounts(count: int, missing_every: int) -> list[SandboxAccount]:
    """So many active accounts; every so-manyth lacks its SECURITY contact (0: none does).

    The first four are those of the ready-made callers that are in the organization.
    """
    ids = [MANAGEMENT_ID, DELEGATED_ID, DELEGATED_OTHER_ID, MEMBER_ID]
    ids += [f"2{number:011d}" for number in range(count - len(ids))]
    return [
        SandboxAccount(
            account_id,
            f"account {number:05d}",
            contacts={} if missing_every and number % missing_every == 0 else _SECURITY_ALONE,
        )
        for number, account_id in enumerate(ids[:count])
    ]
