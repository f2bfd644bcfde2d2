"""Reports of scans for tests: accounts in every state, and scans that ended in every way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.causes import failure
from bot.contacts import Account, AlternateContact, ContactType
from bot.findings import (
    Absent,
    AccountResult,
    Cause,
    Held,
    Outcome,
    Reading,
    TypeResult,
    Unreadable,
    Unsupported,
    evaluate,
)
from bot.policy import Policy
from bot.scans import Scan, ScanReport, ScanState, Trigger, TriggerKind, count
from bot.scope import CallerRole, Scope, ScopeKind

STARTED: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONTACT: Final = AlternateContact("Jo Doe", "Security", "sec@example.com", "+442079460958")
HELD: Final = Held(CONTACT)
DENIED: Final = Unreadable(failure(Cause.DENIED_BY_SCP))
THROTTLED: Final = Unreadable(failure(Cause.THROTTLED))
NO_API: Final = Unsupported(failure(Cause.NO_API))
SCOPE: Final = Scope(ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT, "111122223333")
HOSTILE: Final = "<!channel> [red]x[/] \x1b[31m\t\u202e:smile:"


def account(number: int, name: str, *readings: Reading, state: str = "ACTIVE") -> AccountResult:
    """An account's result with a reading for SECURITY, BILLING and OPERATIONS, in this order."""
    types = tuple(ContactType)[: len(readings)]
    found = Account(f"{number:012d}", name, state)
    return evaluate(found, dict(zip(types, readings, strict=True)), Policy(types))


def judged(number: int, name: str, outcome: Outcome) -> AccountResult:
    """An account with an outcome that only a policy gives."""
    result = TypeResult(ContactType.SECURITY, outcome, f"The contact is {outcome}.", CONTACT)
    return AccountResult(Account(f"{number:012d}", name), (result,))


def every_state() -> list[AccountResult]:
    """An account in every state, in no particular order."""
    return [
        account(1, "fine", HELD),
        account(2, "payments", Absent()),
        account(3, HOSTILE, Absent()),
        account(4, "denied", DENIED),
        account(5, "denied-too", DENIED),
        account(6, "throttled", THROTTLED),
        account(7, "gov", NO_API),
        account(8, "old", state="SUSPENDED"),
        judged(9, "off", Outcome.WRONG),
        judged(10, "frail", Outcome.WEAK),
        judged(11, "set-aside", Outcome.EXEMPT),
    ]


def report(
    results: Sequence[AccountResult],
    state: ScanState = ScanState.COMPLETE,
    cause: Cause | None = None,
    scope: Scope | None = SCOPE,
    trigger: Trigger = Trigger(TriggerKind.CLI),  # noqa: B008 - it is frozen
) -> ScanReport:
    """A report of a scan that took three and a quarter seconds."""
    scan = Scan(
        7,
        trigger,
        state,
        STARTED,
        STARTED + timedelta(seconds=3.25),
        scope,
        count(results),
        failure(cause) if cause else None,
    )
    return ScanReport(scan, results)
