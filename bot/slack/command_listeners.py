"""`/altcontact` and the buttons that stand for it: ack, understand, call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.contacts import ContactType
from bot.findings import evaluate
from bot.policy import Policy
from bot.ports import Priority
from bot.scans import Trigger, TriggerKind
from bot.slack.api import Reply
from bot.slack.commands import CHECK, DOCTOR, FIX, Typo, parse, split_type
from bot.slack.doctor_listener import DoctorListener
from bot.slack.reporter import CheckReporter
from bot.slack.views import accounts
from bot.slack.views import help as help_views

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.contacts import Account
    from bot.findings import Reading
    from bot.slack.form_listeners import FormListeners
    from bot.slack.message import Message
    from bot.slack.parts import Parts


class CommandListeners:
    """Answers what people type, and the buttons of its answers."""

    def __init__(self, parts: Parts, forms: FormListeners) -> None:
        self._parts = parts
        self._forms = forms
        self._doctor = DoctorListener(parts)

    def run(self, ack: Ack, body: dict[str, Any]) -> None:
        """`/altcontact …`."""
        ack()
        if not self._parts.store.first_delivery(f"command:{body['trigger_id']}"):
            return
        reply = Reply(body["response_url"])
        command = parse(body.get("text", ""))
        if isinstance(command, Typo):
            reply(help_views.typo_message(command.typed, command.meant))
        elif command.name == CHECK and command.argument:
            self._parts.desk.do(lambda: self._check_account(command.argument, reply), reply)
        elif command.name == CHECK:
            self._check_all(body, reply)
        elif command.name == FIX and command.argument:
            self._fix(body, command.argument, reply)
        elif command.name == FIX:
            reply(help_views.which_account_message())
        elif command.name == DOCTOR:
            user_id = body["user_id"]
            self._parts.desk.do(lambda: self._doctor.answer(user_id, reply), reply)
        else:
            reply(self._help())

    def check_again(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **Check again** under an account."""
        ack()
        if self._parts.store.first_delivery(f"action:{body['trigger_id']}"):
            self._look(body, body["actions"][0]["value"])

    def choose(self, ack: Ack, body: dict[str, Any]) -> None:
        """One of several accounts was chosen."""
        ack()
        if self._parts.store.first_delivery(f"action:{body['trigger_id']}"):
            self._look(body, body["actions"][0]["selected_option"]["value"])

    def _look(self, body: dict[str, Any], account_id: str) -> None:
        reply = Reply(body["response_url"])
        self._parts.desk.do(lambda: self._check_account(account_id, reply), reply)

    def _check_all(self, body: dict[str, Any], reply: Reply) -> None:
        user_id, channel_id = body["user_id"], body["channel_id"]
        parts = self._parts
        reporter = CheckReporter(reply, parts.desk, user_id, channel_id, parts.clock)
        ticket = parts.scanner.start(Trigger(TriggerKind.SLACK, user_id), reporter.progress)
        reporter.started(ticket)

    def _check_account(self, text: str, reply: Reply) -> None:
        """Show the one account that `text` means, or what it may mean."""
        found = self._parts.directory.find(text)
        account = _the_one(found, text)
        if account is None:
            reply(self._several_or_none(found, text))
            return
        reply(self._account(account))

    def _account(self, account: Account) -> Message:
        """Read an account's three contacts now, and remember what was read."""
        parts = self._parts
        read_at = parts.clock.now()
        kinds = tuple(ContactType)
        readings: dict[ContactType, Reading] = {}
        if account.is_active:
            readings = {kind: parts.gateway.read(account.id, kind, Priority.LOOK) for kind in kinds}
        result = evaluate(account, readings, Policy(kinds), read_at)
        parts.store.observe(result)
        return accounts.account_message(result, parts.policy, read_only=parts.fixers.read_only)

    def _fix(self, body: dict[str, Any], argument: str, reply: Reply) -> None:
        """Open the form where the account is known; look for it first where it is not."""
        text, kind = split_type(argument)
        found = self._parts.directory.known(argument)
        if not found and kind is not None:
            argument, found = text, self._parts.directory.known(text)
        account = _the_one(found, argument)
        if account is None:
            # The trigger lapses while AWS is asked for accounts; the answer's button has a new one.
            self._parts.desk.do(lambda: self._check_account(argument, reply), reply)
            return
        wanted = kind or self._parts.policy.required[0]
        self._forms.open(body["user_id"], body["trigger_id"], account.id, wanted)

    def _several_or_none(self, found: list[Account], text: str) -> Message:
        if found:
            return accounts.choice_message(found, text)
        return accounts.no_match_message(text, self._parts.directory.nearest(text))

    def _help(self) -> Message:
        parts = self._parts
        return help_views.help_message(
            last_scan=parts.store.last_scan(),
            next_check=parts.timetable.next_check(),
            fixers=parts.fixers.who,
            read_only=parts.fixers.read_only,
            problem=parts.outbox.problem,
        )


def _the_one(found: list[Account], text: str) -> Account | None:
    """The only match, or the one whose id or whole name is what was typed."""
    if len(found) == 1:
        return found[0]
    typed = text.strip().casefold()
    exact = [account for account in found if typed in {account.id, account.name.casefold()}]
    return exact[0] if len(exact) == 1 else None
