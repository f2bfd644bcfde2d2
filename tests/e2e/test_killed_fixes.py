"""Bots that are killed again and again while they fix: every write is on record, and truly so.

The kills are at random steps, and while AWS has a write in its hands, which it carries out before
the kill or after the next bot's life. Two bots share the database, and settle what others left.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final

from bot.domain.audit_chain import verify
from tests.e2e.fix_worker import contact_of, wanted
from tests.e2e.write_proofs import assert_on_record, assert_written_once, entries
from tests.launcher import launcher

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox

    from tests.launcher import Command

KILLS: Final = int(os.environ.get("ALTCONTACT_TEST_KILLS", "10"))
"""How many processes are killed; 60 for a thorough run, which takes six times as long."""

FIXES: Final = 5 * KILLS

_STEPS: Final = 700
"""So many steps a process makes at most, so that a random one is among its fixes."""


class Kills:
    """Two slots in which one bot after the other lives, makes some of the fixes, and is killed."""

    def __init__(self, aws: AwsSandbox, environment: dict[str, str], path: Path) -> None:
        self._aws = aws
        self._environment = environment
        self._path = path
        self._random = random.Random(5)  # noqa: S311 - moments of death, no secrets
        self.accounts = [each["id"] for each in aws.accounts()][1:]
        self.killed = 0
        self._lock = threading.Lock()

    def slot(self, chunks: list[list[int]]) -> None:
        """Have one bot after the other make a chunk of fixes and what those before left."""
        left: list[int] = []
        late: tuple[int, int] | None = None
        for chunk in chunks:
            numbers = [number for number in (*chunk, *left) if late is None or number != late[0]]
            with self._lock:
                how = self._random.choice(["step", "before", "after"])
                step = self._random.randrange(1, _STEPS)
                hangs = self._random.choice(chunk)
            written_late = late
            if how == "step":
                self._live(numbers, step)
                late = None
            else:
                fault = self._live_until_a_write(numbers, hangs, is_done_first=how == "before")
                late = hangs, fault
            if written_late is not None:
                self._aws.clear_faults(written_late[1])
            left = [number for number in (*chunk, *left) if not self.is_confirmed(number)]
        if late is not None:
            self._aws.clear_faults(late[1])

    def finish(self) -> None:
        """Have last bots make what is left, and settle every fix."""
        while left := [number for number in range(FIXES) if not self.is_confirmed(number)]:
            with self._start(0, left) as worker:
                _read_until_done(worker)
                while self.rows("SELECT id FROM fixes WHERE ended_at IS NULL"):
                    assert worker.poll() is None
                worker.kill()

    def is_confirmed(self, number: int) -> bool:
        """Whether a fix of this contact is on record as confirmed."""
        account_id, contact_type = contact_of(number, self.accounts)
        sql = "SELECT 1 FROM fixes WHERE account_id = ? AND type = ? AND state = 'confirmed'"
        return bool(self.rows(sql, account_id, contact_type.value))

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of the database, of which there may be none yet."""
        with closing(sqlite3.connect(self._path, timeout=60)) as connection:
            try:
                return connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError:  # killed before the tables were made
                return []

    def _start(self, step: int, numbers: list[int]) -> Command:
        with self._lock:
            seed = str(self._random.random())
        return launcher().start(
            str(self._path),
            str(step),
            seed,
            ",".join(self.accounts),
            *map(str, numbers),
            environment=self._environment,
            module="tests.e2e.fix_worker",
        )

    def _live(self, numbers: list[int], step: int) -> None:
        """A bot that dies at a step, or once it has made all its fixes."""
        with self._start(step, numbers) as worker:
            _read_until_done(worker)
            self._kill(worker)

    def _live_until_a_write(self, numbers: list[int], hangs: int, *, is_done_first: bool) -> int:
        """A bot that dies while AWS has a certain write of its in its hands.

        Returns:
            The fault that keeps AWS from carrying it out, where that was not done first.
        """
        account_id, contact_type = contact_of(hangs, self.accounts)
        fault = self._aws.fault(
            "hang",
            "PutAlternateContact",
            account_id=account_id,
            contact_type=contact_type.value,
            count=1,
        )
        with self._start(0, numbers) as worker, ThreadPoolExecutor(1) as pool:
            done = pool.submit(_read_until_done, worker)
            seen = -1
            while not done.done() and not self._is_struck(fault):
                seen = self._aws.world(seen, timeout=1.0)["changes"]
            if is_done_first:
                self._aws.clear_faults(fault)
            self._kill(worker)
        return fault

    def _is_struck(self, fault: int) -> bool:
        return any(each["id"] == fault and each["struck"] for each in self._aws.faults())

    def _kill(self, worker: Command) -> None:
        worker.kill()
        assert worker.wait(60) == -9, worker.stderr.read()
        with self._lock:
            self.killed += 1


def _read_until_done(worker: Command) -> None:
    """Come back when a bot has made its fixes, or is dead."""
    for line in worker.stdout:
        if line == "done\n":
            return


def test_every_write_is_on_record(
    aws: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    """What AWS took is recorded as taken, and to be announced, as often as it took it."""
    aws.seed_many(2 + FIXES // 3, missing_every=2)
    path = tmp_path / "bot.db"
    kills = Kills(aws, environment, path)
    chunks = [
        list(range(first, first + FIXES // KILLS)) for first in range(0, FIXES, FIXES // KILLS)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(kills.slot, [chunks[::2], chunks[1::2]]))
    kills.finish()
    assert kills.killed == KILLS
    assert kills.rows("SELECT * FROM fixes WHERE ended_at IS NULL OR state = 'planned'") == []
    taken = kills.rows(
        "SELECT account_id, type FROM fixes WHERE state != 'failed' AND NOT already_there"
    )
    written = [(each["account_id"], each["contact_type"]) for each in aws.stats()["writes"]]
    assert Counter(taken) == Counter(written)
    announced = kills.rows(
        "SELECT fixes.account_id, type FROM fixes JOIN announcements "
        "ON announcements.id = announcement_id AND announcements.state != 'withdrawn' "
        "WHERE fixes.state != 'failed' AND NOT already_there"
    )
    assert Counter(announced) == Counter(written)
    for number in range(FIXES):
        account_id, contact_type = contact_of(number, kills.accounts)
        assert aws.contact(account_id, contact_type.value) == wanted(number)
        assert kills.is_confirmed(number)
    assert kills.rows("PRAGMA integrity_check") == [("ok",)]
    log = entries(path)
    assert verify(log).problems == ()
    assert_on_record(aws.writes(), log)
    assert_written_once(aws.writes(), log)
