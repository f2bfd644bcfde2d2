"""One scan for the terminal: with a progress bar where a person watches it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.app import one_shot

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.load import Settings
    from bot.domain.scans import Scan, ScanReport


def checked(settings: Settings, on_joined: Callable[[Scan], None]) -> ScanReport:
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
