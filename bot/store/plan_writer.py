"""Applies plans to the database, within one transaction. The domain makes the plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import NewFinding
from bot.domain.contacts import ContactType, fingerprint
from bot.domain.evaluation.departed_accounts import reconcile_departed
from bot.domain.evaluation.known_account import KnownAccount
from bot.domain.evaluation.plan import FindingDetails, Plan, RefreshedFinding
from bot.domain.evaluation.reconcile import reconcile, reconcile_fix
from bot.domain.rule_catalog import Rule
from bot.store.accounts import keep_accounts
from bot.store.columns import time_text
from bot.store.contact_history import keep_contacts, known_contacts
from bot.store.finding_writer import (
    open_findings,
    refresh_findings,
    resolve_findings,
    to_known_finding,
    unresolved_by_account,
    unresolved_rows,
)
from bot.store.mappers import to_fix
from bot.store.outbox import announce_fix
from bot.store.rows_among import rows_among

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.domain.evaluation.known_account import KnownFinding, ReadingTime
    from bot.domain.evaluation.plan import ChangedContact, OpenedFinding
    from bot.domain.findings import AccountResult, FindingKey, Resolution, TypeResult
    from bot.domain.fixes import Fix
    from bot.store.transaction import Row, Transaction

_FIXES_NOT_SHOWN: Final = """
SELECT * FROM fixes
WHERE id IN (SELECT max(id) FROM fixes WHERE state != 'failed' GROUP BY account_id, type)
    AND (
        ended_at IS NULL OR state = 'applied'
        OR (state = 'confirmed' AND coalesce(applied_at, ended_at) > :shown_since)
    )
"""

IN_DOUBT: Final = """
SELECT * FROM fixes
WHERE state = 'failed' AND in_doubt_since IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM fixes AS later
    WHERE later.account_id = fixes.account_id AND later.type = fixes.type
        AND later.id > fixes.id AND (later.state != 'failed' OR later.in_doubt_since IS NOT NULL)
)
ORDER BY id
"""
"""Failed fixes that AWS may have applied, if no later fix of the same contact exists."""

_CONFIRM: Final = """
UPDATE fixes SET
    state = 'confirmed', failure = NULL, applied_at = coalesce(applied_at, in_doubt_since),
    in_doubt_since = NULL
WHERE id = :id
RETURNING *
"""

_RESOLVED_BY_FIX: Final = """
SELECT * FROM findings
WHERE account_id = :account_id AND type = :type AND resolution_kind = 'fixed'
    AND resolved_at >= (SELECT planned_at FROM fixes WHERE id = :undoes)
    AND id IN (
        SELECT max(id) FROM findings WHERE account_id = :account_id AND type = :type
        GROUP BY rule, outcome
    )
    AND announcement_id IN (SELECT id FROM announcements WHERE state != 'withdrawn')
ORDER BY id
"""
"""The findings of a contact that a fix resolved, or a later one, unless they opened again.

Only those in an alert that was posted: the others are opened, and announced, by the next scan.
"""

_REOPEN: Final = """
UPDATE findings SET
    resolved_at = NULL, resolved_by = '', resolution = '', resolution_kind = '',
    resolved_scan = NULL
WHERE id = :id
"""

_UNDONE: Final = """
UPDATE fixes SET undone_by = :undone_by WHERE id = :id AND undone_by IS NULL RETURNING *
"""

_FIXES_SINCE_SCAN: Final = """
SELECT * FROM fixes WHERE id IN (
    SELECT max(fixes.id)
    FROM fixes JOIN contacts
        ON contacts.account_id = fixes.account_id AND contacts.type = fixes.type
    WHERE fixes.ended_at IS NULL OR fixes.ended_at >= contacts.checked_at
    GROUP BY fixes.account_id, fixes.type
)
"""

_EXEMPTIONS: Final = "SELECT id, account_id, type, rule FROM exemptions WHERE ended_at IS NULL"
"""An expired exemption stays valid until its end is recorded, which opens its findings again."""


_LAST_RESOLVED: Final = """
SELECT announcement_id FROM findings WHERE id IN (
    SELECT (
        SELECT latest.id FROM findings AS latest
        WHERE latest.account_id = accounts.id
            AND latest.resolved_at IS NOT NULL AND latest.announcement_id IS NOT NULL
        ORDER BY latest.resolved_at DESC, latest.id DESC LIMIT 1
    )
    FROM accounts WHERE accounts.id IN ({values})
)
"""

_TOGETHER: Final = 500
"""Accounts whose rows are read at once: a server isn't asked for each account."""


