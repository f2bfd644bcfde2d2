"""What readings do to contacts, findings and fixes, within one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.contacts import ContactType, fingerprint
from bot.findings import FindingKey, Outcome, wants_action
from bot.fixes import FixState
from bot.store.rows import (
    contact_json,
    failure_json,
    folded,
    text,
    time_text,
    to_finding_key,
    to_fix,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.contacts import Account, AlternateContact
    from bot.findings import AccountResult, TypeResult
    from bot.fixes import Fix

FIXED: Final = "Fixed, and read back from AWS."
ALREADY_THERE: Final = "AWS held the wanted contact already."
NOT_REQUIRED: Final = "This contact is not required any longer."
GONE: Final = "The account is not in the organization any longer."

_ACCOUNT: Final = """
INSERT INTO accounts (id, name, folded, state, email) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, folded = excluded.folded, state = excluded.state,
    email = excluded.email, gone_at = NULL
WHERE (name, state, email) != (excluded.name, excluded.state, excluded.email)
    OR gone_at IS NOT NULL
"""

_CONTACT: Final = """
INSERT INTO contacts (account_id, type, contact, fingerprint, read_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account_id, type) DO UPDATE SET
    contact = excluded.contact, fingerprint = excluded.fingerprint, read_at = excluded.read_at
"""

_STANDING: Final = """
SELECT id, account_id, type, outcome, reason, failure, announcement_id FROM findings
WHERE resolved_at IS NULL AND account_id = ?
"""

_RESOLVE: Final = """
UPDATE findings SET resolved_at = ?, resolved_by = ?, resolution = ?, resolved_scan = ?
WHERE id = ?
"""

_OPEN: Final = """
INSERT INTO findings
    (account_id, type, outcome, reason, failure, first_seen, last_seen, opened_scan)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_RECENT_FIXES: Final = """
SELECT * FROM fixes AS mine
WHERE id = (
    SELECT max(id) FROM fixes
    WHERE account_id = mine.account_id AND type = mine.type AND state != 'failed'
) AND (
    ended_at IS NULL OR state = 'applied'
    OR (state = 'confirmed' AND coalesce(applied_at, ended_at) > ?)
)
"""


def keep_accounts(db: Database, accounts: Iterable[Account]) -> None:
    """Keep accounts as listed."""
    db.conn.executemany(
        _ACCOUNT,
        (
            (
                account.id,
                text(account.name),
                folded(account.name),
                account.state,
                text(account.email),
            )
            for account in accounts
        ),
    )


def keep_contact(
    db: Database,
    account_id: str,
    kind: ContactType,
    contact: AlternateContact | None,
    read_at: datetime,
) -> None:
    """Keep a contact as read; None is one that AWS said is not there."""
    row = (account_id, kind, contact_json(contact), fingerprint(contact), time_text(read_at))
    db.execute(_CONTACT, row)


