"""`altcontact policy`: the commands for the policy file."""

from __future__ import annotations

from typing import ClassVar, Final

import typer

from bot.cli.lazy_group import LazyCommand, LazyGroup


class PolicyCommands(LazyGroup):
    """The commands for the policy."""

    lazy: ClassVar = {
        "check": LazyCommand(
            "bot.cli.policy_check",
            "Check a policy file, for CI: one problem per line, with file, line and key.",
        ),
        "init": LazyCommand(
            "bot.cli.policy_init",
            "Write a starter policy from what most accounts have. Never overwrites a file.",
        ),
        "schema": LazyCommand(
            "bot.cli.policy_schema",
            "Write the file's JSON Schema, for editors that complete and check TOML.",
        ),
        "export": LazyCommand(
            "bot.cli.policy_export",
            "Write the expected contacts of all accounts as Terraform or CloudFormation.",
        ),
        "explain": LazyCommand(
            "bot.cli.policy_explain",
            "Show what an account should have, and which section and line sets each value.",
        ),
    }


app: Final = typer.Typer(
    cls=PolicyCommands, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.callback()
def policy() -> None:
    """Check the policy file, and explain what applies to an account."""
