"""A database of the first version is brought up to this one with all that it holds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.domain.alert_summary import AccountState
from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome, ResolutionKind
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scans import ScanState
from bot.store import SqliteStore, migrations
from bot.store.columns import contact_json, failure_json, time_text
from bot.store.doctor.checks import StoreChecks
from bot.store.migrations.migrate import SCHEMA
from tests.integration.store.databases import query
from tests.integration.store.fixtures import (
    CONTACT,
    ORGANIZATION,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    key,
    result,
    scan_once,
)

DENIED, NO_API = failure(FailureCode.DENIED), failure(FailureCode.NO_API)
WHEN = time_text(START)


@pytest.fixture(autouse=True)
def database() -> str:
    """These tests are about the file."""
    return "sqlite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as the first version left it: two scans, findings, a fix, failing checks."""
    path = tmp_path / "bot.db"
    results = [
        ["SECURITY", "missing", "No SECURITY contact is set.", None, None],
        ["BILLING", "unknown", DENIED.message, None, failure_json(DENIED)],
        ["OPERATIONS", "compliant", "The OPERATIONS contact is set.", contact_json(CONTACT), None],
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        db = Database(connection)
        SCHEMA.apply(db, stop_before="m002_policy")
        for number in (1, 2, 3):
            who = account(number)
            row = (who.id, who.name, who.name.lower(), who.state, who.email)
            db.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, NULL)", row)
        held = (account(1).id, "OPERATIONS", contact_json(CONTACT), CONTACT.fingerprint, WHEN)
        db.execute("INSERT INTO contacts VALUES (?, ?, ?, ?, ?)", held)
        for scan_id, state in ((7, "complete"), (8, "failed")):
            scope = ORGANIZATION
            db.execute(
                "INSERT INTO scans VALUES "
                "(?, ?, 'slack', 'U1', ?, ?, ?, ?, ?, 'aws', ?, ?, ?, ?, 0, 'x', 'h', 1, ?, 3, 3)",
                (
                    *(scan_id, state, WHEN, WHEN, scope.kind, scope.role, scope.account_id),
                    *(scope.organization_id, scope.management_id, '{"missing": 1}'),
                    *(failure_json(DENIED) if state == "failed" else None, WHEN),
                ),
            )
        db.execute(
            "INSERT INTO scan_results VALUES (7, 0, ?, 'Account 1', 'ACTIVE', ?, 1, ?, ?)",
            (account(1).id, account(1).email, WHEN, json.dumps(results)),
        )
        for name, kind in (("a", "falls_short"), ("b", "unchecked"), ("c", "checks_failing")):
            db.execute(
                "INSERT INTO announcements (id, kind, scan_id, created_at, state, failure) "
                "VALUES (?, ?, 7, ?, 'sent', ?)",
                (name, kind, WHEN, failure_json(DENIED)),
            )
        for finding in (
            (11, account(1).id, "SECURITY", "missing", "No contact.", None, None, "a"),
            (12, account(1).id, "BILLING", "unknown", "Denied.", failure_json(DENIED), None, "b"),
            (13, account(2).id, "SECURITY", "unsupported", "No API.", None, None, "b"),
            (14, account(3).id, "SECURITY", "missing", "No contact.", None, WHEN, "a"),
        ):
            *told, resolved_at, shown = finding
            db.execute(
                "INSERT INTO findings (id, account_id, type, outcome, reason, failure, "
                "resolved_at, announcement_id, first_seen, last_seen, opened_scan, resolution) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 7, 'Done.')",
                (*told, resolved_at, shown, WHEN, WHEN),
            )
        db.execute(
            "INSERT INTO fixes VALUES (5, 'form', ?, 'Account 3', 'SECURITY', ?, 'U1', 'none', "
            "?, 'confirmed', ?, ?, ?, ?, NULL, 0)",
            (account(3).id, contact_json(CONTACT), WHEN, contact_json(OTHER), WHEN, WHEN, WHEN),
        )
        for fix_id, number in ((3, 3), (6, 1), (7, 1)):
            # Ended by an earlier version without having asked AWS what became of it.
            db.execute(
                "INSERT INTO fixes VALUES (?, ?, ?, 'Account', 'SECURITY', ?, 'U1', 'none', "
                "?, 'planned', NULL, ?, NULL, ?, NULL, 0)",
                (fix_id, f"form-{fix_id}", account(number).id, contact_json(CONTACT), *3 * [WHEN]),
            )
        db.execute("INSERT INTO deliveries VALUES ('trigger', ?)", [WHEN])
        db.execute("INSERT INTO health VALUES (1, 'denied')")
        SCHEMA.ensure_migrations_table(db)
    return path


