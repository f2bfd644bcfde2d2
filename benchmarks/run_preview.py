"""How long a preview of a run over a large organization takes, from what the last check read."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from benchmarks.measuring import Row
from bot.app.clock import SystemClock
from bot.domain.accounts import Account
from bot.domain.actors import Actor
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.evaluation.run_plan import Source
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Absent, Present, Unreadable
from bot.domain.runs import ItemState
from bot.domain.scans import ScanState, Trigger, TriggerKind, count
from bot.services.account_policy import AccountPolicies
from bot.services.bulk_preview import BulkPreview, PreviewRequest
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.domain.policy.account_policy import Value
    from bot.domain.readings import ContactReading
    from bot.services.bulk_preview import Preview
    from bot.store.store import DatabaseStore

SIZE, QUICK = 10_000, 1_000
TEAMS = 20
"""Sections of the policy, each with a team whose contact its accounts should have."""
BUDGET = 2.0
"""Seconds within which a preview is to be there."""


class _NoAws:
    """The AWS of a preview that needs none."""

    def read(self, *_: object) -> NoReturn:
        raise AssertionError("the preview read AWS")

    def primary_contact(self, *_: object) -> NoReturn:
        raise AssertionError("the preview read AWS")


def measure(folder: Path, *, quick: bool) -> Iterator[Row]:
    """A preview of one type in every account, half of which have another contact or none."""
    accounts = QUICK if quick else SIZE
    clock = SystemClock()
    policy = policy_of_teams()
    with SqliteStore(folder / "preview.db", clock) as store:
        known = fill(store, policy, accounts)
        seconds, preview = previews_of(store, known, policy, clock)
        counts = preview.run.counts
        left_out = store.runs.items(preview.run.id, (ItemState.LEFT_OUT,))
    yield Row(
        f"preview of {accounts:,} accounts, {counts.planned:,} of which change",
        f"{min(seconds):.2f} s, the first {seconds[0]:.2f} s",
        f"{max(seconds) / BUDGET:.0%} of {BUDGET:.0f} s; {len(left_out):,} left out; AWS not asked",
    )


def previews_of(
    store: DatabaseStore, known: Sequence[Account], policy: Policy, clock: SystemClock
) -> tuple[list[float], Preview]:
    """How long each of three previews takes, and the last of them."""
    policies = AccountPolicies(store.accounts, lambda: policy)
    previews = BulkPreview(store, policies, _NoAws(), clock)
    seconds = []
    for number in range(3):
        request = PreviewRequest(
            f"bench:{number}", Actor("U1"), known, (ContactType.SECURITY,), Source.EXPECTED
        )
        began = time.perf_counter()
        preview = previews.preview(request)
        seconds.append(time.perf_counter() - began)
    return seconds, preview


def policy_of_teams() -> Policy:
    """A section for each team, with the contact that its accounts should have."""
    tables = [
        PolicyTable(
            f"team {number}",
            _expected(number),
            Match(names=(f"team{number}-*",)),
        )
        for number in range(TEAMS)
    ]
    return Policy.requiring(tables=tables)


def _expected(team: int) -> dict[str, Value]:
    contact = _contact(team)
    return {
        "security.name": (contact.name,),
        "security.title": (contact.title,),
        "security.email": (contact.email,),
        "security.phone": (contact.phone,),
    }


def _contact(team: int) -> AlternateContact:
    return AlternateContact(
        f"Team {team}", "On call", f"security-{team}@corp.internal", "+44 20 7946 0958"
    )


def fill(store: DatabaseStore, policy: Policy, accounts: int) -> list[Account]:
    """Record a check of every account, as a bot would have."""
    known = [
        Account(f"{number:012}", f"team{number % TEAMS}-prod-{number}", "ACTIVE")
        for number in range(accounts)
    ]
    results = [
        evaluate(each, {ContactType.SECURITY: _reading(number)}, policy.resolve(each))
        for number, each in enumerate(known)
    ]
    scan = store.scans.claim(Trigger(TriggerKind.SCHEDULE)).scan
    store.scans.record(replace(scan, state=ScanState.COMPLETE, counts=count(results)), results)
    return known


def _reading(number: int) -> ContactReading:
    if number % 20 == 0:
        return Unreadable(failure(FailureCode.DENIED_BY_SCP))
    if number % 4 == 1:
        return Absent()
    return Present(_contact(number % TEAMS if number % 4 else number % 7))
