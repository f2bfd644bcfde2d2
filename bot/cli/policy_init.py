"""`altcontact policy init`: writes a starter policy."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.app import one_shot
from bot.cli import logs, scan_output
from bot.cli.check import with_progress
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.config import setting_parsers, starter_file
from bot.config.load import load
from bot.config.toml_file import CONFIG, DEFAULT_FILE
from bot.domain.errors import SettingProblem, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def policy_init(
    file: Annotated[
        str,
        typer.Argument(
            help="The TOML file to write, `-` for standard output.  "
            "[default: the file the bot reads]"
        ),
    ] = "",
) -> int:
    """Write a starter policy from what most accounts have. Never overwrites a file.

    Reads the contacts of every account; records nothing and changes no contact.

    Exit status: 0 success, 2 invalid usage or settings, or no contact could be read.
    """
    name = file or os.environ.get(CONFIG, "").strip() or DEFAULT_FILE
    if name != "-" and _is_there(_path(name)):
        say(f"{name} already exists. Choose another file, or - for standard output.")
        return Exit.USAGE
    # The file to write need not exist yet.
    environ = {key: value for key, value in os.environ.items() if key != CONFIG or not file}
    if not _is_there(_path(environ.get(CONFIG, "") or DEFAULT_FILE)):
        environ.pop(CONFIG, None)
    settings = load(environ, needs_slack=False)
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with terminable():
            found = with_progress(lambda tell: one_shot.survey(settings, tell))
    except KeyboardInterrupt:
        say("Stopped. Nothing was written.")
        return Exit.INTERRUPTED
    if trouble := scan_output.describe_trouble(found.scan):
        say(trouble)
    if not any(each.read for each in found.starters):
        say("No contact could be read, so no policy was written.")
        return Exit.USAGE
    text = starter_file.render(found.starters)
    if name == "-":
        sys.stdout.write(text)
        return Exit.COMPLIANT
    try:
        # "x" never overwrites a file that was created meanwhile.
        with _path(name).open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise SettingsError(f"Couldn't write {name}: {error.strerror}.") from error
    say(f"Wrote {name}. Review it, then run: altcontact policy check")
    return Exit.COMPLIANT


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # writing the file reports why
        return False


def _path(name: str) -> Path:
    try:
        return setting_parsers.path(name)
    except ValueError as error:
        raise SettingsError(f"{CONFIG}: {error}.", (SettingProblem(CONFIG, str(error)),)) from None
