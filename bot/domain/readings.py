"""What a reading of AWS came to.

*Could not be checked* is a type of its own here (`Unreadable`), never a contact that is missing and
never one that is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.domain.failures import Failure


@dataclass(frozen=True, slots=True)
class Present:
    """AWS holds this contact."""

    contact: AlternateContact


@dataclass(frozen=True, slots=True)
class Absent:
    """AWS said that there is no such contact."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """AWS could not be asked, or gave no usable answer."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This partition has no API for alternate contacts."""

    failure: Failure


ContactReading = Present | Absent | Unreadable | Unsupported
