"""The first indexes for PostgreSQL, as of `bot.store.postgres.tables`."""

from __future__ import annotations

from typing import Final

INDEXES: Final = """
CREATE UNIQUE INDEX one_scan_runs ON scans (state) WHERE state = 'running';
CREATE INDEX fixes_of_contact ON fixes (account_id, type, id);
CREATE INDEX fixes_open ON fixes (id) WHERE ended_at IS NULL;
CREATE INDEX deliveries_at ON deliveries (at);
CREATE INDEX history_of_contact ON contact_history (account_id, type, id);
CREATE INDEX history_since ON contact_history (since);
CREATE INDEX history_replaced ON contact_history (replaced_at) WHERE replaced_at IS NOT NULL;
CREATE INDEX changes_announced ON contact_changes (announcement_id);
CREATE INDEX changes_seen ON contact_changes (seen_at);
CREATE UNIQUE INDEX exemptions_hold ON exemptions (account_id, type, rule) WHERE ended_at IS NULL;
CREATE INDEX exemptions_until ON exemptions (until) WHERE ended_at IS NULL;
CREATE INDEX exemptions_announced ON exemptions (announcement_id) WHERE announcement_id IS NOT NULL;
CREATE UNIQUE INDEX open_findings ON findings (account_id, type, outcome, rule)
    WHERE resolved_at IS NULL;
CREATE INDEX findings_announced ON findings (announcement_id, resolved_at);
CREATE INDEX findings_opened ON findings (opened_scan);
CREATE INDEX findings_resolved ON findings (resolved_scan) WHERE resolved_scan IS NOT NULL;
CREATE INDEX findings_aside ON findings (exemption_id)
    WHERE exemption_id IS NOT NULL AND resolved_at IS NULL;
CREATE INDEX fixes_in_doubt ON fixes (id) WHERE in_doubt_since IS NOT NULL;
CREATE UNIQUE INDEX fixes_announced ON fixes (announcement_id) WHERE announcement_id IS NOT NULL;
CREATE INDEX findings_of_account ON findings (account_id, resolved_at);
CREATE INDEX runs_running ON runs (id) WHERE state = 'running';
CREATE UNIQUE INDEX runs_announced ON runs (announcement_id) WHERE announcement_id IS NOT NULL;
CREATE UNIQUE INDEX run_items_contact ON run_items (run_id, account_id, type);
CREATE INDEX run_items_state ON run_items (run_id, state, number);
CREATE INDEX approvals_of_run ON approvals (run_id);
CREATE INDEX approvals_waiting ON approvals (expires_at) WHERE state = 'waiting';
CREATE INDEX approval_messages_of ON approval_messages (approval_id);
CREATE INDEX fixes_of_run ON fixes (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX audit_of_account ON audit (account_id, number);
CREATE INDEX audit_at ON audit (at);
"""
