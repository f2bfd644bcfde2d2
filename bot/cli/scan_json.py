"""A scan's report as JSON, written account by account so that large reports need little memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from bot.domain.errors import SettingsError, StoreError
from bot.domain.scans import ScanState, count

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import AlternateContact
    from bot.domain.errors import AltcontactError
    from bot.domain.findings import AccountResult, Verdict
    from bot.domain.scans import Scan, ScanReport


def write(report: ScanReport, out: TextIO) -> None:
    """Write one JSON object and a line feed.

    Its shape: `error` {code, message, remedy}, why the check is incomplete or failed, null if
    it is complete; `scan` {id, started_at, finished_at, complete, scope, caller,
    organizations, limits}, where `organizations` is [{name, complete, scope, caller, problem}],
    empty if there is only one, and `limits` is [{organization, code, message, remedy}], why only
    one account was checked though it may be in an organization; `summary` {accounts, and how many
    of them have each outcome};
    `accounts` [{id, name, organization, path, state, outcome, excluded, contacts}], where
    `contacts` is {type that the policy looks at: {outcome, severity, reason, contact, rules}},
    `contact` is {name, title, email, phone} or null, and `rules` lists each rule that is
    violated or unknown: {rule, outcome, severity, reason, page, fields, exempt}, where
    `fields` is [{field, expected: [values], actual}] and `exempt` is {until, by, kind} or null.
    `page` is relative to the repository. Times are ISO 8601 with an offset; unknown values are
    null.
    """
    counted = count(report.results)
    summary = {"accounts": sum(counted.values())} | {
        outcome.value: number for outcome, number in counted.items()
    }
    out.write(f'{{"error": {json.dumps(_error(report.scan))},\n')
    out.write(f' "scan": {json.dumps(_scan(report.scan))},\n')
    out.write(f' "summary": {json.dumps(summary)},\n "accounts": [')
    separator = "\n  "
    for result in report.results:
        out.write(f"{separator}{json.dumps(_account(result))}")
        separator = ",\n  "
    out.write("]}\n")


def write_error(error: AltcontactError, out: TextIO) -> None:
    """Write one JSON object and a line feed if there is no report.

    Its shape: `error`, as in `write`; its `code` is `settings` or `database`.
    """
    code = {SettingsError: "settings", StoreError: "database"}.get(type(error))
    given = {"code": code, "message": str(error), "remedy": error.remedy or None}
    out.write(f"{json.dumps({'error': given})}\n")


def _error(scan: Scan) -> dict[str, Any] | None:
    if scan.failure is None:
        return None
    why = scan.failure
    return {"code": why.cause.value, "message": why.message, "remedy": why.remedy or None}


def _scan(scan: Scan) -> dict[str, Any]:
    return {
        "id": scan.id or None,
        "started_at": _time(scan.started_at),
        "finished_at": _time(scan.finished_at) if scan.finished_at else None,
        "complete": scan.state is ScanState.COMPLETE,
        "scope": scan.scope.kind.value if scan.scope else None,
        "caller": scan.scope.caller if scan.scope else None,
        "organizations": [
            {
                "name": part.organization,
                "complete": part.failure is None,
                "scope": part.scope.kind.value if part.scope else None,
                "caller": part.scope.caller if part.scope else None,
                "problem": part.failure.message if part.failure else None,
            }
            for part in scan.parts
            if part.organization
        ],
        "limits": [
            {
                "organization": organization or None,
                "code": why.cause.value,
                "message": why.message,
                "remedy": why.remedy or None,
            }
            for organization, why in scan.limits.items()
        ],
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _account(result: AccountResult) -> dict[str, Any]:
    account = result.account
    return {
        "id": account.id,
        "name": account.name,
        "organization": account.organization or None,
        "path": account.path or None,
        "state": account.state,
        "outcome": result.outcome.value,
        "excluded": result.excluded or None,
        "contacts": {
            item.type.value: {
                "outcome": item.outcome.value,
                "severity": item.severity.value if item.severity else None,
                "reason": item.reason,
                "contact": _contact(item.contact),
                "rules": [_rule(verdict) for verdict in item.verdicts],
            }
            for item in result.results
        },
    }


def _rule(verdict: Verdict) -> dict[str, Any]:
    exemption = verdict.exemption
    return {
        "rule": verdict.rule.value,
        "outcome": verdict.outcome.value,
        "severity": verdict.severity.value if verdict.severity else None,
        "reason": verdict.reason,
        "page": verdict.rule.page,
        "fields": [
            {
                "field": difference.field,
                "expected": list(difference.expected),
                "actual": difference.actual,
            }
            for difference in verdict.differences
        ],
        "exempt": {
            "until": _time(exemption.request.until),
            "by": exemption.request.user_id,
            "kind": exemption.request.kind.value,
        }
        if exemption
        else None,
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