class Ledger:
    """Takes readings in, and remembers what that changed.

    Args:
        db: within a writing transaction.
        now: the present.
        began: when the first of what is taken in began to be read; it stands for results that
            do not say.
        consistency: how long after a write AWS may still give the old value.
        scan_id: the scan that the readings belong to; None opens no findings.
    """

    def __init__(
        self,
        db: Database,
        now: datetime,
        began: datetime,
        consistency: timedelta,
        scan_id: int | None = None,
    ) -> None:
        self._db = db
        self._now = now
        self._began = began
        self._consistency = consistency
        self._scan_id = scan_id
        self.opened: list[FindingKey] = []
        self.resolved: list[FindingKey] = []
        self.touched: set[str] = set()
        """The announcements that show something that changed."""
        recent = db.execute(_RECENT_FIXES, [time_text(began - consistency)])
        fixes = (to_fix(row) for row in recent)
        self._fixes = {(fix.request.account_id, fix.request.type): fix for fix in fixes}

    def take(self, result: AccountResult) -> None:
        """Take one account's reading in; one that was not seen changes nothing."""
        if not result.seen:
            return
        account = result.account
        keep_accounts(self._db, [account])
        standing = self._db.execute(_STANDING, [account.id]).fetchall()
        if not account.is_active:
            for row in standing:
                self.resolve(row, f"The account is {_state_words(account)}.")
            return
        read_at = result.read_at or self._began
        newer = self._read_later(account.id, read_at)
        for item in result.results:
            if item.type not in newer:
                mine = [row for row in standing if row["type"] == item.type]
                self._judge(account.id, item, read_at, mine)
        if self._scan_id is not None:
            required = {item.type for item in result.results}
            for row in standing:
                if row["type"] not in required:
                    self.resolve(row, NOT_REQUIRED)

    def resolve(self, row: Row, resolution: str, user_id: str = "") -> None:
        """End a finding, given its row."""
        when = time_text(self._now)
        how = (when, user_id, text(resolution), self._scan_id, row["id"])
        self._db.execute(_RESOLVE, how)
        self.resolved.append(to_finding_key(row))
        self._touch(row)

    def resolve_all(
        self, account_id: str, kind: ContactType, resolution: str, user_id: str
    ) -> None:
        """End every open finding of a contact."""
        for row in self._db.execute(_STANDING, [account_id]).fetchall():
            if row["type"] == kind:
                self.resolve(row, resolution, user_id)

    def _touch(self, row: Row) -> None:
        if row["announcement_id"] is not None:
            self.touched.add(row["announcement_id"])

    def _read_later(self, account_id: str, read_at: datetime) -> set[str]:
        """The types of which a later reading is kept; one from the future is a clock put back."""
        sql = "SELECT type FROM contacts WHERE account_id = ? AND read_at > ? AND read_at <= ?"
        span = (account_id, time_text(read_at), time_text(self._now))
        return {row["type"] for row in self._db.execute(sql, span)}

    def _judge(
        self, account_id: str, item: TypeResult, read_at: datetime, standing: list[Row]
    ) -> None:
        fix = self._fixes.get((account_id, item.type))
        by = ""
        if fix is not None:
            if item.contact is not None and item.contact == fix.request.wanted:
                by = self._shows(fix)
            elif self._too_early_for(fix, read_at):
                return
        if item.contact is not None or item.outcome is Outcome.MISSING:
            keep_contact(self._db, account_id, item.type, item.contact, read_at)
        stands = False
        for row in standing:
            if row["outcome"] == item.outcome:
                stands = True
                self._see_again(row, item, read_at)
            elif _proves_over(item.outcome, Outcome(row["outcome"])):
                self.resolve(row, FIXED if by else item.reason, by)
        if wants_action(item) and not stands and self._scan_id is not None:
            self._open(account_id, item, read_at, self._scan_id)

    def _shows(self, fix: Fix) -> str:
        """Take in that AWS holds what a fix wrote; the user to thank for it, if nobody else is."""
        if fix.state is FixState.APPLIED and fix.ended_at is not None:
            sql = "UPDATE fixes SET state = ? WHERE id = ?"
            self._db.execute(sql, (FixState.CONFIRMED, fix.id))
            return fix.request.user_id
        return fix.request.user_id if fix.ended_at is None else ""

    def _too_early_for(self, fix: Fix, read_at: datetime) -> bool:
        """Whether AWS may have given what it held before a fix."""
        applied = fix.applied_at
        if applied is None and fix.state is FixState.CONFIRMED:
            applied = fix.ended_at
        return (
            applied is not None and applied <= self._now and read_at < applied + self._consistency
        )

    def _see_again(self, row: Row, item: TypeResult, read_at: datetime) -> None:
        failure = failure_json(item.failure)
        reason = text(item.reason)
        self._db.execute(
            "UPDATE findings SET last_seen = ?, reason = ?, failure = ? WHERE id = ?",
            (time_text(read_at), reason, failure, row["id"]),
        )
        if (reason, failure) != (row["reason"], row["failure"]):
            self._touch(row)

    def _open(self, account_id: str, item: TypeResult, read_at: datetime, scan_id: int) -> None:
        when = time_text(read_at)
        failure = failure_json(item.failure)
        self._db.execute(
            _OPEN,
            (account_id, item.type, item.outcome, text(item.reason), failure, when, when, scan_id),
        )
        self.opened.append(FindingKey(account_id, item.type, item.outcome))


def _proves_over(now: Outcome, before: Outcome) -> bool:
    """Whether another outcome ends a finding: what cannot be checked proves nothing missing."""
    return before.unchecked or not now.unchecked


def _state_words(account: Account) -> str:
    return account.state.replace("_", " ").lower()
