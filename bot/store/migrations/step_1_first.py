"""Migration step 1: the tables of the first version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES: Final = """
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    state TEXT NOT NULL,
    email TEXT NOT NULL,
    gone_at TEXT
) STRICT;

CREATE TABLE contacts (
    account_id TEXT NOT NULL,
    type TEXT NOT NULL,
    contact TEXT,
    fingerprint TEXT NOT NULL,
    read_at TEXT NOT NULL,
    PRIMARY KEY (account_id, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE scans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    user_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    scope_kind TEXT,
    scope_role TEXT,
    scope_account_id TEXT,
    scope_partition TEXT,
    scope_organization_id TEXT,
    scope_management_id TEXT,
    counts TEXT NOT NULL DEFAULT '{}',
    failure TEXT,
    unchanged INTEGER NOT NULL DEFAULT 0,
    instance TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    lease_until TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX one_scan_runs ON scans (state) WHERE state = 'running';

CREATE TABLE scan_results (
    scan_id INTEGER NOT NULL REFERENCES scans (id),
    position INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    email TEXT NOT NULL,
    seen INTEGER NOT NULL,
    read_at TEXT,
    results TEXT NOT NULL,
    PRIMARY KEY (scan_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE announcements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    scan_id INTEGER NOT NULL REFERENCES scans (id),
    created_at TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    shown_revision INTEGER NOT NULL DEFAULT 0,
    channel_id TEXT NOT NULL DEFAULT '',
    ts TEXT NOT NULL DEFAULT '',
    first_tried_at TEXT,
    in_doubt INTEGER NOT NULL DEFAULT 0,
    maybe_repeat INTEGER NOT NULL DEFAULT 0,
    failure TEXT
) STRICT;

CREATE TABLE findings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    type TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    failure TEXT,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    opened_scan INTEGER NOT NULL REFERENCES scans (id),
    resolved_scan INTEGER REFERENCES scans (id),
    resolved_at TEXT,
    resolved_by TEXT NOT NULL DEFAULT '',
    resolution TEXT NOT NULL DEFAULT '',
    announcement_id TEXT REFERENCES announcements (id)
) STRICT;
CREATE UNIQUE INDEX open_findings ON findings (account_id, type, outcome)
    WHERE resolved_at IS NULL;
CREATE INDEX findings_announced ON findings (announcement_id, resolved_at);
CREATE INDEX findings_opened ON findings (opened_scan);
CREATE INDEX findings_resolved ON findings (resolved_scan) WHERE resolved_scan IS NOT NULL;

CREATE TABLE fixes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    type TEXT NOT NULL,
    wanted TEXT NOT NULL,
    user_id TEXT NOT NULL,
    shown TEXT NOT NULL,
    shown_at TEXT NOT NULL,
    state TEXT NOT NULL,
    before TEXT,
    planned_at TEXT NOT NULL,
    applied_at TEXT,
    ended_at TEXT,
    failure TEXT,
    already_there INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX fixes_of_contact ON fixes (account_id, type, id);
CREATE INDEX fixes_open ON fixes (id) WHERE ended_at IS NULL;

CREATE TABLE deliveries (key TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_at ON deliveries (at);

CREATE TABLE health (id INTEGER PRIMARY KEY CHECK (id = 1), failing TEXT NOT NULL) STRICT;
"""


def upgrade(db: Database) -> None:
    """Create the tables, within the caller's transaction."""
    db.executescript(TABLES)
