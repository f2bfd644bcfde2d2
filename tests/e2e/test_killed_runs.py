"""A run whose bot is killed goes on where it was, and writes nothing twice.

`make soak` does the same with 300 accounts, AWS's quotas and two kills.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.domain.runs import ItemState, RunState
from bot.store import SqliteStore
from tests.e2e.run_world import begin, preview_all, wait_run_over, wait_struck, write_policy
from tests.e2e.write_proofs import (
    assert_chain_verifies,
    assert_on_record,
    assert_written_once,
    entries,
)

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

ACCOUNTS = 12


def test_a_killed_run_goes_on_where_it_was(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    """Twelve accounts, throttling and errors, one SIGKILL: all verified, each written once."""
    environment["ALTCONTACT_CONFIG"] = str(write_policy(tmp_path))
    aws.seed_many(ACCOUNTS, missing_every=1)
    bot.start()
    slack.wait_connected()
    slack.wait_message("no security contact")
    assert str(ACCOUNTS) in str(preview_all(slack))
    assert aws.writes() == []
    aws.fault("throttle", "PutAlternateContact", percent=20, seed=1)
    aws.fault("lost_answer", "PutAlternateContact", percent=20, seed=2)
    aws.fault("error", "GetAlternateContact", percent=10, seed=3)
    hang = aws.fault("hang", "PutAlternateContact", after=ACCOUNTS // 2)
    begin(slack)
    wait_struck(aws, hang)
    bot.kill()
    aws.clear_faults(hang)
    bot.start()
    over = wait_run_over(slack, 1)
    assert "nterrupted" in str(over)
    path = environment["ALTCONTACT_DATABASE"]
    with closing(SqliteStore(path, SystemClock())) as store:
        run = store.runs.get(1)
        items = store.runs.items(1)
    assert run is not None
    assert run.state is RunState.ENDED
    assert run.interrupted == 1
    assert [item.state for item in items] == [ItemState.VERIFIED] * ACCOUNTS
    log = entries(path)
    assert_written_once(aws.writes(), log)
    assert_on_record(aws.writes(), log)
    assert_chain_verifies(environment)
