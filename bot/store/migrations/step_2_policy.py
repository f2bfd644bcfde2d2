"""Migration step 2: columns and tables for the policy, exemptions and organizations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bot.domain.findings import Outcome, Verdict
from bot.domain.rule_catalog import SEVERITIES, Rule
from bot.store.columns import to_failure
from bot.store.scan_result_mapper import verdicts_json

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES: Final = """
ALTER TABLE accounts ADD COLUMN organization TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN units TEXT;
ALTER TABLE accounts ADD COLUMN units_at TEXT;
ALTER TABLE accounts ADD COLUMN tags TEXT;
ALTER TABLE accounts ADD COLUMN tags_at TEXT;

ALTER TABLE contacts ADD COLUMN checked TEXT;
ALTER TABLE contacts ADD COLUMN checked_fingerprint TEXT;
ALTER TABLE contacts ADD COLUMN checked_at TEXT;
UPDATE contacts SET checked = contact, checked_fingerprint = fingerprint, checked_at = read_at;

CREATE TABLE contact_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL,
    type TEXT NOT NULL,
    contact TEXT,
    since TEXT NOT NULL,
    replaced_at TEXT
) STRICT;
CREATE INDEX history_of_contact ON contact_history (account_id, type, id);
CREATE INDEX history_since ON contact_history (since);
CREATE INDEX history_replaced ON contact_history (replaced_at) WHERE replaced_at IS NOT NULL;
INSERT INTO contact_history (account_id, type, contact, since)
SELECT account_id, type, contact, read_at FROM contacts;

ALTER TABLE scans ADD COLUMN parts TEXT NOT NULL DEFAULT '[]';

ALTER TABLE scan_results ADD COLUMN organization TEXT NOT NULL DEFAULT '';
ALTER TABLE scan_results ADD COLUMN units TEXT;
ALTER TABLE scan_results ADD COLUMN excluded TEXT NOT NULL DEFAULT '';

ALTER TABLE announcements ADD COLUMN organization TEXT NOT NULL DEFAULT '';
ALTER TABLE announcements ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE announcements ADD COLUMN mention TEXT NOT NULL DEFAULT '[]';

CREATE TABLE contact_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    type TEXT NOT NULL,
    before TEXT,
    after TEXT,
    seen_at TEXT NOT NULL,
    announcement_id TEXT NOT NULL REFERENCES announcements (id)
) STRICT;
CREATE INDEX changes_announced ON contact_changes (announcement_id);
CREATE INDEX changes_seen ON contact_changes (seen_at);

CREATE TABLE exemptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    type TEXT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    user_id TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    until TEXT NOT NULL,
    notice_at TEXT,
    noticed_at TEXT,
    ended_at TEXT,
    ended_by TEXT NOT NULL DEFAULT '',
    announcement_id TEXT REFERENCES announcements (id)
) STRICT;
CREATE UNIQUE INDEX exemptions_hold ON exemptions (account_id, type, rule)
    WHERE ended_at IS NULL;
CREATE INDEX exemptions_until ON exemptions (until) WHERE ended_at IS NULL;
CREATE INDEX exemptions_announced ON exemptions (announcement_id)
    WHERE announcement_id IS NOT NULL;

CREATE TABLE findings_by_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    type TEXT NOT NULL,
    outcome TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT,
    reason TEXT NOT NULL,
    failure TEXT,
    differences TEXT NOT NULL DEFAULT '[]',
    owner TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL DEFAULT '',
    mention TEXT NOT NULL DEFAULT '[]',
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    opened_scan INTEGER REFERENCES scans (id),
    resolved_scan INTEGER REFERENCES scans (id),
    resolved_at TEXT,
    resolved_by TEXT NOT NULL DEFAULT '',
    resolution TEXT NOT NULL DEFAULT '',
    exemption_id INTEGER REFERENCES exemptions (id),
    announcement_id TEXT REFERENCES announcements (id)
) STRICT;
INSERT INTO findings_by_rule
    (id, account_id, type, outcome, rule, severity, reason, failure, first_seen, last_seen,
     opened_scan, resolved_scan, resolved_at, resolved_by, resolution, announcement_id)
SELECT id, account_id, type, outcome,
    CASE outcome WHEN 'unknown' THEN 'unreadable' ELSE outcome END,
    CASE outcome WHEN 'missing' THEN 'very_high' END,
    reason, failure, first_seen, last_seen,
    opened_scan, resolved_scan, resolved_at, resolved_by, resolution, announcement_id
FROM findings ORDER BY id;
DROP TABLE findings;
ALTER TABLE findings_by_rule RENAME TO findings;
CREATE UNIQUE INDEX open_findings ON findings (account_id, type, outcome, rule)
    WHERE resolved_at IS NULL;
CREATE INDEX findings_announced ON findings (announcement_id, resolved_at);
CREATE INDEX findings_opened ON findings (opened_scan);
CREATE INDEX findings_resolved ON findings (resolved_scan) WHERE resolved_scan IS NOT NULL;
CREATE INDEX findings_aside ON findings (exemption_id)
    WHERE exemption_id IS NOT NULL AND resolved_at IS NULL;

CREATE TABLE health_by_organization (
    organization TEXT PRIMARY KEY,
    failing TEXT NOT NULL
) STRICT;
INSERT INTO health_by_organization SELECT '', failing FROM health;
DROP TABLE health;
ALTER TABLE health_by_organization RENAME TO health;
"""
"""`findings.opened_scan` is NULL for a finding that was exempt from the start, or that the end of
an exemption opened again."""

_RULES: Final = {
    Outcome.MISSING: Rule.MISSING,
    Outcome.UNKNOWN: Rule.UNREADABLE,
    Outcome.UNSUPPORTED: Rule.UNSUPPORTED,
}


def upgrade(db: Database) -> None:
    """Add to the tables, and convert their rows, within the caller's transaction."""
    db.executescript(TABLES)
    _add_verdicts(db)


def _add_verdicts(db: Database) -> None:
    """Give the results of past scans the verdicts that correspond to their outcomes."""
    rows = db.execute("SELECT scan_id, position, results FROM scan_results").fetchall()
    db.conn.executemany(
        "UPDATE scan_results SET results = ? WHERE scan_id = ? AND position = ?",
        ((_with_verdicts(row["results"]), row["scan_id"], row["position"]) for row in rows),
    )


def _with_verdicts(results: str) -> str:
    judged = []
    for contact_type, outcome, reason, contact, failure in json.loads(results):
        rule = _RULES.get(Outcome(outcome))
        verdicts = []
        if rule is not None:
            why = to_failure(failure)
            verdicts.append(Verdict(rule, Outcome(outcome), reason, SEVERITIES.get(rule), (), why))
        judged.append([contact_type, outcome, reason, contact, verdicts_json(verdicts)])
    return json.dumps(judged)