class PlanWriter:
    """Applies what results change.

    Args:
        db: within a writing transaction.
        time: when the results were read.
        scan_id: the scan that they belong to; None opens no findings.
    """

    def __init__(self, db: Transaction, time: ReadingTime, scan_id: int | None = None) -> None:
        self._db = db
        self._time = time
        self._scan_id = scan_id
        self.opened: dict[FindingKey, NewFinding] = {}
        """Findings that are to be announced: without those that are exempt."""
        self.resolved: list[FindingKey] = []
        self.changed: list[ChangedContact] = []
        self.outdated: set[str] = set()
        """The announcements whose content changed."""
        self._waiting: list[tuple[str, Plan, Mapping[int, Row]]] = []
        shown_since = time_text(time.began - time.consistency)
        self._fixes: dict[str, dict[ContactType, Fix]] = {}
        for row in db.rows(_FIXES_NOT_SHOWN, shown_since=shown_since):
            fix = to_fix(row)
            self._fixes.setdefault(fix.request.account_id, {})[fix.request.type] = fix
        self._doubtful: dict[str, dict[ContactType, Fix]] = {}
        for row in db.rows(IN_DOUBT):
            fix = to_fix(row)
            self._doubtful.setdefault(fix.request.account_id, {})[fix.request.type] = fix
        self._fixed_to: dict[str, dict[ContactType, str]] = {}
        self._exemptions: dict[str, dict[tuple[ContactType, Rule], int]] = {}
        if scan_id is not None:
            for row in db.rows(_FIXES_SINCE_SCAN):
                request = to_fix(row).request
                self._fixed_to.setdefault(request.account_id, {})[request.type] = fingerprint(
                    request.wanted
                )
            for row in db.stream(_EXEMPTIONS):
                what = ContactType(row["type"]), Rule(row["rule"])
                self._exemptions.setdefault(row["account_id"], {})[what] = row["id"]

    def take(self, results: Sequence[AccountResult]) -> None:
        """Apply the results of accounts. An account that was not scanned changes nothing."""
        for together in _batches(results):
            ids = [result.account.id for result in together]
            keep_accounts(self._db, [result.account for result in together])
            findings = unresolved_by_account(self._db, ids)
            contacts = known_contacts(self._db, ids)
            for result in together:
                account_id = result.account.id
                rows = findings.get(account_id, {})
                known = KnownAccount(
                    tuple(to_known_finding(row) for row in rows.values()),
                    contacts.get(account_id, {}),
                    self._fixes.get(account_id, {}),
                    self._doubtful.get(account_id, {}),
                    self._fixed_to.get(account_id, {}),
                    self._exemptions.get(account_id, {}),
                )
                plan = reconcile(known, result, self._time, by_scan=self._scan_id is not None)
                self._write(account_id, plan, rows, result.account.organization)
            self._end_write()

    def depart(self, account_id: str) -> None:
        """Resolve every finding of an account that left its organization."""
        rows = unresolved_rows(self._db, account_id)
        self._write(account_id, reconcile_departed(_known(rows)), rows)
        self._end_write()

    def confirm(self, fix: Fix, result: TypeResult | None, resolution: Resolution) -> None:
        """End the findings that a fix resolved: those that `result` does not show, or all."""
        account_id = fix.request.account_id
        rows = unresolved_rows(self._db, account_id)
        plan = reconcile_fix(_known(rows), fix, result, resolution, self._time.now)
        self._write(account_id, plan, rows)
        self._end_write()

    def reopen(self, undo: Fix, result: TypeResult) -> None:
        """Open the findings again that the undone fix resolved, if its contact violates them.

        They are in the same alert as before. What else the contact violates, the next scan finds.

        Args:
            undo: the verified fix that undid another one.
            result: the evaluation of the contact that was put back.
        """
        request = undo.request
        violated = {(each.rule, each.outcome): each for each in result.verdicts}
        rows = self._db.rows(
            _RESOLVED_BY_FIX,
            account_id=request.account_id,
            type=request.type,
            undoes=request.undoes,
        )
        for row in rows:
            finding = to_known_finding(row)
            verdict = violated.get((finding.key.rule, finding.key.outcome))
            if verdict is None or verdict.failure is not None:
                continue
            self._db.run(_REOPEN, id=finding.id)
            details = FindingDetails(verdict, finding.destination, finding.owner)
            refreshed = RefreshedFinding(finding, details, self._time.now)
            refresh_findings(self._db, [(row, refreshed)])
            self._is_outdated(row)

    def _write(
        self, account_id: str, plan: Plan, rows: Mapping[int, Row], organization: str = ""
    ) -> None:
        for fix_id in plan.confirmed:
            for row in self._db.rows(_CONFIRM, id=fix_id):
                fix = to_fix(row)
                announce_fix(self._db, fix, self._time.now)
                note_undone(self._db, fix, self._time.now)
        self.changed += plan.changed
        for resolved in plan.resolved:
            self.resolved.append(resolved.finding.key)
            self._is_outdated(rows[resolved.finding.id])
        for opened in plan.opened:
            self._announce(opened, organization)
        self._waiting.append((account_id, plan, rows))

    def _end_write(self) -> None:
        plans = [(account_id, plan) for account_id, plan, _ in self._waiting]
        contacts = ((account_id, kept) for account_id, plan in plans for kept in plan.contacts)
        keep_contacts(self._db, contacts)
        whole = Plan.of(plan for _, plan in plans)
        resolve_findings(self._db, whole.resolved, self._time.now, self._scan_id)
        rows = {number: row for _, _, found in self._waiting for number, row in found.items()}
        refreshed = ((rows[each.finding.id], each) for each in whole.refreshed)
        for row in refresh_findings(self._db, refreshed):
            self._is_outdated(row)
        open_findings(self._db, whole.opened, self._scan_id)
        # The alerts that say what became of the accounts are no longer right.
        altered = [account_id for account_id, plan in plans if plan.resolved or plan.opened]
        for row in rows_among(self._db, _LAST_RESOLVED, altered):
            self._is_outdated(row)
        self._waiting.clear()

    def _announce(self, opened: OpenedFinding, organization: str) -> None:
        if opened.exemption_id is None:
            details = opened.details
            new = NewFinding(details.destination, details.verdict.failure, organization)
            self.opened[opened.key] = new

    def _is_outdated(self, row: Row) -> None:
        if row["announcement_id"] is not None:
            self.outdated.add(row["announcement_id"])


def note_undone(db: Transaction, fix: Fix, now: datetime) -> None:
    """Note on the fix that a verified one undid that it is undone; the first undo counts."""
    if fix.request.undoes is not None:
        for row in db.rows(_UNDONE, id=fix.request.undoes, undone_by=fix.id):
            announce_fix(db, to_fix(row), now)


def _batches(results: Sequence[AccountResult]) -> Iterator[list[AccountResult]]:
    """The results of scanned accounts, in order; none has an account twice."""
    batch: dict[str, AccountResult] = {}
    for result in results:
        if not result.was_scanned:
            continue
        if result.account.id in batch or len(batch) == _TOGETHER:
            yield list(batch.values())
            batch = {}
        batch[result.account.id] = result
    if batch:
        yield list(batch.values())


def _known(rows: Mapping[int, Row]) -> list[KnownFinding]:
    return [to_known_finding(row) for row in rows.values()]
