"""Sends files to channels and people, in Slack's three steps, so that a repeat can be avoided.

`files.getUploadURLExternal` names the file, a POST sends its content, and
`files.completeUploadExternal` shares it. Only the last step is visible, and repeating it could
share the file twice. So the caller records the file's id between the steps, and looks for the file
before it shares it again.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from slack_sdk.errors import SlackApiError

from bot.domain.errors import FileGone, NotifierError
from bot.slack.client import CALL_ERRORS, code_of, explain, history_error, post_error
from bot.slack.transport_errors import required

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.ports.slack import Posted
    from bot.slack.client import SlackWebClient

_PAGE_SIZE: Final = 200
_GONE: Final = frozenset({"file_not_found", "file_deleted"})
_TRY_AGAIN: Final = "Please try again in a moment."


class SlackFiles:
    """Uploads files and shares them in threads.

    Args:
        client: a client that retries calls, for the steps that may be repeated.
        sharing: a client that makes each call once.
    """

    def __init__(self, client: SlackWebClient, sharing: WebClient) -> None:
        self._client = client
        self._sharing = sharing

    def upload(self, name: str, content: bytes) -> str:
        """Send a file's content, without sharing it yet.

        Args:
            name: the file's name, with its extension.
            content: its content; Slack refuses an empty file.

        Returns:
            The file's id. Slack deletes a file that isn't shared soon.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        try:
            given = self._client.files_getUploadURLExternal(filename=name, length=len(content))
            url, file_id = required(given, "upload_url", str), required(given, "file_id", str)
            status = self._client.send_content(url, content)
        except CALL_ERRORS as error:
            raise explain(error, _TRY_AGAIN) from error
        if status != HTTPStatus.OK:
            message = f"Slack did not accept the content of a file (HTTP {status})."
            raise NotifierError(message, _TRY_AGAIN)
        return file_id

    def share(self, file_id: str, title: str, place: Posted, comment: str = "") -> None:
        """Share an uploaded file in the thread of a message.

        Args:
            file_id: what `upload` returned.
            title: how the file is called in Slack.
            place: the message.
            comment: a line beside the file.

        Raises:
            FileGone: there is no such file any more, or it is shared already.
            PostRefused: it was certainly not shared.
            PostInDoubt: it may have been shared.
        """
        try:
            self._sharing.files_completeUploadExternal(
                files=[{"id": file_id, "title": title}],
                channel_id=place.channel_id,
                thread_ts=place.ts,
                initial_comment=comment or None,
            )
        except SlackApiError as error:
            if code_of(error) in _GONE:
                raise FileGone(str(post_error(error)), code=code_of(error)) from error
            raise post_error(error) from error
        except CALL_ERRORS as error:
            raise post_error(error) from error

    def is_shared(self, file_id: str, place: Posted) -> bool:
        """Whether the file is in the thread of a message.

        Raises:
            HistoryUnreadable: the thread can't be read until somebody fixes the cause.
            PostRefused: Slack can't be reached now; try again.
        """
        cursor = ""
        while True:
            try:
                page = self._client.conversations_replies(
                    channel=place.channel_id, ts=place.ts, limit=_PAGE_SIZE, cursor=cursor or None
                )
                messages = required(page, "messages", list)
            except CALL_ERRORS as error:
                raise history_error(error) from error
            files = (file for message in messages for file in message.get("files") or ())
            if any(file.get("id") == file_id for file in files):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return False
