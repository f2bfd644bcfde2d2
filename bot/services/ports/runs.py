"""The port to the record of runs; `bot.services.ports.store` says what all ports promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.domain.actors import Actor
    from bot.domain.contacts import ContactType
    from bot.domain.failures import Failure
    from bot.domain.run_progress import RunProgress
    from bot.domain.runs import ItemState, LastReading, Run, RunItem, RunKind


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be recorded as `PREVIEWED`.

    `key` is unique to the form or command that it comes from. `channel` is where it is announced,
    as the policy names it; empty for the channel of the settings. `undoes` is the run that it
    undoes, if any.
    """

    key: str
    kind: RunKind
    requested_by: Actor
    reason: str = ""
    channel: str = ""
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """The contacts of a run that are in one state for one reason.

    `contacts` counts them. `accounts` are the ids and names of the first few accounts.
    """

    state: ItemState
    reason: str
    contacts: int
    accounts: tuple[tuple[str, str], ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run as its message shows it: how far it is, and what went wrong grouped by the reason.

    `groups` has what was left out, held back or failed, the most frequent reason first. `removals`
    counts the planned contacts that are to be removed rather than written. `verifying` counts those
    that AWS accepted and that are still being read back.
    """

    run: Run
    groups: Sequence[ItemGroup] = ()
    removals: int = 0
    verifying: int = 0

    def of(self, state: ItemState) -> list[ItemGroup]:
        """The groups in one state."""
        return [group for group in self.groups if group.state is state]


class RunRepository(Protocol):
    """Runs with their contacts, from the preview to their end.

    A running run belongs to a process, which renews its claim. If the claim isn't renewed in time,
    another process takes the run over and continues it. What a fix of a run came to is recorded in
    its contact by the transaction that records the fix.
    """

    def last_readings(
        self, types: Collection[ContactType]
    ) -> Mapping[tuple[str, ContactType], LastReading]:
        """Every account's contacts of these types as last read, by (account id, type)."""
        ...

    def preview(self, run: NewRun, items: Iterable[RunItem]) -> Run:
        """Record a run with its contacts. The contacts get their numbers in the order given.

        Returns:
            The run; the one recorded before if there is one with this key.
        """
        ...

    def get(self, run_id: int) -> Run | None:
        """One run."""
        ...

    def of_fix(self, fix_id: int) -> RunItem | None:
        """The contact of a run whose newest fix this is, if any."""
        ...

    def items(
        self,
        run_id: int,
        states: Collection[ItemState] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[RunItem]:
        """Contacts of a run in the order of their numbers: in one of these states, or all."""
        ...

    def report(self, run_id: int, accounts: int = 5) -> RunReport | None:
        """A run and how far it is, with at most so many accounts named for each reason."""
        ...

    def progress(self, run_id: int) -> RunProgress | None:
        """A run as its message shows it: problems by root cause, approvals, and its result file."""
        ...

    def leave_out(self, run_id: int, reasons: Mapping[int, str]) -> None:
        """Leave planned contacts out, by number, each with its reason in a sentence."""
        ...

    def hold_back(self, run_id: int, reasons: Mapping[int, str]) -> None:
        """Hold planned contacts back, by number, each with its reason in a sentence."""
        ...

    def request(self, run_id: int) -> bool:
        """A `PREVIEWED` run waits for approval from now on; whether it was `PREVIEWED`."""
        ...

    def start(self, run_id: int, actor: str, *, here: bool = False) -> bool:
        """Have a run worked on that is `PREVIEWED`, `REQUESTED` or `STOPPED`.

        Args:
            run_id: the run.
            actor: who starts or continues it, for the audit log.
            here: whether this process works on it, rather than the first that claims it.

        Returns:
            Whether it was in one of these states: of two people who start it at once, one has.
        """
        ...

    def stop(self, run_id: int, actor: str, reason: str) -> bool:
        """Stop a running run: writes in flight are finished, the rest stays planned.

        Returns:
            Whether it was running.
        """
        ...

    def cancel(self, run_id: int, actor: str, reason: str) -> bool:
        """End a run that has not begun; whether it was `PREVIEWED` or `REQUESTED`."""
        ...

    def retry(self, run_id: int, actor: str) -> int:
        """Plan the failed contacts of a run that is `STOPPED` or `ENDED` again, and continue it.

        Returns:
            How many there were; 0 if there were none, or if the run isn't in one of these states.
        """
        ...

    def claim(self, only: int | None = None) -> list[Run]:
        """The running runs that are this process's, oldest first; takes over abandoned ones.

        Args:
            only: the one run that this process works on; None: any.
        """
        ...

    def renew(self, run_id: int) -> bool:
        """Renew the claim on a run; false if it no longer runs, or was taken over."""
        ...

    def release(self, run_id: int) -> None:
        """Release a running run, so that another process or the next start continues it."""
        ...

    def next_items(self, run_id: int, limit: int, after: int = 0) -> list[RunItem]:
        """The next planned contacts numbered above `after`; none unless this process runs it."""
        ...

    def finish_item(
        self, item: RunItem, state: ItemState, reason: str, failure: Failure | None = None
    ) -> None:
        """Record what a contact came to, unless a fix of it has come further.

        Args:
            item: the contact, as it was planned.
            state: held back or failed.
            reason: why, in a sentence without personal data.
            failure: the cause, if it is AWS's.
        """
        ...

    def plan_again(self, item: RunItem) -> None:
        """Plan a contact again, as a new attempt, whose fix was refused for a reason that passes.

        Args:
            item: the contact, as it was planned.
        """
        ...

    def end(self, run_id: int) -> bool:
        """End a running run of which nothing is planned, and nothing still being verified."""
        ...

    def bump(self, run_id: int) -> None:
        """Have the run's message updated."""
        ...
