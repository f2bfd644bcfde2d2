"""`altcontact policy schema`: the JSON Schema of the policy file, for editors."""

from __future__ import annotations

import sys
from typing import Final

import typer

from bot.cli import policy_output
from bot.cli.exit_status import Exit

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def policy_schema() -> int:
    """Write the file's JSON Schema, for editors that complete and check TOML.

    Exit status: 0.
    """
    policy_output.write_schema(sys.stdout)
    return Exit.COMPLIANT
