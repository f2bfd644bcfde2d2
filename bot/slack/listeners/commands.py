"""`/altcontact` as people type it: ack, understand, call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType
from bot.domain.errors import NotAllowed, SettingsError
from bot.domain.scans import Trigger, TriggerKind
from bot.slack.client import Reply
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
from bot.slack.listeners.doctor import DoctorListener
from bot.slack.listeners.scan_progress import CheckReporter
from bot.slack.views import help as help_views
from bot.slack.views import policy_reload

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.slack.listeners.account_card import Cards
    from bot.slack.listeners.exemptions import ExemptionListeners
    from bot.slack.listeners.fix_opener import FormOpener
    from bot.slack.parts import Parts
    from bot.slack.views.message import Message


class CommandListeners:
    """Answers what people type."""

    def __init__(
        self, parts: Parts, forms: FormOpener, cards: Cards, exemptions: ExemptionListeners
    ) -> None:
        self._parts = parts
        self._forms = forms
        self._cards = cards
        self._exemptions = exemptions
        self._doctor = DoctorListener(parts)

    def run(self, ack: Ack, body: dict[str, Any]) -> None:
        """`/altcontact …`."""
        ack()
        if not self._parts.store.deliveries.is_first(f"command:{body['trigger_id']}"):
            return
        reply = Reply(body["response_url"])
        command = parse(body.get("text", ""))
        if isinstance(command, Typo):
            reply(help_views.typo_message(command.typed, command.meant))
        else:
            self._obey(command, body, reply)

    def _obey(self, command: Command, body: dict[str, Any], reply: Reply) -> None:
        user_id, argument, tasks = body["user_id"], command.argument, self._parts.tasks
        match command.name:
            case name if name in {FIX, EXEMPT} and not argument:
                reply(help_views.which_account_message(name))
            case name if name == CHECK and argument:
                tasks.run(lambda: self._cards.look_for(argument, reply), reply)
            case name if name == CHECK:
                self._check_all(body, reply)
            case name if name == FIX:
                self._fix(body, argument, reply)
            case name if name == EXEMPT:
                self._exempt(body, argument, reply)
            case name if name == EXEMPTIONS:
                self._exemptions.open_list(user_id, body["trigger_id"])
            case name if name == DOCTOR:
                tasks.run(lambda: self._doctor.answer(user_id, reply), reply)
            case name if name == RELOAD:
                tasks.run(lambda: self._reload(user_id, reply), reply)
            case _:
                reply(self._help())

    def _check_all(self, body: dict[str, Any], reply: Reply) -> None:
        user_id, channel_id = body["user_id"], body["channel_id"]
        parts = self._parts
        reporter = CheckReporter(
            reply, parts.tasks, parts.messages, parts.clock, user_id=user_id, channel_id=channel_id
        )
        ticket = parts.scanner.start(Trigger(TriggerKind.SLACK, user_id), reporter.progress)
        reporter.started(ticket)

    def _fix(self, body: dict[str, Any], argument: str, reply: Reply) -> None:
        """Open the form where the account is known; look for it first where it is not."""
        text, kind = split_type(argument)
        matches = self._parts.directory.known(argument)
        if not matches.accounts and kind is not None:
            argument, matches = text, self._parts.directory.known(text)
        account = matches.only
        if account is None:
            # The trigger lapses while AWS is asked for accounts; the answer's button has a new one.
            self._parts.tasks.run(lambda: self._cards.look_for(argument, reply), reply)
            return
        wanted = kind or self._first_type(account.id)
        self._forms.open(body["user_id"], body["trigger_id"], account.id, wanted)

    def _first_type(self, account_id: str) -> ContactType:
        """The contact that the form is for where nobody said which."""
        policy = self._parts.policies.known(account_id)
        asked = (*policy.required, *policy.looked_at) if policy is not None else ()
        return next(iter(asked), ContactType.SECURITY)

    def _exempt(self, body: dict[str, Any], argument: str, reply: Reply) -> None:
        """Open the form where the account is known; look for it first where it is not."""
        account = self._parts.directory.known(argument).only
        if account is None:
            self._parts.tasks.run(lambda: self._cards.look_for(argument, reply), reply)
            return
        self._exemptions.open_set_aside(body["user_id"], body["trigger_id"], account.id)

    def _reload(self, user_id: str, reply: Reply) -> None:
        """Apply the policy file, and say what came of it.

        Raises:
            NotAllowed: the person may not change contacts, or nobody may.
        """
        try:
            self._parts.fixers.require_fixer(user_id)
        except NotAllowed as error:
            raise error.of("The policy is reloaded by those who may change contacts.") from error
        try:
            reloaded = self._parts.reload()
        except SettingsError as error:
            reply(policy_reload.refused_message(error))
        else:
            reply(policy_reload.reloaded_message(reloaded))

    def _help(self) -> Message:
        parts = self._parts
        return help_views.help_message(
            last_scan=parts.store.scans.last(),
            next_check=parts.timetable.next_check(),
            fixers=parts.fixers.who,
            read_only=parts.fixers.read_only,
            problem=parts.outbox.problem,
        )
