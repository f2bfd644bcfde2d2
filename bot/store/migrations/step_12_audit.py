"""Migration step 12: the audit log, which only grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    """
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        action TEXT NOT NULL,
        actor TEXT NOT NULL,
        account_id TEXT NOT NULL,
        type TEXT NOT NULL,
        fix_id INTEGER,
        run_id INTEGER,
        request_id TEXT NOT NULL,
        details TEXT NOT NULL,
        before TEXT,
        after TEXT,
        salt TEXT,
        before_digest TEXT NOT NULL,
        after_digest TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    )
    """,
    "CREATE INDEX audit_of_account ON audit (account_id, number)",
    "CREATE INDEX audit_at ON audit (at)",
    # Also stops INSERT OR REPLACE, for which SQLite doesn't run the triggers of a deletion.
    """
    CREATE TRIGGER audit_appends BEFORE INSERT ON audit
    WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit log has no gaps'); END
    """,
    """
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
    """,
    """
    CREATE TRIGGER audit_wipes BEFORE UPDATE ON audit
    WHEN NEW.before IS NOT NULL OR NEW.after IS NOT NULL OR NEW.salt IS NOT NULL
        OR NEW.number IS NOT OLD.number
        OR NEW.at IS NOT OLD.at
        OR NEW.action IS NOT OLD.action
        OR NEW.actor IS NOT OLD.actor
        OR NEW.account_id IS NOT OLD.account_id
        OR NEW.type IS NOT OLD.type
        OR NEW.fix_id IS NOT OLD.fix_id
        OR NEW.run_id IS NOT OLD.run_id
        OR NEW.request_id IS NOT OLD.request_id
        OR NEW.details IS NOT OLD.details
        OR NEW.before_digest IS NOT OLD.before_digest
        OR NEW.after_digest IS NOT OLD.after_digest
        OR NEW.previous IS NOT OLD.previous
        OR NEW.hash IS NOT OLD.hash
    BEGIN SELECT RAISE(ABORT, 'in the audit log only contacts can be wiped'); END
    """,
)
"""The triggers keep the bot's own defects away from the log. Against whoever can change the file
there are the hashes: see docs/audit.md."""


def upgrade(db: Database) -> None:
    """Create the table, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
