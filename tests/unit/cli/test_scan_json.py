"""The JSON of a scan's report, for programs."""

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.cli import scan_json
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.readings import Absent
from bot.domain.scans import ScanPart, ScanReport, ScanState
from tests.unit.reports import (
    DENIED,
    HELD,
    HOSTILE,
    SCOPE,
    account,
    different,
    every_state,
    excluded,
    judged,
    report,
)


def written(made: ScanReport) -> dict[str, Any]:
    """The report, written and parsed."""
    out = io.StringIO()
    scan_json.write(made, out)
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
        "organizations": [],
        "limits": [],
    }
    scan = written(report([]))["scan"]
    assert datetime.fromisoformat(scan["started_at"]).utcoffset() == timedelta(0)


def test_failed_scan() -> None:
    """A scan that never found out its scope has null for it, and is not complete."""
    made = written(report([], ScanState.FAILED, FailureCode.CREDENTIALS_MISSING, scope=None))
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
    assert first["contacts"]["SECURITY"] == {
        "outcome": "missing",
        "severity": "very_high",
        "reason": "No SECURITY contact is set.",
        "contact": None,
        "rules": [
            {
                "rule": "missing",
                "outcome": "missing",
                "severity": "very_high",
                "reason": "No SECURITY contact is set.",
                "page": "docs/rules/missing.md",
                "fields": [],
                "exempt": None,
            }
        ],
    }
    assert first["contacts"]["BILLING"] == {
        "outcome": "compliant",
        "severity": None,
        "reason": "The BILLING contact is set.",
        "contact": {
            "name": "Jo Doe",
            "title": "Security",
            "email": "sec@corp.internal",
            "phone": "+442079460958",
        },
        "rules": [],
    }
    assert first["contacts"]["OPERATIONS"]["rules"][0]["rule"] == "unreadable"
    assert second == {
        "id": "000000000002",
        "name": "old",
        "organization": None,
        "path": None,
        "state": "SUSPENDED",
        "outcome": "skipped",
        "excluded": None,
        "contacts": {},
    }


def test_expected_against_actual() -> None:
    """A broken rule has what each field may be and what it is; one exempt, until when."""
    wrong, aside = written(report([different(1, "a"), judged(2, "b", Outcome.EXEMPT)]))["accounts"]
    [rule] = wrong["contacts"]["SECURITY"]["rules"]
    assert rule["fields"] == [
        {
            "field": "email",
            "expected": ["aws@corp.internal", "@corp.example"],
            "actual": "sec@corp.internal",
        }
    ]
    assert aside["outcome"] == "exempt"
    [rule] = aside["contacts"]["SECURITY"]["rules"]
    assert rule["exempt"] == {
        "until": "2026-02-01T03:04:05.000+00:00",
        "by": "U1",
        "kind": "exemption",
    }


def test_organizations() -> None:
    """Of several organizations each has how it went; what is excluded says why."""
    made = report([excluded(1, "a", "Closed every Friday.")])
    parts = (ScanPart("corp", SCOPE), ScanPart("bought", None, failure(FailureCode.TIMED_OUT)))
    said = written(replace(made, scan=replace(made.scan, parts=parts)))
    assert said["scan"]["organizations"] == [
        {
            "name": "corp",
            "complete": True,
            "scope": "organization",
            "caller": "management account 111122223333",
            "problem": None,
        },
        {
            "name": "bought",
            "complete": False,
            "scope": None,
            "caller": None,
            "problem": "AWS didn't respond in time.",
        },
    ]
    assert said["accounts"][0]["excluded"] == "Closed every Friday."


def test_order() -> None:
    """Accounts come in the order in which AWS lists them."""
    made = written(report(every_state()))
    assert [each["id"] for each in made["accounts"]] == [f"{n:012d}" for n in range(1, 12)]
