"""A scan's report as JSON, written account by account so that ten thousand need little memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from bot.scans import ScanState, count

if TYPE_CHECKING:
    from datetime import datetime

    from bot.contacts import AlternateContact
    from bot.findings import AccountResult
    from bot.scans import Scan, ScanReport


def write(report: ScanReport, out: TextIO) -> None:
    """Write one JSON object and a line feed.

    Its shape: `scan` {id, started_at, finished_at, complete, scope, caller}; `summary` {accounts,
    and how many of them have each outcome}; `accounts` [{id, name, state, outcome, contacts}],
    where `contacts` is {required type: {outcome, reason, contact}} and `contact` is {name, title,
    email, phone} or null. Times are ISO 8601 with an offset; a scope never found out is null.
    """
    counted = count(report.results)
    summary = {"accounts": sum(counted.values())} | {
        outcome.value: number for outcome, number in counted.items()
    }
    out.write(f'{{"scan": {json.dumps(_scan(report.scan))},\n')
    out.write(f' "summary": {json.dumps(summary)},\n "accounts": [')
    separator = "\n  "
    for result in report.results:
        out.write(f"{separator}{json.dumps(_account(result))}")
        separator = ",\n  "
    out.write("]}\n")


def _scan(scan: Scan) -> dict[str, Any]:
    return {
        "id": scan.id,
        "started_at": _time(scan.started_at),
        "finished_at": _time(scan.finished_at) if scan.finished_at else None,
        "complete": scan.state is ScanState.COMPLETE,
        "scope": scan.scope.kind.value if scan.scope else None,
        "caller": scan.scope.caller if scan.scope else None,
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _account(result: AccountResult) -> dict[str, Any]:
    account = result.account
    return {
        "id": account.id,
        "name": account.name,
        "state": account.state,
        "outcome": result.outcome.value,
        "contacts": {
            each.type.value: {
                "outcome": each.outcome.value,
                "reason": each.reason,
                "contact": _contact(each.contact),
            }
            for each in result.results
        },
    }


def _contact(contact: AlternateContact | None) -> dict[str, str] | None:
    if contact is None:
        return None
    return {
        "name": contact.name,
        "title": contact.title,
        "email": contact.email,
        "phone": contact.phone,
    }
