"""The card of one account: shown, shown again, and shown from a row's menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import GatewayError
from bot.slack.client import Reply
from bot.slack.modals import screen_of
from bot.slack.views import account_card, exemption_forms, row_actions
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack

    from bot.domain.contacts import Account
    from bot.slack.modals import Modals, OpenView
    from bot.slack.parts import Parts
    from bot.slack.views.message import Message

    Tell = Callable[[Message], None]

_HEADING: Final = "Account"


class Cards:
    """Shows accounts to one person each."""

    def __init__(self, parts: Parts, modals: Modals) -> None:
        self._parts = parts
        self._modals = modals

    def check_again(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **Check again** under an account."""
        ack()
        if self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            self.show_in_place(body, body["actions"][0]["value"])

    def choose(self, ack: Ack, body: dict[str, Any]) -> None:
        """One of several accounts was chosen."""
        ack()
        if self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            self.show_in_place(body, body["actions"][0]["selected_option"]["value"])

    def show(self, body: dict[str, Any]) -> None:
        """**Show account** beside a row: for that person alone, on top of a modal if one is open.

        Raises:
            NotifierError: Slack did not open it.
        """
        _, account_id, _ = row_actions.parse_menu(row_actions.pressed(body))
        if not body.get("view"):
            # The message that was pressed in is everybody's: nothing may take its place.
            reply = Reply(body["response_url"], replace=False)
            self._parts.tasks.run(lambda: self.look_for(account_id, reply), reply)
            return
        loading = note("Reading what AWS holds now…")
        screen = self._modals.open(
            body["trigger_id"], body["user"]["id"], _as_view(loading), push=True
        )
        tell = self._in(screen)
        self._parts.tasks.run(lambda: self.look_for(account_id, tell), tell)

    def show_in_place(self, body: dict[str, Any], account_id: str) -> None:
        """Show an account where something was pressed on its card."""
        tell = self._in(screen_of(body)) if body.get("view") else Reply(body["response_url"])
        self._parts.tasks.run(lambda: self.look_for(account_id, tell), tell)

    def look_for(self, text: str, tell: Tell) -> None:
        """Show the one account that `text` means, or what it may mean.

        Raises:
            GatewayError: nothing matches, and an organization's accounts could not be listed.
        """
        matches = self._parts.directory.find(text)
        if matches.only is not None:
            tell(self._card(matches.only))
        elif matches.accounts:
            tell(account_card.choice_message(matches.accounts, text))
        elif matches.failures:
            raise GatewayError(next(iter(matches.failures.values())))
        else:
            tell(account_card.no_match_message(text, self._parts.directory.nearest(text)))

    def _in(self, screen: OpenView) -> Tell:
        return lambda message: self._modals.replace(screen, _as_view(message))

    def _card(self, account: Account) -> Message:
        """Read an account's three contacts now, and remember what was read."""
        parts = self._parts
        look = parts.look.at(account)
        owner = account_card.owner_of(look.result.account, look.result.policy)
        links = parts.row_links.for_owners([owner] if owner else [])
        return account_card.account_message(look, links, read_only=parts.fixers.read_only)


def _as_view(message: Message) -> dict[str, Any]:
    return exemption_forms.note_view(message, _HEADING)
