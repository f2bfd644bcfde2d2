"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import postgres
from tests.integration.store.databases import current

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["sqlite", "postgresql"], autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database that `open_at` opens. Files of tests for SQLite alone override this fixture."""
    if request.param == "postgresql":
        current.server = postgres.server()
    yield request.param
    current.end()
