"""`/altcontact`: what people type is parsed here, and passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.slack.actors import actor_of
from bot.slack.command_parser import (
    CHECK,
    DOCTOR,
    EXEMPT,
    EXEMPTIONS,
    FIX,
    HISTORY,
    MAX_SUGGESTION,
    RELOAD,
    UNDO,
    Command,
    Typo,
    parse,
)
from bot.slack.payloads import PayloadError, channel_id, find_text, text_at, user_id
from bot.slack.views.help import typo_message, which_account_message

if TYPE_CHECKING:
    from bot.services.audit_trail import AuditTrail
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages, PrivateReply
    from bot.slack.listeners.account_commands import AccountCommands
    from bot.slack.listeners.doctor import DoctorListener
    from bot.slack.listeners.exemptions import ExemptionListeners
    from bot.slack.listeners.help import HelpListener
    from bot.slack.listeners.policy_reload import PolicyReloadListener
    from bot.slack.listeners.scan_progress import ScanListener
    from bot.slack.listeners.undo import UndoListeners
    from bot.slack.readers import SlackReaders

_OF_ACCOUNT: Final = frozenset({CHECK, FIX, EXEMPT, HISTORY})
"""The commands after which an account may be named."""


class CommandListeners:
    """Runs the command that a person typed.

    Args:
        tasks: runs work that the person waits for.
        messages: answer the person.
        accounts: runs commands about one account.
        doctor: checks the installation.
        exemptions: opens the list of exemptions.
        help_: lists the commands.
        policy_reload: applies the policy file.
        readers: refuse people of other workspaces.
        scan: checks all accounts.
        trail: puts commands on record.
        undo: undoes fixes.
    """

    def __init__(
        self,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        *,
        accounts: AccountCommands,
        doctor: DoctorListener,
        exemptions: ExemptionListeners,
        help_: HelpListener,
        policy_reload: PolicyReloadListener,
        readers: SlackReaders,
        scan: ScanListener,
        trail: AuditTrail,
        undo: UndoListeners,
    ) -> None:
        self._tasks = tasks
        self._messages = messages
        self._accounts = accounts
        self._doctor = doctor
        self._exemptions = exemptions
        self._help = help_
        self._policy_reload = policy_reload
        self._readers = readers
        self._scan = scan
        self._trail = trail
        self._undo = undo

    def run(self, body: dict[str, Any]) -> None:
        """`/altcontact …`."""
        reply = self._messages.reply_to(body)
        command = parse(find_text(body, "text"))
        if isinstance(command, Command):
            self._run(command, body, reply)
            return
        self._readers.access(actor_of(body))
        if command.meant is not None:
            reply(typo_message(command.typed, command.meant))
        else:
            self._help.answer(reply, command.typed)

    def run_suggested(self, body: dict[str, Any]) -> None:
        """The button below a typo: run the suggested command as if this person had typed it.

        Raises:
            PayloadError: the button's value is no command that the bot suggests.
        """
        text = text_at(body, "actions", 0, "value")
        command = parse(text)
        if isinstance(command, Typo) or len(text) > MAX_SUGGESTION:
            raise PayloadError
        self._run(command, body, self._messages.reply_to(body))

    def _run(self, command: Command, body: dict[str, Any], reply: PrivateReply) -> None:
        actor, argument = actor_of(body), command.argument
        names_account = argument and command.name in _OF_ACCOUNT
        account_id = self._accounts.account_id(command.name, argument) if names_account else ""
        self._trail.command(user_id(body), command.name, account_id)
        match command.name:
            case name if name == FIX and not argument:
                self._readers.access(actor)
                self._accounts.fix_many(body)
            case name if name in {EXEMPT, HISTORY} and not argument:
                self._readers.access(actor)
                reply(which_account_message(name))
            case name if name in _OF_ACCOUNT and argument:
                self._accounts.run(name, argument, body, reply)
            case name if name == CHECK:
                self._scan.start(actor, channel_id(body), reply)
            case name if name == UNDO:
                self._undo.run(argument, body, reply)
            case name if name == EXEMPTIONS:
                self._exemptions.open_list(actor, text_at(body, "trigger_id"))
            case name if name == DOCTOR:
                self._tasks.run(lambda: self._doctor.answer(actor, reply), reply)
            case name if name == RELOAD:
                self._tasks.run(lambda: self._policy_reload.answer(actor, reply), reply)
            case _:
                self._readers.access(actor)
                self._help.answer(reply)
