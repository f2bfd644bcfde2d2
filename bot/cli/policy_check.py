"""`altcontact policy check`: the mistakes of a policy file, for CI."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated, Final

import typer

from bot.cli import policy_output
from bot.cli.shared import say
from bot.config.load import load_lenient
from bot.config.toml_file import CONFIG, DEFAULT_FILE, MISSING_FILE

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def policy_check(
    file: Annotated[
        str, typer.Argument(help="The TOML file.  [default: the one that the bot would read]")
    ] = "",
) -> int:
    """Check a whole file, for CI: each mistake on a line, with file, line and key.

    Exit status: 0 all is well, 2 something is wrong.
    """
    name = file or os.environ.get(CONFIG, "").strip() or DEFAULT_FILE
    # What else the environment gives is not the file's; which types are required counts for it.
    types = os.environ.get("ALTCONTACT_TYPES", "")
    found = load_lenient({CONFIG: name, "ALTCONTACT_TYPES": types}, needs_slack=False)
    status = policy_output.write_problems(found, sys.stdout, sys.stderr)
    if any(problem.what == MISSING_FILE for problem in found.problems):
        named = f" {shlex.quote(file)}" if file else ""
        say(f"To write one from what most of your accounts have: altcontact policy init{named}")
    return status
