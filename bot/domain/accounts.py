"""AWS accounts, and where they stand: their organizational units and tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

ACTIVE: Final = "ACTIVE"
"""The one `Account.State` in which AWS lets a contact be written."""


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


@dataclass(frozen=True, slots=True)
class AccountPlacement:
    """The stored OUs and tags of an account, and when they were read; None where they were not."""

    units: tuple[Unit, ...] | None = None
    units_at: datetime | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False)
    tags_at: datetime | None = None
