"""Accounts' primary contacts: one that is made up for each, and the check of what is set."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import botocore.session

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.sample_names import FAMILY, GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping


def generated_primary_contact(account_id: str) -> dict[str, str]:
    """The primary contact that an account has from the start, the same at every start.

    Its phone number is of a range that is kept for fiction and that no other contact made up here
    is of, so that none is the same by chance.
    """
    drawn = int(hashlib.sha256(account_id.encode()).hexdigest(), 16)
    return {
        "FullName": f"{GIVEN[drawn % len(GIVEN)]} {FAMILY[drawn // 100 % len(FAMILY)]}",
        "CompanyName": "Example Holdings",
        "AddressLine1": f"{drawn // 10_000 % 200 + 1} Sample Street",
        "City": "London",
        "PostalCode": "SW1A 0XX",
        "CountryCode": "GB",
        "PhoneNumber": f"+44 1632 960{drawn // 10**9 % 1000:03d}",
    }


class PrimaryModel:
    """The shape of a primary contact; lengths and patterns are read from botocore, never copied."""

    def __init__(self) -> None:
        service = botocore.session.get_session().get_service_model("account")
        shape: Any = service.shape_for("ContactInformation")
        self._members: Mapping[str, Any] = shape.members
        self._required: list[str] = shape.required_members

    def changed(self, before: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, str]:
        """A primary contact with some members changed; an optional one that is empty is removed.

        Raises:
            SandboxError: AWS has no such primary contact.
        """
        after = dict(before)
        for name, value in given.items():
            if name not in self._members:
                raise SandboxError(
                    f"A primary contact has no member {name}.",
                    f"It has {', '.join(self._members)}.",
                )
            if value == "" and name not in self._required:
                after.pop(name, None)
                continue
            limits = self._members[name].metadata
            if not isinstance(value, str) or not _fits(value, limits):
                raise SandboxError(f"AWS doesn't accept this {name} in a primary contact.")
            after[name] = value
        return after


def _fits(value: str, limits: Mapping[str, Any]) -> bool:
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        return False
    return re.fullmatch(limits.get("pattern", r"(?s).*"), value) is not None
