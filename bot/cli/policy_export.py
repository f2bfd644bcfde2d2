"""`altcontact policy export`: the expected contacts of all accounts, as code."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.app import one_shot
from bot.app.settings import load_settings
from bot.cli import logs
from bot.cli.exit_status import Exit
from bot.cli.shared import say
from bot.domain.as_code.export import (
    cloudformation_files,
    for_cloudformation,
    terraform_file,
)
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from bot.domain.as_code.export import Export

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def policy_export(
    *,
    terraform: Annotated[
        bool, typer.Option("--terraform", help="Write aws_account_alternate_contact resources.")
    ] = False,
    cloudformation: Annotated[
        bool,
        typer.Option(
            "--cloudformation", help="Write AwsCommunity::Account::AlternateContact resources."
        ),
    ] = False,
    out: Annotated[
        str,
        typer.Option(
            help="The file to write, replacing it. Several CloudFormation templates get numbers."
        ),
    ] = "",
) -> int:
    """Write the expected contacts of all accounts as Terraform or CloudFormation.

    Reads only the database: accounts and contacts as of the last check. What can't be written is
    listed in comments, with the reason. The output has personal data.

    Exit status: 0 success, 2 invalid usage or settings, or nothing could be written.
    """
    if terraform == cloudformation:
        say("Choose either --terraform or --cloudformation.")
        return Exit.USAGE
    settings = load_settings(os.environ, needs_slack=False)
    logs.configure(settings.log_format, logging.ERROR)
    export = one_shot.export_policy(settings)
    if cloudformation:
        export = for_cloudformation(export)
    if not export.contacts:
        say("No account has a complete expected contact, so nothing was written.")
        for each in export.left_out:
            say(f"  {each}")
        return Exit.USAGE
    texts = [terraform_file(export)] if terraform else cloudformation_files(export)
    if not out and len(texts) > 1:
        say(f"This takes {len(texts)} templates. Name a file: --out contacts.yaml")
        return Exit.USAGE
    if not out:
        sys.stdout.write(texts[0])
    else:
        for path, text in zip(_paths(out, len(texts)), texts, strict=True):
            _write(path, text)
            say(f"Wrote {path}.")
    say(_summary(export))
    return Exit.COMPLIANT


def _paths(out: str, number: int) -> list[Path]:
    """The files: the one given, or with a number before its suffix for each of several."""
    path = Path(out).expanduser()
    if number == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{each}{path.suffix}") for each in range(1, number + 1)]


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole; a new one can be read only by its owner."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(
            os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SettingsError(f"Couldn't write {path}: {error.strerror}.") from error


def _summary(export: Export) -> str:
    number = len(export.contacts)
    said = f"{number:,} contact{'' if number == 1 else 's'}"
    if not export.left_out:
        return f"{said}."
    return f"{said}; {len(export.left_out):,} left out, as comments at the end say."
