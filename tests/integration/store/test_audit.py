"""The audit log in the database: appended to, never changed, read in batches, redacted."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.audit import GENESIS, AuditAction, AuditEntry
from bot.domain.audit_chain import NUMBERS, Problem, Tampering, verify
from bot.domain.errors import StoreError
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule
from bot.services.ports.audit import ChainHead
from bot.store import audit
from bot.store.audit_log import record
from tests.integration.store.databases import REFUSED, open_at, query, refuse_audit_entries
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    request,
    result,
    scan_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from bot.store.store import DatabaseStore

ONE, TWO = "111111111111", "222222222222"
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, clock) as opened:
        yield opened


def write(account_id: str = ONE, before: AlternateContact | None = OTHER) -> AuditEntry:
    """A write to an account."""
    return AuditEntry(
        AuditAction.WRITE_SENT,
        "U1",
        account_id=account_id,
        type=SECURITY,
        fix_id=7,
        before=before,
        after=CONTACT,
    )


def command() -> AuditEntry:
    """An entry without contacts."""
    return AuditEntry(AuditAction.COMMAND, "U1", details={"command": "help"})


def test_entries_are_chained(store: DatabaseStore, clock: SetClock) -> None:
    """Each continues the one before, and says what happened, when, by whom and to what."""
    assert store.audit.head() == ChainHead(0, GENESIS)
    store.audit.record(write())
    clock.tick(1)
    store.audit.record(command())
    first, second = store.audit.entries()
    assert (first.number, first.previous) == (1, GENESIS)
    assert (second.number, second.previous) == (2, first.hash)
    assert store.audit.head() == ChainHead(2, second.hash)
    assert (first.moment, second.moment) == (START, START + timedelta(seconds=1))
    assert (first.action, first.actor, first.account_id) == ("write_sent", "U1", ONE)
    assert (first.type, first.fix_id, first.run_id) == ("SECURITY", 7, None)
    assert first.contacts() == (OTHER, CONTACT)
    assert second.details_by_name() == {"command": "help"}
    assert verify(store.audit.entries()).is_intact


def test_an_entry_shares_the_fate_of_what_it_is_about(store: DatabaseStore) -> None:
    """If the transaction fails, there is no entry, and the next one gets its number."""
    store.audit.record(command())

    def fail() -> None:
        with store.connections.writing() as db:
            record(db, write(), START)
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        fail()
    store.audit.record(command())
    assert [each.number for each in store.audit.entries()] == [1, 2]
    assert verify(store.audit.entries()).is_intact


def test_threads_and_processes_append_in_turn(path: Path, store: DatabaseStore) -> None:
    """There is one chain, without gaps, whoever appends."""
    with open_at(path, SetClock()) as other:

        def append(to: DatabaseStore) -> None:
            for _ in range(10):
                to.audit.record(command())

        threads = [threading.Thread(target=append, args=(each,)) for each in (store, other) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    result = verify(store.audit.entries())
    assert result.is_intact
    assert result.entries == 40


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'U2' WHERE number = 1",
        'UPDATE audit SET before = \'["a","b","c","d"]\' WHERE number = 1',
        "UPDATE audit SET before = NULL WHERE number = 1",
        "UPDATE audit SET number = 9 WHERE number = 2",
        "UPDATE audit SET before = NULL, after = NULL, salt = NULL, at = '' WHERE number = 1",
        "INSERT INTO audit SELECT 9, at, action, actor, account_id, type, fix_id, run_id, "
        "request_id, details, before, after, salt, before_digest, after_digest, previous, hash "
        "FROM audit WHERE number = 1",
        "INSERT INTO audit SELECT * FROM audit WHERE number = 1 "
        "ON CONFLICT (number) DO UPDATE SET actor = 'U2'",
    ],
)
def test_the_database_only_appends(path: Path, store: DatabaseStore, sql: str) -> None:
    """Whatever a defect in the bot tries, the log stays as it is."""
    store.audit.record(write())
    store.audit.record(command())
    kept = list(store.audit.entries())
    with pytest.raises(REFUSED, match="audit log"):
        query(path, sql)
    assert list(store.audit.entries()) == kept


def test_a_refused_entry_refuses_what_it_is_about(path: Path, store: DatabaseStore) -> None:
    """What can't be put on record isn't recorded as done either."""
    refuse_audit_entries(path)
    with pytest.raises(StoreError):
        store.audit.record(command())


def test_batches(store: DatabaseStore, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """All entries are read, of one account or of all, since a moment, while others are added."""
    monkeypatch.setattr(audit, "BATCH", 2)
    for number in range(7):
        store.audit.record(write(ONE if number % 2 else TWO))
        clock.tick(60)
    entries = store.audit.entries()
    assert next(entries).number == 1
    store.audit.record(command())
    assert [each.number for each in entries] == [2, 3, 4, 5, 6, 7, 8]
    assert [each.number for each in store.audit.entries(ONE)] == [2, 4, 6]
    since = START + timedelta(seconds=180)
    assert [each.number for each in store.audit.entries(TWO, since)] == [5, 7]
    assert [each.number for each in store.audit.entries(since=since)] == [4, 5, 6, 7, 8]


def test_the_history_of_an_account(store: DatabaseStore) -> None:
    """The newest first, a page at a time, and how many there are."""
    for _ in range(3):
        store.audit.record(write(ONE))
        store.audit.record(write(TWO))
    page, total = store.audit.page(ONE, 2)
    assert ([each.number for each in page], total) == ([5, 3], 3)
    page, total = store.audit.page(ONE, 2, 2)
    assert ([each.number for each in page], total) == ([1], 3)
    assert store.audit.page("333333333333", 2) == ([], 0)


def test_old_entries_are_redacted(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """Their contacts are gone from the file, the log says so, and it is intact."""
    store.audit.record(write(ONE))
    store.audit.record(command())
    store.audit.record(write(TWO, before=None))
    clock.tick(DAY.total_seconds())
    store.audit.record(write(ONE))
    assert store.audit.redact(START + DAY, "", "cli:root") == 2
    assert store.audit.redact(START + DAY, "", "cli:root") == 0
    first, _, third, fourth, last = store.audit.entries()
    assert first.is_wiped
    assert third.is_wiped
    assert fourth.contacts() == (OTHER, CONTACT)
    assert (last.action, last.actor, last.account_id) == ("redacted", "cli:root", "")
    assert last.details_by_name()[NUMBERS] == "1..3"
    result = verify(store.audit.entries())
    assert result.is_intact
    assert result.redacted == 2
    assert first.changed_fields == ("name", "title", "email", "phone")
    assert store.audit.redact(START + 2 * DAY, "", "cli:root") == 1
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Ana Lima" not in left
    assert b"Bo Berg" not in left


def test_one_account_is_redacted(store: DatabaseStore, clock: SetClock) -> None:
    """Entries of others stay, also those between."""
    for account_id in (ONE, ONE, TWO, ONE):
        store.audit.record(write(account_id))
    clock.tick(1)
    assert store.audit.redact(clock.now(), ONE, "cli:root") == 3
    entries = list(store.audit.entries())
    assert [each.number for each in entries if each.is_wiped] == [1, 2, 4]
    assert entries[-1].account_id == ONE
    assert entries[-1].details_by_name()[NUMBERS] == "1..2,4"
    assert store.audit.redact(clock.now(), "", "cli:root") == 1
    result = verify(store.audit.entries())
    assert result.is_intact
    assert result.redacted == 4


def test_wiping_without_a_record_is_found(path: Path, store: DatabaseStore) -> None:
    """The database allows it, and the chain tells."""
    store.audit.record(write())
    query(path, "UPDATE audit SET before = NULL, after = NULL, salt = NULL WHERE number = 1")
    assert verify(store.audit.entries()).problems == (Problem(1, Tampering.WIPED),)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_replacing_an_entry_is_refused(path: Path, store: DatabaseStore) -> None:
    """SQLite has a way of its own to write over a row."""
    store.audit.record(write())
    with pytest.raises(REFUSED, match="audit log"):
        query(path, "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 1")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_columns_of_other_kinds_are_found(path: Path, store: DatabaseStore) -> None:
    """SQLite stores whatever a tamperer writes; reading it fails nowhere."""
    store.audit.record(write())
    store.audit.record(write())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER audit_wipes")
        db.execute("UPDATE audit SET details = x'ff00', fix_id = 'seven' WHERE number = 1")
    first = next(store.audit.entries())
    assert first.details_by_name() == {}
    assert verify(store.audit.entries()).problems == (Problem(1, Tampering.EDITED),)


def actions(store: DatabaseStore) -> list[tuple[str, str, str]]:
    """Who did what to which account, of all entries."""
    return [(each.actor, each.action, each.account_id) for each in store.audit.entries()]


def test_exemptions_are_recorded(store: DatabaseStore, clock: SetClock) -> None:
    """Granted, replaced by another, ended early, and expired, without the reason."""
    scan_once(store, result(1, Outcome.MISSING))
    reason = "Ana Lima moves out next month."

    def asked(user_id: str, rule: Rule = Rule.MISSING, days: int = 30) -> ExemptionRequest:
        until = clock.now() + days * DAY
        is_seen = rule is Rule.UNSUPPORTED
        kind = ExemptionKind.VERIFICATION if is_seen else ExemptionKind.EXEMPTION
        return ExemptionRequest(kind, account(1).id, SECURITY, rule, reason, user_id, until)

    store.exemptions.grant([asked("U1")], "Account 1")
    (second,) = store.exemptions.grant([asked("U2")], "Account 1")
    store.exemptions.end(second.id, "U3")
    store.exemptions.end(second.id, "U4")  # it has ended
    store.exemptions.grant([asked("U1", Rule.UNSUPPORTED, 1)], "Account 1")
    clock.tick(2 * DAY.total_seconds())
    store.exemptions.settle()
    who = account(1).id
    assert actions(store) == [
        ("U1", "exemption_granted", who),
        ("U2", "exemption_ended", who),
        ("U2", "exemption_granted", who),
        ("U3", "exemption_ended", who),
        ("U1", "verified_manually", who),
        ("bot", "exemption_expired", who),
    ]
    first, *_ = store.audit.entries()
    assert first.details_by_name() == {
        "exemption": "1",
        "kind": "exemption",
        "rule": "missing",
        "until": f"{START + 30 * DAY:%Y-%m-%d}",
    }
    assert not any("Lima" in f"{each}" for each in store.audit.entries())


def test_a_change_that_cannot_be_recorded_is_not_made(path: Path, store: DatabaseStore) -> None:
    """An exemption is granted together with its entry, or not at all."""
    scan_once(store, result(1, Outcome.MISSING))
    refuse_audit_entries(path)
    until = START + DAY
    wanted = ExemptionRequest(
        ExemptionKind.EXEMPTION, account(1).id, SECURITY, Rule.MISSING, "Moves out.", "U1", until
    )
    with pytest.raises(StoreError):
        store.exemptions.grant([wanted], "Account 1")
    assert store.exemptions.page(9) == ([], 0)


def logged(store: DatabaseStore) -> list[tuple[object, ...]]:
    """Of each entry about a fix: who, what, AWS's request, contacts, and details."""
    return [
        (each.actor, each.action, each.request_id, *each.contacts(), each.details_by_name())
        for each in store.audit.entries()
        if each.fix_id is not None
    ]


