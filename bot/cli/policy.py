"""`altcontact policy`: what there is to do with the policy file."""

from __future__ import annotations

from typing import ClassVar, Final

import typer

from bot.cli.lazy_group import LazyCommand, LazyGroup


class PolicyCommands(LazyGroup):
    """The commands about the policy."""

    lazy: ClassVar = {
        "check": LazyCommand(
            "bot.cli.policy_check",
            "Check a whole file, for CI: each mistake on a line, with file, line and key.",
        ),
        "init": LazyCommand(
            "bot.cli.policy_init",
            "Write a policy file to start from: what most accounts have. Replaces no file.",
        ),
        "schema": LazyCommand(
            "bot.cli.policy_schema",
            "Write the JSON Schema of the file, for editors that complete and check TOML.",
        ),
        "explain": LazyCommand(
            "bot.cli.policy_explain",
            "Tell what an account should have, and which table and line gives it each value.",
        ),
    }


app: Final = typer.Typer(
    cls=PolicyCommands, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.callback()
def policy() -> None:
    """Check the policy file, and tell what it gives an account."""
