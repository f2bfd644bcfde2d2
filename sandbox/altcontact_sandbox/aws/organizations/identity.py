"""Which ids a sandbox's organization and its accounts have, so that several stand side by side."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from altcontact_sandbox.errors import SandboxError

MANAGEMENT_ID: Final = "111111111111"
DELEGATED_ID: Final = "222222222222"
DELEGATED_OTHER_ID: Final = "333333333333"
MEMBER_ID: Final = "444444444444"
STANDALONE_ID: Final = "999999999999"
"""The accounts of the ready-made callers, in the organization of number 0."""

_STEP: Final = 10**10
_IDS: Final = 10**12
_MAX_ORGANIZATIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """The organization of a number: 0 is the usual one, and each has account ids of its own.

    Ids differ by their first two digits from those of the same account in another organization,
    so that no two organizations share one of those that the sandbox makes up.
    """

    number: int = 0

    def __post_init__(self) -> None:
        """Refuse what has no ids.

        Raises:
            SandboxError: there is no organization of that number.
        """
        if not 0 <= self.number < _MAX_ORGANIZATIONS:
            raise SandboxError(f"An organization's number is from 0 to {_MAX_ORGANIZATIONS - 1}.")

    @property
    def organization_id(self) -> str:
        """The organization's id."""
        return f"o-sandbox{self.number:04d}"

    @property
    def root_id(self) -> str:
        """The id of its root."""
        return f"r-{self._root}"

    @property
    def management_id(self) -> str:
        """The id of its management account."""
        return self.account(MANAGEMENT_ID)

    @property
    def _root(self) -> str:
        return f"s{self.number:03d}"

    def account(self, account_id: str) -> str:
        """What an account of the organization of number 0 is called in this one."""
        return f"{(int(account_id) + self.number * _STEP) % _IDS:012d}"

    def unit(self, parent_id: str, name: str) -> str:
        """The id of the OU of this name in a root or an OU: the same at every start."""
        digest = hashlib.sha256(f"{parent_id}/{name}".encode()).hexdigest()
        return f"ou-{self._root}-{digest[:12]}"
