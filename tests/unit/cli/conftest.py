"""Logging as it was, after each test of a command: a command configures it for its process."""

from collections.abc import Iterator

import pytest

from tests.unit.loggers import logging_put_back


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Put logging back."""
    with logging_put_back():
        yield
