"""Runs as CSV: a preview with contacts' details, and results without.

Names of accounts and fields of contacts are text from outside, so no cell may begin a formula.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.domain.csv_cells import safe_cell
from bot.domain.runs import ItemState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.contacts import AlternateContact
    from bot.domain.runs import RunItem

OUTCOMES: Final = {
    ItemState.PLANNED: "planned",
    ItemState.LEFT_OUT: "left out",
    ItemState.HELD_BACK: "held back",
    ItemState.VERIFIED: "verified",
    ItemState.SAVED: "saved",
    ItemState.FAILED: "failed",
}


def results_csv(items: Iterable[RunItem]) -> bytes:
    """The results of a run, a row each contact: no contact's details.

    Returns:
        UTF-8 with a byte order mark, without which Excel reads another character set.
    """
    header = ("account id", "account", "type", "outcome", "reason", "to fix this", "fix", "attempt")
    rows = (
        (
            item.account_id,
            item.account_name,
            item.type.value,
            OUTCOMES[item.state],
            item.reason,
            item.failure.remedy if item.failure is not None else "",
            str(item.fix_id or ""),
            str(item.attempt),
        )
        for item in items
    )
    return _written(header, rows)


def preview_csv(items: Iterable[RunItem]) -> bytes:
    """What a run would change, a row each contact, with the contacts' details.

    Returns:
        As for `results_csv`.
    """
    header = (
        "account id",
        "account",
        "type",
        "outcome",
        "reason",
        *(f"{name} before" for name in FIELDS),
        *(f"{name} after" for name in FIELDS),
    )
    rows = (
        (
            item.account_id,
            item.account_name,
            item.type.value,
            OUTCOMES[item.state],
            item.reason,
            *_fields(item.before),
            *_fields(None if item.state is ItemState.LEFT_OUT else item.wanted),
        )
        for item in items
    )
    return _written(header, rows)


def _fields(contact: AlternateContact | None) -> tuple[str, ...]:
    return tuple(getattr(contact, name, "") for name in FIELDS)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([safe_cell(" ".join(cell.split())) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig", "replace")
