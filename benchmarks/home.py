"""How long a Home takes in a large organization: read from the database, built, and published."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from altcontact_sandbox.slack.workspace import ALICE

from benchmarks.measuring import Row
from bot.app.clock import SystemClock
from bot.domain.accounts import Account
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Absent, Present, Unreadable
from bot.domain.scans import ScanState, Trigger, TriggerKind, count
from bot.services.home import ACCOUNTS, EXEMPTIONS
from bot.services.ports.home import HomeContent
from bot.slack.client import retrying_client
from bot.slack.views.home import home_view
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.findings import AccountResult
    from bot.domain.readings import ContactReading
    from bot.store.store import DatabaseStore

Result = TypeVar("Result")

SIZES, QUICK = (100, 10_000), (100, 1_000)
SCANS = 4
"""More than the store keeps results of."""
TIMES = 20
BUDGET = 0.3
"""Seconds within which a Home is to be there."""


def measure(slack: SlackSandbox, folder: Path, *, quick: bool) -> Iterator[Row]:
    """A Home of a small and of a large organization, half of which needs attention."""
    slack.reset()
    slack.settings(tier4=0)
    settings = slack.environment()
    client = retrying_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])
    for accounts in QUICK if quick else SIZES:
        place = folder / f"home-{accounts}.db"
        with SqliteStore(place, SystemClock()) as store:
            fill(store, accounts)
        with SqliteStore(place, SystemClock()) as store:

            def read(store: SqliteStore = store) -> HomeContent:
                return HomeContent(store.overviews.overview(ACCOUNTS, EXEMPTIONS), None)

            first, content = _seconds(read)
            view = home_view(content, fixers="@secops", read_only=False)

            def publish(read: Callable[[], HomeContent] = read) -> None:
                view = home_view(read(), fixers="@secops", read_only=False)
                client.views_publish(user_id=ALICE, view=view)

            busy = time.process_time()
            reads = [_seconds(read)[0] for _ in range(TIMES)]
            busy = (time.process_time() - busy) / TIMES
            whole = [_seconds(publish)[0] for _ in range(TIMES)]
        needing = content.overview.non_compliant
        size = f"{accounts:,} accounts, {needing:,} of which need attention"
        yield Row(
            f"reading a Home of {size}",
            f"median {_ms(statistics.median(reads))}, first {_ms(first)}",
            f"{_ms(busy)} of processor time; {len(view['blocks'])} blocks",
        )
        yield Row(
            f"the same, built and published as well ({TIMES} times)",
            f"median {_ms(statistics.median(whole))}, longest {_ms(max(whole))}",
            f"{max(whole) / BUDGET:.0%} of {_ms(BUDGET)}",
        )


def fill(store: DatabaseStore, accounts: int) -> None:
    """Record scans of all three types, as a bot would have."""
    required = {f"{kind.value.lower()}.presence": Presence.REQUIRED for kind in ContactType}
    policy = Policy.requiring(tables=[PolicyTable("", {**required})])
    results = [_result(policy, number) for number in range(accounts)]
    for _ in range(SCANS):
        scan = store.scans.claim(Trigger(TriggerKind.SCHEDULE)).scan
        ended = replace(scan, state=ScanState.COMPLETE, counts=count(results))
        store.scans.record(ended, results)


def _result(policy: Policy, number: int) -> AccountResult:
    account = Account(f"{number:012}", f"team{number % 200}-prod-{number}", "ACTIVE")
    readings = {kind: _reading(number, kind) for kind in ContactType}
    return evaluate(account, readings, policy.resolve(account))


def _reading(number: int, kind: ContactType) -> ContactReading:
    if number % 20 == 0:
        return Unreadable(failure(FailureCode.DENIED_BY_SCP))
    if number % 2:
        return Absent()
    email = f"{kind.value.lower()}-{number}@corp.internal"
    return Present(AlternateContact(f"Team {number}", "On call", email, "+44 20 7946 0958"))


def _seconds(run: Callable[[], Result]) -> tuple[float, Result]:
    began = time.perf_counter()
    result = run()
    return time.perf_counter() - began, result


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
