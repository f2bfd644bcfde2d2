"""Appends to the audit log, in the transaction of what is put on record."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from bot.domain.audit import COLUMNS, GENESIS, seal

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.audit import AuditEntry
    from bot.domain.checkpoints import LogHead
    from bot.store.transaction import Transaction

_SALT_BYTES: Final = 32

_LAST: Final = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"

_HAS: Final = "SELECT count(*) AS number FROM audit WHERE number = :count AND hash = :hash"

_APPEND: Final = f"""
INSERT INTO audit ({", ".join(COLUMNS)}) VALUES ({", ".join(f":{name}" for name in COLUMNS)})
"""  # noqa: S608 - only the names of columns are put in


def has_entry(db: Transaction, head: LogHead) -> bool:
    """Whether the audit log has an entry; every log has the end of an empty one."""
    return not head.count or bool(db.number(_HAS, count=head.count, hash=head.hash))


def record(db: Transaction, entry: AuditEntry, now: datetime) -> None:
    """Append an entry. If the transaction fails, the entry is gone with what it is about.

    Args:
        db: a write transaction: the one that records what the entry is about.
        entry: what happened.
        now: when.
    """
    last = db.row(_LAST)
    number, previous = (last["number"] + 1, last["hash"]) if last is not None else (1, GENESIS)
    sealed = seal(entry, number, now, previous, secrets.token_hex(_SALT_BYTES))
    db.run(_APPEND, **{name: getattr(sealed, name) for name in COLUMNS})
