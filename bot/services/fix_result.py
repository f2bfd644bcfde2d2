"""The result of a fix, in one type, whichever step it ended at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact
    from bot.domain.errors import AltcontactError
    from bot.domain.failures import Failure
    from bot.domain.fixes import Fix


class FixOutcome(StrEnum):
    """How a fix ended.

    `VERIFIED`: AWS shows the wanted contact. `SAVED`: AWS accepted it, but doesn't show it yet.
    `RUNNING`: the same form is being processed. `UNKNOWN`: AWS may have accepted it; that is found
    out later. In all other cases nothing was written, or AWS didn't seem to accept it.
    `FAILED`: AWS couldn't be read, or didn't accept it. `TO_CONFIRM`: the email domain is one that
    few or no other accounts use, and the person hasn't confirmed it. `REFUSED`: fields don't comply
    with the policy, or AWS doesn't accept them. `CHANGED`: AWS has another contact than the person
    was shown. `UNDER_WAY`: another fix of this contact is in progress. `NOT_RECORDED`: nothing was
    sent, because the database couldn't be used. `NOT_ALLOWED`: the person isn't a fixer.
    `NEEDS_APPROVAL`: a second person has to approve it.
    `MANAGED`: a tool keeps the contact as code, or that is unknown, and the person hasn't confirmed
    to change AWS anyway.
    """

    VERIFIED = "verified"
    SAVED = "saved"
    RUNNING = "running"
    UNKNOWN = "unknown"
    FAILED = "failed"
    TO_CONFIRM = "to_confirm"
    REFUSED = "refused"
    CHANGED = "changed"
    UNDER_WAY = "under_way"
    NOT_RECORDED = "not_recorded"
    NOT_ALLOWED = "not_allowed"
    NEEDS_APPROVAL = "needs_approval"
    MANAGED = "managed"


@dataclass(frozen=True, slots=True)
class Fixed:
    """AWS has the wanted contact, or may have it: `VERIFIED`, `SAVED`, `RUNNING` or `UNKNOWN`.

    `notes` is {field: the policy's objection} of fields that stay as they are in AWS. `unrecorded`
    is why this isn't in the database yet, if it isn't: `fix` is then as it will be recorded.
    `problem` is why it is `UNKNOWN`, or why AWS couldn't be read to verify what it `SAVED`.
    """

    outcome: FixOutcome
    fix: Fix
    notes: Mapping[str, str] = field(default_factory=dict)
    unrecorded: StoreError | None = None
    problem: AltcontactError | None = None


@dataclass(frozen=True, slots=True)
class NotFixed:
    """AWS doesn't have the wanted contact; `problem` says why.

    `fix` is the record, None if there is none. `fields` is {field: why it was refused}. `held` is
    the contact in AWS if that changed, None if none is set. `unrecorded` as in `Fixed`.
    """

    outcome: FixOutcome
    problem: AltcontactError
    fix: Fix | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    held: AlternateContact | None = field(default=None, repr=False)
    unrecorded: StoreError | None = None


FixResult: TypeAlias = Fixed | NotFixed


def result_of(fix: Fix, unrecorded: StoreError | None = None) -> FixResult:
    """The result of a fix, by its record alone.

    Args:
        fix: as it is recorded, or will be.
        unrecorded: why it isn't recorded yet, if it isn't.
    """
    if fix.state is FixState.FAILED:
        why = fix.failure or failure(FailureCode.INTERNAL)
        return NotFixed(FixOutcome.FAILED, GatewayError(why), fix, unrecorded=unrecorded)
    if fix.ended_at is None and unrecorded is None:
        return Fixed(FixOutcome.RUNNING, fix)
    verified = fix.state is FixState.CONFIRMED
    return Fixed(FixOutcome.VERIFIED if verified else FixOutcome.SAVED, fix, unrecorded=unrecorded)


def not_recorded(error: StoreError, fix: Fix | None = None) -> NotFixed:
    """Why nothing was sent to AWS: a fix has to be recorded first."""
    problem = StoreError(
        f"Nothing was changed in AWS, because the change couldn't be recorded first. {error}",
        f"{error.remedy} Then save again.".lstrip(),
    )
    return NotFixed(FixOutcome.NOT_RECORDED, problem, fix)


def is_left_open(result: FixResult) -> bool:
    """Whether `FixRecovery` has to find out the result of a fix."""
    is_open = result.fix is not None and result.fix.ended_at is None
    return isinstance(result, Fixed) and is_open and result.unrecorded is None


def earlier_in_doubt(why: Failure) -> NotFixed:
    """Why nothing is written while the result of an earlier fix is unknown."""
    words = (
        "Nothing was changed. An earlier change of this contact may have been saved in AWS, and "
        f"AWS couldn't be read to find out. {why.message}"
    )
    told = failure(why.cause, code=why.code, message=words, remedy=why.remedy)
    return NotFixed(FixOutcome.FAILED, GatewayError(told))
