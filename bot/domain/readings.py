"""The results of reading from AWS: one contact, the tree of OUs, the OU of each account.

*Could not be read* is a type of its own (`Unreadable`): neither a missing contact nor one that is
set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.accounts import Unit
    from bot.domain.contacts import AlternateContact
    from bot.domain.failures import Failure


@dataclass(frozen=True, slots=True)
class Present:
    """AWS has this contact."""

    contact: AlternateContact


@dataclass(frozen=True, slots=True)
class Absent:
    """AWS said that no such contact is set."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """AWS couldn't be reached, or gave no usable answer."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This partition has no API for alternate contacts."""

    failure: Failure


ContactReading = Present | Absent | Unreadable | Unsupported


def shows(reading: ContactReading, contact: AlternateContact | None) -> bool:
    """Whether AWS has this contact according to a reading; None: whether no contact is set."""
    return reading == (Present(contact) if contact is not None else Absent())


@dataclass(frozen=True, slots=True)
class UnitsReading:
    """The organizational units of an organization, as far as they could be listed.

    `paths` has, by the id of each OU, the OUs from the root down to it. `failures` says why the
    OUs right below an OU could not be listed, by its id; the root's is "".
    """

    paths: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlacementsReading:
    """Which OU each account is in, as far as the OUs' accounts could be listed.

    `unit_of` has the id of the OU by the id of each account. `failures` says why the accounts
    right in an OU could not be listed, by its id. The root's id is "" in both.
    """

    unit_of: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)
