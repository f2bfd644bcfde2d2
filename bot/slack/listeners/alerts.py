"""The buttons of alerts that do not open the form: **Show all**, and the pages behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.disclosure import hide_content
from bot.slack.actors import actor_of
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, code_of, explain
from bot.slack.modals import open_view
from bot.slack.payloads import text_at
from bot.slack.views import show_all

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.domain.announcements import AnnouncementContent
    from bot.services.ports.store import AnnouncementRepository
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.row_links import RowLinkResolver


class AlertListeners:
    """Shows all findings of an announcement, page by page.

    Args:
        client: a client whose calls may be tried again.
        announcements: hold what they show.
        row_links: makes what rows link to.
        readers: who sees contact details.
    """

    def __init__(
        self,
        client: WebClient,
        announcements: AnnouncementRepository,
        row_links: RowLinkResolver,
        readers: SlackReaders,
    ) -> None:
        self._client = client
        self._announcements = announcements
        self._row_links = row_links
        self._readers = readers

    def show_all(self, body: dict[str, Any]) -> None:
        """**Show all** in an alert."""
        access = self._readers.access(actor_of(body))
        view = self.page(text_at(body, "actions", 0, "value"), 0, access)
        try:
            self._client.views_open(trigger_id=text_at(body, "trigger_id"), view=view)
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error

    def turn_page(self, body: dict[str, Any]) -> None:
        """A button that turns to another page."""
        announcement_id, number = show_all.parse_turn(body)
        opened, access = open_view(body), self._readers.access(actor_of(body))
        try:
            self._client.views_update(
                view_id=opened.view_id,
                hash=opened.hash,
                view=self.page(announcement_id, number, access),
            )
        except CALL_ERRORS as error:
            # Another press was quicker: the person sees its page already.
            if code_of(error) != "hash_conflict":
                raise explain(error, TRY_AGAIN) from error

    def page(self, announcement_id: str, number: int, access: ContactAccess) -> dict[str, Any]:
        """A page as things are now; the last one where it is past the end."""
        content = self._content(announcement_id, number)
        last = show_all.page_count(content.total) - 1
        if number > last:
            content, number = self._content(announcement_id, last), last
        # Looking owners up would outlast the trigger; most are kept from when the alert was sent.
        links = self._row_links.for_findings(content.findings, ask=False)
        if not access.granted:
            content, links = hide_content(content), links.hidden()
        return show_all.page_view(content, number, links, access.note)

    def _content(self, announcement_id: str, number: int) -> AnnouncementContent:
        return self._announcements.content(announcement_id, show_all.ROWS, number * show_all.ROWS)
