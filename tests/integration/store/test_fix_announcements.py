"""Every write of the bot's is announced, in the transaction that records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementContent, AnnouncementKind, SendState
from bot.domain.contacts import ContactType
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SetClock,
    account,
    breaking,
    request,
    result,
    scan_once,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import Fix
    from bot.store.store import DatabaseStore

PLANNED, APPLIED, CONFIRMED, FAILED = FixState


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store without a scan."""
    with open_at(tmp_path / "bot.db", clock) as opened:
        yield opened


def planned(store: DatabaseStore, before: AlternateContact | None = OTHER) -> Fix:
    """A fix that is about to be written, announced in a channel of its policy's."""
    fix, _ = store.fixes.plan(request(), "Account 1", "#security", unusual_domain=True)
    return store.fixes.begin_writing(fix.id, before)


def fixed(store: DatabaseStore) -> list[AnnouncementContent]:
    """The announcements of fixes that are due."""
    due = [each for each in store.announcements.due() if each.kind is AnnouncementKind.FIXED]
    return [store.announcements.content(each.id, 9) for each in due]


@pytest.mark.parametrize("state", [APPLIED, CONFIRMED])
def test_a_write_is_announced_once_aws_took_it(store: DatabaseStore, state: FixState) -> None:
    """Who, which contact, before and after, and where it is announced, without any scan."""
    fix = planned(store)
    assert fixed(store) == []
    store.fixes.advance(fix.id, state, ended=True)
    (content,) = fixed(store)
    told = content.changed_by
    assert (told.before, told.request, told.unusual_domain) == (OTHER, request(), True)
    assert content.announcement.channel == "#security"
    assert content.announcement.mention == ()
    assert content.scan is None


def test_what_becomes_of_it_is_told_in_the_same_message(store: DatabaseStore) -> None:
    """A write that AWS shows later has its message updated rather than a second one."""
    fix = planned(store)
    store.fixes.advance(fix.id, APPLIED, ended=False)
    (content,) = fixed(store)
    send(store, content.announcement.id)
    assert fixed(store) == []
    store.fixes.advance(fix.id, CONFIRMED, ended=True)
    (updated,) = fixed(store)
    assert updated.announcement.id == content.announcement.id
    assert updated.announcement.state is SendState.SENT
    assert updated.changed_by.state is CONFIRMED
    shown = updated.announcement.revision
    store.announcements.sent(updated.announcement.id, "C1", "1.1", shown)
    store.fixes.advance(fix.id, CONFIRMED, ended=True)
    assert fixed(store) == []


def test_a_check_that_sees_a_write_updates_its_message(
    store: DatabaseStore, clock: SetClock
) -> None:
    """A saved contact that the next check reads is reported as verified."""
    fix = planned(store)
    store.fixes.advance(fix.id, APPLIED, ended=True)
    send(store, fixed(store)[0].announcement.id)
    clock.tick(3600)
    scan_once(store, result(1, breaking(contact=CONTACT)))
    (updated,) = fixed(store)
    assert updated.changed_by.state is CONFIRMED


@pytest.mark.parametrize("before", [None, OTHER])
def test_what_was_not_written_is_not_announced(
    store: DatabaseStore, before: AlternateContact | None
) -> None:
    """A fix that failed, or that found what it wanted, changed nothing."""
    failed = planned(store, before)
    assert fixed(store) == []
    store.fixes.advance(failed.id, FAILED, ended=True)
    there, _ = store.fixes.plan(request("form-2"), "Account 1")
    store.fixes.advance(there.id, CONFIRMED, ended=True, already_there=True)
    assert fixed(store) == []


def test_a_write_in_doubt_is_announced_and_settled(store: DatabaseStore) -> None:
    """AWS may have taken it: that is reported, and then in the same message what became of it."""
    fix = planned(store)
    store.fixes.advance(fix.id, FAILED, ended=True, in_doubt=True)
    (content,) = fixed(store)
    assert content.changed_by.in_doubt_since is not None
    send(store, content.announcement.id)
    store.fixes.advance(fix.id, CONFIRMED, ended=True)
    (updated,) = fixed(store)
    assert updated.announcement.id == content.announcement.id
    assert (updated.changed_by.state, updated.changed_by.in_doubt_since) == (CONFIRMED, None)


def test_a_doubt_that_was_unfounded_is_not_told_late(store: DatabaseStore) -> None:
    """What surely was not written, and was not told yet, is not; if it was after all, it is."""
    fix = planned(store)
    store.fixes.advance(fix.id, FAILED, ended=True, in_doubt=True)
    store.fixes.advance(fix.id, FAILED, ended=True)
    assert fixed(store) == []
    store.fixes.advance(fix.id, CONFIRMED, ended=True)
    (content,) = fixed(store)
    assert content.changed_by.state is CONFIRMED


def test_a_write_that_was_left_is_announced(store: DatabaseStore) -> None:
    """A fix that somebody left while AWS could not tell is reported at once, not once AWS can."""
    fix = planned(store)
    store.fixes.release(fix.id)
    (content,) = fixed(store)
    assert (content.changed_by.state, content.changed_by.before) == (PLANNED, OTHER)


def test_a_write_of_a_dead_process_is_announced(tmp_path: Path, clock: SetClock) -> None:
    """Whoever takes over a fix that AWS was asked for has it announced."""
    with open_at(tmp_path / "bot.db", clock) as dead:
        planned(dead)
    clock.tick(3600)
    with open_at(tmp_path / "bot.db", clock) as store:
        assert len(store.fixes.take_over()) == 1
        (content,) = fixed(store)
        assert content.changed_by.in_doubt_since is not None


def test_a_fix_of_a_finding_is_announced_beside_the_alert(store: DatabaseStore) -> None:
    """The alert is updated, and the write has its own message: what was before is not in it."""
    scan_once(store, result(1, Outcome.MISSING))
    (alert,) = store.announcements.due()
    send(store, alert.id)
    store.fixes.advance(planned(store, None).id, CONFIRMED, ended=True)
    kinds = [each.kind for each in store.announcements.due()]
    assert kinds == [AnnouncementKind.NON_COMPLIANT, AnnouncementKind.FIXED]


def test_the_domains_that_accounts_use(store: DatabaseStore) -> None:
    """Each domain in normal form, with the accounts that have a contact there."""
    assert store.accounts.email_domains() == {}
    scan_once(
        store,
        result(1, Outcome.COMPLIANT, breaking(kind=ContactType.BILLING, contact=OTHER)),
        result(2, Outcome.COMPLIANT),
        result(3, Outcome.MISSING),
    )
    ids = {account(1).id, account(2).id}
    assert store.accounts.email_domains(max_age=60.0) == {}  # counted a moment ago
    assert store.accounts.email_domains() == {"example.com": ids}
    assert store.accounts.email_domains(max_age=60.0) == {"example.com": ids}
