"""What the store's tests are written with: a clock that is set, and short ways to say results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.domain.accounts import Account
from bot.domain.announcements import SendState
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import (
    OUTCOMES,
    AccountResult,
    Difference,
    FindingKey,
    Outcome,
    TypeResult,
    Verdict,
)
from bot.domain.fixes import FixRequest
from bot.domain.policy.account_policy import AccountPolicy
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import SEVERITIES, Rule
from bot.domain.scans import ScanState, Trigger, TriggerKind, count
from bot.domain.scope import CallerRole, Scope, ScopeKind
from tests.integration.store.databases import place_of, query

if TYPE_CHECKING:
    from bot.domain.failures import Failure
    from bot.domain.findings import Finding
    from bot.domain.policy.account_policy import Value
    from bot.domain.scans import Changes, Scan
    from bot.store.store import DatabaseStore

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ORGANIZATION = Scope(
    ScopeKind.ORGANIZATION,
    CallerRole.MANAGEMENT,
    "111111111111",
    organization_id="o-example",
    management_id="111111111111",
)
CONTACT = AlternateContact("Ana Lima", "Lead", "sec@example.com", "+351 210 000 000")
OTHER = AlternateContact("Bo Berg", "Ops", "ops@example.com", "+46 8 000 00")
SCHEDULE = Trigger(TriggerKind.SCHEDULE)
SECURITY = ContactType.SECURITY


class SetClock:
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


class TickingClock(SetClock):
    """A clock that moves on a millisecond whenever it is asked."""

    def now(self) -> datetime:
        self.tick(0.001)
        return self.moment


def account(number: int = 1, name: str = "", state: str = "ACTIVE") -> Account:
    """An account with a made-up id."""
    account_id = f"{number:012}"
    return Account(account_id, name or f"Account {number}", state, f"root{number}@example.com")


def type_result(outcome: Outcome, kind: ContactType = SECURITY) -> TypeResult:
    """A result of one type, in usual words."""
    match outcome:
        case Outcome.COMPLIANT:
            return TypeResult.from_verdicts(kind, [], CONTACT)
        case Outcome.UNKNOWN:
            return unknown(failure(FailureCode.DENIED), kind)
        case Outcome.UNSUPPORTED:
            return TypeResult.from_verdicts(
                kind, [Verdict.unknown(Rule.UNSUPPORTED, failure(FailureCode.NO_API))]
            )
        case Outcome.WRONG:
            return breaking(Rule.DIFFERENT, kind=kind)
        case Outcome.WEAK:
            return breaking(Rule.PLACEHOLDER, kind=kind)
        case _:
            return breaking(Rule.MISSING, kind=kind, contact=None)


def unknown(why: Failure, kind: ContactType = SECURITY) -> TypeResult:
    """A type that could not be checked."""
    return TypeResult.from_verdicts(kind, [Verdict.unknown(Rule.UNREADABLE, why)])


def breaking(
    *rules: Rule,
    kind: ContactType = SECURITY,
    contact: AlternateContact | None = CONTACT,
    unclear: tuple[Rule, ...] = (),
) -> TypeResult:
    """A contact that breaks rules, and of which others could not be decided."""
    verdicts = [Verdict.unknown(rule, failure(FailureCode.NOT_KNOWN)) for rule in unclear]
    for rule in rules:
        words = f"No {kind} contact is set." if rule is Rule.MISSING else f"Bad: {rule}."
        fields = (Difference("email", ("sec@corp.internal",), contact.email),) if contact else ()
        verdicts.append(Verdict.violated(rule, words, SEVERITIES[rule], fields))
    return TypeResult.from_verdicts(kind, verdicts, contact)


def key(rule: Rule, number: int = 1, kind: ContactType = SECURITY) -> FindingKey:
    """The identity of a finding that this rule is broken, or could not be looked at."""
    return FindingKey(account(number).id, kind, OUTCOMES.get(rule, Outcome.WEAK), rule)


def result(
    who: Account | int,
    *outcomes: Outcome | TypeResult,
    read_at: datetime | None = None,
    policy: AccountPolicy | None = None,
) -> AccountResult:
    """The result of an account; outcomes are of the types in their order, `SECURITY` first."""
    whose = account(who) if isinstance(who, int) else who
    results = tuple(
        item if isinstance(item, TypeResult) else type_result(item, kind)
        for item, kind in zip(outcomes, ContactType, strict=False)
    )
    return AccountResult(whose, results, read_at=read_at, policy=policy)


def policy(**values: Value) -> AccountPolicy:
    """A policy by which SECURITY is required, with these keys besides; `__` stands for a dot."""
    given = {name.replace("__", "."): value for name, value in values.items()}
    found = Policy.requiring(tables=[PolicyTable("here", given)]).resolve(account())
    assert isinstance(found, AccountPolicy)
    return found


def scan_once(
    store: DatabaseStore,
    *results: AccountResult,
    state: ScanState = ScanState.COMPLETE,
    why: Failure | None = None,
    scope: Scope | None = ORGANIZATION,
) -> Changes:
    """Claim a scan and record these results as what it found."""
    return store.scans.record(
        ended(claimed(store), *results, state=state, why=why, scope=scope), results
    )


def claimed(store: DatabaseStore) -> Scan:
    """A scan claimed for this store."""
    claim = store.scans.claim(SCHEDULE)
    assert claim.granted
    return claim.scan


def ended(
    scan: Scan,
    *results: AccountResult,
    state: ScanState = ScanState.COMPLETE,
    why: Failure | None = None,
    scope: Scope | None = ORGANIZATION,
) -> Scan:
    """A scan as its use case hands it over in the end."""
    return replace(
        scan,
        state=state,
        finished_at=scan.started_at + timedelta(seconds=7),
        scope=scope,
        counts=count(results),
        failure=why,
    )


def request(
    key: str = "form-1",
    number: int = 1,
    wanted: AlternateContact = CONTACT,
    kind: ContactType = SECURITY,
) -> FixRequest:
    """A form that was submitted."""
    return FixRequest(key, account(number).id, kind, wanted, "U1", "none", START)


def send(store: DatabaseStore, announcement_id: str) -> None:
    """Post an announcement as the channel would take it."""
    begun = store.announcements.begin_sending(announcement_id)
    assert begun is not None
    assert begun.state is SendState.SENDING
    store.announcements.sent(announcement_id, "C1", "1.1", begun.revision)


def findings(store: DatabaseStore) -> list[Finding]:
    """Every finding ever announced, oldest first."""
    ids = [row[0] for row in query(place_of(store), "SELECT id FROM announcements")]
    contents = [store.announcements.content(str(each), 100) for each in ids]
    return sorted((item for each in contents for item in each.findings), key=lambda item: item.id)


def standing(store: DatabaseStore) -> set[Outcome]:
    """The outcomes of the findings that are open."""
    return {item.key.outcome for item in findings(store) if item.is_open}


def proven_clock() -> SystemClock:
    """The machine's clock, of which Slack or AWS has told the same time."""
    clock = SystemClock()
    clock.observe(formatdate(usegmt=True))
    return clock