def test_a_fix_is_recorded_from_its_plan_to_its_verification(store: DatabaseStore) -> None:
    """Each step with its state, in the transaction of that step; what AWS had before the write."""
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.plan(request(), "Account 1")  # the same form again
    store.fixes.begin_writing(fix.id, OTHER)
    store.fixes.advance(fix.id, FixState.APPLIED, ended=False, aws_request_id="aws-1")
    for _ in range(2):
        store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True, aws_request_id="aws-1")
    assert logged(store) == [
        ("U1", "fix_planned", "", None, CONTACT, {}),
        ("U1", "write_sent", "", OTHER, CONTACT, {}),
        ("U1", "write_accepted", "aws-1", None, None, {}),
        ("U1", "verified", "aws-1", None, CONTACT, {}),
    ]
    first, *_ = store.audit.entries()
    assert (first.account_id, first.type, first.fix_id) == (account(1).id, "SECURITY", fix.id)
    assert verify(store.audit.entries()).is_intact


def test_a_confirmation_for_a_contact_kept_as_code_is_recorded(store: DatabaseStore) -> None:
    """Who changed AWS anyway, and which tool overwrites it."""
    fix, _ = store.fixes.plan(replace(request(), confirmed_tool="terraform"), "Account 1")
    store.fixes.begin_writing(fix.id, OTHER)
    confirmed = {"confirmed_tool": "terraform"}
    assert logged(store) == [
        ("U1", "fix_planned", "", None, CONTACT, confirmed),
        ("U1", "write_sent", "", OTHER, CONTACT, confirmed),
    ]


