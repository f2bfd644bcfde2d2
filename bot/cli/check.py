"""`altcontact check`: one check, as a table, lines or JSON."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.app import one_shot
from bot.app.settings import load_settings
from bot.cli import logs, scan_json, scan_output, streams
from bot.cli.exit_status import Exit
from bot.cli.shared import say, terminable
from bot.domain.errors import AltcontactError
from bot.domain.scan_summary import progress_text
from bot.domain.scans import ScanState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.load import Settings
    from bot.domain.scans import Scan, ScanReport


_Result = TypeVar("_Result")

app: Final = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")] = False,
) -> int:
    """Check once, without Slack.

    Exit status: 0 everything is compliant, 1 something is non-compliant, 2 invalid usage or
    settings, or nothing could be checked, 3 nothing is non-compliant but some checks failed, or the
    account's organization can't be listed.
    """
    try:
        return _check(as_json=as_json)
    except AltcontactError as error:
        if as_json:
            scan_json.write_error(error, sys.stdout)
        raise


def _check(*, as_json: bool) -> int:
    settings = load_settings(os.environ, needs_slack=False)
    logs.configure(settings.log_format, logging.WARNING)
    try:
        with terminable():
            report = check_with_progress(
                settings, lambda scan: say(scan_output.describe_joined(scan))
            )
    except KeyboardInterrupt:
        say("Stopped. Accounts checked so far are recorded.")
        return Exit.INTERRUPTED
    if as_json:
        scan_json.write(report, sys.stdout)
    elif report.scan.state is ScanState.FAILED:
        pass  # there are no accounts to list or count
    elif sys.stdout.isatty():
        scan_output.write_table(report, Console(highlight=False))
    else:
        scan_output.write_plain(report, sys.stdout, sys.stderr)
    trouble = scan_output.describe_trouble(report.scan)
    for words in filter(None, (trouble, _limits(report.scan))):
        say(words)
    return exit_status(report)


def check_with_progress(settings: Settings, on_joined: Callable[[Scan], None]) -> ScanReport:
    """One scan, with a progress bar if standard error is a terminal.

    Args:
        settings: the Slack settings are not needed.
        on_joined: called with the scan that was already running, if any.

    Raises:
        StoreError: the database can't be used.
    """
    return with_progress(lambda tell: one_shot.check_once(settings, tell, on_joined))


def with_progress(work: Callable[[Callable[[int, int | None], None]], _Result]) -> _Result:
    """Run work that reads accounts, with a progress bar if standard error is a terminal.

    Args:
        work: receives a function to call with (accounts done, all accounts, or None while they are
            being listed).
    """
    if not sys.stderr.isatty():
        return work(lambda _done, _total: None)
    columns = (TextColumn("Checking accounts"), BarColumn(), TextColumn("{task.description}"))
    # The stream itself: with `stderr=True` it would write to the stream's replacement.
    console = Console(file=sys.stderr)
    bar = Progress(*columns, console=console, transient=True, redirect_stderr=False)
    with bar as progress, streams.above_bar(console):
        task = progress.add_task(progress_text(0, None), total=None)

        def tell(done: int, total: int | None) -> None:
            text = progress_text(done, total)
            progress.update(task, completed=done, total=total, description=text)

        return work(tell)


def exit_status(report: ScanReport) -> Exit:
    """Whether everything is compliant, something is non-compliant, or something is unchecked."""
    if report.scan.state is ScanState.FAILED:
        return Exit.USAGE
    outcomes = {result.outcome for result in report.results}
    if any(outcome.is_non_compliant for outcome in outcomes):
        return Exit.NON_COMPLIANT
    if any(outcome.unchecked for outcome in outcomes):
        return Exit.UNCHECKED
    is_all = report.scan.state is ScanState.COMPLETE and not report.scan.limits
    return Exit.COMPLIANT if is_all else Exit.UNCHECKED


def _limits(scan: Scan) -> str:
    """Why only one account was checked though it may be in an organization; empty if it wasn't."""
    return " ".join(
        f"{f'{scan_output.one_line(name)}: ' if name else ''}{why.message} {why.remedy}"
        for name, why in scan.limits.items()
    )
