"""Runs: many contacts changed by one request, from the preview to the end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.audit import AuditAction
from bot.domain.runs import ItemState
from bot.services.ports.runs import RunReport
from bot.store.columns import text, time_text
from bot.store.last_readings import last_readings
from bot.store.run_items import groups, insert_items, items_of, to_item
from bot.store.run_progress import progress_of
from bot.store.run_rows import changed, find_run, put_on_record, to_run
from bot.store.run_states import cancel_run, request_run, start_run
from bot.store.run_work import RunWork

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from bot.domain.contacts import ContactType
    from bot.domain.run_progress import RunProgress
    from bot.domain.runs import LastReading, Run, RunItem
    from bot.services.ports.runs import NewRun
    from bot.store.transaction import Transaction

PREVIEW_KEPT: Final = timedelta(days=7)
"""How long a preview is kept that nobody acted on; it holds contacts."""

_INSERT: Final = """
INSERT INTO runs
    (key, kind, state, user_id, team_ids, enterprise_ids, reason, channel, created_at, undoes)
VALUES
    (:key, :kind, 'previewed', :user_id, :team_ids, :enterprise_ids, :reason, :channel,
     :created_at, :undoes)
RETURNING *
"""

_STALE: Final = "SELECT id FROM runs WHERE state = 'previewed' AND created_at < :since"

_STOP: Final = """
UPDATE runs SET state = 'stopped', stop_reason = :reason WHERE id = :id AND state = 'running'
"""

_RETRY: Final = """
UPDATE run_items SET state = 'planned', reason = '', failure = NULL, attempt = attempt + 1
WHERE run_id = :id AND state = 'failed'
    AND EXISTS (SELECT 1 FROM runs WHERE id = :id AND state IN ('stopped', 'ended'))
"""

_RESUME: Final = """
UPDATE runs SET state = 'running', ended_at = NULL, stop_reason = '', instance = '',
    lease_until = ''
WHERE id = :id
"""

_SET_STATE: Final = """
WITH changed (run_id, number, state, reason) AS (VALUES (:id, :number, :state, :reason))
UPDATE run_items SET state = changed.state, reason = changed.reason
FROM changed WHERE run_items.run_id = changed.run_id AND run_items.number = changed.number
    AND run_items.state = 'planned'
