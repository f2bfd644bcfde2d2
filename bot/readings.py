"""What a reading of AWS came to, and why where it came to nothing.

*Could not be checked* is a type of its own here (`Unreadable`), never a contact that is missing and
never one that is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.contacts import AlternateContact


class Cause(StrEnum):
    """Why AWS could not be asked, or did not say; words and mend are in `bot.causes`."""

    TRUSTED_ACCESS_OFF = "trusted_access_off"
    PERMISSION_MISSING = "permission_missing"
    DENIED_BY_SCP = "denied_by_scp"
    WRONG_CALLER = "wrong_caller"
    MANAGEMENT_OUT_OF_REACH = "management_out_of_reach"
    ACCOUNT_STATE = "account_state"
    DENIED = "denied"
    CREDENTIALS_EXPIRED = "credentials_expired"
    CREDENTIALS_MISSING = "credentials_missing"
    CLOCK_WRONG = "clock_wrong"
    THROTTLED = "throttled"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    AWS_FAULT = "aws_fault"
    REFUSED = "refused"
    NO_ORGANIZATION = "no_organization"
    NO_API = "no_api"
    NOT_REACHED = "not_reached"
    NOT_ASKED = "not_asked"
    SLACK_UNREACHABLE = "slack_unreachable"
    SLACK_REFUSED = "slack_refused"
    PLACE_UNREAD = "place_unread"
    NOT_KNOWN = "not_known"
    INTERNAL = "internal"

    @property
    def of_the_caller(self) -> bool:
        """Whether it concerns the caller alone: no other account would fare better."""
        return self in {
            Cause.CREDENTIALS_EXPIRED,
            Cause.CREDENTIALS_MISSING,
            Cause.CLOCK_WRONG,
        }

    @property
    def of_the_asking(self) -> bool:
        """Whether nobody asked at all: whoever asks may well be told, so it is no news."""
        return self in {Cause.NOT_REACHED, Cause.NOT_ASKED}


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause with its words and its mend; `code` is AWS's error code, where there was one."""

    cause: Cause
    words: str
    mend: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Held:
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


Reading = Held | Absent | Unreadable | Unsupported
