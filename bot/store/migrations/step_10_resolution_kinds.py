"""Migration step 10: how findings ended, as a kind beside the sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    "ALTER TABLE findings ADD COLUMN resolution_kind TEXT NOT NULL DEFAULT ''",
    """
    UPDATE findings SET resolution_kind = CASE
        WHEN resolution LIKE 'The exemption ended%' THEN 'reopened'
        WHEN resolution LIKE 'The account is not in %' THEN 'departed'
        WHEN resolution LIKE 'The account is no longer in %' THEN 'departed'
        WHEN resolution LIKE 'The account is %' THEN 'inactive'
        WHEN resolution LIKE 'The policy excludes %' THEN 'excluded'
        WHEN resolution LIKE 'The policy %' THEN 'not_required'
        WHEN resolution LIKE 'This contact is %' THEN 'not_required'
        WHEN resolution LIKE 'This rule is off%' THEN 'not_required'
        WHEN outcome IN ('unknown', 'unsupported') THEN 'checked'
        WHEN resolution LIKE '%outside of this bot.' THEN 'fixed_in_aws'
        WHEN resolved_by != '' OR resolution LIKE 'AWS %' THEN 'fixed'
        ELSE 'cleared'
    END
    WHERE resolved_at IS NOT NULL
    """,
    "CREATE INDEX findings_of_account ON findings (account_id, resolved_at)",
)
"""The sentences are those of all versions so far."""


def upgrade(db: Database) -> None:
    """Add to the tables, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
