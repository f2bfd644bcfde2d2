"""The JSON of a scan's report, for programs."""

import io
import json
from datetime import datetime, timedelta
from typing import Any

from bot import report_json
from bot.findings import Absent, Cause
from bot.scans import ScanReport, ScanState
from tests.unit.reports import DENIED, HELD, HOSTILE, account, every_state, report


def written(made: ScanReport) -> dict[str, Any]:
    """The report, written and parsed."""
    out = io.StringIO()
    report_json.write(made, out)
    parsed: dict[str, Any] = json.loads(out.getvalue())
    return parsed


def test_scan() -> None:
    """The scan has its id, its times with an offset, whether it is complete, scope and caller."""
    assert written(report([]))["scan"] == {
        "id": 7,
        "started_at": "2026-01-02T03:04:05.000+00:00",
        "finished_at": "2026-01-02T03:04:08.250+00:00",
        "complete": True,
        "scope": "organization",
        "caller": "management account 111122223333",
    }
    scan = written(report([]))["scan"]
    assert datetime.fromisoformat(scan["started_at"]).utcoffset() == timedelta(0)


def test_failed_scan() -> None:
    """A scan that never found out its scope has null for it, and is not complete."""
    made = written(report([], ScanState.FAILED, Cause.CREDENTIALS_MISSING, scope=None))
    assert made["scan"]["complete"] is False
    assert made["scan"]["scope"] is made["scan"]["caller"] is None
    assert made["accounts"] == []


def test_summary() -> None:
    """The summary counts the accounts, and those of every outcome, none left out."""
    assert written(report(every_state()))["summary"] == {
        "accounts": 11,
        "missing": 2,
        "wrong": 1,
        "weak": 1,
        "unknown": 3,
        "unsupported": 1,
        "exempt": 1,
        "compliant": 1,
        "skipped": 1,
    }


def test_accounts() -> None:
    """An account has each required type with its outcome, reason, and what AWS holds."""
    results = [
        account(1, HOSTILE, Absent(), HELD, DENIED),
        account(2, "old", state="SUSPENDED"),
    ]
    first, second = written(report(results))["accounts"]
    assert first["name"] == HOSTILE
    assert first["outcome"] == "missing"
    assert first["contacts"] == {
        "SECURITY": {
            "outcome": "missing",
            "reason": "No SECURITY contact is set.",
            "contact": None,
        },
        "BILLING": {
            "outcome": "compliant",
            "reason": "The BILLING contact is set.",
            "contact": {
                "name": "Jo Doe",
                "title": "Security",
                "email": "sec@example.com",
                "phone": "+442079460958",
            },
        },
        "OPERATIONS": {
            "outcome": "unknown",
            "reason": "A service control policy denies this action.",
            "contact": None,
        },
    }
    assert second == {
        "id": "000000000002",
        "name": "old",
        "state": "SUSPENDED",
        "outcome": "skipped",
        "contacts": {},
    }


def test_order() -> None:
    """Accounts come in the order in which AWS lists them."""
    made = written(report(every_state()))
    assert [each["id"] for each in made["accounts"]] == [f"{n:012d}" for n in range(1, 12)]
