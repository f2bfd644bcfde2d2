"""What became of a fix, in one type: whoever shows it need not know by which step it ended."""

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

    `VERIFIED`: AWS shows what is wanted. `SAVED`: AWS took it, and does not show it yet.
    `RUNNING`: the same form is being worked on. `UNKNOWN`: AWS may have taken it, which is found
    out by itself later. Of the others nothing was written, or AWS did not seem to take it.
    `FAILED`: AWS could not be read, or did not take it. `TO_CONFIRM`: the email domain is one that
    no other account uses, which the person has not confirmed. `REFUSED`: fields are not as the
    policy or AWS wants them. `CHANGED`: AWS holds something else than the person was shown.
    `UNDER_WAY`: another fix of this contact has not ended. `NOT_RECORDED`: AWS was not asked,
    because the database could not be used. `NOT_ALLOWED`: the person is no fixer.
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


@dataclass(frozen=True, slots=True)
class Fixed:
    """AWS holds what is wanted, or took it, or may: `VERIFIED`, `SAVED`, `RUNNING` or `UNKNOWN`.

    `notes` is {field: what the policy has against it} of fields that were left as AWS held them.
    `unrecorded` is why the database does not say so yet, where it does not: `fix` is then as it
    will be recorded. `problem` is why it is `UNKNOWN`.
    """

    outcome: FixOutcome
    fix: Fix
    notes: Mapping[str, str] = field(default_factory=dict)
    unrecorded: StoreError | None = None
    problem: AltcontactError | None = None


@dataclass(frozen=True, slots=True)
class NotFixed:
    """AWS does not hold what is wanted; `problem` says why.

    `fix` is the record, None where it came to none. `fields` is {field: why it was refused}, and
    `held` what AWS holds where that changed, None for no contact. `unrecorded` as in `Fixed`.
    """

    outcome: FixOutcome
    problem: AltcontactError
    fix: Fix | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    held: AlternateContact | None = field(default=None, repr=False)
    unrecorded: StoreError | None = None


FixResult: TypeAlias = Fixed | NotFixed


def result_of(fix: Fix, unrecorded: StoreError | None = None) -> FixResult:
    """What became of a fix, by its record alone.

    Args:
        fix: as it is recorded, or will be.
        unrecorded: why it is not recorded yet, if it is not.
    """
    if fix.state is FixState.FAILED:
        why = fix.failure or failure(FailureCode.INTERNAL)
        return NotFixed(FixOutcome.FAILED, GatewayError(why), fix, unrecorded=unrecorded)
    if fix.ended_at is None and unrecorded is None:
        return Fixed(FixOutcome.RUNNING, fix)
    verified = fix.state is FixState.CONFIRMED
    return Fixed(FixOutcome.VERIFIED if verified else FixOutcome.SAVED, fix, unrecorded=unrecorded)


def not_recorded(error: StoreError, fix: Fix | None = None) -> NotFixed:
    """Why AWS was not asked: first a fix is recorded, then it is made."""
    problem = StoreError(
        f"Nothing was changed in AWS: this could not be recorded first. {error}",
        f"{error.remedy} Then save again.".lstrip(),
    )
    return NotFixed(FixOutcome.NOT_RECORDED, problem, fix)


def is_left_open(result: FixResult) -> bool:
    """Whether it is for `FixRecovery` to find out what became of a fix."""
    is_open = result.fix is not None and result.fix.ended_at is None
    return isinstance(result, Fixed) and is_open and result.unrecorded is None


def earlier_in_doubt(why: Failure) -> NotFixed:
    """Why nothing is written as long as it is not known what became of an earlier fix."""
    words = (
        "Nothing was changed: an earlier change of this contact may have been saved in AWS, and "
        f"AWS must be read before another. {why.message}"
    )
    told = failure(why.cause, code=why.code, message=words, remedy=why.remedy)
    return NotFixed(FixOutcome.FAILED, GatewayError(told))
