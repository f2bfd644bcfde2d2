"""`altcontact audit verify`: checks the chain of the audit log."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

import typer

from bot.app.audit_log import open_store
from bot.cli import audit_output, logs
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.config.load import load
from bot.domain.audit_chain import verify

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def audit_verify() -> int:
    """Check that no entry was changed, moved or removed. Changes nothing.

    Entries that were cut off at the end can't be noticed without checkpoints.

    Exit status: 0 the log is intact, 1 it was tampered with, 2 invalid usage or settings.
    """
    settings = load(os.environ, needs_slack=False)
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with terminable(), open_store(settings.database) as store:
            result = verify(store.audit.entries())
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    audit_output.write_verification(result, sys.stdout)
    return Exit.COMPLIANT if result.is_intact else Exit.NON_COMPLIANT