def test_a_removal_and_an_undo_are_recorded_as_such(store: DatabaseStore) -> None:
    """What is removed is before, and nothing after."""
    undone, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.advance(undone.id, FixState.CONFIRMED, ended=True)
    wanted = replace(request("form-2"), wanted=None, undoes=undone.id)
    fix, _ = store.fixes.plan(wanted, "Account 1")
    store.fixes.begin_writing(fix.id, CONTACT)
    purpose = {"removes": "yes", "undoes": str(undone.id)}
    assert logged(store)[2:] == [
        ("U1", "fix_planned", "", None, None, purpose),
        ("U1", "write_sent", "", CONTACT, None, purpose),
    ]


def test_a_failure_is_recorded_with_its_cause(store: DatabaseStore) -> None:
    """Why, whether AWS may have applied it, and that it was found out later."""
    why = failure(FailureCode.DENIED, code="AccessDeniedException")
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.begin_writing(fix.id, OTHER)
    store.fixes.advance(
        fix.id, FixState.FAILED, failure=why, ended=True, in_doubt=True, aws_request_id="aws-2"
    )
    store.fixes.advance(fix.id, FixState.FAILED, failure=why, ended=True, by_reading=True)
    cause = {"cause": "denied", "code": "AccessDeniedException", "message": why.message}
    assert logged(store)[2:] == [
        ("U1", "fix_failed", "aws-2", None, None, {**cause, "in_doubt": "yes"}),
        ("bot", "fix_failed", "", None, None, {**cause, "found_by": "reading AWS later"}),
    ]


