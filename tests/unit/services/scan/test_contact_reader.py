"""Contacts read for a scan: again, where they contradict a fix that was just verified."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import Absent, Present, Unreadable
from bot.services.ports.aws import Priority
from bot.services.scan.contact_reader import MAX_REREADS, ContactReader
from tests.unit.fakes import CONTACT, OTHER, FakeGateway, account

if TYPE_CHECKING:
    from bot.domain.readings import ContactReading

SECURITY = ContactType.SECURITY
STALE, FIXED, MINE = Absent(), Present(CONTACT), Present(OTHER)
DENIED = Unreadable(failure(FailureCode.ACCOUNT_STATE))


def read(
    *readings: ContactReading, fixed: bool = True
) -> tuple[ContactReading, bool, list[Priority]]:
    """What is read of an account that was just fixed, whether it was reread, and each call."""
    gateway = FakeGateway(account(1))
    gateway.say(1, *readings)
    recent = {(account(1).id, SECURITY): CONTACT.fingerprint} if fixed else {}
    reader = ContactReader(gateway, recent, lambda: None, threading.Event(), 0.0)
    found, reread = reader.read(account(1).id, (SECURITY,))
    return found[SECURITY], SECURITY in reread, [priority for *_, priority in gateway.reads]


@pytest.mark.parametrize(
    ("readings", "found", "reread"),
    [
        ([FIXED], FIXED, False),
        ([STALE, FIXED], FIXED, False),
        ([STALE, STALE], STALE, True),
        ([MINE, MINE], MINE, True),
        ([STALE, MINE, MINE], MINE, True),
        ([STALE, MINE, FIXED], FIXED, False),
        ([STALE, MINE, STALE, MINE], MINE, False),
        ([DENIED], DENIED, False),
        ([STALE, DENIED], DENIED, False),
    ],
)
def test_two_readings_in_a_row_decide(
    readings: list[ContactReading], found: ContactReading, *, reread: bool
) -> None:
    """AWS may return an older value for seconds; what it returns twice in a row is believed."""
    assert read(*readings) == (found, reread, [Priority.SCAN] * len(readings))
    assert len(readings) <= 1 + MAX_REREADS


def test_a_contact_that_was_not_fixed_lately_is_read_once() -> None:
    """A scan of ten thousand accounts makes no call more."""
    assert read(STALE, fixed=False) == (STALE, False, [Priority.SCAN])
