"""Migration step 16: which process leads, which ones run, and the last reload of the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_TABLES: Final = (
    """
    CREATE TABLE leader (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        token INTEGER NOT NULL,
        instance TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        since TEXT NOT NULL,
        lease_until TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE replicas (
        instance TEXT NOT NULL PRIMARY KEY,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        lease_until TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE policy_reloads (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        number INTEGER NOT NULL,
        digest TEXT NOT NULL
    ) STRICT
    """,
)

POSTGRES: Final = (
    """
    CREATE TABLE leader (
        id BIGINT PRIMARY KEY CHECK (id = 1),
        token BIGINT NOT NULL,
        instance TEXT COLLATE "C" NOT NULL,
        host TEXT COLLATE "C" NOT NULL,
        pid BIGINT NOT NULL,
        since TEXT COLLATE "C" NOT NULL,
        lease_until TEXT COLLATE "C" NOT NULL
    )
    """,
    """
    CREATE TABLE replicas (
        instance TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        host TEXT COLLATE "C" NOT NULL,
        pid BIGINT NOT NULL,
        lease_until TEXT COLLATE "C" NOT NULL
    )
    """,
    """
    CREATE TABLE policy_reloads (
        id BIGINT PRIMARY KEY CHECK (id = 1),
        number BIGINT NOT NULL,
        digest TEXT COLLATE "C" NOT NULL
    )
    """,
)


def upgrade(db: Database) -> None:
    """Add the tables, within the caller's transaction."""
    for table in _TABLES:
        db.execute(table)
