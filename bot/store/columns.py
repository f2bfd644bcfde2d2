"""Converts values to and from columns: times, texts, and JSON of contacts, failures and OUs.

Times are ISO 8601 in UTC with microseconds, so that their order as text is their order in time.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.domain.accounts import Unit
from bot.domain.contacts import AlternateContact
from bot.domain.failures import Failure, FailureCode
from bot.domain.findings import Difference
from bot.domain.rule_catalog import Severity
from bot.domain.scans import ScanPart
from bot.domain.scope import CallerRole, Scope, ScopeKind
from bot.domain.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


SEVERITY_RANK: Final = (
    "CASE severity "
    + " ".join(f"WHEN '{severity.value}' THEN {severity.rank}" for severity in Severity)
    + " ELSE 9 END"
)
"""An SQL expression that orders findings by severity, the worst first."""

SCOPE_COLUMNS: Final = (
    "scope_kind",
    "scope_role",
    "scope_account_id",
    "scope_partition",
    "scope_organization_id",
    "scope_management_id",
)


def time_text(moment: datetime) -> str:
    """A moment as stored."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def maybe_time_text(moment: datetime | None) -> str | None:
    """A moment as stored; None if there is none."""
    return time_text(moment) if moment is not None else None


def to_time(value: str | None) -> datetime | None:
    """The reverse of `maybe_time_text`."""
    return datetime.fromisoformat(value) if value is not None else None


def text(value: str) -> str:
    """Text that SQLite accepts: a lone surrogate, which JSON can contain, becomes `?`."""
    return value.encode("utf-8", "replace").decode()


def folded(value: str) -> str:
    """The form in which names are searched for, ignoring case, in any script."""
    return unicodedata.normalize("NFKC", text(value)).casefold()


def contact_json(contact: AlternateContact | None) -> str | None:
    """A contact as stored; None if there is none."""
    if contact is None:
        return None
    return json.dumps([contact.name, contact.title, contact.email, contact.phone])


def to_contact(value: str | None) -> AlternateContact | None:
    """The reverse of `contact_json`."""
    return AlternateContact(*json.loads(value)) if value is not None else None


def wanted_json(contact: AlternateContact | None) -> str:
    """What a fix writes, as stored in a column that has no NULL: `null` removes the contact."""
    return contact_json(contact) or "null"


def to_wanted(value: str) -> AlternateContact | None:
    """The reverse of `wanted_json`."""
    return None if value == "null" else to_contact(value)


def timetable_json(timetable: Timetable) -> str:
    """A timetable as stored."""
    return json.dumps([timetable.expression, timetable.timezone])


def to_timetable(value: str | None) -> Timetable | None:
    """The reverse of `timetable_json`; None if there is none."""
    return Timetable(*json.loads(value)) if value is not None else None


def failure_json(failure: Failure | None) -> str | None:
    """A failure as stored; None if there is none."""
    if failure is None:
        return None
    return json.dumps([failure.cause.value, failure.message, failure.remedy, failure.code])


def to_failure(value: str | None) -> Failure | None:
    """The reverse of `failure_json`."""
    if value is None:
        return None
    cause, message, remedy, code = json.loads(value)
    return Failure(FailureCode(cause), message, remedy, code)


def differences_json(differences: Iterable[Difference]) -> str:
    """Fields that differ from what the policy expects, as stored."""
    return json.dumps([[item.field, item.expected, item.actual] for item in differences])


def to_differences(value: str) -> tuple[Difference, ...]:
    """The reverse of `differences_json`."""
    return tuple(
        Difference(field, tuple(expected), actual) for field, expected, actual in json.loads(value)
    )


def units_json(units: Iterable[Unit] | None) -> str | None:
    """Organizational units as stored; None if they are unknown."""
    return None if units is None else json.dumps([[unit.id, unit.name] for unit in units])


def to_units(value: str | None) -> tuple[Unit, ...] | None:
    """The reverse of `units_json`."""
    return None if value is None else tuple(Unit(*unit) for unit in json.loads(value))


def tags_json(tags: Mapping[str, str] | None) -> str | None:
    """Tags as stored; None if they are unknown."""
    return None if tags is None else json.dumps(dict(tags))


def to_tags(value: str | None) -> Mapping[str, str] | None:
    """The reverse of `tags_json`."""
    if value is None:
        return None
    tags: dict[str, str] = json.loads(value)
    return tags


def mention_json(mention: Iterable[str]) -> str:
    """The ids of the users and groups to mention, as stored."""
    return json.dumps(list(mention))


def to_mention(value: str) -> tuple[str, ...]:
    """The reverse of `mention_json`."""
    return tuple(json.loads(value))


def parts_json(parts: Iterable[ScanPart]) -> str:
    """The result of a scan in each of several organizations, as stored."""
    return json.dumps(
        [
            [
                part.organization,
                _part_scope(part.scope) if part.scope is not None else None,
                failure_json(part.failure),
            ]
            for part in parts
        ]
    )


def to_parts(value: str) -> tuple[ScanPart, ...]:
    """The reverse of `parts_json`."""
    return tuple(
        ScanPart(name, _to_part_scope(*scope) if scope is not None else None, to_failure(why))
        for name, scope, why in json.loads(value)
    )


def _part_scope(scope: Scope) -> tuple[str | None, ...]:
    """A part's scope; its limit comes after the values that a scan's own columns have."""
    values = scope_values(scope)
    return values if scope.limit is None else (*values, failure_json(scope.limit))


def _to_part_scope(*values: str) -> Scope:
    """The reverse of `_part_scope`."""
    own, more = values[: len(SCOPE_COLUMNS)], values[len(SCOPE_COLUMNS) :]
    return replace(to_scope(*own), limit=to_failure(more[0]) if more else None)


def scope_values(scope: Scope) -> tuple[str, ...]:
    """A scope as the values of its columns, in the order of `SCOPE_COLUMNS`."""
    return (
        scope.kind,
        scope.role,
        scope.account_id,
        scope.partition,
        scope.organization_id,
        scope.management_id,
    )


def to_scope(kind: str, role: str, *ids: str) -> Scope:
    """The reverse of `scope_values`."""
    account_id, partition, organization_id, management_id = ids
    return Scope(
        ScopeKind(kind), CallerRole(role), account_id, partition, organization_id, management_id
    )
