"""What AWS has, where a read may return what it had before a recent fix."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import fingerprint
from bot.domain.fixes import Fix, FixState
from bot.domain.stale_reads import (
    STALE_READ_AGE,
    SeenContact,
    held_after,
    is_recent,
    seen_contact,
)
from tests.unit.fakes import CONTACT, OTHER, START, THIRD, fix_request

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import AlternateContact

FIX = Fix(1, fix_request(), "Account 1", FixState.CONFIRMED, START, OTHER, applied_at=START)
"""It wrote `CONTACT` where `OTHER` was."""

LATER, EARLIER = START + timedelta(seconds=1), START - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("read", "shown", "shown_at", "held", "known"),
    [
        (OTHER, CONTACT, LATER, CONTACT, CONTACT),
        (CONTACT, CONTACT, LATER, CONTACT, CONTACT),
        (THIRD, CONTACT, LATER, THIRD, THIRD),
        (OTHER, OTHER, LATER, OTHER, OTHER),
        (OTHER, OTHER, EARLIER, OTHER, CONTACT),
        (CONTACT, None, EARLIER, CONTACT, CONTACT),
    ],
)
def test_a_read_soon_after_a_fix(
    read: AlternateContact,
    shown: AlternateContact | None,
    shown_at: datetime,
    held: AlternateContact,
    known: AlternateContact,
) -> None:
    """It is stale if the person saw what the fix wrote; a fix since then wasn't seen at all."""
    seen = seen_contact(read, FIX, fingerprint(shown), shown_at)
    assert seen == SeenContact(held, known)
    assert CONTACT.email not in repr(seen)


def test_without_a_recent_fix_a_read_is_what_aws_has() -> None:
    """A fix is recent for minutes, by when AWS accepted it."""
    assert is_recent(FIX, START + STALE_READ_AGE - timedelta(seconds=1))
    assert not is_recent(FIX, START + STALE_READ_AGE)
    assert seen_contact(OTHER, None, "none", START) == SeenContact(OTHER, OTHER)
    assert held_after(OTHER, None) == OTHER
    assert held_after(OTHER, FIX) == CONTACT
    assert held_after(THIRD, FIX) == THIRD
