"""What the rows of standing findings say, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.announcements import DEFAULT, Destination
from bot.store.columns import differences_json, failure_json, mention_json, text, time_text
from bot.store.mappers import to_destination

if TYPE_CHECKING:
    from datetime import datetime
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.domain.findings import AccountResult, FindingKey, Verdict

_STANDING: Final = "SELECT * FROM findings WHERE resolved_at IS NULL AND account_id = ?"

_OPEN: Final = """
INSERT INTO findings
    (account_id, type, outcome, rule, reason, failure, severity, differences, owner,
     channel, mention, first_seen, last_seen, opened_scan, exemption_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_SEE_AGAIN: Final = """
UPDATE findings SET
    reason = ?, failure = ?, severity = ?, differences = ?, owner = ?, channel = ?, mention = ?,
    last_seen = ?
WHERE id = ?
"""

_SHOWN: Final = ("reason", "failure", "severity", "differences", "owner")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a finding says: the verdict, where its news go, and whose account it is."""

    verdict: Verdict
    where: Destination
    owner: str = field(repr=False)

    @property
    def shown(self) -> tuple[str | None, ...]:
        """The columns that an announcement shows, in the order of `_SHOWN`."""
        verdict = self.verdict
        return (
            text(verdict.reason),
            failure_json(verdict.failure),
            verdict.severity,
            differences_json(verdict.differences),
            text(self.owner),
        )

    @property
    def sent(self) -> tuple[str, str]:
        """The columns that say where news of it go."""
        return text(self.where.channel), mention_json(self.where.mention)


def standing(db: Database, account_id: str) -> list[Row]:
    """The findings of an account that are not resolved."""
    return db.execute(_STANDING, [account_id]).fetchall()


def new_entry(result: AccountResult, verdict: Verdict) -> Entry:
    """What a new finding says."""
    policy, tags = result.policy, result.account.tags or {}
    if policy is None:
        return Entry(verdict, DEFAULT, "")
    where = Destination(policy.channel, policy.mention)
    return Entry(verdict, where, tags.get(policy.owner_tag, "") if policy.owner_tag else "")


def entry_again(row: Row, verdict: Verdict, result: AccountResult | None = None) -> Entry:
    """What a finding says that is found again; what is not known just now, it says as before."""
    if result is None or result.policy is None:
        return Entry(verdict, to_destination(row), row["owner"])
    new = new_entry(result, verdict)
    if result.policy.owner_tag and result.account.tags is None:
        return Entry(verdict, new.where, row["owner"])
    return new


def write_new(
    db: Database,
    key: FindingKey,
    entry: Entry,
    seen_at: datetime,
    by: tuple[int | None, int | None],
) -> None:
    """Open a finding; `by` are the scan that opens it, and what sets it aside."""
    whose = (key.account_id, key.type, key.outcome, key.rule)
    when = time_text(seen_at)
    db.execute(_OPEN, (*whose, *entry.shown, *entry.sent, when, when, *by))


def write_again(db: Database, row: Row, entry: Entry, seen_at: datetime) -> bool:
    """Keep a standing finding current; whether it says anything else than before."""
    db.execute(_SEE_AGAIN, (*entry.shown, *entry.sent, time_text(seen_at), row["id"]))
    return entry.shown != tuple(row[column] for column in _SHOWN)
