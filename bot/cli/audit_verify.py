"""`altcontact audit verify`: checks the chain of the audit log, and its checkpoints."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.app.audit_log import load_needed, open_audit_log
from bot.cli import audit_output, logs
from bot.cli.checkpoint_output import checkpoint_lines
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.domain.audit_chain import verify
from bot.domain.errors import GatewayError

if TYPE_CHECKING:
    from bot.config.settings import Settings
    from bot.services.ports.checkpoints import CheckpointRepository

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def audit_verify(
    *,
    checkpoints: Annotated[
        bool,
        typer.Option(
            "--checkpoints", help="Also compare the log with the checkpoints that were sent to S3."
        ),
    ] = False,
    location: Annotated[
        str,
        typer.Argument(
            metavar="[S3_URL]",
            help="Where the checkpoints are, as s3://bucket/prefix.  "
            "[default: ALTCONTACT_CHECKPOINTS]",
            show_default=False,
        ),
    ] = "",
) -> int:
    """Check that no entry was changed, moved or removed. Changes nothing.

    Entries that were cut off at the end, or a log whose hashes were all computed again, can't be
    noticed without checkpoints. They are read with your own AWS credentials.

    Exit status: 0 the log is intact, 1 it was tampered with, 2 invalid usage or settings,
    3 the checkpoints couldn't be read.
    """
    if location and not checkpoints:
        raise typer.BadParameter("add --checkpoints before the place of the checkpoints.")
    sent = ("checkpoints", "checkpoint_key") if checkpoints else ()
    settings = load_needed("database", *sent)
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with terminable(), open_audit_log(settings.database) as store:
            result = verify(store.audit.entries())
            audit_output.write_verification(result, sys.stdout)
            status = Exit.COMPLIANT if result.is_intact else Exit.NON_COMPLIANT
            if checkpoints:
                compared = _compare(settings, location, store.checkpoints)
                # Worst first: tampering outweighs what couldn't be read.
                status = next(
                    each
                    for each in (Exit.NON_COMPLIANT, Exit.UNCHECKED, Exit.COMPLIANT)
                    if each in {status, compared}
                )
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    return status


def _compare(settings: Settings, location: str, repository: CheckpointRepository) -> Exit:
    """Compare the checkpoints with the log, and write the result.

    Raises:
        SettingsError: there is no such place.
        StoreError: the database can't be read.
    """
    from bot.app.checkpoints import verify_at  # noqa: PLC0415 - boto3 is slow to import

    try:
        result = verify_at(settings, location, repository)
    except GatewayError as error:
        say(f"The checkpoints couldn't be verified. {error}")
        if error.remedy:
            say(f"To fix this: {error.remedy}")
        return Exit.UNCHECKED
    for line in checkpoint_lines(result, settings.checkpoint_key):
        sys.stdout.write(f"{line}\n")
    return Exit.NON_COMPLIANT if result.problems else Exit.COMPLIANT
