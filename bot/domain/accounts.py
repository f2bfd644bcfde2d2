"""AWS accounts with their organizational units and tags."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote

ACTIVE: Final = "ACTIVE"
"""The only `Account.State` in which AWS allows writing a contact."""

# A percent sign is only ambiguous before two hexadecimal digits.
_NOT_IN_A_PATH: Final = re.compile(r"[/*?\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})|^\s+|\s+$")


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit: its id (`ou-ab12-11111111`) and its name."""

    id: str
    name: str

    @property
    def segment(self) -> str:
        """Its name in a path, with ambiguous characters percent-encoded.

        `CI/CD` is `CI%2FCD`. AWS allows any characters in the name of an OU. `urllib.parse.unquote`
        is the reverse.
        """
        return _NOT_IN_A_PATH.sub(
            lambda found: quote(found.group(), safe="", errors="replace"), self.name
        )


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account in scope.

    `state` is AWS's value, unchanged (`ACTIVE`, `SUSPENDED`, `CLOSED`, …), so that a state that AWS
    adds later is shown rather than rejected. The root email address and the tags are personal data,
    so they are not in `repr`, logs and exception texts.

    `organization` is the name of the `[[aws]]` section with which the account was listed, empty if
    there is none. `units` are its organizational units, from the root down, without the root;
    `tags` are its tags. Both are None if they were not read.
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
        """Whether AWS allows reading and writing this account's contacts."""
        return self.state == ACTIVE

    @property
    def state_words(self) -> str:
        """Its state for people: `suspended`, `pending closure`."""
        return self.state.replace("_", " ").lower()

    @property
    def path(self) -> str:
        """The path of its organizational units: `/Production/CI%2FCD`; empty if not read.

        A policy's `match.ou` is compared with this path.
        """
        return unit_path(self.units)


def unit_path(units: Sequence[Unit] | None) -> str:
    """The path of organizational units, from the root down; empty if they weren't read."""
    return "" if units is None else "/" + "/".join(unit.segment for unit in units)


@dataclass(frozen=True, slots=True)
class AccountPlacement:
    """The stored OUs and tags of an account, and when they were read; None if they were not."""

    units: tuple[Unit, ...] | None = None
    units_at: datetime | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False)
    tags_at: datetime | None = None
