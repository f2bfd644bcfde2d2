"""The command line: run, check, fix, doctor, policy, manifest, database, audit, sandbox."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import typer

from bot import __version__
from bot.cli import streams
from bot.cli.exit_status import Exit
from bot.cli.lazy_group import LazyCommand, LazyGroup
from bot.cli.shared import say
from bot.domain.errors import AltcontactError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Commands(LazyGroup):
    """The commands."""

    lazy: ClassVar = {
        "run": LazyCommand(
            "bot.cli.run",
            "Run the bot until it is stopped (SIGTERM, Ctrl-C).",
            long_running=True,
        ),
        "check": LazyCommand("bot.cli.check", "Check once, without Slack."),
        "fix": LazyCommand(
            "bot.cli.fix", "Preview changes of many contacts, and make them with --apply."
        ),
        "doctor": LazyCommand(
            "bot.cli.doctor",
            "Check the installation from end to end and say how to fix problems. Changes nothing.",
        ),
        "sandbox": LazyCommand(
            "bot.cli.sandbox",
            "Run the bot against a local Slack workspace and a local AWS organization, "
            "as a web page.",
            long_running=True,
        ),
        "policy": LazyCommand(
            "bot.cli.policy", "Check the policy file, and explain what applies to an account."
        ),
        "manifest": LazyCommand(
            "bot.cli.manifest",
            "Print the manifest of the Slack app, to paste at https://api.slack.com/apps.",
        ),
        "database": LazyCommand(
            "bot.cli.database", "Copy the database: from SQLite to PostgreSQL, or back."
        ),
        "audit": LazyCommand(
            "bot.cli.audit", "List the audit log: who did what to which account, and when."
        ),
    }


cli: Final = typer.Typer(
    cls=Commands,
    help="Check that every AWS account has valid alternate contacts, and fix them from Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # typer hands an option's value over by position
    if wanted:
        typer.echo(f"altcontact {__version__}")
        raise typer.Exit


@cli.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: without the program's name; None for the process's own.

    Returns:
        The exit status, one of `Exit`.
    """
    streams.prepare()
    status = _carry_out(arguments)
    if error := streams.output_error():
        given_up = streams.give_up(error)
        words = sys.argv[1:] if arguments is None else arguments
        # A bot whose terminal is closed has lost no result.
        return status if _is_long_running(words) else given_up
    if status == Exit.INTERRUPTED and arguments is None:
        # Calls to AWS may hang in threads, which Python would wait for; they only read.
        os._exit(status)
    return status


def _is_long_running(words: Sequence[str]) -> bool:
    command = Commands.lazy.get(next(iter(words), ""))
    return command is not None and command.long_running


def _carry_out(arguments: Sequence[str] | None) -> int:
    try:
        status: Any = cli(arguments, prog_name="altcontact", standalone_mode=False)
    except AltcontactError as error:
        say(str(error))
        if error.remedy:
            say(error.remedy)
        return Exit.USAGE
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        # typer exits with 1 if a pipe's reader is gone, but 1 means something else here.
        streams.discard(sys.stdout)
        return Exit.PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the process's edge: it ends with a message
        if isinstance(error, OSError) and streams.output_error() is not None:
            return Exit.CANNOT_WRITE  # which `main` says
        show: Callable[[], None] | None = getattr(error, "show", None)
        if show is not None:  # a ClickException, whose class typer keeps to itself
            with suppress(OSError):
                show()
            return Exit.USAGE
        return _report_defect(error)
    return int(status or 0)


def _report_defect(error: Exception) -> int:
    """Log an unexpected error, and say in one line where to find it."""
    from bot.cli import logs  # noqa: PLC0415 - slow to import, and needed only after a failure

    reference = logs.log_defect(error)
    say(f"altcontact failed unexpectedly. The log has details under reference {reference}.")
    return Exit.DEFECT