"""

_REMOVALS: Final = """
SELECT count(*) AS number FROM run_items
WHERE run_id = :id AND state = 'planned' AND wanted = 'null'
"""

_OF_FIX: Final = "SELECT * FROM run_items WHERE fix_id = :fix_id"


class Runs(RunWork):
    """Runs with their contacts.

    Args:
        connections: the database.
        clock: the time.
        lease: this process's leases.
        fence: refuses what only the leader does.
    """

    def last_readings(
        self, types: Collection[ContactType]
    ) -> Mapping[tuple[str, ContactType], LastReading]:
        """Every account's contacts of these types as last read, by (account id, type)."""
        with self._connections.reading() as db:
            return last_readings(db, types)

    def preview(self, run: NewRun, items: Iterable[RunItem]) -> Run:
        """Record a run with its contacts, numbered in the order given."""
        with self._connections.writing() as db:
            known = db.row("SELECT * FROM runs WHERE key = :key", key=text(run.key))
            if known is not None:
                return to_run(db, known)
            now = self._clock.now()
            self._forget_stale(db, now)
            (row,) = db.rows(
                _INSERT,
                key=text(run.key),
                kind=run.kind,
                user_id=text(run.requested_by.user_id),
                team_ids=json.dumps(sorted(run.requested_by.team_ids)),
                enterprise_ids=json.dumps(sorted(run.requested_by.enterprise_ids)),
                reason=text(run.reason),
                channel=text(run.channel),
                created_at=time_text(now),
                undoes=run.undoes,
            )
            insert_items(db, row["id"], items)
            previewed = to_run(db, row)
            actor = run.requested_by.user_id
            put_on_record(db, previewed, AuditAction.RUN_PREVIEWED, now, actor)
            return previewed

    def get(self, run_id: int) -> Run | None:
        """One run."""
        with self._connections.reading() as db:
            return find_run(db, run_id)

    def of_fix(self, fix_id: int) -> RunItem | None:
        """The contact of a run whose newest fix this is, if any."""
        with self._connections.reading() as db:
            row = db.row(_OF_FIX, fix_id=fix_id)
            return to_item(row) if row is not None else None

    def items(
        self,
        run_id: int,
        states: Collection[ItemState] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[RunItem]:
        """Contacts of a run in the order of their numbers: in one of these states, or all."""
        with self._connections.reading() as db:
            return items_of(db, run_id, states, limit, offset)

    def report(self, run_id: int, accounts: int = 5) -> RunReport | None:
        """A run and how far it is, with at most so many accounts named for each reason."""
        with self._connections.reading() as db:
            run = find_run(db, run_id)
            if run is None:
                return None
            return RunReport(
                run,
                groups(db, run_id, accounts),
                db.number(_REMOVALS, id=run_id),
                self._verifying(db, run_id),
            )

    def progress(self, run_id: int) -> RunProgress | None:
        """A run as its message shows it."""
        with self._connections.reading() as db:
            return progress_of(db, run_id)

    def leave_out(self, run_id: int, reasons: Mapping[int, str]) -> None:
        """Leave planned contacts out, by number, each with its reason in a sentence."""
        self._set_state(run_id, ItemState.LEFT_OUT, reasons)

    def hold_back(self, run_id: int, reasons: Mapping[int, str]) -> None:
        """Hold planned contacts back, by number, each with its reason in a sentence."""
        self._set_state(run_id, ItemState.HELD_BACK, reasons)

    def request(self, run_id: int) -> bool:
        """A `PREVIEWED` run waits for approval from now on; whether it was `PREVIEWED`."""
        with self._connections.writing() as db:
            return request_run(db, run_id)

    def start(self, run_id: int, actor: str, *, here: bool = False) -> bool:
        """Have a run worked on that is `PREVIEWED`, `REQUESTED` or `STOPPED`."""
        with self._connections.writing() as db:
            now = self._clock.now()
            is_started = start_run(db, run_id, actor, now)
            if is_started and here:
                self._own(db, run_id, db.now(self._clock))
            return is_started

    def stop(self, run_id: int, actor: str, reason: str) -> bool:
        """Stop a running run: writes in flight are finished, the rest stays planned."""
        with self._connections.writing() as db:
            if not db.run(_STOP, id=run_id, reason=text(reason)):
                return False
            now = self._clock.now()
            changed(db, run_id, AuditAction.RUN_STOPPED, now, actor, reason=reason)
            return True

    def cancel(self, run_id: int, actor: str, reason: str) -> bool:
        """End a run that has not begun; whether it was `PREVIEWED` or `REQUESTED`."""
        with self._connections.writing() as db:
            return cancel_run(db, run_id, actor, reason, self._clock.now())

    def retry(self, run_id: int, actor: str) -> int:
        """Plan the failed contacts of a run that is `STOPPED` or `ENDED` again, and continue it."""
        with self._connections.writing() as db:
            planned = db.run(_RETRY, id=run_id)
            if planned:
                db.run(_RESUME, id=run_id)
                changed(
                    db,
                    run_id,
                    AuditAction.RUN_STARTED,
                    self._clock.now(),
                    actor,
                    retried=str(planned),
                )
            return planned

    def _set_state(self, run_id: int, state: ItemState, reasons: Mapping[int, str]) -> None:
        with self._connections.writing() as db:
            db.run_each(
                _SET_STATE,
                (
                    {"id": run_id, "number": number, "state": state, "reason": text(reason)}
                    for number, reason in reasons.items()
                ),
            )

    def _forget_stale(self, db: Transaction, now: datetime) -> None:
        """Delete previews that nobody acted on."""
        for row in db.rows(_STALE, since=time_text(now - PREVIEW_KEPT)):
            db.run("DELETE FROM run_items WHERE run_id = :id", id=row["id"])
            db.run("DELETE FROM runs WHERE id = :id", id=row["id"])
