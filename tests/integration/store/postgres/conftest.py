"""Databases for tests of what only PostgreSQL has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def database() -> str:
    """The tests of this folder open their databases themselves."""
    return "postgresql"


@pytest.fixture
def empty() -> Iterator[str]:
    """The address of a database without tables."""
    server = postgres.server()
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a database with the bot's tables, all empty."""
    server = postgres.server()
    borrowed = server.borrow()
    yield borrowed
    server.give_back(borrowed)
