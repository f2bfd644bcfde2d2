"""Grants and ends exemptions and manual verifications, and opens their findings again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.audit_entries import exemption_granted
from bot.domain.contacts import ContactType
from bot.domain.exemptions import NOTICE
from bot.domain.rule_catalog import Rule
from bot.store import audit_log
from bot.store.columns import text, time_text
from bot.store.exemption_ends import end_exemption, give_notice, open_again
from bot.store.mappers import exemptions_by_id, to_exemption
from bot.store.outbox import bump_revision
from bot.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.domain.exemptions import Exemption, ExemptionRequest
    from bot.store.transaction import Row, Transaction, Value

_GRANT: Final = """
INSERT INTO exemptions
    (kind, account_id, account_name, type, rule, reason, user_id, granted_at, until, notice_at)
VALUES
    (:kind, :account_id, :account_name, :type, :rule, :reason, :user_id, :granted_at, :until,
     :notice_at)
RETURNING id
"""

_HOLDS: Final = "ended_at IS NULL AND until > :now"

_ALL_UNENDED: Final = "SELECT * FROM exemptions WHERE ended_at IS NULL ORDER BY until, id"

_IN_FORCE: Final = f"SELECT * FROM exemptions WHERE {_HOLDS} ORDER BY until, id"  # noqa: S608 - a constant of this module is put in

_PAGE: Final = f"{_IN_FORCE} LIMIT :limit OFFSET :offset"

_COUNT: Final = f"SELECT count(*) AS number FROM exemptions WHERE {_HOLDS}"  # noqa: S608 - the same

_OF_CONTACT: Final = "account_id = :account_id AND type = :type AND rule = :rule"

_UNENDED: Final = f"SELECT * FROM exemptions WHERE {_OF_CONTACT} AND ended_at IS NULL"  # noqa: S608 - the same

_EXEMPT: Final = f"""
UPDATE findings SET exemption_id = :exemption_id WHERE {_OF_CONTACT} AND resolved_at IS NULL
RETURNING announcement_id
"""  # noqa: S608 - the same

_TO_SETTLE: Final = """
SELECT id FROM exemptions
WHERE ended_at IS NULL AND (until <= :now OR noticed_at IS NULL AND notice_at <= :now) LIMIT 1
"""

_OVER: Final = """
SELECT * FROM exemptions WHERE ended_at IS NULL AND until <= :now ORDER BY until, id
"""


class Exemptions(Repository):
    """Exemptions and verifications.

    A finding is exempt until its exemption's end is recorded; the same transaction opens it again.
    """

    def grant(self, requests: Sequence[ExemptionRequest], account_name: str) -> list[Exemption]:
        """Exempt findings, all or none. Earlier exemptions of them end."""
        with self._connections.writing() as db:
            now = self._clock.now()
            outdated: set[str] = set()
            ids = [_grant(db, request, account_name, now, outdated) for request in requests]
            bump_revision(db, outdated)
            granted = exemptions_by_id(db, ids)
            for exemption_id in ids:
                audit_log.record(db, exemption_granted(granted[exemption_id]), now)
            return [granted[exemption_id] for exemption_id in ids]

    def end(self, exemption_id: int, user_id: str) -> Exemption | None:
        """End one early. If its finding isn't resolved, it is open and announced again.

        Returns:
            The exemption as it is now, even if it had ended before; None if it doesn't exist.
        """
        with self._connections.writing() as db:
            row = _row(db, exemption_id)
            if row is not None and row["ended_at"] is None:
                now = self._clock.now()
                outdated = end_exemption(db, row, now, user_id)
                outdated |= open_again(db, [exemption_id], now)[0]
                bump_revision(db, outdated)
            return exemptions_by_id(db, [exemption_id]).get(exemption_id)

    def due(self) -> bool:
        """Whether any exemption has ended or ends soon, according to the clock."""
        with self._connections.reading() as db:
            return db.row(_TO_SETTLE, now=time_text(self._clock.now())) is not None

    def settle(self) -> bool:
        """End those that are due, open their findings again, and announce those that end soon.

        Does nothing if the clock can't be trusted, since an end can't be undone.

        Returns:
            Whether there is something to announce.
        """
        if not self.due() or not self._clock.is_proven():
            return False
        with self._connections.writing() as db:
            now = self._clock.now()
            over = db.rows(_OVER, now=time_text(now))
            outdated: set[str] = set()
            for row in over:
                outdated |= end_exemption(db, row, now)
            shown, opened = open_again(db, [row["id"] for row in over], now)
            bump_revision(db, outdated | shown)
            noticed = give_notice(db, now)
            return opened or noticed or bool(outdated)

    def get(self, exemption_id: int) -> Exemption | None:
        """One exemption or verification."""
        with self._connections.reading() as db:
            return exemptions_by_id(db, [exemption_id]).get(exemption_id)

    def page(self, limit: int, offset: int = 0) -> tuple[list[Exemption], int]:
        """The current ones, the first to end first, and how many there are."""
        with self._connections.reading() as db:
            now = time_text(self._clock.now())
            page = db.rows(_PAGE, now=now, limit=limit, offset=offset)
            return [to_exemption(row) for row in page], db.number(_COUNT, now=now)

    def in_force(self) -> Mapping[str, Mapping[tuple[ContactType, Rule], Exemption]]:
        """The current ones by account id; with an untrusted clock, all without a recorded end."""
        found: dict[str, dict[tuple[ContactType, Rule], Exemption]] = {}
        with self._connections.reading() as db:
            now = time_text(self._clock.now())
            proven = self._clock.is_proven()
            for row in db.stream(_IN_FORCE, now=now) if proven else db.stream(_ALL_UNENDED):
                what = ContactType(row["type"]), Rule(row["rule"])
                found.setdefault(row["account_id"], {})[what] = to_exemption(row)
        return found


def _grant(
    db: Transaction, request: ExemptionRequest, account_name: str, now: datetime, outdated: set[str]
) -> int:
    contact: dict[str, Value] = {
        "account_id": request.account_id,
        "type": request.type,
        "rule": request.rule,
    }
    for row in db.rows(_UNENDED, **contact):
        outdated |= end_exemption(db, row, now, request.user_id)
    # An exemption this short needs no notice of its end.
    notice_at = request.until - NOTICE
    (granted,) = db.rows(
        _GRANT,
        **contact,
        kind=request.kind,
        account_name=text(account_name),
        reason=text(request.reason),
        user_id=request.user_id,
        granted_at=time_text(now),
        until=time_text(request.until),
        notice_at=time_text(notice_at) if notice_at > now else None,
    )
    exemption_id = int(granted["id"])
    shown = db.rows(_EXEMPT, exemption_id=exemption_id, **contact)
    outdated.update(row["announcement_id"] for row in shown if row["announcement_id"] is not None)
    return exemption_id


def _row(db: Transaction, exemption_id: int) -> Row | None:
    return db.row("SELECT * FROM exemptions WHERE id = :id", id=exemption_id)
