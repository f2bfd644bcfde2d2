"""Previews a run: what changes in which accounts, and what is left out and why.

It can't write: its only access to AWS is a `ContactReader`, which has no method that changes
anything.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import AlternateContact
from bot.domain.errors import StoreError
from bot.domain.evaluation.run_plan import RunPlanner, RunSubject, Source
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import Absent, Present
from bot.domain.rules.usual_domains import is_unusual
from bot.domain.run_summary import WritePace, summarize
from bot.domain.runs import LastReading, RunKind
from bot.services.ports.aws import Priority
from bot.services.ports.runs import NewRun

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.actors import Actor
    from bot.domain.contacts import ContactType
    from bot.domain.evaluation.run_plan import Wanted
    from bot.domain.run_summary import RunSummary
    from bot.domain.runs import Run
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.aws import ContactReader
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store

MOST_READ: Final = 100
"""The most contacts that a preview reads in AWS because no check has read them yet: ten seconds at
AWS's quota, for which a person waits."""

_READERS: Final = 16


@dataclass(frozen=True, slots=True)
class Preview:
    """A recorded preview, and what it will do.

    `unusual_domains` are email domains that few or no accounts use and that the policy doesn't
    name: the person who sees them decides.
    """

    run: Run
    summary: RunSummary
    unusual_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What to preview.

    `key` is unique to the form or command. The contacts are those of each type in each
    account; if `wanted` has a contact for each, those without one are ignored. `read_all`: read
    every contact in AWS now, rather than only those that no check has read.
    """

    key: str
    requested_by: Actor
    accounts: Sequence[Account]
    types: Collection[ContactType]
    wanted: Wanted = field(repr=False)
    reason: str = ""
    channel: str = ""
    read_all: bool = False


class BulkPreview:
    """Previews runs. Safe to call from several threads.

    Args:
        store: the database.
        policies: look up what accounts should have.
        reader: reads AWS; by its type it can't write.
        clock: the time.
        phone_region: the country in whose national form the policy may give phone numbers, if any.
        pace: returns how many contacts a run writes a second.
    """

    def __init__(
        self,
        store: Store,
        policies: AccountPolicies,
        reader: ContactReader,
        clock: Clock,
        phone_region: str | None = None,
        *,
        pace: Callable[[], WritePace] = WritePace,
    ) -> None:
        self._store = store
        self._policies = policies
        self._reader = reader
        self._clock = clock
        self._phone_region = phone_region
        self._pace = pace

    def preview(
        self,
        request: PreviewRequest,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Preview:
        """Record what a run would do.

        Args:
            request: which contacts, and what they should be.
            on_progress: called with (contacts read in AWS, all to be read).

        Raises:
            StoreError: the database can't be read or written.
        """
        readings = self._readings(request, on_progress)
        exemptions = self._store.exemptions.in_force()
        planner = RunPlanner(request.wanted, self._phone_region)
        items = []
        for account in request.accounts:
            resolved = self._policies.of(account)
            exempt = exemptions.get(account.id, {})
            for contact_type in request.types:
                if _is_not_asked(request.wanted, account, contact_type):
                    continue
                reading = readings.get((account.id, contact_type), _NEVER_READ)
                subject = RunSubject(account, contact_type, reading, resolved.known, exempt)
                items.append(planner.item(subject))
        kind = RunKind.REMOVE if request.wanted is Source.REMOVE else RunKind.FIX
        new = NewRun(request.key, kind, request.requested_by, request.reason, request.channel)
        run = self._store.runs.preview(new, items)
        summary = summarize(items, self._pace())
        return Preview(run, summary, self._unusual_domains(planner.unnamed_domains))

    def summary(self, run_id: int) -> RunSummary:
        """What a run that was previewed before will do.

        Raises:
            StoreError: the database can't be read.
        """
        return summarize(self._store.runs.items(run_id), self._pace())

    def _readings(
        self, request: PreviewRequest, on_progress: Callable[[int, int], None]
    ) -> Mapping[tuple[str, ContactType], LastReading]:
        """The contacts as last read, by a check or now."""
        known = dict(self._store.runs.last_readings(request.types))
        wanted = [
            (account, contact_type)
            for account in request.accounts
            for contact_type in request.types
            if account.is_active and not _is_not_asked(request.wanted, account, contact_type)
        ]
        if request.read_all:
            to_read = wanted
        else:
            to_read = [
                (account, contact_type)
                for account, contact_type in wanted
                if _is_unread(known.get((account.id, contact_type)))
            ][: MOST_READ + 1]
            if len(to_read) > MOST_READ:
                return known
        with ThreadPoolExecutor(_READERS, "preview") as pool:
            for done, ((account, contact_type), reading) in enumerate(
                zip(to_read, pool.map(self._read, to_read), strict=True), 1
            ):
                key = account.id, contact_type
                known[key] = _merged(known.get(key, _NEVER_READ), reading)
                on_progress(done, len(to_read))
        return known

    def _read(self, what: tuple[Account, ContactType]) -> LastReading:
        account, contact_type = what
        asked_at = self._clock.now()
        try:
            reading = self._reader.read(account.id, contact_type, Priority.INTERACTIVE)
        except StoreError as error:
            return LastReading(failure=failure(FailureCode.INTERNAL, message=str(error)))
        match reading:
            case Present(contact):
                return LastReading(contact, asked_at)
            case Absent():
                return LastReading(None, asked_at)
            case _:
                return LastReading(failure=reading.failure)

    def _unusual_domains(self, addresses: Mapping[str, str]) -> tuple[str, ...]:
        """Those of these {domain: address} that few or no accounts use."""
        if not addresses:
            return ()
        used = self._store.accounts.email_domains()
        return tuple(
            sorted(domain for domain, email in addresses.items() if is_unusual(email, "", used))
        )


_NEVER_READ: Final = LastReading()


def _is_unread(reading: LastReading | None) -> bool:
    return reading is None or (reading.read_at is None and reading.failure is None)


def _merged(known: LastReading, read: LastReading) -> LastReading:
    """What was read now, with what is known of its findings."""
    return LastReading(
        read.contact,
        read.read_at,
        read.failure,
        is_open=known.is_open,
        is_exempt=known.is_exempt,
    )


def _is_not_asked(wanted: Wanted, account: Account, contact_type: ContactType) -> bool:
    """Whether there are contacts for each account, and none for this one."""
    if isinstance(wanted, AlternateContact | Source):
        return False
    return (account.id, contact_type) not in wanted
