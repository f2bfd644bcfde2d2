"""`/altcontact` as people type it: understand, call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType
from bot.slack.actors import actor_of
from bot.slack.command_parser import (
    CHECK,
    DOCTOR,
    EXEMPT,
    EXEMPTIONS,
    FIX,
    RELOAD,
    Command,
    Typo,
    parse,
    split_type,
)
from bot.slack.payloads import channel_id, find_text, text_at
from bot.slack.views.help import typo_message, which_account_message

if TYPE_CHECKING:
    from bot.services.account_policy import AccountPolicies
    from bot.services.find_account import AccountFinder
    from bot.services.ports.slack import Actor
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages, PrivateReply
    from bot.slack.listeners.account_card import AccountCards
    from bot.slack.listeners.doctor import DoctorListener
    from bot.slack.listeners.exemptions import ExemptionListeners
    from bot.slack.listeners.fix import FixListeners
    from bot.slack.listeners.help import HelpListener
    from bot.slack.listeners.policy_reload import PolicyReloadListener
    from bot.slack.listeners.scan_progress import ScanListener


class CommandListeners:
    """Answers what people type.

    Args:
        tasks: where work is done that a person waits for.
        messages: answer who typed.
        cards: show one account.
        doctor: checks the installation.
        exemptions: opens the form and the list of exemptions.
        finder: finds accounts by what people type.
        fixes: opens the form by which a contact is set.
        help_: says what can be typed.
        policies: look up what accounts should have.
        policy_reload: applies the policy file.
        scan: checks all accounts.
    """

    def __init__(
        self,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        *,
        cards: AccountCards,
        doctor: DoctorListener,
        exemptions: ExemptionListeners,
        finder: AccountFinder,
        fixes: FixListeners,
        help_: HelpListener,
        policies: AccountPolicies,
        policy_reload: PolicyReloadListener,
        scan: ScanListener,
    ) -> None:
        self._tasks = tasks
        self._messages = messages
        self._cards = cards
        self._doctor = doctor
        self._exemptions = exemptions
        self._finder = finder
        self._fixes = fixes
        self._help = help_
        self._policies = policies
        self._policy_reload = policy_reload
        self._scan = scan

    def run(self, body: dict[str, Any]) -> None:
        """`/altcontact …`."""
        reply = self._messages.reply_to(body)
        command = parse(find_text(body, "text"))
        if isinstance(command, Typo):
            reply(typo_message(command.typed, command.meant))
        else:
            self._obey(command, body, reply)

    def _obey(self, command: Command, body: dict[str, Any], reply: PrivateReply) -> None:
        actor, argument = actor_of(body), command.argument
        match command.name:
            case name if name in {FIX, EXEMPT} and not argument:
                reply(which_account_message(name))
            case name if name == CHECK and argument:
                self._cards.find_and_show(actor, argument, reply)
            case name if name == CHECK:
                self._scan.start(actor, channel_id(body), reply)
            case name if name == FIX:
                self._fix(actor, body, argument, reply)
            case name if name == EXEMPT:
                self._exempt(actor, body, argument, reply)
            case name if name == EXEMPTIONS:
                self._exemptions.open_list(actor, text_at(body, "trigger_id"))
            case name if name == DOCTOR:
                self._tasks.run(lambda: self._doctor.answer(actor, reply), reply)
            case name if name == RELOAD:
                self._tasks.run(lambda: self._policy_reload.answer(actor, reply), reply)
            case _:
                self._help.answer(reply)

    def _fix(self, actor: Actor, body: dict[str, Any], argument: str, reply: PrivateReply) -> None:
        """Open the form where the account is known; look for it first where it is not."""
        text, contact_type = split_type(argument)
        matches = self._finder.known(argument)
        if not matches.accounts and contact_type is not None:
            argument, matches = text, self._finder.known(text)
        account = matches.only
        if account is None:
            # The trigger lapses while AWS is asked for accounts; the answer's button has a new one.
            self._cards.find_and_show(actor, argument, reply)
            return
        wanted = contact_type or self._first_type(account.id)
        self._fixes.open(actor, text_at(body, "trigger_id"), account.id, wanted)

    def _first_type(self, account_id: str) -> ContactType:
        """The contact that the form is for where nobody said which."""
        policy = self._policies.known(account_id)
        contact_types = (*policy.required, *policy.evaluated_types) if policy is not None else ()
        return next(iter(contact_types), ContactType.SECURITY)

    def _exempt(
        self, actor: Actor, body: dict[str, Any], argument: str, reply: PrivateReply
    ) -> None:
        """Open the form where the account is known; look for it first where it is not."""
        account = self._finder.known(argument).only
        if account is None:
            self._cards.find_and_show(actor, argument, reply)
            return
        self._exemptions.open_exemption(actor, text_at(body, "trigger_id"), account.id)
