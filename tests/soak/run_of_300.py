"""A run over 300 accounts: 5 % throttling, 2 % errors, two SIGKILLs. `make soak` runs it.

The bot is the shipped process. AWS's quotas are on, so this takes some minutes. Afterwards every
account is verified or failed with its reason, each contact was written once or repeated with the
same value, and the audit log has every write and verifies.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.bot_process import BotProcess
from altcontact_sandbox.slack.sandbox import SlackSandbox

from bot.app.clock import SystemClock
from bot.domain.runs import ItemState, RunState
from bot.store import SqliteStore
from tests.e2e.run_world import (
    TEAM,
    applied,
    begin,
    preview_all,
    wait_applied,
    wait_run_over,
    write_policy,
)
from tests.e2e.write_proofs import (
    assert_chain_verifies,
    assert_on_record,
    assert_written_once,
    entries,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNTS = int(os.environ.get("ALTCONTACT_SOAK_ACCOUNTS", "300"))
KILLS = 2
THROTTLED, BROKEN, LOST = 5, 1, 1
"""Percent of all calls: throttled, answered with an internal error, carried out without an answer.
"""


@pytest.fixture
def aws() -> Iterator[AwsSandbox]:
    """AWS with its quotas, and accounts of which none has a security contact."""
    with AwsSandbox() as made:
        made.seed_many(ACCOUNTS, missing_every=1)
        yield made


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    """Slack with its rate limits."""
    with SlackSandbox() as made:
        yield made


@pytest.fixture
def bot(aws: AwsSandbox, slack: SlackSandbox, tmp_path: Path) -> Iterator[BotProcess]:
    """The shipped bot, started."""
    made = BotProcess(tmp_path / "bot.log")
    made.tell({**aws.environment("management"), **slack.environment()})
    made.environment["ALTCONTACT_CONFIG"] = str(write_policy(tmp_path))
    made.start()
    yield made
    made.stop()


@pytest.mark.timeout(3600)
def test_a_run_of_300_survives(
    aws: AwsSandbox, slack: SlackSandbox, bot: BotProcess, tmp_path: Path
) -> None:
    """Every account ends verified or failed with its reason, and the record proves how."""
    slack.wait_connected()
    slack.wait_message("no security contact", timeout=600)
    assert f"{ACCOUNTS}" in str(preview_all(slack))
    assert aws.writes() == []
    aws.fault("throttle", percent=THROTTLED, seed=1)
    aws.fault("error", percent=BROKEN, seed=2)
    aws.fault("lost_answer", percent=LOST, seed=3)
    begin(slack)
    for number in range(1, KILLS + 1):
        wait_applied(aws, ACCOUNTS * number // (KILLS + 1))
        bot.kill()
        bot.start()
        slack.wait_connected()
    wait_run_over(slack, 1, timeout=1800)
    aws.clear_faults()
    bot.stop()
    path = str(tmp_path / "altcontact.db")
    with closing(SqliteStore(path, SystemClock())) as store:
        run, items = store.runs.get(1), store.runs.items(1)
    assert run is not None
    assert (run.state, run.interrupted) == (RunState.ENDED, KILLS)
    assert len(items) == ACCOUNTS
    for item in items:
        assert item.state is ItemState.VERIFIED or (item.state is ItemState.FAILED and item.reason)
        contact = aws.contact(item.account_id, item.type.value)
        assert item.state is ItemState.FAILED or (contact is not None and contact.email == TEAM)
    writes, log = aws.writes(), entries(path)
    repeats = assert_written_once(writes, log)
    assert_on_record(writes, log)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALTCONTACT_")}
    assert_chain_verifies({**kept, **bot.environment, "ALTCONTACT_DATABASE": path})
    verified = sum(item.state is ItemState.VERIFIED for item in items)
    print(  # noqa: T201 - what whoever runs it wants to see
        f"\n{len(items)} accounts: {verified} verified, {len(items) - verified} failed; "
        f"{len(writes)} writes sent, {len(applied(aws))} carried out, {repeats} repeated with the "
        f"same value; {len(log)} entries in the audit log, which verifies"
    )
