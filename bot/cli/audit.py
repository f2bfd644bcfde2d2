"""`altcontact audit`: lists the audit log; its subcommands verify and redact it."""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import typer
from rich.console import Console

from bot.app.audit_log import load_needed, open_audit_log
from bot.app.terminal_user import terminal_actor
from bot.cli import audit_output, logs
from bot.cli.exit_status import Exit
from bot.cli.lazy_group import LazyCommand, LazyGroup
from bot.cli.shared import say, terminable
from bot.domain.pasted_ids import parse_account_id
from bot.services.audit_trail import AuditTrail
from bot.services.find_account import AccountMatches

if TYPE_CHECKING:
    from bot.services.ports.store import AccountRepository

_AGO: Final = re.compile(r"(\d{1,5})([hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class AuditCommands(LazyGroup):
    """The commands for the audit log, besides listing it."""

    lazy: ClassVar = {
        "verify": LazyCommand(
            "bot.cli.audit_verify",
            "Check that no entry was changed, moved or removed. Changes nothing.",
        ),
        "redact": LazyCommand(
            "bot.cli.audit_redact",
            "Wipe the contact details of old entries, and put that on record.",
        ),
    }


app: Final = typer.Typer(
    cls=AuditCommands,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
)


def parse_moment(text: str) -> datetime:
    """A day (`2026-11-01`), a moment in ISO 8601, or how long ago: `12h`, `7d`, `2w`; UTC if open.

    Raises:
        BadParameter: it is none of these.
    """
    now = datetime.now(UTC)
    try:
        if ago := _AGO.fullmatch(text.strip().lower()):
            return now - int(ago[1]) * _UNITS[ago[2]]
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        example = "a day such as 2026-11-01, or how long ago, such as 12h, 7d or 2w"
        raise typer.BadParameter(f"must be {example}.") from None


Since = Annotated[
    datetime | None,
    typer.Option(
        parser=parse_moment,
        metavar="DATE",
        help="Only entries since then: a date (2026-11-01), or how long ago (12h, 7d, 2w).",
    ),
]

Before = Annotated[
    datetime,
    typer.Option(
        parser=parse_moment,
        metavar="DATE",
        help="Only entries before then: a date (2026-11-01), or how long ago (90d).",
    ),
]


@app.callback()
def audit(
    context: typer.Context,
    *,
    account: Annotated[
        str, typer.Option(help="Only entries about this account: its id or name.")
    ] = "",
    since: Since = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV to standard output.")] = False,
    show_contacts: Annotated[
        bool,
        typer.Option(
            "--show-contacts", help="Also show names, emails and phones. This is put on record."
        ),
    ] = False,
) -> int:
    """List the audit log: who did what to which account, and when.

    Contact details are hidden unless you ask for them.

    Exit status: 0 success, 2 invalid usage or settings.
    """
    if context.invoked_subcommand is not None:
        if account or since or as_json or as_csv or show_contacts:
            raise typer.BadParameter(f"put options after “{context.invoked_subcommand}”.")
        return Exit.COMPLIANT
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv, not both.")
    settings = load_needed("database")
    logs.configure(settings.log_format, logging.ERROR)
    try:
        with terminable(), open_audit_log(settings.database) as store:
            account_id = find_account_id(store.accounts, account) if account else ""
            name = "audit --show-contacts" if show_contacts else "audit"
            AuditTrail(store.audit).command(terminal_actor(), name, account_id)
            records = store.audit.entries(account_id, since)
            if as_json:
                audit_output.write_json(records, sys.stdout, show_contacts=show_contacts)
            elif as_csv:
                audit_output.write_csv(records, sys.stdout, show_contacts=show_contacts)
            elif sys.stdout.isatty():
                console = Console(highlight=False)
                audit_output.write_table(records, console, show_contacts=show_contacts)
            else:
                audit_output.write_plain(records, sys.stdout, show_contacts=show_contacts)
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    return Exit.COMPLIANT


def find_account_id(accounts: AccountRepository, text: str) -> str:
    """The id of the account that a text means; an id that isn't known counts too.

    Raises:
        BadParameter: no known account matches, or several do.
        StoreError: the database can't be read.
    """
    account_id = parse_account_id(text)
    if account_id is not None:
        return account_id
    found = AccountMatches(text, accounts.find(text, 2 * len(text) + 100))
    if found.only is not None:
        return found.only.id
    if not found.accounts:
        raise typer.BadParameter(f"no known account matches “{text}”. Use its id.")
    raise typer.BadParameter(f"“{text}” matches several accounts. Use an account id.")
