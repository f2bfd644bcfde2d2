"""What a reading of AWS means: outcomes, their reasons, and findings that keep their identity.

*Could not be checked* is a type of its own here (`Unreadable`), never a missing contact and never
a compliant one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.contacts import Account, AlternateContact, ContactType
    from bot.policy import Policy


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
    INTERNAL = "internal"

    @property
    def of_the_caller(self) -> bool:
        """Whether it concerns the caller alone: no other account would fare better."""
        return self in {
            Cause.CREDENTIALS_EXPIRED,
            Cause.CREDENTIALS_MISSING,
            Cause.CLOCK_WRONG,
        }


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


class Outcome(StrEnum):
    """Of one account and type; `SKIPPED` is of an account alone. Order: worst first."""

    MISSING = "missing"
    WRONG = "wrong"
    WEAK = "weak"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    EXEMPT = "exempt"
    COMPLIANT = "compliant"
    SKIPPED = "skipped"

    @property
    def falls_short(self) -> bool:
        """Whether somebody must act on the contact itself."""
        return self in {Outcome.MISSING, Outcome.WRONG, Outcome.WEAK}

    @property
    def unchecked(self) -> bool:
        """Whether nothing can be said of the contact."""
        return self in {Outcome.UNKNOWN, Outcome.UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class TypeResult:
    """The outcome of one account and type, why in words, and what AWS holds if that was read."""

    type: ContactType
    outcome: Outcome
    reason: str
    contact: AlternateContact | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class AccountResult:
    """One account with the outcome of each of its required types.

    `results` is empty for an account that is not active. `seen` is false where a scan ended before
    this account was read: nothing may be concluded from it, not even that it cannot be checked.
    `read_at` is when reading began, so that a fix made meanwhile is not contradicted by it.
    """

    account: Account
    results: tuple[TypeResult, ...] = ()
    seen: bool = True
    read_at: datetime | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst outcome, in `Outcome`'s order, of any type; `SKIPPED` where there is none."""
        mine = {result.outcome for result in self.results}
        return next((outcome for outcome in Outcome if outcome in mine), Outcome.SKIPPED)


def evaluate(
    account: Account,
    readings: Mapping[ContactType, Reading],
    policy: Policy,
    read_at: datetime | None = None,
) -> AccountResult:
    """Judge what was read of an account by the policy.

    Args:
        account: the account, as listed.
        readings: a reading for each required type of an active account; else ignored.
        policy: what the account should have.
        read_at: when reading began.

    Raises:
        KeyError: a required type of an active account was not read.
    """
    if not account.is_active:
        return AccountResult(account, read_at=read_at)
    results = tuple(_judge(kind, readings[kind]) for kind in policy.required)
    return AccountResult(account, results, read_at=read_at)


def _judge(kind: ContactType, reading: Reading) -> TypeResult:
    match reading:
        case Held(contact):
            return TypeResult(kind, Outcome.COMPLIANT, f"The {kind} contact is set.", contact)
        case Absent():
            return TypeResult(kind, Outcome.MISSING, f"No {kind} contact is set.")
        case Unreadable(failure):
            return TypeResult(kind, Outcome.UNKNOWN, failure.words, failure=failure)
        case Unsupported(failure):
            return TypeResult(kind, Outcome.UNSUPPORTED, failure.words, failure=failure)
        case _:
            assert_never(reading)


@dataclass(frozen=True, slots=True)
class FindingKey:
    """The identity of a finding over scans: an account, a type, and what is the matter."""

    account_id: str
    type: ContactType
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome that someone should act on, from when it was first seen until it was resolved.

    A finding that was resolved and comes back is a new one, with a new `id`. `resolved_by` is the
    Slack user whose fix resolved it, or empty where a check found it resolved by someone elsewhere;
    `resolution` says how in words.
    """

    id: int
    key: FindingKey
    account_name: str
    reason: str
    first_seen: datetime
    last_seen: datetime
    failure: Failure | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution: str = ""


def unseen(account: Account, policy: Policy, failure: Failure) -> AccountResult:
    """The result of an account that a scan listed but ended before reading it."""
    if not account.is_active:
        return AccountResult(account)
    results = tuple(
        TypeResult(kind, Outcome.UNKNOWN, failure.words, failure=failure)
        for kind in policy.required
    )
    return AccountResult(account, results, seen=False)


def wants_action(result: TypeResult) -> bool:
    """Whether a result is a finding."""
    return result.outcome.falls_short or result.outcome.unchecked
