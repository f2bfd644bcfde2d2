"""The card of one account: shown, shown again, and shown from a row's menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import GatewayError
from bot.services.show_account import hide_details
from bot.slack.actors import actor_of
from bot.slack.modals import open_view
from bot.slack.payloads import text_at, user_id
from bot.slack.views import account_card, exemption_forms, row_actions
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.accounts import Account
    from bot.services.check_limit import CheckLimit
    from bot.services.find_account import AccountFinder
    from bot.services.ports.slack import Actor
    from bot.services.show_account import AccountViewService
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.fixers import SlackFixers
    from bot.slack.modals import Modals, OpenView
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.row_links import RowLinkResolver
    from bot.slack.views.message import Message

    Show = Callable[[Message], None]

_HEADING: Final = "Account"


class AccountCards:
    """Shows accounts to one person each.

    Args:
        modals: the modals on people's screens.
        tasks: where AWS is asked.
        messages: reach the person who asks.
        accounts: shows accounts as AWS holds them now.
        finder: finds accounts by what people type.
        fixers: who may change contacts.
        limit: how many accounts a person may have checked.
        readers: who sees contact details.
        row_links: makes the links of cards.
    """

    def __init__(
        self,
        modals: Modals,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        *,
        accounts: AccountViewService,
        finder: AccountFinder,
        fixers: SlackFixers,
        limit: CheckLimit,
        readers: SlackReaders,
        row_links: RowLinkResolver,
    ) -> None:
        self._modals = modals
        self._tasks = tasks
        self._messages = messages
        self._accounts = accounts
        self._finder = finder
        self._fixers = fixers
        self._limit = limit
        self._readers = readers
        self._row_links = row_links

    def check_again(self, body: dict[str, Any]) -> None:
        """A button **Check again** under an account."""
        self.show_in_place(body, text_at(body, "actions", 0, "value"))

    def choose(self, body: dict[str, Any]) -> None:
        """One of several accounts was chosen."""
        self.show_in_place(body, text_at(body, "actions", 0, "selected_option", "value"))

    def show(self, body: dict[str, Any]) -> None:
        """**Show account** beside a row: for that person alone, on top of a modal if one is open.

        Raises:
            NotifierError: Slack did not open it.
        """
        _, account_id, _ = row_actions.parse_menu(row_actions.pressed(body))
        actor = actor_of(body)
        if not body.get("view"):
            # The message that was pressed in is everybody's: nothing may take its place.
            self.find_and_show(actor, account_id, self._messages.reply_to(body, replace=False))
            return
        loading = _as_view(note("Reading what AWS holds now…"))
        trigger = text_at(body, "trigger_id")
        opened = self._modals.open_loading(trigger, user_id(body), loading, push=True)
        self.find_and_show(
            actor,
            account_id,
            lambda message: self._modals.fill(opened, _as_view(message), message),
        )

    def show_in_place(self, body: dict[str, Any], account_id: str) -> None:
        """Show an account where something was pressed on its card."""
        show = self._in(open_view(body)) if body.get("view") else self._messages.reply_to(body)
        self.find_and_show(actor_of(body), account_id, show)

    def find_and_show(self, actor: Actor, text: str, show: Show) -> None:
        """Show the one account that `text` means, or what it may mean, when AWS has answered."""
        self._tasks.run(lambda: self._find_and_show(actor, text, show), show)

    def _find_and_show(self, actor: Actor, text: str, show: Show) -> None:
        access = self._readers.access(actor)
        self._limit.take(actor.user_id)
        matches = self._finder.find(text)
        if matches.only is not None:
            show(self._card(matches.only, access))
        elif matches.accounts:
            show(account_card.choice_message(matches.accounts, text))
        elif matches.failures:
            raise GatewayError(next(iter(matches.failures.values())))
        else:
            show(account_card.no_match_message(text, self._finder.nearest(text)))

    def _in(self, opened: OpenView) -> Show:
        return lambda message: self._modals.replace(
            opened, _as_view(message), message, even_if_closed=False
        )

    def _card(self, account: Account, access: ContactAccess) -> Message:
        """Read an account's three contacts now, and remember what was read."""
        view = self._accounts.show(account)
        owner = account_card.owner_of(view.result.account, view.result.policy)
        links = self._row_links.for_owners([owner] if owner else [])
        if not access.granted:
            view, links = hide_details(view), links.hidden()
        return account_card.account_message(
            view, links, read_only=self._fixers.read_only, note=access.note
        )


def _as_view(message: Message) -> dict[str, Any]:
    return exemption_forms.note_view(message, _HEADING)
