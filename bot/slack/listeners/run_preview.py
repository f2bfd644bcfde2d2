"""The preview of a run: its pages, its file, and the button that begins the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError, NobodyCanApprove
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult
from bot.slack.payloads import find, is_in_modal, text_at
from bot.slack.views import approval_forms, run_preview
from bot.slack.views.problem import note, problem_message
from bot.slack.views.run_preview import PreviewPosition, preview_view
from bot.slack.views.run_result import note_view, started_message, with_left_out, without_them

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack

    from bot.domain.actors import Actor
    from bot.domain.run_summary import RunSummary
    from bot.domain.runs import Run
    from bot.services.bulk_preview import Preview
    from bot.services.run_begin import RunBeginning
    from bot.slack.background import BackgroundTasks
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders
    from bot.slack.run_downloads import RunDownloads

    Body = dict[str, Any]
    View = dict[str, Any]


class RunPreviewListeners:
    """Shows previews, each to the person who made it, and begins runs.

    Args:
        modals: the modals on people's screens.
        tasks: where work is done that a person waits for.
        beginning: begins runs.
        downloads: sends files to people.
        summary_of: what a run that was previewed will do, by its id.
        readers: who sees contact details.
    """

    def __init__(
        self,
        modals: Modals,
        tasks: BackgroundTasks,
        beginning: RunBeginning,
        *,
        downloads: RunDownloads,
        summary_of: Callable[[int], RunSummary],
        readers: SlackReaders,
    ) -> None:
        self._modals = modals
        self._tasks = tasks
        self._beginning = beginning
        self._downloads = downloads
        self._summary_of = summary_of
        self._readers = readers

    def first_page(self, preview: Preview, actor: Actor, unread: int) -> SubmissionResult:
        """A new preview, in place of the window that it was made in.

        Args:
            preview: the preview.
            actor: who made it.
            unread: accounts of which it isn't known whether they were chosen.
        """
        position = PreviewPosition(
            preview.run.id, unusual_domains=preview.unusual_domains, unread=unread
        )
        view = self._view(preview.run, preview.summary, position, actor)
        message = note(
            "Your preview is ready, but its window was closed. Nothing was changed.",
            "To make it again, type /altcontact fix",
        )
        return SubmissionResult(view, message)

    def open_soon(self, body: Body, make: Callable[[], Run]) -> None:
        """Open a window at once, and show the preview of a run in it when that is made.

        Args:
            body: of the button that was pressed.
            make: makes the run.
        """
        actor = actor_of(body)
        loading = note_view(note("Working out what would change…"))
        opened = self._modals.open_loading(
            text_at(body, "trigger_id"), actor.user_id, loading, push=is_in_modal(body)
        )

        def show() -> None:
            run = make()
            summary = self._summary_of(run.id)
            view = self._view(run, summary, PreviewPosition(run.id), actor)
            closed = note("Your preview is ready, but its window was closed.", "Press Undo again.")
            self._modals.fill(opened, view, closed)

        def failed(problem: Any) -> None:  # noqa: ANN401 - a Message
            self._modals.fill(opened, note_view(problem), problem, even_if_closed=True)

        self._tasks.run(show, failed)

    def turn(self, body: Body) -> None:
        """Another list or page of the preview."""
        self._show(body, run_preview.parse_turn(body))

    def download(self, body: Body) -> None:
        """**Download CSV**: the preview as a file, sent to the person alone."""
        position, actor = run_preview.parse_position(find(body, "view")), actor_of(body)
        if self._readers.access(actor).granted and self._show(body, position, sent=True):
            self._downloads.send_preview(position.run_id, actor.user_id)

    def _show(self, body: Body, position: PreviewPosition, *, sent: bool = False) -> bool:
        """Show a page of a preview in its window; false if it can't be acted on any more."""
        actor = actor_of(body)
        try:
            run = self._beginning.previewed(position.run_id, actor)
        except AltcontactError as error:
            self._modals.failed(error, body)
            self._modals.reload(body, note_view(problem_message(error)))
            return False
        summary = self._summary_of(run.id)
        self._modals.reload(body, self._view(run, summary, position, actor, sent=sent))
        return True

    def submit(self, ack: Ack, body: Body) -> None:
        """**Fix 12 contacts** was pressed."""
        run_id = run_preview.parse_position(find(body, "view")).run_id
        actor = actor_of(body)
        self._modals.answer(
            ack,
            body,
            lambda: self._begin(run_id, actor, body),
            note_view,
            lambda: note_view(note("Asking Slack who may change these contacts…")),
        )

    def _begin(self, run_id: int, actor: Actor, body: Body) -> SubmissionResult:
        try:
            submitted = self._beginning.begin(run_id, actor)
        except NobodyCanApprove as problem:
            self._modals.failed(problem, body)
            message = without_them(approval_forms.nobody_message("", "", problem))
            return SubmissionResult(note_view(message), message)
        if submitted.started:
            message = started_message(submitted.run)
        else:
            can_bypass = self._beginning.can_bypass(run_id)
            message = approval_forms.waiting_message(
                "", "", submitted.approvals, can_bypass=can_bypass
            )
        message = with_left_out(message, submitted.left_out)
        return SubmissionResult(note_view(message), message)

    def _view(
        self,
        run: Run,
        summary: RunSummary,
        position: PreviewPosition,
        actor: Actor,
        *,
        sent: bool = False,
    ) -> View:
        access = self._readers.access(actor)
        return preview_view(
            run, summary, position, with_details=access.granted, note=access.note, sent=sent
        )
