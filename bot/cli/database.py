"""`altcontact database`: the commands for the database itself."""

from __future__ import annotations

from typing import ClassVar, Final

import typer

from bot.cli.lazy_group import LazyCommand, LazyGroup


class DatabaseCommands(LazyGroup):
    """The commands for the database."""

    lazy: ClassVar = {
        "copy": LazyCommand(
            "bot.cli.database_copy",
            "Copy a database into an empty one, whole or not at all. Changes nothing in the first.",
        ),
    }


app: Final = typer.Typer(
    cls=DatabaseCommands, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.callback()
def database() -> None:
    """Copy the database: from SQLite to PostgreSQL, or back."""
