"""**Show all**: opens a list of findings, searches and filters it, and turns its pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.domain.disclosure import hide_findings
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult
from bot.slack.payloads import find, find_text, text_at
from bot.slack.views import exemption_forms, show_all, show_all_filters
from bot.slack.views.problem import note
from bot.slack.views.show_all import ListPosition

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.domain.finding_lists import FindingPage
    from bot.services.ports.findings import FindingRepository
    from bot.slack.modals import Modals
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.row_links import RowLinkResolver

    Body = dict[str, Any]
    View = dict[str, Any]

_HEADING = "All findings"


class ShowAllListeners:
    """Shows lists of findings, each to the person who asked.

    Args:
        modals: the modals on people's screens.
        findings: the lists.
        row_links: make the links of rows.
        readers: know who sees contact details.
    """

    def __init__(
        self,
        modals: Modals,
        findings: FindingRepository,
        row_links: RowLinkResolver,
        readers: SlackReaders,
    ) -> None:
        self._modals = modals
        self._findings = findings
        self._row_links = row_links
        self._readers = readers

    def show(self, body: Body) -> None:
        """**Show all** in an alert, or in the result of a check.

        Raises:
            NotifierError: Slack didn't open the window.
        """
        listed = show_all.parse_list(text_at(body, "actions", 0, "value"))
        view = self.view(ListPosition(listed), self._readers.access(actor_of(body)))
        push = find_text(body, "view", "type") == "modal"
        self._modals.open(text_at(body, "trigger_id"), view, push=push)

    def change(self, body: Body) -> None:
        """A page was turned, a filter chosen or cleared, or Enter pressed in the search."""
        access = self._readers.access(actor_of(body))
        self._modals.reload(body, self.view(show_all.parse_change(body), access))

    def refresh(self, body: Body) -> None:
        """Show the page in which something was pressed as things are now."""
        access = self._readers.access(actor_of(body))
        position = show_all.parse_position(find(body, "view"))
        self._modals.reload(body, self.view(position, access))

    def submit(self, ack: Ack, body: Body) -> None:
        """**Search** was pressed."""
        position, actor = show_all.parse_change(body), actor_of(body)
        self._modals.answer(
            ack,
            body,
            lambda: SubmissionResult(
                self.view(position, self._readers.access(actor)),
                note("Your search is done, but its window was closed.", "Open the list again."),
            ),
            lambda message: exemption_forms.note_view(message, _HEADING),
            lambda: exemption_forms.note_view(note("Searching…"), _HEADING),
        )

    def suggest_units(self, body: Body) -> list[Body]:
        """The options of the menu of organizational units.

        Raises:
            NotAllowed: the person belongs to another workspace.
            StoreError: the database can't be read.
        """
        self._readers.access(actor_of(body), is_request=False)
        position = show_all.parse_position(find(body, "view"))
        units = self._findings.units(position.listed)
        return show_all_filters.unit_options(units, find_text(body, "value"))

    def view(self, position: ListPosition, access: ContactAccess) -> View:
        """A page as things are now; the last one if the list has become shorter."""
        page = self._page(position, access)
        last = show_all.page_count(page.matching) - 1
        if position.page > last:
            position = replace(position, page=last)
            page = self._page(position, access)
        findings = page.findings
        # Looking owners up could outlast the trigger; most are known since the alert was posted.
        links = self._row_links.for_findings(findings, ask=False)
        if not access.granted:
            page, links = replace(page, findings=hide_findings(findings)), links.hidden()
        unit = position.wanted.unit
        path = self._findings.units(position.listed).get(unit, "") if unit else ""
        return show_all.list_view(position, page, links, note=access.note, unit_path=path)

    def _page(self, position: ListPosition, access: ContactAccess) -> FindingPage:
        return self._findings.page(
            position.listed,
            position.wanted,
            show_all.ROWS,
            position.page * show_all.ROWS,
            search_owners=access.granted,
        )
