"""Reads the rows of many accounts at once, in a way that both databases understand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.store.transaction import Row, Transaction

MOST: Final = 500
"""How many values a statement names at once; SQLite allows 32,766."""


def rows_among(db: Transaction, sql: str, values: Sequence[str]) -> Iterator[Row]:
    """The rows of a statement with `IN ({values})`, for any number of values."""
    for start in range(0, len(values), MOST):
        named = {f"value{place}": value for place, value in enumerate(values[start : start + MOST])}
        yield from db.rows(sql.format(values=", ".join(f":{name}" for name in named)), **named)
