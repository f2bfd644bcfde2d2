"""`altcontact policy check`: the problems of a policy file, for CI."""

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
        str, typer.Argument(help="The TOML file.  [default: the file the bot reads]")
    ] = "",
) -> int:
    """Check a policy file, for CI: one problem per line, with file, line and key.

    Exit status: 0 no problems, 2 problems found.
    """
    name = file or os.environ.get(CONFIG, "").strip() or DEFAULT_FILE
    # Other settings of the environment don't concern the file; the required types do.
    types = os.environ.get("ALTCONTACT_TYPES", "")
    found = load_lenient({CONFIG: name, "ALTCONTACT_TYPES": types}, needs_slack=False)
    status = policy_output.write_problems(found, sys.stdout, sys.stderr)
    if any(problem.what == MISSING_FILE for problem in found.problems):
        named = f" {shlex.quote(file)}" if file else ""
        say(f"To create one from what most of your accounts have: altcontact policy init{named}")
    return status