def test_an_abandoned_fix_is_recorded_as_taken_over(path: Path, store: DatabaseStore) -> None:
    """By whom it was begun, and what another process found."""
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.begin_writing(fix.id, None)
    store.fixes.release(fix.id)
    with open_at(path, SetClock()) as other:
        assert [each.id for each in other.fixes.take_over()] == [fix.id]
        other.fixes.advance(fix.id, FixState.APPLIED, ended=True, by_reading=True)
    assert logged(store)[2:] == [
        ("bot", "fix_taken_over", "", None, None, {}),
        ("bot", "not_verified", "", None, None, {"found_by": "reading AWS later"}),
    ]


def test_a_contact_that_was_already_there_is_recorded(store: DatabaseStore) -> None:
    """Nothing was sent, which the log says."""
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True, already_there=True)
    assert logged(store)[1:] == [
        ("U1", "verified", "", None, CONTACT, {"already_there": "yes"}),
    ]


def test_nothing_is_sent_to_aws_unrecorded(path: Path, store: DatabaseStore) -> None:
    """If the log refuses the entry, the fix may not begin to write."""
    fix, _ = store.fixes.plan(request(), "Account 1")
    refuse_audit_entries(path)
    with pytest.raises(StoreError):
        store.fixes.begin_writing(fix.id, OTHER)
    again = store.fixes.get(fix.id)
    assert again is not None
    assert again.in_doubt_since is None
    with pytest.raises(StoreError):
        store.fixes.plan(request("form-2", 2), "Account 2")
    assert store.fixes.get(fix.id + 1) is None
