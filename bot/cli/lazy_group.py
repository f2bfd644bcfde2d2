"""A group of commands that are imported when they are called: click's lazily loaded subcommands."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(TyperGroup):
    """Shows its commands without importing them, and imports the one that is called.

    `lazy` is {command: (module, first line of its help)}; the module's `app` holds the command.
    """

    lazy: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own, passed on
        super().__init__(**attributes)
        for name, (_, text) in self.lazy.items():
            self.commands.setdefault(name, TyperCommand(name, help=text))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer keeps click to itself
        """The command that is called, imported; see `TyperGroup.resolve_command`."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.lazy:
            command = self.load(name)
        return name, command, rest

    @classmethod
    def load(cls, name: str) -> Any:  # noqa: ANN401 - the same
        """Import a command by its name."""
        module, _ = cls.lazy[name]
        return get_command(import_module(module).app)
