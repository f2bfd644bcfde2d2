"""Migration step 11: runs with their contacts and approvals, and fixes that undo others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES: Final = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    user_id TEXT NOT NULL,
    team_ids TEXT NOT NULL DEFAULT '[]',
    enterprise_ids TEXT NOT NULL DEFAULT '[]',
    reason TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    stop_reason TEXT NOT NULL DEFAULT '',
    interrupted INTEGER NOT NULL DEFAULT 0,
    undoes INTEGER REFERENCES runs (id),
    announcement_id TEXT REFERENCES announcements (id),
    instance TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    pid INTEGER NOT NULL DEFAULT 0,
    lease_until TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX runs_running ON runs (id) WHERE state = 'running';
CREATE UNIQUE INDEX runs_announced ON runs (announcement_id) WHERE announcement_id IS NOT NULL;

CREATE TABLE run_items (
    run_id INTEGER NOT NULL REFERENCES runs (id),
    number INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    type TEXT NOT NULL,
    wanted TEXT NOT NULL,
    before TEXT,
    read_at TEXT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    failure TEXT,
    fix_id INTEGER REFERENCES fixes (id),
    undoes INTEGER REFERENCES fixes (id),
    attempt INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX run_items_contact ON run_items (run_id, account_id, type);
CREATE INDEX run_items_state ON run_items (run_id, state, number);

CREATE TABLE approvals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    state TEXT NOT NULL,
    approvers TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT '',
    requested_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    reminded_at TEXT,
    decided_at TEXT,
    decided_by TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    notified_at TEXT
) STRICT;
CREATE INDEX approvals_of_run ON approvals (run_id);
CREATE INDEX approvals_waiting ON approvals (expires_at) WHERE state = 'waiting';

CREATE TABLE approval_messages (
    announcement_id TEXT PRIMARY KEY REFERENCES announcements (id),
    approval_id INTEGER NOT NULL REFERENCES approvals (id),
    is_reminder INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX approval_messages_of ON approval_messages (approval_id);

CREATE TABLE run_files (
    run_id INTEGER PRIMARY KEY REFERENCES runs (id),
    ended_at TEXT NOT NULL,
    state TEXT NOT NULL,
    file_id TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT ''
) STRICT;

ALTER TABLE fixes ADD COLUMN run_id INTEGER REFERENCES runs (id);
ALTER TABLE fixes ADD COLUMN undoes INTEGER REFERENCES fixes (id);
ALTER TABLE fixes ADD COLUMN undone_by INTEGER REFERENCES fixes (id);
ALTER TABLE fixes ADD COLUMN aws_request_id TEXT NOT NULL DEFAULT '';
CREATE INDEX fixes_of_run ON fixes (run_id) WHERE run_id IS NOT NULL;
"""
"""`fixes.wanted` and `run_items.wanted` are `null` as JSON if the contact is to be removed."""


def upgrade(db: Database) -> None:
    """Add to the tables, within the caller's transaction."""
    for sql in TABLES.split(";\n"):
        if sql.strip():
            db.execute(sql)
