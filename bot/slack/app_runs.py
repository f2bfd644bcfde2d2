"""The part of the Bolt app that is about runs: its listeners are created and bound here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.slack.listeners.run_preview import RunPreviewListeners
from bot.slack.listeners.run_select import RunSelectListeners
from bot.slack.listeners.runs import RunListeners
from bot.slack.views import fix_all, run_message, run_preview, run_results, run_select

if TYPE_CHECKING:
    from slack_bolt import App

    from bot.services.bulk_preview import BulkPreview
    from bot.services.ports.runs import RunRepository
    from bot.services.run_again import HeldBackPreview
    from bot.services.run_begin import RunBeginning
    from bot.services.run_control import RunControl
    from bot.services.run_selection import RunSelection
    from bot.services.undo_run import RunUndoService
    from bot.slack.background import BackgroundTasks
    from bot.slack.fixers import SlackFixers
    from bot.slack.middleware import RequestGuard
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders
    from bot.slack.run_downloads import RunDownloads


@dataclass(frozen=True, slots=True)
class RunServices:
    """What the listeners of runs work with.

    Attributes:
        selection: suggests and finds accounts.
        previews: makes previews; it can't write.
        beginning: begins runs.
        control: stops and continues runs.
        undo: makes the runs that undo others, for a preview.
        held_back: previews again what runs held back.
        downloads: sends files to people.
        records: the runs.
    """

    selection: RunSelection
    previews: BulkPreview
    beginning: RunBeginning
    control: RunControl
    undo: RunUndoService
    held_back: HeldBackPreview
    downloads: RunDownloads
    records: RunRepository


class RunApp:
    """The listeners of the windows and messages of runs.

    Args:
        services: what they work with.
        modals: the modals on people's screens.
        tasks: where work is done that a person waits for.
        fixers: who may change contacts.
        phone_region: the country in whose national format phone numbers may be typed, if any.
        readers: who sees contact details.
    """

    def __init__(
        self,
        services: RunServices,
        modals: Modals,
        tasks: BackgroundTasks,
        *,
        fixers: SlackFixers,
        phone_region: str | None,
        readers: SlackReaders,
    ) -> None:
        self._pages = RunPreviewListeners(
            modals,
            tasks,
            services.beginning,
            downloads=services.downloads,
            summary_of=services.previews.summary,
            readers=readers,
        )
        self.select = RunSelectListeners(
            modals,
            services.selection,
            services.previews,
            self._pages,
            fixers=fixers,
            phone_region=phone_region,
        )
        self._runs = RunListeners(
            modals,
            services.control,
            self._pages,
            undos=services.undo,
            held_back=services.held_back,
            fixers=fixers,
            downloads=services.downloads,
            runs=services.records,
            readers=readers,
        )

    def bind(self, app: App, guard: RequestGuard) -> None:
        """Bind the windows in which a run is put together and previewed, and a run's message."""
        app.action(fix_all.FIX_ALL)(guard.once(self.select.fix_all))
        app.action(fix_all.REMOVE_ALL)(guard.once(self.select.remove_all))
        app.action(run_select.SOURCE)(guard.each(self.select.choose_source))
        app.options(run_select.ACCOUNTS)(guard.options(self.select.suggest))
        app.view(run_select.CALLBACK)(guard.submission(self.select.submit))

        app.action(re.compile(f"^{run_preview.TURN}:"))(guard.each(self._pages.turn))
        app.action(run_preview.DOWNLOAD)(guard.once(self._pages.download))
        app.view(run_preview.CALLBACK)(guard.submission(self._pages.submit))

        app.action(run_message.STOP)(guard.once(self._runs.stop))
        app.action(run_message.CONTINUE)(guard.once(self._runs.resume))
        app.action(run_message.RETRY)(guard.once(self._runs.retry))
        app.action(run_message.UNDO)(guard.once(self._runs.undo))
        app.action(run_message.AGAIN)(guard.once(self._runs.again))
        app.action(run_message.RESULTS)(guard.once(self._runs.results))
        app.action(re.compile(f"^{run_results.TURN}:"))(guard.each(self._runs.turn))
        app.action(run_results.DOWNLOAD)(guard.once(self._runs.download))
