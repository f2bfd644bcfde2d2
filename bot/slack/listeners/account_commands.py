"""Commands about one account, such as `check` and `fix`: found first, then carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType
from bot.domain.pasted_ids import parse_account_id
from bot.slack.actors import actor_of
from bot.slack.command_parser import CHECK, EXEMPT, FIX, HISTORY, selects_many, split_type
from bot.slack.payloads import find_text, text_at
from bot.slack.views.account_choice import (
    MAX_OPTIONS,
    AccountChoice,
    account_options,
    parse_choice,
    parse_search,
)

if TYPE_CHECKING:
    from bot.services.account_policy import AccountPolicies
    from bot.services.find_account import AccountFinder
    from bot.slack.direct_messages import PrivateReply
    from bot.slack.listeners.account_card import AccountCards
    from bot.slack.listeners.exemptions import ExemptionListeners
    from bot.slack.listeners.fix import FixListeners
    from bot.slack.listeners.history import HistoryListeners
    from bot.slack.listeners.run_select import RunSelectListeners
    from bot.slack.readers import SlackReaders

    Body = dict[str, Any]


class AccountCommands:
    """Finds the account that a command is about, and carries the command out.

    Args:
        cards: show one account.
        exemptions: open the form for exemptions.
        finder: finds accounts by what people type.
        fixes: open the form for a contact.
        history: shows what is on record about an account.
        runs: open the window for many accounts.
        policies: tell which contacts an account should have.
        readers: refuse people of other workspaces.
    """

    def __init__(
        self,
        *,
        cards: AccountCards,
        exemptions: ExemptionListeners,
        finder: AccountFinder,
        fixes: FixListeners,
        history: HistoryListeners,
        policies: AccountPolicies,
        runs: RunSelectListeners,
        readers: SlackReaders,
    ) -> None:
        self._cards = cards
        self._exemptions = exemptions
        self._finder = finder
        self._fixes = fixes
        self.history = history
        self._policies = policies
        self._runs = runs
        self._readers = readers

    def run(self, name: str, argument: str, body: Body, reply: PrivateReply) -> None:
        """`/altcontact check|fix|exempt|history <account>`.

        A form opens at once if one known account matches. Otherwise the person gets the account, or
        the accounts to choose from, in a private message: the trigger that opens forms lives 3 s
        (Slack), which listing accounts in AWS can exceed.
        """
        if name == FIX and self._means_many(argument):
            self.fix_many(body, argument)
            return
        choice = self._parsed(name, argument)
        account = None if name == CHECK else self._finder.known(choice.text).only
        if account is None and name == HISTORY and (departed := parse_account_id(argument)):
            self._open(choice, body, departed)  # the log also has accounts that have left
        elif account is None:
            self._cards.find_and_show(actor_of(body), choice, reply)
        else:
            self._open(choice, body, account.id)

    def account_id(self, name: str, argument: str) -> str:
        """The id of the known account that a command names; empty if it names none, or several."""
        account = self._finder.known(self._parsed(name, argument).text).only
        return account.id if account is not None else ""

    def fix_many(self, body: Body, argument: str = "") -> None:
        """`/altcontact fix` without an account, or with a selection of several."""
        typed, contact_type = split_type(argument)
        self._runs.fix_many(body, typed, contact_type)

    def choose(self, body: Body) -> None:
        """An account was chosen: go on with the command that was typed."""
        account_id = text_at(body, "actions", 0, "selected_option", "value")
        choice = parse_choice(find_text(body, "actions", 0, "block_id"))
        if choice.command == CHECK:
            self._cards.show_in_place(body, account_id)
        else:
            self._open(choice, body, account_id)

    def suggest(self, body: Body) -> list[dict[str, Any]]:
        """The options for what is typed in the menu of accounts, from the database alone.

        Raises:
            NotAllowed: the person belongs to another workspace.
            StoreError: the database can't be read.
        """
        self._readers.access(actor_of(body), is_request=False)
        return account_options(self._finder.known(parse_search(body), MAX_OPTIONS).accounts)

    def _means_many(self, argument: str) -> bool:
        """Whether several accounts are meant; not where an account has exactly this name."""
        return selects_many(argument) and not self._finder.known(argument, 1).exact

    def _parsed(self, name: str, argument: str) -> AccountChoice:
        """The account and the contact type in `prod billing`; the whole may also be a name."""
        text, contact_type = split_type(argument)
        # An id means its account, whatever follows it.
        is_id = bool(parse_account_id(text))
        if name == FIX and contact_type and (is_id or not self._finder.known(argument, 1).accounts):
            return AccountChoice(text, name, contact_type)
        return AccountChoice(argument, name)

    def _open(self, choice: AccountChoice, body: Body, account_id: str) -> None:
        actor, trigger = actor_of(body), text_at(body, "trigger_id")
        pushed = bool(body.get("view"))
        if choice.command == HISTORY:
            self.history.open(actor, trigger, account_id, push=pushed)
        elif choice.command == EXEMPT:
            self._exemptions.open_exemption(actor, trigger, account_id, push=pushed)
        else:
            contact_type = choice.type or self._first_type(account_id)
            self._fixes.open(actor, trigger, account_id, contact_type, push=pushed)

    def _first_type(self, account_id: str) -> ContactType:
        """The contact to fix if the person didn't name one."""
        policy = self._policies.known(account_id)
        contact_types = (*policy.required, *policy.evaluated_types) if policy is not None else ()
        return next(iter(contact_types), ContactType.SECURITY)
