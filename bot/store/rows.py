"""Rows to domain types and back: the one place that knows both.

Times are ISO 8601 in UTC with microseconds, so that their order as text is their order in time.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.announcements import Announcement, AnnouncementKind, SendState
from bot.contacts import Account, AlternateContact, ContactType
from bot.findings import (
    AccountResult,
    Cause,
    Failure,
    Finding,
    FindingKey,
    Outcome,
    TypeResult,
)
from bot.fixes import Fix, FixRequest, FixState
from bot.scans import Scan, ScanState, Trigger, TriggerKind
from bot.scope import CallerRole, Scope, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row


def time_text(moment: datetime) -> str:
    """A moment as stored."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def text(value: str) -> str:
    """Text that SQLite takes: half a surrogate pair, which JSON can carry, becomes `?`."""
    return value.encode("utf-8", "replace").decode()


def folded(value: str) -> str:
    """The form in which names are looked for: whatever the case, in any script."""
    return unicodedata.normalize("NFKC", text(value)).casefold()


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def contact_json(contact: AlternateContact | None) -> str | None:
    """A contact as stored; None where there is none."""
    if contact is None:
        return None
    return json.dumps([contact.name, contact.title, contact.email, contact.phone])


def to_contact(value: str | None) -> AlternateContact | None:
    """The reverse of `contact_json`."""
    return AlternateContact(*json.loads(value)) if value is not None else None


def failure_json(failure: Failure | None) -> str | None:
    """A failure as stored; None where there is none."""
    if failure is None:
        return None
    return json.dumps([failure.cause.value, failure.words, failure.mend, failure.code])


def to_failure(value: str | None) -> Failure | None:
    """The reverse of `failure_json`."""
    if value is None:
        return None
    cause, words, mend, code = json.loads(value)
    return Failure(Cause(cause), words, mend, code)


def to_account(row: Row) -> Account:
    """From `accounts`."""
    return Account(row["id"], row["name"], row["state"], row["email"])


def counts_json(counts: Mapping[Outcome, int]) -> str:
    """A scan's counts as stored."""
    return json.dumps({outcome.value: number for outcome, number in counts.items()})


def to_scan(row: Row) -> Scan:
    """From `scans`."""
    scope = None
    if row["scope_kind"] is not None:
        scope = Scope(
            ScopeKind(row["scope_kind"]),
            CallerRole(row["scope_role"]),
            row["scope_account_id"],
            row["scope_partition"],
            row["scope_organization_id"],
            row["scope_management_id"],
        )
    return Scan(
        row["id"],
        Trigger(TriggerKind(row["trigger"]), row["user_id"]),
        ScanState(row["state"]),
        datetime.fromisoformat(row["started_at"]),
        _time(row["finished_at"]),
        scope,
        {Outcome(name): number for name, number in json.loads(row["counts"]).items()},
        to_failure(row["failure"]),
    )


def result_row(scan_id: int, position: int, result: AccountResult) -> tuple[object, ...]:
    """For `scan_results`, in the order of its columns."""
    account = result.account
    results = [
        [
            item.type,
            item.outcome,
            item.reason,
            contact_json(item.contact),
            failure_json(item.failure),
        ]
        for item in result.results
    ]
    return (
        scan_id,
        position,
        account.id,
        text(account.name),
        account.state,
        text(account.email),
        result.seen,
        time_text(result.read_at) if result.read_at else None,
        json.dumps(results),
    )


class ResultReader:
    """`scan_results` to domain types; what thousands of rows have in common is held once."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._failures: dict[str | None, Failure | None] = {}

    def read(self, row: Row) -> AccountResult:
        """One account's result."""
        return AccountResult(
            Account(row["account_id"], row["name"], row["state"], row["email"]),
            tuple(self._type_result(*item) for item in json.loads(row["results"])),
            bool(row["seen"]),
            _time(row["read_at"]),
        )

    def _type_result(
        self, kind: str, outcome: str, reason: str, contact: str | None, failure: str | None
    ) -> TypeResult:
        if failure not in self._failures:
            self._failures[failure] = to_failure(failure)
        return TypeResult(
            ContactType(kind),
            Outcome(outcome),
            self._reasons.setdefault(reason, reason),
            to_contact(contact),
            self._failures[failure],
        )


def to_finding_key(row: Row) -> FindingKey:
    """From `findings`."""
    return FindingKey(row["account_id"], ContactType(row["type"]), Outcome(row["outcome"]))


def to_finding(row: Row) -> Finding:
    """From `findings`, with `account_name` joined."""
    return Finding(
        row["id"],
        to_finding_key(row),
        row["account_name"],
        row["reason"],
        datetime.fromisoformat(row["first_seen"]),
        datetime.fromisoformat(row["last_seen"]),
        to_failure(row["failure"]),
        _time(row["resolved_at"]),
        row["resolved_by"],
        row["resolution"],
    )


def to_fix(row: Row) -> Fix:
    """From `fixes`."""
    request = FixRequest(
        row["key"],
        row["account_id"],
        ContactType(row["type"]),
        AlternateContact(*json.loads(row["wanted"])),
        row["user_id"],
        row["shown"],
        datetime.fromisoformat(row["shown_at"]),
    )
    return Fix(
        row["id"],
        request,
        row["account_name"],
        FixState(row["state"]),
        datetime.fromisoformat(row["planned_at"]),
        to_contact(row["before"]),
        _time(row["applied_at"]),
        _time(row["ended_at"]),
        to_failure(row["failure"]),
        bool(row["already_there"]),
    )


def to_announcement(row: Row) -> Announcement:
    """From `announcements`."""
    return Announcement(
        row["id"],
        AnnouncementKind(row["kind"]),
        row["scan_id"],
        datetime.fromisoformat(row["created_at"]),
        SendState(row["state"]),
        row["revision"],
        row["shown_revision"],
        row["channel_id"],
        row["ts"],
        _time(row["first_tried_at"]),
        bool(row["maybe_repeat"]),
        to_failure(row["failure"]),
    )
