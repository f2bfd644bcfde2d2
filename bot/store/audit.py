"""The audit log: appended to, read in batches, and redacted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.audit import COLUMNS, GENESIS, AuditAction, AuditEntry, AuditRecord
from bot.domain.audit_chain import NUMBERS, format_numbers
from bot.services.ports.audit import ChainHead
from bot.store.audit_log import record
from bot.store.columns import time_text
from bot.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.store.transaction import Row, Transaction

BATCH: Final = 1000
"""Entries that are read at once: a verification of many needs little memory."""

_BEFORE_ALL: Final = -(2**63)
"""Less than any number, also one that a tamperer gave to hide an entry before the first."""

_HEAD: Final = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"

_ENTRIES: Final = """
SELECT {columns} FROM audit
WHERE audit.number > :number AND (:account_id = '' OR account_id = :account_id) AND at >= :since
ORDER BY audit.number LIMIT :limit
"""

_OF_ACCOUNT: Final = "audit.account_id = :account_id AND audit.action != 'command'"

_PAGE: Final = f"""
SELECT {{columns}} FROM audit WHERE {_OF_ACCOUNT}
ORDER BY audit.number DESC LIMIT :limit OFFSET :offset
"""  # noqa: S608 - a constant of this module is put in

_COUNT: Final = f"SELECT count(*) AS number FROM audit WHERE {_OF_ACCOUNT}"  # noqa: S608 - the same

_TO_WIPE: Final = """
at < :before AND salt IS NOT NULL AND (:account_id = '' OR account_id = :account_id)
"""

_WITH_CONTACTS: Final = f"""
SELECT number, {_TO_WIPE} AS wanted FROM audit WHERE salt IS NOT NULL ORDER BY number
"""  # noqa: S608 - a constant of this module is put in

_WIPE: Final = f"UPDATE audit SET before = NULL, after = NULL, salt = NULL WHERE {_TO_WIPE}"  # noqa: S608 - the same


class Audit(Repository):
    """The audit log."""

    def record(self, entry: AuditEntry) -> None:
        """Append an entry that belongs to no other transaction."""
        with self._connections.writing() as db:
            record(db, entry, self._clock.now())

    def head(self) -> ChainHead:
        """The newest entry; number 0 and `GENESIS` if there is none."""
        with self._connections.reading() as db:
            row = db.row(_HEAD)
        return ChainHead(row["number"], row["hash"]) if row is not None else ChainHead(0, GENESIS)

    def entries(self, account_id: str = "", since: datetime | None = None) -> Iterator[AuditRecord]:
        """Entries, oldest first, read in batches: of one account or of all, since a moment."""
        since_text = time_text(since) if since is not None else ""
        number = _BEFORE_ALL
        while True:
            with self._connections.reading() as db:
                sql = _ENTRIES.format(columns=db.raw(COLUMNS))
                rows = db.rows(
                    sql, number=number, account_id=account_id, since=since_text, limit=BATCH
                )
                batch = [_to_record(row) for row in rows]
            yield from batch
            if len(batch) < BATCH:
                return
            number = batch[-1].number

    def page(self, account_id: str, limit: int, offset: int = 0) -> tuple[list[AuditRecord], int]:
        """Entries about an account except commands, newest first, and how many there are."""
        with self._connections.reading() as db:
            sql = _PAGE.format(columns=db.raw(COLUMNS))
            rows = db.rows(sql, account_id=account_id, limit=limit, offset=offset)
            return [_to_record(row) for row in rows], db.number(_COUNT, account_id=account_id)

    def redact(self, before: datetime, account_id: str, actor: str) -> int:
        """Wipe the contacts of older entries, and put on record which; see `AuditRepository`."""
        chosen = {"before": time_text(before), "account_id": account_id}
        with self._connections.wiping() as transaction:
            ranges = _ranges(transaction, chosen)
            wiped = transaction.run(_WIPE, **chosen)
            if wiped:
                details = {
                    NUMBERS: format_numbers(ranges),
                    "before": chosen["before"],
                    "entries": str(wiped),
                }
                entry = AuditEntry(
                    AuditAction.REDACTED, actor, account_id=account_id, details=details
                )
                record(transaction, entry, self._clock.now())
        return wiped


def _ranges(db: Transaction, chosen: dict[str, str]) -> list[tuple[int, int]]:
    """The numbers of the entries to wipe.

    A range goes on over entries without contacts, so that a redaction of all accounts has one.
    """
    ranges: list[tuple[int, int]] = []
    continues = False
    for row in db.stream(_WITH_CONTACTS, **chosen):
        if row["wanted"]:
            first = ranges.pop()[0] if continues else row["number"]
            ranges.append((first, row["number"]))
        continues = bool(row["wanted"])
    return ranges


def _to_record(row: Row) -> AuditRecord:
    return AuditRecord(*(_as_text(row[name]) for name in COLUMNS))


def _as_text(value: Any) -> Any:  # noqa: ANN401 - a column holds whatever a tamperer wrote
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
