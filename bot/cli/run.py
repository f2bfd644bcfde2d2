"""`altcontact run`: runs the bot until it is stopped."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from bot.app import bot, doctor
from bot.app.settings import StartSettings
from bot.cli import doctor_output, logs
from bot.cli.exit_status import Exit
from bot.cli.shared import say
from bot.config.toml_file import CONFIG, DEFAULT_FILE
from bot.domain.errors import ListenError, SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.doctor import CheckResult


app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run() -> int:
    """Run the bot until it is stopped (SIGTERM, Ctrl-C)."""
    try:
        start = StartSettings(os.environ)
    except SettingsError as error:
        return _cannot_start(doctor.wrong_settings(error))
    settings = start.settings
    # One file has one bot, but on PostgreSQL there may be several.
    replica = "" if isinstance(settings.database, Path) else logs.this_replica()
    logs.configure(settings.log_format, logs.LEVELS[settings.log_level], replica=replica)

    environ = dict(os.environ)
    if not environ.get(CONFIG, "").strip() and Path(DEFAULT_FILE).exists():
        # The file must also exist at a reload: without it, the whole policy would be lost.
        environ[CONFIG] = DEFAULT_FILE
    try:
        return bot.run(start, lambda: start.load_again(environ))
    except StoreError as error:
        return _cannot_start(doctor.wrong_database(settings, error))
    except ListenError as error:
        return _cannot_start([doctor.wrong_address(error)])


def _cannot_start(lines: Sequence[CheckResult]) -> Exit:
    """Say what keeps the bot from starting, in the doctor's format."""
    say("altcontact can't start.")
    doctor_output.show_failures(lines, sys.stderr)
    say("To check everything else, run: altcontact doctor")
    return Exit.USAGE
