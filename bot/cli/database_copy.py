"""`altcontact database copy`: copies a SQLite file into PostgreSQL, or the other way round."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.app.clock import SystemClock
from bot.app.terminal_user import terminal_actor
from bot.cli import logs
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.config.setting_parsers import check_quotes, database
from bot.store.copy_database import copy_database

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config.database_url import PostgresUrl

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)

_WORTH_SHOWING: Final = 5000
"""Rows of a table from which on its progress is shown."""


def parse_database(value: str) -> Path | PostgresUrl:
    """A file, or the URL of a PostgreSQL database.

    Raises:
        BadParameter: it is neither; the message doesn't repeat it.
    """
    try:
        check_quotes(value)
        return database(value)
    except ValueError as error:
        raise typer.BadParameter(f"it {error}.") from None


@app.command()
def database_copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The database to copy: a file, or postgresql://…")
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO", help="A file that doesn't exist, or an empty postgresql:// database."
        ),
    ],
) -> int:
    """Copy a database into an empty one, whole or not at all.

    Stop the bot first. Everything is copied: findings, checks, fixes, exemptions, the audit log.
    Keep passwords out of the command line: use passfile= in the URL, or PGPASSWORD.

    Exit status: 0 copied, 2 invalid usage, or nothing was copied.
    """
    logs.configure("console", logging.ERROR)
    origin, copy = parse_database(source), parse_database(target)
    try:
        with terminable():
            rows = copy_database(origin, copy, SystemClock(), terminal_actor(), _show)
    except KeyboardInterrupt:
        say("Stopped. Nothing was copied.")
        return Exit.INTERRUPTED
    longest = max(map(len, rows))
    lines = [f"Copied {origin} to {copy}:"]
    lines += [f"  {name:<{longest}}  {number:>10,}" for name, number in sorted(rows.items())]
    lines += [f"{sum(rows.values()):,} rows in {len(rows)} tables."]
    sys.stdout.write("\n".join(lines) + "\n")
    say("To use the copy, set ALTCONTACT_DATABASE to it, and start the bot.")
    return Exit.DONE


def _show(table: str, done: int, total: int) -> None:
    if total >= _WORTH_SHOWING and sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{table}: {done:,} of {total:,} rows{end}")
        sys.stderr.flush()
