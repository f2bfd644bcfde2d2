"""Migration step 3: fingerprints of contacts whose names are now composed (NFC).

No column changes. Without it, the first scan would report each contact with a decomposed letter as
changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import fingerprint
from bot.store.columns import to_contact

if TYPE_CHECKING:
    from sqlite_utils import Database


def upgrade(db: Database) -> None:
    """Compute the fingerprints of contacts again."""
    for column, digest in (("contact", "fingerprint"), ("checked", "checked_fingerprint")):
        sql = f"SELECT account_id, type, {column} FROM contacts WHERE {column} IS NOT NULL"  # noqa: S608 - two columns of this function
        for account_id, contact_type, value in db.execute(sql).fetchall():
            db.execute(
                f"UPDATE contacts SET {digest} = ? WHERE account_id = ? AND type = ?",  # noqa: S608 - the same
                (fingerprint(to_contact(value)), account_id, contact_type),
            )
