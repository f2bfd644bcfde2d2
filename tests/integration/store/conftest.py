"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.store.postgres.transaction import PostgresTransaction
from tests import postgres
from tests.integration.store.databases import current

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["sqlite", "postgresql"], autouse=True)
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The database that `open_at` opens. Files of tests for SQLite alone override this fixture."""
    if request.param == "postgresql":
        # Tests set the time by which leases end; `test_leadership.py` shows the server's.
        monkeypatch.setattr(PostgresTransaction, "now", lambda _, clock: clock.now())
        current.server = postgres.server()
    current.is_prepared = True
    yield request.param
    current.end()
