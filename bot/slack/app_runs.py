"""The part of the Bolt app that is about runs: its listeners are created and bound here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.slack.listeners.runs import RunListeners
from bot.slack.views import run_message, run_results

if TYPE_CHECKING:
    from slack_bolt import App

    from bot.services.ports.runs import RunRepository
    from bot.services.run_control import RunControl
    from bot.slack.middleware import RequestGuard
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders
    from bot.slack.run_downloads import RunDownloads


@dataclass(frozen=True, slots=True)
class RunServices:
    """What the listeners of runs work with.

    Attributes:
        control: stops and continues runs.
        downloads: sends files to people.
        records: the runs.
    """

    control: RunControl
    downloads: RunDownloads
    records: RunRepository


def bind_runs(
    app: App, guard: RequestGuard, services: RunServices, modals: Modals, readers: SlackReaders
) -> None:
    """Bind the buttons of a run's message, and the window with its results."""
    runs = RunListeners(
        modals,
        services.control,
        downloads=services.downloads,
        runs=services.records,
        readers=readers,
    )
    app.action(run_message.STOP)(guard.once(runs.stop))
    app.action(run_message.CONTINUE)(guard.once(runs.resume))
    app.action(run_message.RETRY)(guard.once(runs.retry))
    app.action(run_message.RESULTS)(guard.once(runs.results))
    app.action(re.compile(f"^{run_results.TURN}:"))(guard.each(runs.turn))
    app.action(run_results.DOWNLOAD)(guard.once(runs.download))
