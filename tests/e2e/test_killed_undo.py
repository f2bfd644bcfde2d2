"""A bot that is killed while AWS removes a contact for it: what became of that is found out."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM

from bot.app.clock import SystemClock
from bot.domain.contacts import NO_CONTACT, ContactType
from bot.domain.fixes import FixRequest, FixState
from bot.store import SqliteStore
from tests.launcher import launcher

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox

    from tests.launcher import Command

ACCOUNT = "444444444444"


def fixed(path: Path) -> int:
    """A verified fix on record, of a contact that was not set before."""
    clock = SystemClock()
    store = SqliteStore(path, clock)
    request = FixRequest(
        "form", ACCOUNT, ContactType.SECURITY, SECURITY_TEAM, "U1", NO_CONTACT, clock.now()
    )
    fix, _ = store.fixes.plan(request, "Data lake")
    store.fixes.begin_writing(fix.id, None)
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    store.close()
    return fix.id


def start(path: Path, number: int, environment: dict[str, str]) -> Command:
    """A bot."""
    return launcher().start(
        str(path), str(number), environment=environment, module="tests.e2e.undo_worker"
    )


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of the database."""
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("is_done", ["before the kill", "after the kill"])
def test_a_removal_in_flight_is_found_out(
    aws: AwsSandbox, environment: dict[str, str], tmp_path: Path, is_done: str
) -> None:
    """The next bot reads AWS: the contact is gone, the fix undone, and nothing removed twice."""
    path = tmp_path / "bot.db"
    number = fixed(path)
    aws.set_contact(ACCOUNT, "SECURITY", SECURITY_TEAM)
    fault = aws.fault("hang", "DeleteAlternateContact", account_id=ACCOUNT, count=1)
    with start(path, number, environment) as worker, ThreadPoolExecutor(1) as pool:
        ended = pool.submit(worker.stdout.read)
        seen = -1
        while not any(each["id"] == fault and each["struck"] for each in aws.faults()):
            assert not ended.done(), worker.stderr.read()
            seen = aws.world(seen, timeout=1.0)["changes"]
        if is_done == "before the kill":
            aws.clear_faults(fault)
        worker.kill()
        assert worker.wait(60) == -9
    aws.clear_faults(fault)
    with start(path, 0, environment) as worker:
        while rows(path, "SELECT id FROM fixes WHERE ended_at IS NULL"):
            assert worker.poll() is None, worker.stderr.read()
        worker.kill()
        worker.wait(60)
    assert aws.contact(ACCOUNT, "SECURITY") is None
    assert rows(path, "SELECT state, undoes, wanted FROM fixes WHERE id = 2") == [
        ("confirmed", number, "null")
    ]
    assert rows(path, f"SELECT undone_by FROM fixes WHERE id = {number}") == [(2,)]  # noqa: S608
    applied = [each for each in aws.writes() if each["applied"]]
    assert [each["operation"] for each in applied] == ["DeleteAlternateContact"]
