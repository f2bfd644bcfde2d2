"""What `altcontact audit` writes: a table, lines, JSON, or CSV; contact details only on request."""

from __future__ import annotations

import csv
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from bot.cli.scan_output import one_line
from bot.domain.audit_words import facts, label
from bot.domain.contacts import FIELDS
from bot.domain.csv_cells import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from bot.domain.audit import AuditRecord
    from bot.domain.audit_chain import Verification
    from bot.domain.contacts import AlternateContact

MOST_ROWS: Final = 200
"""Rows of a table: the newest. Longer lists are for a pipe."""

HIDDEN: Final = "[hidden]"

_COLUMNS: Final = (
    "number",
    "at",
    "actor",
    "action",
    "account_id",
    "type",
    "fix_id",
    "run_id",
    "request_id",
)
"""The columns of a record that are written as they are."""


def write_table(records: Iterable[AuditRecord], console: Console, *, show_contacts: bool) -> None:
    """Write the newest entries as a table, the newest last."""
    newest: deque[AuditRecord] = deque(maxlen=MOST_ROWS)
    total = 0
    for record in records:
        total += 1
        newest.append(record)
    grid = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
    for column in ("#", "time (UTC)", "who", "what", "account", "details"):
        grid.add_column(column, overflow="fold", no_wrap=column in {"#", "time (UTC)"})
    for record in newest:
        grid.add_row(*(Text(one_line(cell)) for cell in _cells(record, show_contacts)))
    console.print(grid)
    counted = f"{total:,} entr{'y' if total == 1 else 'ies'}"
    if total > MOST_ROWS:
        counted += f"; the newest {MOST_ROWS} are shown. Use --since, --json or --csv for more"
    console.print(Text(f"{counted}.", "dim"))


def write_plain(records: Iterable[AuditRecord], out: TextIO, *, show_contacts: bool) -> None:
    """Write one entry per line, with tabs between number, time, who, what, account and details."""
    for record in records:
        cells = (one_line(cell) for cell in _cells(record, show_contacts))
        out.write("\t".join(cells).rstrip() + "\n")


def write_json(records: Iterable[AuditRecord], out: TextIO, *, show_contacts: bool) -> None:
    """Write one JSON object and a line feed, entry by entry.

    Its shape: `entries` [{number, at, actor, action, account_id, type, fix_id, run_id,
    request_id, details, before, after, changed, redacted, previous, hash}]. `before` and `after`
    are {name, title, email, phone} or null; their values are "[hidden]" unless they were
    requested. `changed` lists the fields that differ between them, also if they are redacted.
    """
    out.write('{"entries": [')
    separator = "\n  "
    for record in records:
        before, after = _contacts(record, show_contacts)
        entry: dict[str, Any] = {name: getattr(record, name) for name in _COLUMNS}
        entry |= {
            "details": dict(record.details_by_name()),
            "before": before,
            "after": after,
            "changed": list(record.changed_fields),
            "redacted": record.is_wiped,
            "previous": record.previous,
            "hash": record.hash,
        }
        out.write(f"{separator}{json.dumps(entry, default=repr)}")
        separator = ",\n  "
    out.write("]}\n")


def write_csv(records: Iterable[AuditRecord], out: TextIO, *, show_contacts: bool) -> None:
    """Write a header and a row for each entry; no cell is a formula."""
    writer = csv.writer(out, lineterminator="\n")
    sides = [f"{side}_{name}" for side in ("before", "after") for name in FIELDS]
    writer.writerow([*_COLUMNS, "details", "changed", "redacted", *sides, "hash"])
    for record in records:
        before, after = _contacts(record, show_contacts)
        details = "; ".join(f"{name}={value}" for name, value in record.details_by_name().items())
        cells = [
            *(getattr(record, name) for name in _COLUMNS),
            details,
            " ".join(record.changed_fields),
            "yes" if record.is_wiped else "",
            *((side or {}).get(name, "") for side in (before, after) for name in FIELDS),
            record.hash,
        ]
        texts = ("" if cell is None else str(cell) for cell in cells)
        # A text that isn't UTF-8 in the database has surrogates, which no file takes.
        writer.writerow([safe_cell(text.encode("utf-8", "replace").decode()) for text in texts])


def write_verification(result: Verification, out: TextIO) -> None:
    """Write whether the log is intact, or what is wrong with it, an entry per line."""
    for problem in result.problems:
        kind = problem.kind
        out.write(f"Entry {problem.number}: {kind.message} ({kind.value})\n")
    if result.more:
        out.write(f"{result.more:,} more problems are not listed.\n")
    entries = f"{result.entries:,} entr{'y' if result.entries == 1 else 'ies'}"
    if not result.is_intact:
        out.write(f"The audit log was tampered with: {entries} checked.\n")
        return
    redacted = f", {result.redacted:,} redacted" if result.redacted else ""
    out.write(f"The audit log is intact: {entries} checked{redacted}.\n")
    out.write(f"Last entry: {result.last_number}, hash {result.last_hash}\n")


def _cells(record: AuditRecord, show_contacts: bool) -> list[str]:
    moment = record.moment
    details = facts(record)
    if show_contacts:
        sides = zip(("before", "after"), record.contacts(), strict=True)
        details += [f"{side}: {_in_words(contact)}" for side, contact in sides if contact]
    return [
        str(record.number),
        f"{moment:%Y-%m-%d %H:%M:%S}" if moment is not None else str(record.at),
        str(record.actor),
        label(str(record.action)),
        " ".join(filter(None, (str(record.account_id), str(record.type).capitalize()))),
        "; ".join(details),
    ]


def _in_words(contact: AlternateContact) -> str:
    return ", ".join(getattr(contact, name) for name in FIELDS)


def _contacts(
    record: AuditRecord, show_contacts: bool
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    before, after = (
        None
        if contact is None
        else {name: getattr(contact, name) if show_contacts else HIDDEN for name in FIELDS}
        for contact in record.contacts()
    )
    return before, after
