"""Converts rows to domain types: the only module that knows both."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.accounts import Account, unit_path
from bot.domain.announcements import Announcement, AnnouncementKind, SendState
from bot.domain.contacts import ContactChange, ContactType
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.findings import Finding, FindingKey, Outcome, ResolutionKind
from bot.domain.fixes import Fix, FixRequest, FixState
from bot.domain.policy.destination import Destination
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scans import Scan, ScanState, Trigger, TriggerKind
from bot.store.columns import (
    SCOPE_COLUMNS,
    to_contact,
    to_differences,
    to_failure,
    to_mention,
    to_parts,
    to_scope,
    to_tags,
    to_time,
    to_timetable,
    to_units,
    to_wanted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.store.transaction import Row, Transaction, Value

IDS_AT_ONCE: Final = 500
"""The most parameters in one statement; every SQLite accepts at least 999."""


def to_account(row: Row) -> Account:
    """From `accounts`."""
    return Account(
        row["id"],
        row["name"],
        row["state"],
        row["email"],
        row["organization"],
        to_units(row["units"]),
        to_tags(row["tags"]),
    )


def to_scan(row: Row) -> Scan:
    """From `scans`, even if the file isn't migrated yet."""
    scope = (
        to_scope(*(row[column] for column in SCOPE_COLUMNS))
        if row["scope_kind"] is not None
        else None
    )
    return Scan(
        row["id"],
        Trigger(TriggerKind(row["trigger"]), row["user_id"]),
        ScanState(row["state"]),
        datetime.fromisoformat(row["started_at"]),
        to_time(row["finished_at"]),
        scope,
        {Outcome(name): number for name, number in json.loads(row["counts"]).items()},
        to_failure(row["failure"]),
        to_parts(row["parts"]) if "parts" in row.keys() else (),  # noqa: SIM118 - `in` on a row searches its values
    )


def to_finding_key(row: Row) -> FindingKey:
    """From `findings`."""
    return FindingKey(
        row["account_id"], ContactType(row["type"]), Outcome(row["outcome"]), Rule(row["rule"])
    )


def to_destination(row: Row) -> Destination:
    """Where a finding is announced, from `findings`."""
    return Destination(row["channel"], to_mention(row["mention"]))


def to_findings(db: Transaction, rows: Iterable[Row]) -> list[Finding]:
    """From `findings`, with `account_name` and if needed `units` joined; looks up exemptions."""
    found = list(rows)
    exemptions = exemptions_by_id(db, {row["exemption_id"] for row in found} - {None})
    return [_to_finding(row, exemptions.get(row["exemption_id"])) for row in found]


def _to_finding(row: Row, exemption: Exemption | None) -> Finding:
    return Finding(
        row["id"],
        to_finding_key(row),
        row["account_name"],
        row["reason"],
        datetime.fromisoformat(row["first_seen"]),
        datetime.fromisoformat(row["last_seen"]),
        to_failure(row["failure"]),
        to_time(row["resolved_at"]),
        row["resolved_by"],
        row["resolution"],
        Severity(row["severity"]) if row["severity"] is not None else None,
        to_differences(row["differences"]),
        exemption,
        row["owner"],
        unit_path(to_units(row["units"])) if "units" in row.keys() else "",  # noqa: SIM118 - a row's `in` looks at its values
        ResolutionKind(row["resolution_kind"]) if row["resolution_kind"] else None,
    )


def exemptions_by_id(db: Transaction, ids: Iterable[int]) -> Mapping[int, Exemption]:
    """Exemptions by their ids."""
    found: dict[int, Exemption] = {}
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_AT_ONCE):
        chunk = ordered[start : start + IDS_AT_ONCE]
        values: dict[str, Value] = {f"id_{number}": value for number, value in enumerate(chunk)}
        sql = f"SELECT * FROM exemptions WHERE id IN ({', '.join(f':{name}' for name in values)})"  # noqa: S608 - names of this function
        found |= {row["id"]: to_exemption(row) for row in db.rows(sql, **values)}
    return found


def to_exemption(row: Row) -> Exemption:
    """From `exemptions`."""
    request = ExemptionRequest(
        ExemptionKind(row["kind"]),
        row["account_id"],
        ContactType(row["type"]),
        Rule(row["rule"]),
        row["reason"],
        row["user_id"],
        datetime.fromisoformat(row["until"]),
    )
    return Exemption(
        row["id"],
        request,
        datetime.fromisoformat(row["granted_at"]),
        row["account_name"],
        to_time(row["ended_at"]),
        row["ended_by"],
        to_time(row["noticed_at"]),
    )


def to_change(row: Row) -> ContactChange:
    """From `contact_changes`, with `account_name` joined."""
    return ContactChange(
        row["account_id"],
        row["account_name"],
        ContactType(row["type"]),
        to_contact(row["before"]),
        to_contact(row["after"]),
        datetime.fromisoformat(row["seen_at"]),
    )


def to_fix(row: Row) -> Fix:
    """From `fixes`."""
    request = FixRequest(
        row["key"],
        row["account_id"],
        ContactType(row["type"]),
        to_wanted(row["wanted"]),
        row["user_id"],
        row["shown"],
        datetime.fromisoformat(row["shown_at"]),
        row["run_id"],
        row["undoes"],
        row["confirmed_tool"],
    )
    return Fix(
        row["id"],
        request,
        row["account_name"],
        FixState(row["state"]),
        datetime.fromisoformat(row["planned_at"]),
        to_contact(row["before"]),
        to_time(row["applied_at"]),
        to_time(row["ended_at"]),
        to_failure(row["failure"]),
        bool(row["already_there"]),
        to_time(row["in_doubt_since"]),
        bool(row["unusual_domain"]),
        row["undone_by"],
        row["aws_request_id"],
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
        to_time(row["first_tried_at"]),
        bool(row["maybe_repeat"]),
        to_failure(row["failure"]),
        row["organization"],
        row["channel"],
        to_mention(row["mention"]),
        to_timetable(row["timetable"]),
    )
