"""`altcontact doctor`: checks the installation from end to end."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.app.doctor import check_installation
from bot.cli import doctor_output, logs
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.services.doctor import State, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.doctor import CheckResult


app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def doctor(
    *,
    every: Annotated[
        bool, typer.Option("--all", "--verbose", help="Show every check, also those that passed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write every check as JSON to standard output.")
    ] = False,
) -> int:
    """Check the installation from end to end and say how to fix problems. Changes nothing.

    Exit status: 0 no problems, 1 warnings, 2 failures.
    """
    logs.configure("console", logging.ERROR)
    try:
        with terminable():
            found = check_installation(os.environ)
            if as_json:
                lines = list(found)
                doctor_output.write_json(lines, sys.stdout)
            else:
                lines = doctor_output.show(found, sys.stdout, every=every)
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    return exit_status(lines)


def exit_status(lines: Sequence[CheckResult]) -> Exit:
    """The status of the worst line: failures, warnings, or neither."""
    counted = count(lines)
    if counted[State.FAILURE]:
        return Exit.FAILURES
    return Exit.WARNINGS if counted[State.WARNING] else Exit.WELL
