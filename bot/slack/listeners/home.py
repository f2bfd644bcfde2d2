"""The app's Home: published when it is opened, and the buttons that only it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError
from bot.slack.actors import actor_of
from bot.slack.payloads import find_text, text_at
from bot.slack.views import open_accounts

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bot.domain.scans import ScanReport
    from bot.services.home import HomeService
    from bot.services.ports.home import OverviewRepository
    from bot.services.ports.slack import Actor
    from bot.slack.fixers import SlackFixers
    from bot.slack.listeners.exemptions import ExemptionListeners
    from bot.slack.listeners.scan_progress import ScanListener
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders


class HomeListeners:
    """Answers what people do on their Home.

    Args:
        home: publishes Homes.
        modals: the modals on people's screens.
        exemptions: opens the list of exemptions.
        fixers: who can change contacts.
        overviews: the accounts that need attention.
        readers: who gets an answer at all.
        scan: checks all accounts.
    """

    def __init__(
        self,
        home: HomeService,
        modals: Modals,
        *,
        exemptions: ExemptionListeners,
        fixers: SlackFixers,
        overviews: OverviewRepository,
        readers: SlackReaders,
        scan: ScanListener,
    ) -> None:
        self._home = home
        self._modals = modals
        self._exemptions = exemptions
        self._fixers = fixers
        self._overviews = overviews
        self._readers = readers
        self._scan = scan

    def opened(self, body: dict[str, Any]) -> None:
        """Somebody opened the app; its messages are a tab of their own."""
        actor = actor_of(body)
        if find_text(body, "event", "tab") == "home" and actor.user_id:
            self._home.open(actor)

    def check_now(self, body: dict[str, Any]) -> None:
        """**Check now**: like `/altcontact check`, but that the Home itself shows how it goes."""
        actor = actor_of(body)
        try:
            ticket = self._scan.begin(actor)
        except AltcontactError as error:
            self._home.open(actor, error)
            return
        self._home.open(actor)
        ticket.report.add_done_callback(lambda ended: self._ended(actor, ended))

    def _ended(self, actor: Actor, report: Future[ScanReport]) -> None:
        """Show the result, or why there is none."""
        error = report.exception()
        self._home.open(actor, error if isinstance(error, AltcontactError) else None)

    def show_all(self, body: dict[str, Any]) -> None:
        """**Show all**: every account that needs attention, in a modal.

        Raises:
            NotAllowed: the person isn't from this workspace.
            NotifierError: Slack didn't open it.
        """
        self._readers.access(actor_of(body))
        self._modals.open(text_at(body, "trigger_id"), self._page(0))

    def turn_page(self, body: dict[str, Any]) -> None:
        """A button that turns to another page of that modal."""
        self._readers.access(actor_of(body))
        self._modals.reload(body, self._page(open_accounts.parse_turn(body)))

    def list_exemptions(self, body: dict[str, Any]) -> None:
        """**Show all exemptions**: as `/altcontact exemptions`."""
        self._exemptions.open_list(actor_of(body), text_at(body, "trigger_id"))

    def _page(self, page: int) -> dict[str, Any]:
        """A page as things are now; the last one if it is past the end."""
        size = open_accounts.ROWS
        found, total = self._overviews.open_accounts(size, page * size)
        last = open_accounts.page_count(total) - 1
        if page > last:
            page = last
            found, total = self._overviews.open_accounts(size, page * size)
        return open_accounts.page_view(found, total, page, read_only=self._fixers.read_only)