def test_everything_is_found(path: Path) -> None:
    """Accounts, scans with their results, findings, announcements and fixes are all there."""
    with SqliteStore(path, SetClock()) as store:
        assert [store.accounts.get(account(n).id) for n in (1, 2, 3)] == [
            account(n) for n in (1, 2, 3)
        ]
        last = store.scans.last()
        assert last is not None
        assert (last.id, last.state, last.failure) == (8, ScanState.FAILED, DENIED)
        (seen,) = store.scans.report(7).results
        assert (seen.account, seen.read_at, seen.outcome) == (account(1), START, Outcome.MISSING)
        missing, unknown, compliant = seen.results
        assert [each.rule for each in missing.verdicts] == [Rule.MISSING]
        assert missing.severity is Severity.VERY_HIGH
        assert (unknown.outcome, unknown.failure, unknown.was_read) == (
            Outcome.UNKNOWN,
            DENIED,
            False,
        )
        assert (compliant.contact, compliant.verdicts) == (CONTACT, ())
        short = store.announcements.content("a", 9)
        assert (short.announcement.state, short.total, short.open) == (SendState.SENT, 2, 1)
        assert (short.missing, short.severities) == (1, {Severity.VERY_HIGH: 1})
        assert {each.id: each.resolution for each in short.findings} == {11: "Done.", 14: "Done."}
        kinds = {each.id: each.resolution_kind for each in short.findings}
        assert kinds == {11: None, 14: ResolutionKind.CLEARED}
        unchecked = store.announcements.content("b", 9)
        assert {each.id: each.key.rule for each in unchecked.findings} == {
            12: Rule.UNREADABLE,
            13: Rule.UNSUPPORTED,
        }
        assert [each.failure for each in unchecked.findings] == [DENIED, None]
        assert store.scans.report(7).changes.opened == (
            key(Rule.MISSING),
            key(Rule.UNREADABLE, kind=ContactType.BILLING),
            key(Rule.UNSUPPORTED, 2),
            key(Rule.MISSING, 3),
        )
        fix = store.fixes.latest(account(3).id, SECURITY)
        assert fix is not None
        assert (fix.id, fix.state, fix.before) == (5, FixState.CONFIRMED, OTHER)
        assert not store.deliveries.is_first("trigger")
        assert store.announcements.due() == []


def test_the_next_scan_goes_on_from_there(path: Path) -> None:
    """What stands is not opened again, what is over is resolved, and checks work again."""
    with SqliteStore(path, SetClock(START + timedelta(hours=1))) as store:
        changes = scan_once(
            store,
            result(1, Outcome.MISSING, Outcome.COMPLIANT, Outcome.COMPLIANT),
            result(2, Outcome.UNSUPPORTED),
            result(3, Outcome.MISSING),
        )
        assert changes.opened == (key(Rule.MISSING, 3),)
        assert changes.resolved == (key(Rule.UNREADABLE, kind=ContactType.BILLING),)
        assert changes.unchanged == 2
        kinds = [each.kind for each in store.announcements.due()]
        assert kinds.count(AnnouncementKind.CHECKS_WORKING) == 1
        assert [each.id for each in store.findings.unresolved(account(3).id)] == [15]


def test_what_was_ended_unread_is_found_out(path: Path) -> None:
    """Of each contact the newest fix of which nobody asked AWS is nobody's, and in doubt."""
    with SqliteStore(path, SetClock()) as store:
        left = store.fixes.take_over()
        assert [(fix.id, fix.state, fix.in_doubt_since) for fix in left] == [
            (7, FixState.PLANNED, START)
        ]
        for older in (3, 6):
            fix = store.fixes.get(older)
            assert fix is not None
            assert (fix.ended_at, fix.in_doubt_since) == (START, None)


