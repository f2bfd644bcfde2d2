"""The result of reading one contact from AWS.

*Could not be read* is a type of its own (`Unreadable`): neither a missing contact nor one that is
set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    """AWS could not be asked, or gave no usable answer."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This partition has no API for alternate contacts."""

    failure: Failure


ContactReading = Present | Absent | Unreadable | Unsupported
