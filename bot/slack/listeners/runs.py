"""The buttons of a run's message: stop, continue, retry, undo, and show the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError, RunRefused
from bot.slack.actors import actor_of
from bot.slack.payloads import is_in_modal, number_at, text_at
from bot.slack.views import run_results
from bot.slack.views.problem import problem_message
from bot.slack.views.run_results import ResultsPosition, last_page, results_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.actors import Actor
    from bot.services.ports.runs import RunRepository
    from bot.services.run_again import HeldBackPreview
    from bot.services.run_control import RunControl
    from bot.services.undo_run import RunUndoService
    from bot.slack.fixers import SlackFixers
    from bot.slack.listeners.run_preview import RunPreviewListeners
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders
    from bot.slack.run_downloads import RunDownloads

    Body = dict[str, Any]
    View = dict[str, Any]


class RunListeners:
    """Controls runs from their messages.

    Args:
        modals: the modals on people's screens.
        control: stops, continues and retries runs.
        pages: shows the preview of an undo.
        undos: makes the runs that undo others, for a preview.
        held_back: previews again what runs held back.
        fixers: who may change contacts.
        downloads: sends files to people.
        runs: the runs.
        readers: refuse people of other workspaces.
    """

    def __init__(
        self,
        modals: Modals,
        control: RunControl,
        pages: RunPreviewListeners,
        *,
        undos: RunUndoService,
        held_back: HeldBackPreview,
        fixers: SlackFixers,
        downloads: RunDownloads,
        runs: RunRepository,
        readers: SlackReaders,
    ) -> None:
        self._modals = modals
        self._control = control
        self._pages = pages
        self._undos = undos
        self._held_back = held_back
        self._fixers = fixers
        self._downloads = downloads
        self._runs = runs
        self._readers = readers

    def stop(self, body: Body) -> None:
        """**Stop**, which Slack has asked to confirm."""
        self._act(body, self._control.stop)

    def resume(self, body: Body) -> None:
        """**Continue**, on a stopped run."""
        self._act(body, self._control.resume)

    def retry(self, body: Body) -> None:
        """**Retry failed**."""
        self._act(body, self._control.retry)

    def undo(self, body: Body) -> None:
        """**Undo…**: shows the preview of a run that puts back what was there before."""
        run_id, actor = number_at(body, "actions", 0, "value"), actor_of(body)
        key = f"undo-run:{run_id}:{text_at(body, 'trigger_id')}"
        try:
            self._fixers.require_any_fixer(actor)
            self._pages.open_soon(body, lambda: self._undos.undo_run(run_id, actor, key))
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def again(self, body: Body) -> None:
        """**Preview held back…**: shows them with what AWS has now, as a new run."""
        run_id, actor = number_at(body, "actions", 0, "value"), actor_of(body)
        key = f"again:{run_id}:{text_at(body, 'trigger_id')}"
        try:
            self._fixers.require_any_fixer(actor)
            self._pages.open_soon(body, lambda: self._held_back.preview(run_id, actor, key))
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def results(self, body: Body) -> None:
        """**Show results**: a list of every contact, without contacts' details."""
        position = ResultsPosition(number_at(body, "actions", 0, "value"))
        try:
            self._readers.access(actor_of(body))
            view = self._view(position)
            self._modals.open(text_at(body, "trigger_id"), view, push=is_in_modal(body))
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def turn(self, body: Body) -> None:
        """Another list or page of the results."""
        self._readers.access(actor_of(body))
        self._modals.reload(body, self._view(run_results.parse_turn(body)))

    def download(self, body: Body) -> None:
        """**Download CSV**: the results as a file, sent to the person alone."""
        actor, run_id = actor_of(body), number_at(body, "actions", 0, "value")
        self._readers.access(actor)
        run = self._runs.get(run_id)
        if run is None:
            raise _gone()
        self._downloads.send_results(run_id, actor.user_id)
        self._modals.reload(body, self._view(ResultsPosition(run_id), sent=True))

    def _act(self, body: Body, act: Callable[[int, Actor], object]) -> None:
        """Do what a button says; if it can't be done, say next to it why."""
        try:
            act(number_at(body, "actions", 0, "value"), actor_of(body))
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def _view(self, position: ResultsPosition, *, sent: bool = False) -> View:
        """A page of the results, the last one if there are fewer pages by now."""
        progress = self._runs.progress(position.run_id)
        if progress is None:
            raise _gone()
        page = min(position.page, last_page(progress, position.state))
        position = ResultsPosition(position.run_id, position.state, page)
        states = () if position.state is None else (position.state,)
        rows = run_results.ROWS
        items = self._runs.items(position.run_id, states, rows, page * rows)
        return results_view(progress, items, position, sent=sent)


def _gone() -> RunRefused:
    return RunRefused("This run is no longer on record.", "To make a new one, type /altcontact fix")
