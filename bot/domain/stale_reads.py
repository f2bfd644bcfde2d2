"""What AWS has, where a read may still return what it had before a recent fix."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import fingerprint

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import Fix

STALE_READ_AGE: Final = timedelta(minutes=5)
"""How long after a fix a read may return the old value; Terraform's provider waits as long."""


@dataclass(frozen=True, slots=True)
class SeenContact:
    """A contact that was read, by what is known of a recent fix.

    `held` is what AWS has: what the fix wrote, if the read was stale. `known` is what a change has
    to be based on: the same, unless the fix was made after the person was shown the contact.
    """

    held: AlternateContact | None = field(repr=False)
    known: AlternateContact | None = field(repr=False)


def is_recent(fix: Fix, now: datetime) -> bool:
    """Whether AWS may still return the contact from before a fix."""
    return fix.applied_at is not None and now - fix.applied_at < STALE_READ_AGE


def held_after(read: AlternateContact | None, recent: Fix | None) -> AlternateContact | None:
    """What AWS has: what a recent fix wrote, if the read returned what was there before it."""
    return recent.request.wanted if recent is not None and read == recent.before else read


def seen_contact(
    read: AlternateContact | None, recent: Fix | None, shown: str, shown_at: datetime
) -> SeenContact:
    """What AWS has, for a change by somebody who was shown a contact.

    A read is taken for stale only if the person was shown what the fix wrote: else somebody may
    have put back in AWS what was there before, and they were shown that.

    Args:
        read: the contact as read, None if none was set.
        recent: a fix so recent that AWS may still return the contact from before it.
        shown: the fingerprint of what the person was shown.
        shown_at: when.
    """
    if recent is None:
        return SeenContact(read, read)
    if recent.applied_at is not None and recent.applied_at > shown_at:
        return SeenContact(read, recent.request.wanted)
    if shown == fingerprint(recent.request.wanted):
        held = held_after(read, recent)
        return SeenContact(held, held)
    return SeenContact(read, read)
