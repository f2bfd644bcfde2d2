"""States of a bot for tests of its metrics: all is well, or there is trouble everywhere."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.figures import Figures, FindingKind
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.health import Problem, Reason
from bot.domain.leadership import Leader
from bot.domain.rule_catalog import Severity
from bot.domain.scans import Scan, ScanState
from bot.services.monitoring import BotState, CopyState
from bot.services.ports.metrics import CallRate
from tests.unit.fakes import SCHEDULE, START

NOW = START + timedelta(hours=1)
COMPLETE = Scan(
    1,
    SCHEDULE,
    ScanState.COMPLETE,
    START - timedelta(seconds=90),
    START,
    counts={Outcome.MISSING: 6, Outcome.COMPLIANT: 144},
)
FAILED = Scan(2, SCHEDULE, ScanState.FAILED, START, START, failure=failure(FailureCode.THROTTLED))

WELL = BotState(
    NOW,
    Figures(
        findings={FindingKind(Outcome.MISSING, ContactType.SECURITY, Severity.VERY_HIGH): 6},
        scans={ScanState.COMPLETE: 1},
        last_scan=COMPLETE,
        last_complete=COMPLETE,
        fixes={FixState.CONFIRMED: 3},
        leader=Leader("a", START, 4),
    ),
    {"announcer": 0.0, "connect": 0.5},
    (),
    slack_silence=0.7,
    leads=True,
    rates={"read": CallRate(10.0, 10.0), "list": CallRate(5.0, 5.0)},
    copies={
        "checkpoint": CopyState(START, failing=False),
        "snapshot": CopyState(START, failing=False),
    },
)

TROUBLED = BotState(
    NOW + timedelta(days=2),
    Figures(
        findings={
            FindingKind(Outcome.MISSING, ContactType.SECURITY, Severity.VERY_HIGH): 6,
            FindingKind(Outcome.UNKNOWN, ContactType.BILLING, None): 2,
            FindingKind(Outcome.EXEMPT, ContactType.OPERATIONS, Severity.LOW): 1,
        },
        unchecked={FailureCode.DENIED: 2},
        scans={ScanState.COMPLETE: 1, ScanState.FAILED: 1, ScanState.RUNNING: 1},
        last_scan=FAILED,
        last_complete=COMPLETE,
        waiting=4,
        waiting_since=NOW,
        fixes={FixState.PLANNED: 1, FixState.FAILED: 2},
        fixes_in_doubt=1,
        leader=Leader("a", START, 4, is_over=True),
    ),
    {"announcer": 400.0, "connect": 0.5},
    (
        Problem(Reason.SLACK, "The bot isn't connected to Slack."),
        Problem(Reason.THREAD, "The thread “announcer” gave no sign for 400 seconds."),
    ),
    slack_silence=None,
    leads=False,
    rates={"read": CallRate(0.5, 10.0), "list": CallRate(5.0, 5.0)},
    copies={
        "checkpoint": CopyState(START, failing=True),
        "snapshot": CopyState(None, failing=True),
    },
)
