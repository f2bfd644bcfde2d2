"""What readings do to contacts, findings and fixes, within one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.resolution import (
    FIXED,
    NOT_REQUIRED,
    end_of_all,
    is_news,
    is_over,
    over_words,
)
from bot.domain.findings import FindingKey, Outcome
from bot.domain.fixes import FixState
from bot.store.accounts import keep_accounts
from bot.store.changes import change_of
from bot.store.columns import text, time_text
from bot.store.contact_history import keep_contact, kept_contacts
from bot.store.finding_rows import entry_again, new_entry, standing, write_again, write_new
from bot.store.mappers import to_finding_key, to_fix

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.domain.announcements import Destination
    from bot.domain.findings import AccountResult, TypeResult, Verdict
    from bot.domain.fixes import Fix
    from bot.store.changes import Change
    from bot.store.finding_rows import Entry

_RESOLVE: Final = """
UPDATE findings SET resolved_at = ?, resolved_by = ?, resolution = ?, resolved_scan = ?
WHERE id = ?
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


@dataclass(frozen=True, slots=True)
class _Taken:
    """One contact of an account that is taken in: what it was kept as, and what stands of it."""

    result: AccountResult
    item: TypeResult
    read_at: datetime
    before: Row | None
    standing: list[Row]


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
        self.opened: dict[FindingKey, Destination] = {}
        """Findings that are to be announced, and where: without those that are set aside."""
        self.resolved: list[FindingKey] = []
        self.changed: list[Change] = []
        """Contacts that somebody else changed, and of which that is to be announced."""
        self.touched: set[str] = set()
        """The announcements that show something that changed."""
        recent = db.execute(_RECENT_FIXES, [time_text(began - consistency)])
        fixes = (to_fix(row) for row in recent)
        self._fixes = {(fix.request.account_id, fix.request.type): fix for fix in fixes}
        # What holds is what was not ended: one whose day came is over once its end is recorded,
        # which opens again whatever it sets aside until then.
        aside = db.execute(
            "SELECT id, account_id, type, rule FROM exemptions WHERE ended_at IS NULL"
        )
        self._aside = {(row["account_id"], row["type"], row["rule"]): row["id"] for row in aside}

    def take(self, result: AccountResult) -> None:
        """Take one account's reading in; one that was not seen changes nothing."""
        if not result.seen:
            return
        account = result.account
        keep_accounts(self._db, [account])
        over = end_of_all(result)
        if over:
            self.leave(account.id, over)
            return
        stands = standing(self._db, account.id)
        read_at = result.read_at or self._began
        held = kept_contacts(self._db, account.id)
        for item in result.results:
            before = held.get(item.type)
            # A later reading that is kept counts; one from the future is a clock put back.
            if before is None or not time_text(read_at) < before["read_at"] <= time_text(self._now):
                mine = [row for row in stands if row["type"] == item.type]
                self._judge(_Taken(result, item, read_at, before, mine))
        if self._scan_id is not None:
            looked_at = {item.type for item in result.results}
            for row in stands:
                if row["type"] not in looked_at:
                    self.resolve(row, NOT_REQUIRED)

    def resolve(self, row: Row, resolution: str, user_id: str = "") -> None:
        """End a finding, given its row."""
        when = time_text(self._now)
        how = (when, user_id, text(resolution), self._scan_id, row["id"])
        self._db.execute(_RESOLVE, how)
        self.resolved.append(to_finding_key(row))
        self._touch(row)

    def leave(self, account_id: str, resolution: str) -> None:
        """End every finding of an account."""
        for row in standing(self._db, account_id):
            self.resolve(row, resolution)

    def confirm(self, fix: Fix, result: TypeResult | None, resolution: str) -> None:
        """End the findings of a contact that its fix mended, as far as `result` tells; else all."""
        request = fix.request
        verdicts = result.verdicts if result is not None else ()
        for row in standing(self._db, request.account_id):
            if row["type"] != request.type:
                continue
            broken = [each for each in verdicts if each.rule == row["rule"]]
            if not broken:
                self.resolve(row, resolution, request.user_id)
            for verdict in broken:
                # What was not asked just now says nothing new of what is undecided.
                if verdict.outcome == row["outcome"] and verdict.failure is None:
                    self._see_again(row, entry_again(row, verdict), self._now)

    def _touch(self, row: Row) -> None:
        if row["announcement_id"] is not None:
            self.touched.add(row["announcement_id"])

    def _judge(self, taken: _Taken) -> None:
        item, account_id = taken.item, taken.result.account.id
        fix = self._fixes.get((account_id, item.type))
        by = ""
        if fix is not None:
            if item.contact is not None and item.contact == fix.request.wanted:
                by = self._shows(fix)
            elif self._too_early_for(fix, taken.read_at):
                return
        changed = item.was_read and self._keep(taken, account_id, fixed=bool(by))
        verdicts = {(each.rule.value, each.outcome.value): each for each in item.verdicts}
        for row in taken.standing:
            verdict = verdicts.pop((row["rule"], row["outcome"]), None)
            key = to_finding_key(row)
            if verdict is not None:
                if is_news(verdict):
                    self._see_again(row, entry_again(row, verdict, taken.result), taken.read_at)
            elif is_over(key, item):
                words = over_words(key, item, taken.result, changed=changed)
                self.resolve(row, FIXED if by else words, by)
        if self._scan_id is not None:
            for verdict in filter(is_news, verdicts.values()):
                self._open(taken, verdict)

    def _keep(self, taken: _Taken, account_id: str, *, fixed: bool) -> bool:
        """Keep the contact as read; whether it is another one than before."""
        item, before = taken.item, taken.before
        if self._scan_id is not None and before is not None and not fixed:
            change = change_of(self._db, taken.result, item, before, taken.read_at)
            if change is not None:
                self.changed.append(change)
        whose = (account_id, item.type)
        # Of what is not known to be compliant no change is told: a later check shall tell it.
        checked = self._scan_id is not None and item.outcome is not Outcome.UNKNOWN
        return keep_contact(self._db, whose, item.contact, taken.read_at, before, checked=checked)

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

    def _see_again(self, row: Row, entry: Entry, seen_at: datetime) -> None:
        if write_again(self._db, row, entry, seen_at):
            self._touch(row)

    def _open(self, taken: _Taken, verdict: Verdict) -> None:
        account_id, kind = taken.result.account.id, taken.item.type
        key = FindingKey(account_id, kind, verdict.outcome, verdict.rule)
        entry = new_entry(taken.result, verdict)
        exemption_id = self._aside.get((account_id, kind.value, verdict.rule.value))
        # One that is set aside from the start counts as opened by no scan.
        by = (self._scan_id if exemption_id is None else None, exemption_id)
        write_new(self._db, key, entry, taken.read_at, by)
        if exemption_id is None:
            self.opened[key] = entry.where
