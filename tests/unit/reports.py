"""Reports of scans for tests: accounts in every state, and scans that ended in every way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.accounts import Account
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import AccountResult, Outcome, TypeResult, Verdict
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Absent, ContactReading, Present, Unreadable, Unsupported
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scans import Scan, ScanReport, ScanState, Trigger, TriggerKind, count
from bot.domain.scope import CallerRole, Scope, ScopeKind

STARTED: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONTACT: Final = AlternateContact("Jo Doe", "Security", "sec@corp.internal", "+442079460958")
HELD: Final = Present(CONTACT)
DENIED: Final = Unreadable(failure(FailureCode.DENIED_BY_SCP))
THROTTLED: Final = Unreadable(failure(FailureCode.THROTTLED))
NO_API: Final = Unsupported(failure(FailureCode.NO_API))
SCOPE: Final = Scope(ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT, "111122223333")
HOSTILE: Final = "<!channel> [red]x[/] \x1b[31m\t\u202e:smile:"


def account(
    number: int, name: str, *readings: ContactReading, state: str = "ACTIVE"
) -> AccountResult:
    """An account's result with a reading for SECURITY, BILLING and OPERATIONS, in this order."""
    types = tuple(ContactType)[: len(readings)]
    found = Account(f"{number:012d}", name, state)
    policy = Policy.requiring(types).resolve(found)
    return evaluate(found, dict(zip(types, readings, strict=True)), policy)


RULES: Final = {
    Outcome.WRONG: Rule.DIFFERENT,
    Outcome.WEAK: Rule.FREE_MAIL,
    Outcome.EXEMPT: Rule.FREE_MAIL,
}


def judged(number: int, name: str, outcome: Outcome) -> AccountResult:
    """An account with an outcome that only a policy gives."""
    found = Account(f"{number:012d}", name)
    kind, rule = ContactType.SECURITY, RULES[outcome]
    until = STARTED + timedelta(days=30)
    exemption = None
    if outcome is Outcome.EXEMPT:
        reason = "Moves to another team."
        request = ExemptionRequest(
            ExemptionKind.EXEMPTION, found.id, kind, rule, reason, "U1", until
        )
        exemption = Exemption(1, request, STARTED, name)
    standing = Outcome.WEAK if outcome is Outcome.EXEMPT else outcome
    verdict = Verdict(
        rule, standing, f"The contact is {outcome}.", Severity.MEDIUM, exemption=exemption
    )
    return AccountResult(found, (TypeResult.from_verdicts(kind, [verdict], CONTACT),))


def different(number: int, name: str) -> AccountResult:
    """An account whose security contact has another address than expected."""
    found = Account(f"{number:012d}", name)
    expected = ("aws@corp.internal", "@corp.example")
    layer = PolicyTable("[policy] (line 1)", {"security.email": expected})
    return evaluate(
        found,
        {ContactType.SECURITY: HELD},
        Policy.requiring(tables=[layer]).resolve(found),
    )


def excluded(number: int, name: str, reason: str) -> AccountResult:
    """An account that the policy excludes."""
    found = Account(f"{number:012d}", name)
    layer = PolicyTable("[[policy.exclude]] 1 (line 1)", {"excluded": reason})
    return evaluate(found, {}, Policy.requiring(tables=[layer]).resolve(found))


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
    cause: FailureCode | None = None,
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
