"""Fakes of the ports, and short ways to say what the tests of the use cases are about."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.accounts import Account
from bot.domain.actors import Actor
from bot.domain.contacts import AlternateContact, ContactType, fingerprint
from bot.domain.errors import GatewayError, NotAllowed, PostInDoubt
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixRequest, WriteOrigin
from bot.domain.policy.policy import Policy
from bot.domain.readings import Absent, PlacementsReading, Present, UnitsReading, Unreadable
from bot.domain.run_summary import WritePace
from bot.domain.scans import Trigger, TriggerKind
from bot.domain.scope import CallerRole, Scope, ScopeKind
from bot.services.ports.slack import ApproverSearch, Posted
from bot.services.scan.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.domain.accounts import Unit
    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.domain.errors import NotifierError
    from bot.domain.failures import Failure
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import Members, PrimaryContact
    from bot.services.ports.aws import Priority
    from bot.services.ports.store import Store

PATIENCE = 60.0
"""Seconds after which a test that waits has failed."""

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ORGANIZATION = Scope(
    ScopeKind.ORGANIZATION,
    CallerRole.MANAGEMENT,
    "999999999999",
    organization_id="o-example",
    management_id="999999999999",
)
CONTACT = AlternateContact("Ana Lima", "Lead", "sec@corp.internal", "+351 21 792 3400")
OTHER = AlternateContact("Bo Berg", "Ops", "ops@corp.internal", "+46 8 506 390 00")
THIRD = AlternateContact("Cy Dee", "Duty", "duty@corp.internal", "+44 20 7946 0958")
SECURITY = ContactType.SECURITY
SCHEDULE = Trigger(TriggerKind.SCHEDULE)
ABSENT = Absent()


def account(number: int = 1, name: str = "", state: str = "ACTIVE") -> Account:
    """An account with a made-up id."""
    return Account(f"{number:012}", name or f"Account {number}", state, f"root{number}@example.com")


def unreadable(cause: FailureCode = FailureCode.DENIED) -> Unreadable:
    """A reading that came to nothing."""
    return Unreadable(failure(cause))


def gateway_error(cause: FailureCode = FailureCode.DENIED) -> GatewayError:
    """What the gateway raises for this cause."""
    return GatewayError(failure(cause))


def fix_request(
    key: str = "form-1",
    number: int = 1,
    wanted: AlternateContact | None = CONTACT,
    *,
    user_id: str = "U1",
    shown: AlternateContact | None = None,
    shown_at: datetime = START,
) -> FixRequest:
    """A form that was submitted by a person who was shown `shown`."""
    return FixRequest(
        key, account(number).id, SECURITY, wanted, user_id, fingerprint(shown), shown_at
    )


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment
        self.proven = True

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def is_proven(self) -> bool:
        return self.proven

    def tick(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Gate:
    """A place where a call stands still until the test lets it on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()

    def stand(self) -> None:
        """Wait here (for the fake)."""
        self._reached.set()
        assert self._open.wait(PATIENCE), "nobody opened the gate"

    def await_reached(self) -> None:
        """Wait until somebody stands here (for the test)."""
        assert self._reached.wait(PATIENCE), "nobody came to the gate"

    def open(self) -> None:
        """Let everybody on."""
        self._open.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Somebody stands here for as long as the block lasts."""
        self.await_reached()
        try:
            yield
        finally:
            self.open()


class FakeGateway:
    """An AWS that holds what it was given, and fails where it is asked to.

    `script` holds what the next reads of an account give instead of what is held; an exception
    is raised. `write_faults` are raised by the next writes; what `takes` is still written.
    """

    name = ""

    def __init__(self, *accounts: Account) -> None:
        self.listed = list(accounts)
        self.scope_found: Scope | Exception = ORGANIZATION
        self.listing_fault: Exception | None = None
        self.held: dict[tuple[str, ContactType], AlternateContact] = {}
        self.script: defaultdict[str, deque[ContactReading | Exception]] = defaultdict(deque)
        self.write_faults: deque[tuple[Exception, bool]] = deque()
        self.read_gates: dict[str, Gate] = {}
        self.write_gate: Gate | None = None
        self.on_read: Callable[[], None] = lambda: None
        self.on_write: Callable[[], None] = lambda: None
        self.on_tags: Callable[[int], object] = lambda _number: None
        self.primary: dict[str, PrimaryContact | Failure] = {}
        self.tree: dict[str, tuple[Unit, ...]] = {}
        self.placed: dict[str, str] = {}
        self.tagged: dict[str, Mapping[str, str]] = {}
        self.walk_fault: GatewayError | None = None
        self.placing_fault: GatewayError | None = None
        self.tag_fault: GatewayError | None = None
        self.tag_faults: dict[str, GatewayError] = {}
        self.unlisted: dict[str, Failure] = {}
        self.walks = self.placings = 0
        self.tags_read: list[str] = []
        self.closed = False
        self.written_a_second = WritePace()
        self.reads: list[tuple[str, ContactType, Priority]] = []
        self.writes: list[AlternateContact] = []
        self.deletes: list[tuple[str, ContactType]] = []
        self.origins: list[WriteOrigin] = []

    def hold(self, number: int, contact: AlternateContact | None = CONTACT) -> None:
        """Put a security contact there, or take it away."""
        key = (account(number).id, SECURITY)
        if contact is None:
            self.held.pop(key, None)
        else:
            self.held[key] = contact

    def say(self, number: int, *readings: ContactReading | Exception) -> None:
        """Script what the next reads of an account give."""
        self.script[account(number).id].extend(readings)

    def gate(self, number: int) -> Gate:
        """Have the reads of an account stand still."""
        return self.read_gates.setdefault(account(number).id, Gate())

    def fail_write(self, error: Exception, *, takes: bool = False) -> None:
        """Have the next write fail, though AWS may have taken it."""
        self.write_faults.append((error, takes))

    def pace(self) -> WritePace:
        return self.written_a_second

    def scope(self) -> Scope:
        if isinstance(self.scope_found, Exception):
            raise self.scope_found
        return self.scope_found

    def accounts(self) -> Iterator[Account]:
        yield from self.listed
        if self.listing_fault is not None:
            raise self.listing_fault

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        self.reads.append((account_id, contact_type, priority))
        if gate := self.read_gates.get(account_id):
            gate.stand()
        self.on_read()
        if script := self.script[account_id]:
            reading = script.popleft()
            if isinstance(reading, Exception):
                raise reading
            return reading
        contact = self.held.get((account_id, contact_type))
        return Present(contact) if contact is not None else ABSENT

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        return self.primary.get(account_id, failure(FailureCode.DENIED))

    def units(self) -> UnitsReading:
        self.walks += 1
        if self.walk_fault is not None:
            raise self.walk_fault
        hidden = [unit for unit, path in self.tree.items() if self._is_below_unlisted(path)]
        tree = {unit: path for unit, path in self.tree.items() if unit not in hidden}
        return UnitsReading(tree, self.unlisted)

    def placements(self, units: Iterable[str]) -> PlacementsReading:
        self.placings += 1
        if self.placing_fault is not None:
            raise self.placing_fault
        listed = {"", *units} - self.unlisted.keys()
        placed = {each: unit for each, unit in self.placed.items() if unit in listed}
        return PlacementsReading(placed, self.unlisted)

    def _is_below_unlisted(self, path: tuple[Unit, ...]) -> bool:
        return any(unit.id in self.unlisted for unit in path[:-1])

    def tags(self, account_id: str) -> Mapping[str, str]:
        self.tags_read.append(account_id)
        self.on_tags(len(self.tags_read))
        fault = self.tag_faults.get(account_id, self.tag_fault)
        if fault is not None:
            raise fault
        return self.tagged.get(account_id, {})

    def close(self) -> None:
        self.closed = True

    def write(
        self,
        account_id: str,
        contact_type: ContactType,
        contact: AlternateContact,
        origin: WriteOrigin,
    ) -> str:
        self.writes.append(contact)
        return self._change(account_id, contact_type, contact, origin)

    def delete(self, account_id: str, contact_type: ContactType, origin: WriteOrigin) -> str:
        self.deletes.append((account_id, contact_type))
        return self._change(account_id, contact_type, None, origin)

    def _change(
        self,
        account_id: str,
        contact_type: ContactType,
        contact: AlternateContact | None,
        origin: WriteOrigin,
    ) -> str:
        self.origins.append(origin)
        if self.write_gate is not None:
            self.write_gate.stand()
        self.on_write()
        error, takes = self.write_faults.popleft() if self.write_faults else (None, True)
        if takes and contact is not None:
            self.held[account_id, contact_type] = contact
        elif takes:
            self.held.pop((account_id, contact_type), None)
        if error is not None:
            raise error
        return f"request-{len(self.origins)}"


class FakeMembers:
    """A workspace whose members are as they were given; none: the rules about them are off."""

    def __init__(self, members: Members | Failure | None = None) -> None:
        self.found = members

    def members(self) -> Members | Failure | None:
        return self.found

    def known(self) -> Members | Failure | None:
        return self.found

    def stop(self) -> None:
        pass


def scanner(
    gateways: FakeGateway | Sequence[FakeGateway],
    store: Store,
    clock: FakeClock,
    policy: Policy | None = None,
    *,
    members: Members | Failure | None = None,
    concurrency: int = 32,
    on_recorded: Callable[[], None] = lambda: None,
) -> Scanner:
    """A scanner whose intervals are moments."""
    chosen = policy or Policy.requiring()
    return Scanner(
        [gateways] if isinstance(gateways, FakeGateway) else gateways,
        store,
        lambda: chosen,
        FakeMembers(members),
        clock,
        concurrency=concurrency,
        on_recorded=on_recorded,
        heartbeat_interval=0.005,
        poll_interval=0.005,
        shutdown_timeout=0.05,
    )


class FakeFixers:
    """A list of people who can change contacts."""

    def __init__(self, *user_ids: str) -> None:
        self.user_ids = user_ids
        self.gone: set[str] = set()
        self.fresh: list[bool] = []

    def require_fixer(self, actor: Actor, account_id: str = "", *, fresh: bool = False) -> None:
        self.fresh.append(fresh)
        if actor.user_id not in self.user_ids:
            raise NotAllowed("You don't have permission to change contacts.", "Ask a fixer.")

    def require_fixer_among(
        self, actor: Actor, fixers: Sequence[str] | None, *, fresh: bool = False
    ) -> None:
        self.fresh.append(fresh)
        if actor.user_id not in self.fixers(fixers):
            raise NotAllowed("You don't have permission to change contacts.", "Ask a fixer.")

    def require_approver(
        self, actor: Actor, approvers: Sequence[str], *, fresh: bool = False
    ) -> None:
        self.fresh.append(fresh)
        if actor.user_id not in approvers:
            raise NotAllowed("You don't have permission to approve this change.", "Ask another.")

    def fixers(self, fixers: Sequence[str] | None) -> tuple[str, ...]:
        return self.user_ids if fixers is None else tuple(fixers)

    def find_approver(self, approvers: Sequence[str], besides: str) -> ApproverSearch:
        found = bool(set(approvers) - {besides, *self.gone})
        return ApproverSearch(found, "" if found else "User group S1 has no members.")

    def member(self, user_id: str) -> Actor:
        return Actor(user_id)


class FakeNotifier:
    """A channel: `messages` is what stands there, by `ts`, in the order posted.

    The next calls of each kind raise what stands in `post_faults`, `find_faults` and
    `update_faults`. `lost_replies` is how many posts stand in the channel though nobody knows.
    `deleted` are those that somebody deleted, by `ts`.
    """

    def __init__(self) -> None:
        self.messages: dict[str, AnnouncementContent] = {}
        self.updates: list[AnnouncementContent] = []
        self.looked_for: list[str] = []
        self.post_faults: deque[NotifierError | RuntimeError] = deque()
        self.find_faults: deque[NotifierError] = deque()
        self.update_faults: deque[NotifierError] = deque()
        self.lost_replies = 0
        self.deleted: set[str] = set()
        self.on_post: Callable[[], None] = lambda: None
        self.on_update: Callable[[], None] = lambda: None
        self.tries = 0

    @property
    def posted(self) -> list[str]:
        """The ids of the announcements in the channel, in the order posted."""
        return [content.announcement.id for content in self.messages.values()]

    def post(self, content: AnnouncementContent) -> Posted:
        self.tries += 1
        self.on_post()
        if self.post_faults:
            raise self.post_faults.popleft()
        ts = f"1700000000.{len(self.messages):06}"
        self.messages[ts] = content
        if self.lost_replies:
            self.lost_replies -= 1
            raise PostInDoubt("Slack's answer was lost.")
        return Posted("C1", ts)

    def find(self, announcement: Announcement) -> Posted | None:
        self.looked_for.append(announcement.id)
        if self.find_faults:
            raise self.find_faults.popleft()
        for ts, content in self.messages.items():
            if content.announcement.id == announcement.id:
                return Posted("C1", ts)
        return None

    def stands(self, announcement: Announcement) -> bool:
        return announcement.ts not in self.deleted

    def update(self, content: AnnouncementContent) -> None:
        self.on_update()
        if self.update_faults:
            raise self.update_faults.popleft()
        self.updates.append(content)
        self.messages[content.announcement.ts] = content
