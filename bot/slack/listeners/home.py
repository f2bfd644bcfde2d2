"""The app's Home: published when it is opened, and the buttons that only it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError
from bot.slack.actors import actor_of
from bot.slack.payloads import find_text, text_at

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bot.domain.actors import Actor
    from bot.domain.scans import ScanReport
    from bot.services.home import HomeService
    from bot.slack.listeners.exemptions import ExemptionListeners
    from bot.slack.listeners.scan_progress import ScanListener


class HomeListeners:
    """Answers what people do on their Home.

    Args:
        home: publishes Homes.
        exemptions: opens the list of exemptions.
        scan: checks all accounts.
    """

    def __init__(
        self,
        home: HomeService,
        *,
        exemptions: ExemptionListeners,
        scan: ScanListener,
    ) -> None:
        self._home = home
        self._exemptions = exemptions
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

    def list_exemptions(self, body: dict[str, Any]) -> None:
        """**Show all exemptions**: as `/altcontact exemptions`."""
        self._exemptions.open_list(actor_of(body), text_at(body, "trigger_id"))
