"""Sends previews and results of runs as files to the person who asked, as direct messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import NotifierError
from bot.services.ports.slack import Posted
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, explain
from bot.slack.transport_errors import required
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from bot.services.ports.files import Files
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages

_log = structlog.get_logger(__name__)


class RunDownloads:
    """Sends files to people, in the background.

    Args:
        posting: a client that makes each call once.
        files: uploads and shares files.
        messages: tell the person if a file can't be sent.
        tasks: where files are made and sent.
        preview: makes the file of a preview, with contacts' details.
        results: makes the file of a run's results, without contacts' details.
    """

    def __init__(
        self,
        posting: WebClient,
        files: Files,
        messages: DirectMessages,
        tasks: BackgroundTasks,
        *,
        preview: Callable[[int], bytes],
        results: Callable[[int], bytes],
    ) -> None:
        self._posting = posting
        self._files = files
        self._messages = messages
        self._tasks = tasks
        self._preview = preview
        self._results = results

    def send_preview(self, run_id: int, user_id: str) -> None:
        """Send the preview of a run soon. It has contacts' details: only for who may see them."""
        title, name = f"Preview of run {run_id}", f"preview-{run_id}.csv"
        self._send_soon(user_id, title, name, lambda: self._preview(run_id))

    def send_results(self, run_id: int, user_id: str) -> None:
        """Send the results of a run soon."""
        title, name = f"Results of run {run_id}", f"run-{run_id}.csv"
        self._send_soon(user_id, title, name, lambda: self._results(run_id))

    def _send_soon(self, user_id: str, title: str, name: str, make: Callable[[], bytes]) -> None:
        def send() -> None:
            try:
                self._send(user_id, title, f"altcontact-{name}", make())
            except NotifierError as error:
                _log.warning("file not sent", user=user_id, problem=str(error), code=error.code)
                words = f"{title} couldn't be sent as a file. {error}"
                self._messages.send(user_id, note(words, error.remedy))

        self._tasks.run(send, lambda message: self._messages.send(user_id, message))

    def _send(self, user_id: str, title: str, name: str, content: bytes) -> None:
        """Send one file, in the thread of a direct message.

        The upload comes first: if it fails, there is no message without its file.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        file_id = self._files.upload(name, content)
        try:
            posted = self._posting.chat_postMessage(
                channel=user_id, text=f"{title}: the file is in this thread.", mrkdwn=False
            )
            place = Posted(required(posted, "channel", str), required(posted, "ts", str))
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error
        self._files.share(file_id, title, place)
