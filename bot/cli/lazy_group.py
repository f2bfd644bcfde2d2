"""A group of commands that are imported when called: click's lazily loaded subcommands."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyCommand(NamedTuple):
    """A command that is not imported yet.

    `summary` is the first paragraph of its help. A `long_running` command handles signals itself.
    """

    module: str
    summary: str
    long_running: bool = False

    def load(self) -> Any:  # noqa: ANN401 - typer keeps click's classes to itself
        """Import its module, whose `app` holds the command."""
        return get_command(import_module(self.module).app)


class LazyGroup(TyperGroup):
    """Lists its commands without importing them, and imports the one that is called.

    A subclass defines `lazy`: its commands by name.
    """

    lazy: ClassVar[Mapping[str, LazyCommand]] = {}

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own, passed on
        super().__init__(**attributes)
        for name, command in self.lazy.items():
            # `short_help` is wrapped; `help` alone would be cut off after one line.
            listed = TyperCommand(name, short_help=command.summary)
            self.commands.setdefault(name, listed)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as above
        """Import the command that is called; see `TyperGroup.resolve_command`."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.lazy:
            command = _load(self.lazy[name])
        return name, command, rest


def _load(command: LazyCommand) -> Any:  # noqa: ANN401 - as above
    """Import a command; a one-shot command that is stopped meanwhile says so."""
    if command.long_running:
        return command.load()
    try:
        with terminable():
            return command.load()
    except KeyboardInterrupt:
        say("Stopped.")
        raise typer.Exit(Exit.INTERRUPTED) from None
