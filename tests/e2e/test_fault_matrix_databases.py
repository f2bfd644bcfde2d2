"""Every fault of the database, SQLite's and PostgreSQL's, at every moment that matters.

Before a write, nothing is sent to AWS; after it, the result is recorded later; a check that can't
be recorded loses nothing that it would have found. One bot for all cells of a database.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest

from bot.domain.fixes import FixState
from tests.e2e.fault_databases import FailingFile, FailingServer
from tests.e2e.fault_world import FaultWorld
from tests.e2e.run_world import wait_struck
from tests.e2e.test_fault_matrix import fix_again, is_kept, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.fault_databases import FailingDatabase

    Cell = Callable[["DatabaseWorld", str], None]

DATABASES: Final = ("sqlite", "postgresql")

FAULTS: Final = ("gone", "read-only", "full", "slow")
"""Throttling, denials and garbage are no faults of a database; a lost answer to a commit is tested
in `test_connections.py`."""


class DatabaseWorld(FaultWorld):
    """The bot on a database that fails."""

    database: FailingDatabase


@pytest.fixture(scope="module", params=DATABASES)
def world(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    slack_server: SlackSandbox,
    aws_server: AwsSandbox,
) -> Iterator[DatabaseWorld]:
    """The one bot on a database."""
    with pytest.MonkeyPatch.context() as patch:
        database: FailingDatabase
        if request.param == "sqlite":
            database = FailingFile(tmp_path_factory.mktemp("matrix") / "bot.db", patch)
        else:
            database = FailingServer()
        with closing(database), closing(database.store):
            made = DatabaseWorld(slack_server, aws_server, database.store, patch, 20)
            made.database = database
            made.start()
            try:
                yield made
            finally:
                made.stop()


def told_in_window(world: DatabaseWorld, user: str) -> str:
    """The result of a submission, in the window."""
    pattern = re.compile("The database|Saved and verified")
    return text_of(world.slack.wait_view(lambda view: bool(pattern.search(str(view))), user))


def before_write(world: DatabaseWorld, fault: str) -> None:
    """Nothing is sent to AWS, and the person learns why."""
    account_id, name, user = world.next_cell()
    world.open_form(account_id, user)
    world.database.strike(fault)
    world.submit(user)
    told = told_in_window(world, user)
    assert name in told
    assert re.search(world.database.says[fault], told, re.DOTALL)
    assert "point_right" in told
    assert world.applied(account_id) == []
    world.database.lift()
    assert world.store.fixes.newest(account_id, world.security) is None
    world.slack.close(user)
    world.open_form(account_id, user)
    world.submit(user)
    world.slack.wait_view("Saved and verified", user)
    is_kept(world, account_id)


def after_write(world: DatabaseWorld, fault: str) -> None:
    """The person learns that it is saved, and not recorded yet; it is recorded by itself."""
    account_id, name, user = world.next_cell()
    world.open_form(account_id, user)
    hang = world.aws.fault("hang", "PutAlternateContact", account_id=account_id)
    world.submit_in_background(user)
    wait_struck(world.aws, hang)
    world.database.strike(fault)
    world.aws.clear_faults(hang)
    told = told_in_window(world, user)
    assert name in told
    assert "This isn't recorded yet, so alerts don't show it" in told
    assert re.search(world.database.says[fault], told, re.DOTALL)
    world.database.lift()
    world.bot.fix_recovery.look()  # the next of its rounds
    world.wait_state(account_id, FixState.CONFIRMED)
    world.slack.wait_message(lambda seen: name in str(seen) and f"<@{user}>" in str(seen))
    world.wait_announced()
    is_kept(world, account_id)


def check(world: DatabaseWorld, fault: str) -> None:
    """The check isn't made; what it would have found is found and announced once later."""
    account_id, name, user = world.next_cell()
    fix_again(world, "", account_id, user)
    world.aws.delete_contact(account_id, "SECURITY")
    world.database.strike(fault)
    world.slack.command("/altcontact check", user=user)
    told = text_of(world.slack.wait_private("The database", user))
    assert re.search(world.database.says[fault], told, re.DOTALL)
    assert "point_right" in told
    world.database.lift()
    world.check(user)
    alert = "1 account has no security contact"
    world.slack.wait_message(lambda seen: name in str(seen) and alert in seen["text"])
    assert sum(name in str(m) and alert in m["text"] for m in world.slack.messages()) == 1


CELLS: Final[dict[str, Cell]] = {
    "before-write": before_write,
    "after-write": after_write,
    "check": check,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("moment", CELLS)
def test_cell(world: DatabaseWorld, moment: str, fault: str) -> None:
    """One fault of the database, at one moment."""
    try:
        CELLS[moment](world, fault)
    finally:
        world.database.lift()


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_restart_is_not_noticed(world: DatabaseWorld) -> None:
    """A server that crashed and is back between two steps: the person sees none of it.

    SQLite has no server, so nothing restarts.
    """
    account_id, name, user = world.next_cell()
    world.open_form(account_id, user)
    world.database.strike("restarted")
    world.submit(user)
    told = told_in_window(world, user)
    assert name in told
    assert "Saved and verified" in told
    world.slack.wait_message(lambda seen: name in str(seen) and f"<@{user}>" in str(seen))
    world.wait_announced()
    is_kept(world, account_id)
