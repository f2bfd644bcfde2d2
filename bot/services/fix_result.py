"""What became of a fix, in one type: whoever shows it need not know by which step it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact
    from bot.domain.errors import AltcontactError
    from bot.domain.fixes import Fix


class FixOutcome(StrEnum):
    """How a fix ended.

    `VERIFIED`: AWS shows what is wanted. `SAVED`: AWS took it, and does not show it yet.
    `RUNNING`: not known yet, because the same form is being worked on or the bot is stopping.
    Of the others nothing was written, or AWS did not take it. `FAILED`: AWS could not be read, or
    did not take it. `REFUSED`: fields are not as the policy or AWS wants them. `CHANGED`: AWS holds
    something else than the person was shown. `UNDER_WAY`: another fix of this contact has not
    ended. `NOT_ALLOWED`: the person is no fixer.
    """

    VERIFIED = "verified"
    SAVED = "saved"
    RUNNING = "running"
    FAILED = "failed"
    REFUSED = "refused"
    CHANGED = "changed"
    UNDER_WAY = "under_way"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Fixed:
    """AWS holds what is wanted, or took it, or may yet: `VERIFIED`, `SAVED` or `RUNNING`.

    `notes` is {field: what the policy has against it} of fields that were left as AWS held them.
    """

    outcome: FixOutcome
    fix: Fix
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotFixed:
    """AWS does not hold what is wanted; `problem` says why.

    `fix` is the record, None where it came to none. `fields` is {field: why it was refused}, and
    `held` what AWS holds where that changed, None for no contact.
    """

    outcome: FixOutcome
    problem: AltcontactError
    fix: Fix | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    held: AlternateContact | None = field(default=None, repr=False)


FixResult: TypeAlias = Fixed | NotFixed


def result_of(fix: Fix, notes: Mapping[str, str]) -> FixResult:
    """What became of a fix, by its record, with what is still to be said of the contact."""
    if fix.state is FixState.FAILED:
        why = fix.failure or failure(FailureCode.INTERNAL)
        return NotFixed(FixOutcome.FAILED, GatewayError(why), fix)
    if fix.ended_at is None:
        return Fixed(FixOutcome.RUNNING, fix, notes)
    verified = fix.state is FixState.CONFIRMED
    return Fixed(FixOutcome.VERIFIED if verified else FixOutcome.SAVED, fix, notes)
