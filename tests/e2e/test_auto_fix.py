"""Auto-fix by the shipped bot, which is killed while it writes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.domain.runs import ItemState, RunKind
from bot.store import SqliteStore
from tests.e2e.run_world import wait_run_over, wait_struck, write_policy
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

ACCOUNTS = 6


def test_a_killed_auto_fix_goes_on_and_writes_nothing_twice(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    """The alert has what is left; each account is written once, and all of it is on record."""
    policy = write_policy(tmp_path)
    policy.write_text(policy.read_text().replace("[policy]", "[policy]\nauto_fix = true"))
    environment["ALTCONTACT_CONFIG"] = str(policy)
    aws.seed_many(ACCOUNTS, missing_every=1)
    hang = aws.fault("hang", "PutAlternateContact", after=ACCOUNTS // 2)
    bot.start()
    wait_struck(aws, hang)
    bot.kill()
    aws.clear_faults(hang)
    bot.start()
    over = wait_run_over(slack, 1)
    assert "fixed automatically" in str(over)
    path = environment["ALTCONTACT_DATABASE"]
    with closing(SqliteStore(path, SystemClock())) as store:
        run, second = store.runs.get(1), store.runs.get(2)
        items = store.runs.items(1)
    assert run is not None
    assert (run.kind, run.interrupted, second) == (RunKind.AUTO_FIX, 1, None)
    assert {item.state for item in items} == {ItemState.VERIFIED}
    log = entries(path)
    assert_written_once(aws.writes(), log)
    assert_on_record(aws.writes(), log)
    assert_chain_verifies(environment)
    # The management account is left to people.
    assert "1 left" in str(slack.wait_message("no security contact")["text"])
