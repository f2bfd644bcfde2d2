"""Contacts that somebody else changed since the last check, where the policy wants that told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementKind, Destination, grouped
from bot.domain.contacts import fingerprint
from bot.domain.findings import FindingKey, Outcome
from bot.domain.rule_catalog import Rule
from bot.store.announcements import record
from bot.store.columns import contact_json, time_text, to_contact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.domain.contacts import AlternateContact
    from bot.domain.findings import AccountResult, TypeResult

_NEWEST_FIX: Final = """
SELECT wanted FROM fixes
WHERE account_id = ? AND type = ? AND (ended_at IS NULL OR ended_at >= ?)
ORDER BY id DESC LIMIT 1
"""

_KEEP: Final = """
INSERT INTO contact_changes (account_id, type, before, after, seen_at, announcement_id)
VALUES (?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A contact that was changed: which, where that is told, and its row's other columns."""

    key: FindingKey
    where: Destination
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)
    seen_at: str


def change_of(
    db: Database, result: AccountResult, item: TypeResult, kept: Row, read_at: datetime
) -> Change | None:
    """The change that a check sees in a contact, if it is one to be told.

    Args:
        db: within a transaction.
        result: what the check found of the account.
        item: what it found of the contact.
        kept: the contact as kept until now, with what the check before, or a fix since, read.
        read_at: when it was read.
    """
    policy = result.policy
    if policy is None or Rule.CHANGED not in policy.severities:
        return None
    if item.outcome is not Outcome.COMPLIANT or kept["checked_at"] is None:
        return None
    if kept["checked_fingerprint"] == fingerprint(item.contact):
        return None
    account_id = result.account.id
    if _is_fixed(db, account_id, item, kept["checked_at"]):
        return None
    key = FindingKey(account_id, item.type, item.outcome, Rule.CHANGED)
    where = Destination(policy.channel, policy.mention)
    return Change(key, where, kept["checked"], contact_json(item.contact), time_text(read_at))


def announce_changes(db: Database, changes: Iterable[Change], scan_id: int, now: datetime) -> None:
    """Record changed contacts with their announcements, one a channel."""
    by_key = {change.key: change for change in changes}
    where = {key: change.where for key, change in by_key.items()}
    for news in grouped(AnnouncementKind.CHANGED, where):
        announcement_id = record(db, news, scan_id, now)
        db.conn.executemany(
            _KEEP,
            (
                (
                    each.key.account_id,
                    each.key.type,
                    each.before,
                    each.after,
                    each.seen_at,
                    announcement_id,
                )
                for each in (by_key[key] for key in news.findings)
            ),
        )


def _is_fixed(db: Database, account_id: str, item: TypeResult, since: str) -> bool:
    """Whether a fix that ended since then explains what is read."""
    row = db.execute(_NEWEST_FIX, (account_id, item.type, since)).fetchone()
    wanted: AlternateContact | None = to_contact(row["wanted"]) if row is not None else None
    return wanted is not None and wanted == item.contact
