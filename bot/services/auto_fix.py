"""The use case *auto-fix*: fix new findings without a person, where the policy lets the bot.

What is fixed is a run like any other: recorded before the first write, held back where AWS changed,
announced, and undone by a button.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.actors import Actor
from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.audit import BOT
from bot.domain.errors import NotLeading, StoreError
from bot.domain.evaluation.auto_fix import (
    CONTESTED_FOR,
    LIMITED_FOR,
    choose,
    permits_auto_fix,
)
from bot.domain.evaluation.run_plan import RunPlanner, RunSubject, Source
from bot.domain.policy.account_policy import AccountPolicy
from bot.domain.runs import ItemState, RunKind, RunState
from bot.services.ports.auto_fixes import AutoFixDecision
from bot.services.ports.runs import NewRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.domain.announcements import Announcement
    from bot.domain.contacts import ContactType
    from bot.domain.evaluation.auto_fix import AutoFixChoice
    from bot.domain.runs import RunItem
    from bot.domain.scans import Scan, ScanReport
    from bot.services.account_policy import AccountPolicies
    from bot.services.management_accounts import ManagementAccounts
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store

    Candidate = tuple[RunItem, AccountPolicy]

_log = structlog.get_logger(__name__)

_ACTOR: Final = Actor(BOT)

DECIDED_WITHIN: Final = timedelta(seconds=30)
"""How long an alert waits for a decision, which may never come: the scan may be another process's,
without a bot."""


class AutoFixService:
    """Fixes the new findings of each scan. Safe to call from several threads and processes.

    Args:
        store: the database.
        policies: look up what accounts should have.
        management: knows the management accounts.
        clock: the time.
        phone_region: the country in whose national form the policy may give phone numbers, if any.
        on_started: called after a run began.
        leads: whether this process leads: only the leader decides what the bot fixes by itself.
    """

    def __init__(
        self,
        store: Store,
        policies: AccountPolicies,
        management: ManagementAccounts,
        clock: Clock,
        *,
        phone_region: str | None = None,
        on_started: Callable[[], None] = lambda: None,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._policies = policies
        self._management = management
        self._clock = clock
        self._phone_region = phone_region
        self._on_started = on_started
        self._leads = leads
        self._lock = threading.Lock()
        self._settled: int | None = None

    def settle(self) -> None:
        """Begin the fixes that the last scan calls for, unless that was decided before.

        Called after each scan, at the start, and now and then: another process may have scanned.
        A failure is logged; the alerts tell people what needs attention.
        """
        if not self._leads():
            return
        try:
            with self._lock:
                started = self._resume() + self._after_last_scan()
        except NotLeading:
            self._settled = None
            return
        except StoreError as error:
            _log.warning("auto-fix not possible", problem=str(error), remedy=error.remedy)
            return
        if started:
            self._on_started()

    def holds(self, announcement: Announcement) -> bool:
        """Whether an alert waits until it is decided what the bot fixes of what it is about.

        That takes a moment after the scan. Afterwards the store holds it while the bot fixes.

        Raises:
            StoreError: the database can't be read.
        """
        scan_id = announcement.scan_id
        if announcement.kind is not AnnouncementKind.NON_COMPLIANT or scan_id is None:
            return False
        if announcement.state is not SendState.PENDING or not self._policies.current.auto_fixes:
            return False
        is_new = self._clock.now() - announcement.created_at < DECIDED_WITHIN
        return is_new and not self._store.auto_fixes.is_decided(scan_id)

    def _resume(self) -> int:
        """Start the runs whose start was interrupted; how many."""
        return sum(self._start(run_id) for run_id in self._store.auto_fixes.unstarted())

    def _after_last_scan(self) -> int:
        """Decide what to fix after the last scan; how many runs were started."""
        scan = self._store.scans.last()
        if scan is None or scan.id == self._settled:
            return 0
        self._settled = scan.id
        ended = scan.finished_at
        if not self._policies.current.auto_fixes or ended is None:
            return 0
        # After so long, people have seen the alert.
        if self._clock.now() - ended > LIMITED_FOR or self._store.auto_fixes.is_decided(scan.id):
            return 0
        choice = self._choose(self._store.scans.report(scan.id))
        started = sum(self._run(scan, *group) for group in _by_channel(choice.chosen))
        self._store.auto_fixes.decide(scan.id, _decisions(choice))
        return started

    def _choose(self, report: ScanReport) -> AutoFixChoice:
        now = self._clock.now()
        planned = self._store.auto_fixes.planned_since(now - CONTESTED_FOR)
        used = sum(now - each.planned_at < LIMITED_FOR for each in planned)
        contested = {(each.account_id, each.type) for each in planned}
        candidates = []
        for item, policy in self._candidates(report):
            if (item.account_id, item.type) in contested:
                _log.info(
                    "not fixed again by the bot", account=item.account_id, type=item.type.value
                )
                continue
            candidates.append((item, policy))
        return choose(candidates, used)

    def _candidates(self, report: ScanReport) -> Iterator[Candidate]:
        """The contacts with new findings that the bot may fix, by account name."""
        contacts = {
            (key.account_id, key.type): None
            for key in report.changes.opened
            if key.outcome.is_non_compliant
        }
        if not contacts:
            return
        readings = self._store.runs.last_readings({each for _, each in contacts})
        exemptions = self._store.exemptions.in_force()
        management = self._management.among({account_id for account_id, _ in contacts})
        planner = RunPlanner(Source.EXPECTED, self._phone_region)
        for account_id, contact_type in sorted(contacts, key=self._position(contacts)):
            account = self._store.accounts.get(account_id)
            policy = self._policies.rights(account_id)
            reading = readings.get((account_id, contact_type))
            if account is None or reading is None or not reading.is_open:
                continue
            if not isinstance(policy, AccountPolicy) or not permits_auto_fix(
                policy, is_management=account_id in management
            ):
                continue
            exempt = exemptions.get(account_id, {})
            item = planner.item(RunSubject(account, contact_type, reading, policy, exempt))
            if item.state is ItemState.PLANNED:
                yield item, policy

    def _position(
        self, contacts: Iterable[tuple[str, ContactType]]
    ) -> Callable[[tuple[str, ContactType]], tuple[str, str, str]]:
        """The order in which contacts are fixed, which never depends on the scan's threads."""
        names = {}
        for account_id, _ in contacts:
            account = self._store.accounts.get(account_id)
            names[account_id] = account.name.casefold() if account is not None else ""
        return lambda key: (names[key[0]], key[0], key[1].value)

    def _run(self, scan: Scan, channel: str, candidates: list[Candidate]) -> bool:
        """Record and start a run of contacts; whether it was started."""
        key = f"auto:{scan.id}:{channel}"
        new = NewRun(key, RunKind.AUTO_FIX, _ACTOR, channel=channel)
        run = self._store.runs.preview(new, [item for item, _ in candidates])
        return run.state is RunState.PREVIEWED and self._start(run.id)

    def _start(self, run_id: int) -> bool:
        started = self._store.runs.start(run_id, BOT)
        if started:
            _log.info("auto-fix started", run=run_id)
        return started


def _by_channel(candidates: Iterable[Candidate]) -> Iterator[tuple[str, list[Candidate]]]:
    """Contacts by the channel that the policy names for their accounts."""
    ordered = sorted(candidates, key=lambda each: each[1].channel)
    for channel, group in groupby(ordered, key=lambda each: each[1].channel):
        yield channel, list(group)


def _decisions(choice: AutoFixChoice) -> list[AutoFixDecision]:
    """What was decided for each channel; at least one, so that it is on record."""
    chosen, left = dict(_by_channel(choice.chosen)), dict(_by_channel(choice.left))
    return [
        AutoFixDecision(
            channel,
            len(chosen.get(channel, ())),
            len(left.get(channel, ())),
            min((policy.auto_fix_limit for _, policy in left.get(channel, ())), default=0),
        )
        for channel in sorted({"", *chosen, *left})
    ]
