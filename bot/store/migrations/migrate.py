"""Migrates a file of an older version to this version's tables, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlite_utils import Migrations

from bot.domain.errors import StoreError
from bot.store.migrations import (
    step_1_first,
    step_2_policy,
    step_3_composed_names,
    step_4_scanless_announcements,
    step_5_fix_owner,
    step_6_fixes_announced,
    step_7_slack_health,
    step_8_non_compliant,
    step_9_started,
    step_10_resolution_kinds,
    step_11_runs,
    step_12_audit,
    step_13_checkpoints,
    step_14_confirmed_tools,
    step_15_auto_fixes,
    step_16_leader,
    step_17_despite,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlite_utils import Database

SCHEMA: Final = Migrations("altcontact")

_STEPS: Final[Mapping[str, Callable[[Database], None]]] = {
    "m001_first": step_1_first.upgrade,
    "m002_policy": step_2_policy.upgrade,
    "m003_composed_names": step_3_composed_names.upgrade,
    "m004_scanless_announcements": step_4_scanless_announcements.upgrade,
    "m005_fix_owner": step_5_fix_owner.upgrade,
    "m006_fixes_announced": step_6_fixes_announced.upgrade,
    "m007_slack_health": step_7_slack_health.upgrade,
    "m008_non_compliant": step_8_non_compliant.upgrade,
    "m009_started": step_9_started.upgrade,
    "m010_resolution_kinds": step_10_resolution_kinds.upgrade,
    "m011_runs": step_11_runs.upgrade,
    "m012_audit": step_12_audit.upgrade,
    "m013_checkpoints": step_13_checkpoints.upgrade,
    "m014_confirmed_tools": step_14_confirmed_tools.upgrade,
    "m015_auto_fixes": step_15_auto_fixes.upgrade,
    "m016_leader": step_16_leader.upgrade,
    "m017_despite": step_17_despite.upgrade,
}
"""The steps in order, with the names that files store. These names never change."""
for _name, _upgrade in _STEPS.items():
    SCHEMA(name=_name)(_upgrade)


def refuse_foreign(db: Database, path: Path) -> None:
    """Refuse a file that this version must not change; writes nothing.

    Raises:
        StoreError: it was made by a newer version, or by another program.
    """
    if is_newer(db):
        raise StoreError(
            f"The database {path} was made by a newer version of altcontact.",
            "Run that version or a later one, or set ALTCONTACT_DATABASE to another file; "
            "this one was left as it is.",
        )
    if (
        not list(SCHEMA.applied(db))
        and db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    ):
        raise StoreError(
            f"The database {path} belongs to another program.",
            "Set ALTCONTACT_DATABASE to another file; this one was left as it is.",
        )


def is_newer(db: Database) -> bool:
    """Whether a file was made by a newer version; writes nothing."""
    return bool({migration.name for migration in SCHEMA.applied(db)} - _STEPS.keys())


def pending(db: Database) -> int:
    """How many steps the file is behind this version; writes nothing."""
    return len(_STEPS) - len(list(SCHEMA.applied(db)))


def migrate(db: Database) -> None:
    """Migrate the tables to this version, within the caller's transaction."""
    SCHEMA.apply(db)
