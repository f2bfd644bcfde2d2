"""What there is in the database, counted for metrics; and whether it can be written."""

from __future__ import annotations

from collections import Counter
from typing import Final

from bot.domain.contacts import ContactType
from bot.domain.figures import Figures, FindingKind
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.scans import ScanState
from bot.store.columns import time_text, to_time
from bot.store.leadership import leader
from bot.store.mappers import to_scan
from bot.store.overviews import uncheckable
from bot.store.repository import Repository
from bot.store.scans import LAST

_FINDINGS: Final = """
SELECT type, outcome, rule, severity, exemption_id IS NOT NULL AS is_exempt, count(*) AS number
FROM findings WHERE resolved_at IS NULL
GROUP BY type, outcome, rule, severity, exemption_id IS NOT NULL
"""

_SCANS: Final = "SELECT state, count(*) AS number FROM scans GROUP BY state"

_LAST_COMPLETE: Final = "SELECT * FROM scans WHERE state = 'complete' ORDER BY id DESC LIMIT 1"

_WAITING: Final = """
SELECT count(*) AS number, min(created_at) AS since FROM announcements
WHERE state IN ('pending', 'sending')
"""

_FIXES: Final = "SELECT state, count(*) AS number FROM fixes GROUP BY state"

_IN_DOUBT: Final = "SELECT count(*) AS number FROM fixes WHERE in_doubt_since IS NOT NULL"

_PROBE: Final = """
INSERT INTO deliveries (key, at) VALUES ('probe', :now)
ON CONFLICT (key) DO UPDATE SET at = excluded.at
"""
"""Deliveries are forgotten after a day, so this row costs nothing when it is no longer written."""


class FigureCounts(Repository):
    """What there is in the database, counted."""

    def figures(self) -> Figures:
        """What there is now, read in one transaction, so that it fits together."""
        with self._connections.reading() as db:
            findings: Counter[FindingKind] = Counter()
            for row in db.rows(_FINDINGS):
                outcome = Outcome.EXEMPT if row["is_exempt"] else Outcome(row["outcome"])
                severity = SEVERITIES.get(Rule(row["rule"]))
                if row["severity"] is not None:
                    severity = Severity(row["severity"])
                kind = FindingKind(outcome, ContactType(row["type"]), severity)
                findings[kind] += row["number"]
            last, complete = db.row(LAST), db.row(_LAST_COMPLETE)
            waiting = db.row(_WAITING)
            return Figures(
                findings,
                {each.failure.cause: each.accounts for each in uncheckable(db)},
                {ScanState(row["state"]): row["number"] for row in db.rows(_SCANS)},
                to_scan(last) if last is not None else None,
                to_scan(complete) if complete is not None else None,
                waiting["number"] if waiting is not None else 0,
                to_time(waiting["since"]) if waiting is not None else None,
                {FixState(row["state"]): row["number"] for row in db.rows(_FIXES)},
                db.number(_IN_DOUBT),
                leader(db, db.now(self._clock)),
            )

    def probe(self) -> None:
        """Write something that nobody reads.

        Raises:
            StoreError: the database can't be written.
        """
        with self._connections.writing() as db:
            db.run(_PROBE, now=time_text(self._clock.now()))
