"""The buttons of alerts that do not open the form: **Show all**, and the pages behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.slack.client import CALL_ERRORS, TRY_AGAIN, code_of, explain
from bot.slack.views import show_all

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.domain.announcements import AnnouncementContent
    from bot.slack.parts import Parts


class AlertListeners:
    """Shows all findings of an announcement, page by page."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show_all(self, ack: Ack, body: dict[str, Any]) -> None:
        """**Show all** in an alert."""
        ack()
        if not self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            return
        view = self._page(body["actions"][0]["value"], 0)
        try:
            self._parts.client.views_open(trigger_id=body["trigger_id"], view=view)
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error

    def turn_page(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button that turns to another page."""
        ack()
        announcement_id, page = show_all.parse_turn(body)
        view = body["view"]
        try:
            self._parts.client.views_update(
                view_id=view["id"], hash=view["hash"], view=self._page(announcement_id, page)
            )
        except CALL_ERRORS as error:
            # Another press was quicker: the person sees its page already.
            if code_of(error) != "hash_conflict":
                raise explain(error, TRY_AGAIN) from error

    def _page(self, announcement_id: str, page: int) -> dict[str, Any]:
        """A page as things are now; the last one where it is past the end."""
        content = self._content(announcement_id, page)
        last = show_all.page_count(content.total) - 1
        if page > last:
            content, page = self._content(announcement_id, last), last
        # Looking owners up would outlast the trigger; most are kept from when the alert was sent.
        links = self._parts.row_links.for_findings(content.findings, ask=False)
        return show_all.page_view(content, page, links)

    def _content(self, announcement_id: str, page: int) -> AnnouncementContent:
        return self._parts.store.announcements.content(
            announcement_id, show_all.ROWS, page * show_all.ROWS
        )