def test_it_is_brought_up_once(path: Path) -> None:
    """Opened again it is as it was, and sound."""
    for _ in range(2):
        SqliteStore(path, SetClock()).close()
    steps = len(list(Path(migrations.__file__).parent.glob("step_*.py")))
    assert query(path, "SELECT count(*) FROM _sqlite_migrations") == [(steps,)]
    kinds = query(path, "SELECT kind FROM announcements WHERE id IN ('a', 'b', 'c') ORDER BY id")
    assert kinds == [("non_compliant",), ("unchecked",), ("checks_failing",)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    assert query(path, "PRAGMA foreign_key_check") == []
    assert query(path, "SELECT contact FROM contact_history") == [(contact_json(CONTACT),)]


@pytest.mark.parametrize(
    ("resolution", "by", "kind"),
    [
        ("Fixed, and read back from AWS.", "U1", ResolutionKind.FIXED),
        ("AWS held the wanted contact already.", "", ResolutionKind.FIXED),
        ("The SECURITY contact was set outside of this bot.", "", ResolutionKind.FIXED_IN_AWS),
        ("The account is suspended.", "", ResolutionKind.INACTIVE),
        ("The account is not in the organization any longer.", "", ResolutionKind.DEPARTED),
        ("The account is no longer in the organization.", "", ResolutionKind.DEPARTED),
        ("The policy excludes this account: a test", "", ResolutionKind.EXCLUDED),
        ("The policy does not ask for this any longer.", "", ResolutionKind.NOT_REQUIRED),
        ("This contact is not required any longer.", "", ResolutionKind.NOT_REQUIRED),
        ("This rule is off: the Slack app lacks a scope for it.", "", ResolutionKind.NOT_REQUIRED),
        ("The exemption ended; opened again.", "", ResolutionKind.REOPENED),
        ("This is not so any longer, though the contact is the same.", "", ResolutionKind.CLEARED),
    ],
)
def test_how_a_finding_ended_is_known_from_its_sentence(
    path: Path, resolution: str, by: str, kind: ResolutionKind
) -> None:
    """So an alert from before calls no account fixed that was closed or left."""
    with closing(sqlite3.connect(path)) as connection, connection:
        sql = "UPDATE findings SET resolution = ?, resolved_by = ? WHERE id = 14"
        connection.execute(sql, [resolution, by])
    with SqliteStore(path, SetClock()) as store:
        found = {each.id: each for each in store.announcements.content("a", 9).findings}
        assert found[14].resolution_kind is kind


def test_an_alert_from_before_can_be_edited(path: Path) -> None:
    """Its message has the same accounts, by what became of them, and is due for an edit."""
    with SqliteStore(path, SetClock(START + timedelta(hours=1))) as store:
        shown = store.announcements.message_content("a", 9)
        assert [each.key.account_id for each in shown.findings] == [account(1).id]
        assert shown.summary.states == {AccountState.OPEN: 1, AccountState.FIXED: 1}
        causes = store.announcements.message_content("b", 9).summary.causes
        assert [cause.failure for cause in causes] == [DENIED]
        scan_once(store, result(1, Outcome.COMPLIANT, Outcome.COMPLIANT), result(2), result(3))
        assert {"a", "b"} <= {each.id for each in store.announcements.due()}


def test_a_decomposed_name_has_not_changed(path: Path) -> None:
    """A contact whose letters compare as composed now is not found to have changed by that."""
    decomposed = replace(CONTACT, name="Mu\u0308ller Team")
    with closing(sqlite3.connect(path)) as connection, connection:
        sql = "UPDATE contacts SET contact = ?, fingerprint = 'as it was computed then'"
        connection.execute(sql, [contact_json(decomposed)])
    SqliteStore(path, SetClock()).close()
    sql = "SELECT fingerprint, checked_fingerprint FROM contacts"
    assert query(path, sql) == [(decomposed.fingerprint, decomposed.fingerprint)]


def test_the_doctor_looks_at_it_as_it_is(path: Path) -> None:
    """The last scan hears of a file that was not brought up, and the file is left as it is."""
    last = StoreChecks(path).last_scan()
    assert last is not None
    assert (last.id, last.parts) == (8, ())
    assert query(path, "SELECT count(*) FROM _sqlite_migrations") == [(1,)]
