"""`altcontact check`: one check, as a table, lines or JSON."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.app import one_shot
from bot.cli import logs, scan_json, scan_output
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.config.load import load
from bot.domain.scans import ScanState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.load import Settings
    from bot.domain.scans import Scan, ScanReport


app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
) -> int:
    """Check once, without Slack.

    Exit status: 0 everything is compliant, 1 something falls short, 2 wrong usage or settings,
    3 nothing falls short but something could not be checked.
    """
    settings = load(os.environ, needs_slack=False)
    logs.configure(settings.log_format, logging.WARNING)
    try:
        with terminable():
            report = check_with_progress(
                settings, lambda scan: say(scan_output.describe_joined(scan))
            )
    except KeyboardInterrupt:
        say("Stopped. What had been read by then is recorded.")
        return Exit.INTERRUPTED
    if as_json:
        scan_json.write(report, sys.stdout)
    elif sys.stdout.isatty():
        scan_output.write_table(report, Console(highlight=False))
    else:
        scan_output.write_plain(report, sys.stdout, sys.stderr)
    trouble = scan_output.describe_trouble(report.scan)
    if trouble:
        say(trouble)
    return exit_status(report)


def check_with_progress(settings: Settings, on_joined: Callable[[Scan], None]) -> ScanReport:
    """One scan, with a progress bar where standard error is a terminal.

    Args:
        settings: the Slack ones are not needed.
        on_joined: called with the scan that was already running, where one was.

    Raises:
        StoreError: the database cannot be used.
    """
    if not sys.stderr.isatty():
        return one_shot.check_once(settings, lambda _done, _total: None, on_joined)
    columns = (TextColumn("Checking accounts"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        return one_shot.check_once(
            settings,
            lambda done, total: progress.update(task, completed=done, total=total or None),
            on_joined,
        )


def exit_status(report: ScanReport) -> Exit:
    """Whether every account is compliant, something falls short, or something is not known."""
    outcomes = {result.outcome for result in report.results}
    if any(outcome.falls_short for outcome in outcomes):
        return Exit.FALLS_SHORT
    if any(outcome.unchecked for outcome in outcomes):
        return Exit.UNCHECKED
    return Exit.COMPLIANT if report.scan.state is ScanState.COMPLETE else Exit.UNCHECKED
