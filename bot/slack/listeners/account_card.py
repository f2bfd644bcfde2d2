"""Shows one account: by command, again on its button, and from a row's menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import GatewayError
from bot.services.show_account import hide_details
from bot.slack.actors import actor_of
from bot.slack.modals import open_view
from bot.slack.payloads import is_in_modal, text_at, user_id
from bot.slack.views import account_card, account_choice, exemption_forms, row_actions
from bot.slack.views.account_choice import AccountChoice
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.accounts import Account
    from bot.domain.actors import Actor
    from bot.services.check_limit import CheckLimit
    from bot.services.find_account import AccountFinder
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
    """Shows accounts as they are in AWS, each to the person who asked.

    Args:
        modals: the modals on people's screens.
        tasks: runs the requests to AWS.
        messages: reach the person who asked.
        accounts: read and evaluate accounts.
        finder: finds accounts by what people type.
        fixers: know who may change contacts.
        limit: how many accounts one person may check.
        readers: know who sees contact details.
        row_links: make the links of cards.
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
        """**Check again** below an account."""
        self.show_in_place(body, text_at(body, "actions", 0, "value"))

    def show(self, body: dict[str, Any]) -> None:
        """**Show account** in a row: privately, on top of the modal if the row is in one.

        Raises:
            NotifierError: Slack didn't open the modal.
        """
        _, account_id, _ = row_actions.parse_menu(row_actions.pressed(body))
        actor = actor_of(body)
        if not body.get("view"):
            # Everyone sees the message that the row is in, so it stays.
            reply = self._messages.reply_to(body, replace=False)
            self.find_and_show(actor, AccountChoice(account_id), reply)
            return
        loading = _as_view(note("Reading the contacts in AWS…"))
        trigger = text_at(body, "trigger_id")
        pushed = is_in_modal(body)
        opened = self._modals.open_loading(trigger, user_id(body), loading, push=pushed)
        self.find_and_show(
            actor,
            AccountChoice(account_id),
            lambda message: self._modals.fill(opened, _as_view(message), message),
        )

    def show_in_place(self, body: dict[str, Any], account_id: str) -> None:
        """Show an account in place of the message or modal in which something was pressed."""
        show = self._in(open_view(body)) if body.get("view") else self._messages.reply_to(body)
        self.find_and_show(actor_of(body), AccountChoice(account_id), show)

    def find_and_show(self, actor: Actor, choice: AccountChoice, show: Show) -> None:
        """Show the account that the text of `choice` means, or ask which one; in the background."""
        self._tasks.run(lambda: self._find_and_show(actor, choice, show), show)

    def _find_and_show(self, actor: Actor, choice: AccountChoice, show: Show) -> None:
        access = self._readers.access(actor)
        self._limit.take(actor.user_id)
        matches = self._finder.find(choice.text)
        if matches.only is not None:
            show(self._card(matches.only, access))
        elif matches.accounts:
            show(account_choice.choice_message(choice, len(matches.accounts)))
        elif matches.failures:
            raise GatewayError(next(iter(matches.failures.values())))
        else:
            nearest = self._finder.nearest(choice.text)
            show(account_choice.no_match_message(choice.text, nearest))

    def _in(self, opened: OpenView) -> Show:
        return lambda message: self._modals.replace(
            opened, _as_view(message), message, even_if_closed=False
        )

    def _card(self, account: Account, access: ContactAccess) -> Message:
        """Read an account's contacts in AWS, and record what was read."""
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
