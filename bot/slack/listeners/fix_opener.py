"""Opens the form by which a contact is set: at once, and filled when AWS has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import fingerprint
from bot.domain.errors import AltcontactError, GatewayError
from bot.domain.policy.policy import Presence
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rules.expected_values import prefilled
from bot.services.ports.aws import Priority
from bot.slack.views import fix_form, row_actions
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.slack.modals import Modals, OpenView
    from bot.slack.parts import Parts
    from bot.slack.views.message import Message


class FormOpener:
    """Opens and fills the form, for whichever button or command asks for it."""

    def __init__(self, parts: Parts, modals: Modals) -> None:
        self._parts = parts
        self._modals = modals

    def from_button(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **Fix** or **Change**, in a message or in a modal."""
        ack()
        if not self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            return
        account_id, kind = row_actions.parse_fix(body["actions"][0]["value"])
        self._open_for(body, account_id, kind)

    def again(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **Try again**: the form of a fix that failed, as it was typed."""
        ack()
        if not self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            return
        fix = self._parts.store.fixes.get(int(body["actions"][0]["value"]))
        if fix is None:
            return
        request = fix.request
        typed = request.wanted if body["user"]["id"] == request.user_id else None
        self._open_for(body, request.account_id, request.type, typed)

    def choose_type(self, ack: Ack, body: dict[str, Any]) -> None:
        """Another contact was chosen in the form: it is filled anew for that one."""
        ack()
        account_id, kind = fix_form.parse_type(body)
        name = self._parts.directory.name(account_id)
        # Between the two forms stands a view without inputs, or Slack kept what was typed.
        screen = self._modals.reload(body, fix_form.loading_view(name, account_id, kind))
        if screen is not None:
            self._fill_soon(screen, account_id, kind, name)

    def open(
        self,
        user_id: str,
        trigger_id: str,
        account_id: str,
        kind: ContactType,
        typed: AlternateContact | None = None,
        *,
        push: bool = False,
    ) -> None:
        """Open the form at once, and fill it when AWS has answered.

        Args:
            user_id: who opens it.
            trigger_id: good for three seconds, and once.
            account_id: whose contact.
            kind: which contact.
            typed: what to fill in instead of what AWS holds.
            push: whether it goes on top of a modal that is open.

        Raises:
            NotAllowed: the person is no fixer.
            NotifierError: Slack did not open it.
        """
        self._parts.fixers.require_fixer(user_id)
        name = self._parts.directory.name(account_id)
        loading = fix_form.loading_view(name, account_id, kind)
        screen = self._modals.open(trigger_id, user_id, loading, push=push)
        self._fill_soon(screen, account_id, kind, name, typed)

    def _open_for(
        self,
        body: dict[str, Any],
        account_id: str,
        kind: ContactType,
        typed: AlternateContact | None = None,
    ) -> None:
        user_id, pushed = body["user"]["id"], bool(body.get("view"))
        try:
            self.open(user_id, body["trigger_id"], account_id, kind, typed, push=pushed)
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error))

    def _fill_soon(
        self,
        screen: OpenView,
        account_id: str,
        kind: ContactType,
        name: str,
        typed: AlternateContact | None = None,
    ) -> None:
        def tell(message: Message) -> None:
            self._modals.fill(screen, fix_form.message_view(message, kind), message)

        def fill() -> None:
            self._modals.fill(screen, self._filled(account_id, kind, name, typed))

        self._parts.tasks.run(fill, tell)

    def _filled(
        self, account_id: str, kind: ContactType, name: str, typed: AlternateContact | None
    ) -> dict[str, Any]:
        """The form for what AWS holds now.

        Raises:
            GatewayError: AWS did not say.
        """
        shown_at = self._parts.clock.now()
        held: AlternateContact | None = None
        match self._parts.gateway.read(account_id, kind, Priority.INTERACTIVE):
            case Present(contact):
                held = contact
            case Absent():
                pass
            case Unreadable(why) | Unsupported(why):
                raise GatewayError(why)
        policy = self._parts.policies.known(account_id)
        if policy is not None and policy.presence[kind] is Presence.FORBIDDEN:
            return fix_form.forbidden_view(name, account_id, kind, held)
        expected = prefilled(policy.expected[kind]) if policy is not None else None
        return fix_form.form_view(
            account_name=name,
            account_id=account_id,
            kind=kind,
            shown=fingerprint(held),
            shown_at=shown_at,
            values=typed or held or expected,
            region=self._parts.phone_region,
            policy=policy,
        )
