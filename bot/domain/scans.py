"""Scans: what started one, how far it got, and what it found in each organization."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.domain.failures import FailureCode
from bot.domain.findings import Outcome
from bot.domain.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult, FindingKey
    from bot.domain.scope import Scope


class TriggerKind(StrEnum):
    """What may start a scan."""

    SCHEDULE = "schedule"
    SLACK = "slack"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started a scan; `user_id` is the Slack user who asked, for `SLACK` alone."""

    kind: TriggerKind
    user_id: str = ""


class ScanState(StrEnum):
    """How far a scan got. `CUT_OFF`: its process died, and nothing of it was recorded."""

    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class ScanPart:
    """How a scan went in one of several organizations, by the name of its `[[aws]]` table."""

    organization: str
    scope: Scope | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """One check of everything in scope, without the accounts themselves.

    `failure` says why a scan is incomplete or failed. `counts` counts accounts by outcome. If there
    are several organizations, `parts` has each of them, `scope` is the first known one, and
    `failure` is the first one, with the organization's name in its message. `parts` also has the
    only one if its scope has a limit.
    """

    id: int
    trigger: Trigger
    state: ScanState
    started_at: datetime
    finished_at: datetime | None = None
    scope: Scope | None = None
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    failure: Failure | None = None
    parts: tuple[ScanPart, ...] = ()

    @property
    def accounts(self) -> int:
        """The number of listed accounts."""
        return sum(self.counts.values())

    @property
    def skipped(self) -> int:
        """The number of listed accounts that were skipped: not active, or excluded."""
        return self.counts.get(Outcome.SKIPPED, 0)

    @property
    def own_accounts(self) -> frozenset[str]:
        """The accounts that AWS lets be changed only without naming them.

        They are the management account of each organization, and an account that is checked alone.
        """
        scopes = [part.scope for part in self.parts] or [self.scope]
        return frozenset(
            scope.account_id if scope.kind is ScopeKind.ACCOUNT else scope.management_id
            for scope in scopes
            if scope is not None
        ) - {""}

    def scope_of(self, organization: str) -> Scope | None:
        """Who called in an organization, by the name of its section; None if that isn't known."""
        parts = self.parts or (ScanPart("", self.scope),)
        return next((part.scope for part in parts if part.organization == organization), None)

    @property
    def failing(self) -> Mapping[str, Failure]:
        """Why checks fail, by organization; not if a check was only stopped.

        The only organization of a bot without `[[aws]]` sections has the name "".
        """
        parts = self.parts or (ScanPart("", self.scope, self.failure),)
        return {
            part.organization: part.failure
            for part in parts
            if part.failure is not None and part.failure.cause is not FailureCode.NOT_REACHED
        }

    @property
    def unlisted(self) -> frozenset[str]:
        """The organizations that couldn't be listed at all, or only one account in their place."""
        parts = self.parts or (ScanPart("", self.scope, self.failure),)
        blocked = (part.organization for part in parts if part.failure and part.scope is None)
        return frozenset(blocked) | self.limits.keys()

    @property
    def limits(self) -> Mapping[str, Failure]:
        """Why only one account was checked though it may be in an organization, as AWS denied more.

        By organization, as `failing`.
        """
        return {
            part.organization: part.scope.limit
            for part in self.parts
            if part.scope is not None and part.scope.limit is not None
        }

    @property
    def complete_in(self) -> frozenset[str]:
        """The organizations that were listed and read completely."""
        if not self.parts:
            return frozenset({""} if self.state is ScanState.COMPLETE else ())
        return frozenset(part.organization for part in self.parts if part.failure is None)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a scan changed: new findings, resolved ones, and those that stay open."""

    opened: tuple[FindingKey, ...] = ()
    resolved: tuple[FindingKey, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class ScanReport:
    """A scan that ended, with its accounts in the order listed, and its changes."""

    scan: Scan
    results: Sequence[AccountResult]
    changes: Changes = field(default_factory=Changes)


def count(results: Iterable[AccountResult]) -> dict[Outcome, int]:
    """How many accounts have each outcome; every outcome is a key."""
    counted = Counter(result.outcome for result in results)
    return {outcome: counted[outcome] for outcome in Outcome}
