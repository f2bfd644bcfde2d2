"""Findings set aside and contacts verified by hand: granted, ended, and opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementKind, grouped
from bot.domain.contacts import ContactType
from bot.domain.evaluation.resolution import OPENED_AGAIN
from bot.domain.exemptions import NOTICE
from bot.domain.rule_catalog import Rule
from bot.store.columns import text, time_text
from bot.store.mappers import exemptions_by_id, to_destination, to_exemption, to_finding_key
from bot.store.outbox import bump_revision, record
from bot.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.domain.exemptions import Exemption, ExemptionRequest
    from bot.domain.findings import FindingKey
    from bot.domain.policy.destination import Destination

_GRANT: Final = """
INSERT INTO exemptions
    (kind, account_id, account_name, type, rule, reason, user_id, granted_at, until, notice_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_HOLDING: Final = "ended_at IS NULL AND until > :now"

_LIST: Final = f"""
SELECT * FROM exemptions WHERE {_HOLDING} ORDER BY until, id LIMIT :limit OFFSET :offset
"""  # noqa: S608 - a constant of this module is put in

_END: Final = "UPDATE exemptions SET ended_at = ?, ended_by = ? WHERE id = ?"

_OPEN_AGAIN: Final = """
INSERT INTO findings
    (account_id, type, outcome, rule, severity, reason, failure, differences,
     owner, channel, mention, first_seen, last_seen)
SELECT account_id, type, outcome, rule, severity, reason, failure, differences,
    owner, channel, mention, first_seen, last_seen
FROM findings WHERE id = ?
"""

_TO_NOTICE: Final = """
SELECT findings.* FROM exemptions
JOIN findings ON findings.exemption_id = exemptions.id AND findings.resolved_at IS NULL
WHERE notice_at <= ? AND noticed_at IS NULL AND ended_at IS NULL
ORDER BY until, exemptions.id, findings.id
"""

_LATEST_SCAN: Final = "SELECT max(id) FROM scans WHERE state NOT IN ('running', 'cut_off')"


class Exemptions(Repository):
    """Exemptions and verifications.

    A finding is set aside for as long as its exemption's end is not recorded, so that whatever
    records the end opens it again, in the same transaction.
    """

    def grant(self, requests: Sequence[ExemptionRequest], account_name: str) -> list[Exemption]:
        """Set findings aside, all or none; what set them aside before is ended by this."""
        with self._connections.writing() as db:
            now = self._clock.now()
            touched: set[str] = set()
            ids = [_grant(db, request, account_name, now, touched) for request in requests]
            bump_revision(db, touched)
            granted = exemptions_by_id(db, ids)
            return [granted[each] for each in ids]

    def end(self, exemption_id: int, user_id: str) -> Exemption | None:
        """End one ahead of its day; its finding, if it still stands, is open and announced again.

        Returns:
            It as it is now, also where it had ended before; None where there is no such one.
        """
        with self._connections.writing() as db:
            row = _row(db, exemption_id)
            if row is not None and row["ended_at"] is None:
                now = self._clock.now()
                touched = _end(db, row, now, user_id)
                touched |= _open_again(db, [exemption_id], now)[0]
                bump_revision(db, touched)
            return exemptions_by_id(db, [exemption_id]).get(exemption_id)

    def settle(self) -> bool:
        """End those whose day has come, open their findings again, and announce ends to come.

        Returns:
            Whether there is something to announce.
        """
        with self._connections.reading() as db:
            when = time_text(self._clock.now())
            sql = (
                "SELECT 1 FROM exemptions WHERE ended_at IS NULL "
                "AND (until <= :now OR noticed_at IS NULL AND notice_at <= :now) LIMIT 1"
            )
            if db.execute(sql, {"now": when}).fetchone() is None:
                return False
        with self._connections.writing() as db:
            now = self._clock.now()
            sql = (
                "SELECT * FROM exemptions WHERE ended_at IS NULL AND until <= ? ORDER BY until, id"
            )
            over = db.execute(sql, [time_text(now)]).fetchall()
            touched: set[str] = set()
            for row in over:
                touched |= _end(db, row, now)
            shown, opened = _open_again(db, [row["id"] for row in over], now)
            bump_revision(db, touched | shown)
            noticed = _give_notice(db, now)
            return opened or noticed or bool(touched)

    def get(self, exemption_id: int) -> Exemption | None:
        """One exemption or verification."""
        with self._connections.reading() as db:
            return exemptions_by_id(db, [exemption_id]).get(exemption_id)

    def page(self, limit: int, offset: int = 0) -> tuple[list[Exemption], int]:
        """Those that hold now, the first to end first, and how many there are."""
        with self._connections.reading() as db:
            page = {"now": time_text(self._clock.now()), "limit": limit, "offset": offset}
            sql = f"SELECT count(*) FROM exemptions WHERE {_HOLDING}"  # noqa: S608 - a constant of this module
            total = int(db.execute(sql, {"now": page["now"]}).fetchone()[0])
            return [to_exemption(row) for row in db.execute(_LIST, page)], total

    def in_force(self) -> Mapping[str, Mapping[tuple[ContactType, Rule], Exemption]]:
        """All that hold now, by account id."""
        found: dict[str, dict[tuple[ContactType, Rule], Exemption]] = {}
        with self._connections.reading() as db:
            page = {"now": time_text(self._clock.now()), "limit": -1, "offset": 0}
            for row in db.execute(_LIST, page):
                what = ContactType(row["type"]), Rule(row["rule"])
                found.setdefault(row["account_id"], {})[what] = to_exemption(row)
        return found


def _grant(
    db: Database, request: ExemptionRequest, account_name: str, now: datetime, touched: set[str]
) -> int:
    key = (request.account_id, request.type, request.rule)
    mine = "account_id = ? AND type = ? AND rule = ?"
    held = f"SELECT * FROM exemptions WHERE {mine} AND ended_at IS NULL"  # noqa: S608 - a constant condition
    for row in db.execute(held, key).fetchall():
        touched |= _end(db, row, now, request.user_id)
    # One that is granted for so short a time needs no notice: its end is on people's minds.
    notice_at = request.until - NOTICE
    granted = db.execute(
        _GRANT,
        (
            request.kind,
            request.account_id,
            text(account_name),
            request.type,
            request.rule,
            text(request.reason),
            request.user_id,
            time_text(now),
            time_text(request.until),
            time_text(notice_at) if notice_at > now else None,
        ),
    )
    standing = f"{mine} AND resolved_at IS NULL"
    shown = db.execute(f"SELECT announcement_id FROM findings WHERE {standing}", key)  # noqa: S608 - the same
    touched.update(row["announcement_id"] for row in shown if row["announcement_id"] is not None)
    db.execute(f"UPDATE findings SET exemption_id = ? WHERE {standing}", (granted.lastrowid, *key))  # noqa: S608 - the same
    return granted.lastrowid or 0


def _end(db: Database, row: Row, now: datetime, user_id: str = "") -> set[str]:
    """Record an end: by a person now, or else on its day; what announcement shows it."""
    ended_at = time_text(now) if user_id else row["until"]
    db.execute(_END, (ended_at, user_id, row["id"]))
    return {row["announcement_id"]} - {None}


def _open_again(db: Database, exemption_ids: Sequence[int], now: datetime) -> tuple[set[str], bool]:
    """Open what stands under exemptions that ended, as new findings.

    Returns:
        The announcements that show the old ones, and whether there are new ones.
    """
    touched: set[str] = set()
    opened: dict[FindingKey, Destination] = {}
    for exemption_id in exemption_ids:
        sql = "SELECT * FROM findings WHERE exemption_id = ? AND resolved_at IS NULL"
        for row in db.execute(sql, [exemption_id]).fetchall():
            sql = "UPDATE findings SET resolved_at = ?, resolution = ? WHERE id = ?"
            db.execute(sql, (time_text(now), OPENED_AGAIN, row["id"]))
            db.execute(_OPEN_AGAIN, [row["id"]])
            opened[to_finding_key(row)] = to_destination(row)
            if row["announcement_id"] is not None:
                touched.add(row["announcement_id"])
    short = {key: where for key, where in opened.items() if key.outcome.falls_short}
    unchecked = {key: where for key, where in opened.items() if key.outcome.unchecked}
    for news in (
        *grouped(AnnouncementKind.FALLS_SHORT, short),
        *grouped(AnnouncementKind.UNCHECKED, unchecked),
    ):
        record(db, news, _latest_scan(db), now)
    return touched, bool(opened)


def _give_notice(db: Database, now: datetime) -> bool:
    """Announce the ends to come of what findings stand under; whether there are any."""
    first: dict[int, Row] = {}
    for row in db.execute(_TO_NOTICE, [time_text(now)]).fetchall():
        # A rule of a contact may be broken and undecided at once, under one exemption.
        first.setdefault(row["exemption_id"], row)
    ending = {to_finding_key(row): row for row in first.values()}
    where = {key: to_destination(row) for key, row in ending.items()}
    for news in grouped(AnnouncementKind.ENDING, where):
        announcement_id = record(db, news, _latest_scan(db), now)
        db.conn.executemany(
            "UPDATE exemptions SET noticed_at = ?, announcement_id = ? WHERE id = ?",
            (
                (time_text(now), announcement_id, ending[key]["exemption_id"])
                for key in news.findings
            ),
        )
    return bool(ending)


def _latest_scan(db: Database) -> int:
    """The newest recorded scan; there is one, since a finding was found by one."""
    return int(db.execute(_LATEST_SCAN).fetchone()[0])


def _row(db: Database, exemption_id: int) -> Row | None:
    row: Row | None = db.execute("SELECT * FROM exemptions WHERE id = ?", [exemption_id]).fetchone()
    return row
