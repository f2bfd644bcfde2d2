"""Contacts as last read, and their earlier values."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.evaluation.known_account import KnownContact
from bot.domain.rules.facts import PastContact
from bot.store.columns import contact_json, time_text, to_contact
from bot.store.rows_among import rows_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.evaluation.plan import KeptContact
    from bot.store.transaction import Row, Transaction, Value

KEPT_FOR: Final = timedelta(days=400)
"""How long an earlier value of a contact is kept after it was replaced."""

MOST_KEPT: Final = 50
"""How many values of a contact are kept, the newest: enough to see that it alternates."""

_KNOWN: Final = "SELECT * FROM contacts WHERE account_id IN ({values})"

_KEEP: Final = """
INSERT INTO contacts
    (account_id, type, contact, fingerprint, read_at, checked, checked_fingerprint, checked_at)
VALUES (:account_id, :type, :contact, :fingerprint, :read_at, :checked, :checked_fingerprint,
    :checked_at)
ON CONFLICT (account_id, type) DO UPDATE SET
    contact = excluded.contact, fingerprint = excluded.fingerprint, read_at = excluded.read_at,
    checked = CASE WHEN excluded.checked_at IS NULL THEN contacts.checked ELSE excluded.checked END,
    checked_fingerprint = coalesce(excluded.checked_fingerprint, contacts.checked_fingerprint),
    checked_at = coalesce(excluded.checked_at, contacts.checked_at)
"""

_REPLACE: Final = """
UPDATE contact_history SET replaced_at = :read_at
WHERE account_id = :account_id AND type = :type AND replaced_at IS NULL
"""

_REMEMBER: Final = """
INSERT INTO contact_history (account_id, type, contact, since)
VALUES (:account_id, :type, :contact, :read_at)
"""

_FORGET_OLDEST: Final = f"""
DELETE FROM contact_history WHERE account_id = :account_id AND type = :type AND id <= (
    SELECT id FROM contact_history WHERE account_id = :account_id AND type = :type
    ORDER BY id DESC LIMIT 1 OFFSET {MOST_KEPT}
)
"""  # noqa: S608 - a number of this module is put in

_CHANGED_OFTEN: Final = """
WITH often AS (
    SELECT account_id, type, min(id) AS first FROM contact_history
    WHERE since >= :since GROUP BY account_id, type HAVING count(*) >= :changes
)
SELECT seen.* FROM often JOIN contact_history AS seen
    ON seen.account_id = often.account_id AND seen.type = often.type
WHERE seen.id >= coalesce(
    (
        SELECT max(id) FROM contact_history AS before
        WHERE before.account_id = often.account_id AND before.type = often.type
            AND before.id < often.first
    ),
    often.first
)
ORDER BY seen.account_id, seen.type, seen.id
"""


def known_contacts(
    db: Transaction, account_ids: Sequence[str]
) -> dict[str, dict[ContactType, KnownContact]]:
    """The stored contacts of accounts, by the account's id."""
    found: dict[str, dict[ContactType, KnownContact]] = {}
    for row in rows_among(db, _KNOWN, account_ids):
        of_account = found.setdefault(row["account_id"], {})
        of_account[ContactType(row["type"])] = _to_known_contact(row)
    return found


def keep_contacts(db: Transaction, contacts: Iterable[tuple[str, KeptContact]]) -> None:
    """Store contacts as read, and the previous values of those that changed.

    Args:
        db: a write transaction.
        contacts: each with its account's id; none twice.
    """
    rows = [(kept, _kept_row(account_id, kept)) for account_id, kept in contacts]
    changed = [row for kept, row in rows if kept.is_changed]
    db.run_each(_KEEP, (row for _, row in rows))
    db.run_each(_REPLACE, changed)
    db.run_each(_REMEMBER, (row for kept, row in rows if kept.is_new))
    db.run_each(_FORGET_OLDEST, changed)


def _kept_row(account_id: str, kept: KeptContact) -> dict[str, Value]:
    contact, read_at = contact_json(kept.contact), time_text(kept.read_at)
    return {
        "account_id": account_id,
        "type": kept.type,
        "contact": contact,
        "fingerprint": kept.fingerprint,
        "read_at": read_at,
        "checked": contact if kept.checked else None,
        "checked_fingerprint": kept.fingerprint if kept.checked else None,
        "checked_at": read_at if kept.checked else None,
    }


def forget_old(db: Transaction, now: datetime) -> None:
    """Delete values that were replaced long ago; the latest one of each contact stays."""
    long_ago = time_text(now - KEPT_FOR)
    db.run("DELETE FROM contact_history WHERE replaced_at < :long_ago", long_ago=long_ago)
    db.run("DELETE FROM contact_changes WHERE seen_at < :long_ago", long_ago=long_ago)


def changed_often(
    db: Transaction, since: datetime, changes: int
) -> Mapping[tuple[str, ContactType], tuple[PastContact, ...]]:
    """The readings of each contact that changed this often since then, oldest first."""
    rows = db.stream(_CHANGED_OFTEN, since=time_text(since), changes=changes)
    grouped = groupby(rows, lambda row: (row["account_id"], ContactType(row["type"])))
    past = {contact: tuple(_to_past_contact(row) for row in found) for contact, found in grouped}
    return {contact: values for contact, values in past.items() if len(values) > changes}


def _to_past_contact(row: Row) -> PastContact:
    return PastContact(to_contact(row["contact"]), datetime.fromisoformat(row["since"]))


def _to_known_contact(row: Row) -> KnownContact:
    return KnownContact(
        row["fingerprint"],
        datetime.fromisoformat(row["read_at"]),
        to_contact(row["checked"]),
        row["checked_fingerprint"],
    )
