"""`altcontact audit redact`: wipes the contact details of old entries."""

from __future__ import annotations

import logging
import sys
from typing import Annotated, Final

import typer

from bot.app.audit_log import load_needed, open_audit_log
from bot.app.terminal_user import terminal_actor
from bot.cli import logs
from bot.cli.audit import Before, find_account_id
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def audit_redact(
    *,
    before: Before,
    account: Annotated[
        str, typer.Option(help="Only entries about this account: its id or name.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
) -> int:
    """Wipe the contact details of old entries, and put that on record.

    This can't be undone. Everything else stays, and the log can still be verified.

    Exit status: 0 success, 2 invalid usage or settings, or not confirmed.
    """
    settings = load_needed("database")
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with terminable(), open_audit_log(settings.database) as store:
            account_id = find_account_id(store.accounts, account) if account else ""
            of = f" about account {account_id}" if account_id else ""
            which = f"entries{of} before {before:%Y-%m-%d %H:%M} UTC"
            if not yes and sys.stdin.isatty() and not _is_confirmed(which):
                say("Nothing was wiped.")
                return Exit.USAGE
            wiped = store.audit.redact(before, account_id, terminal_actor())
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    entries = f"{wiped:,} entr{'y' if wiped == 1 else 'ies'}"
    sys.stdout.write(
        f"Wiped the contact details of {entries}.\n" if wiped else f"No {which} have any left.\n"
    )
    return Exit.COMPLIANT


def _is_confirmed(which: str) -> bool:
    question = f"Wipe the contact details of all {which}? This can't be undone."
    return typer.confirm(question, err=True)
