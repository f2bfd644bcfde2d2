"""Rows' menus, and the modals behind them: set aside, verify by hand, list all, end one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError, ExemptionRefused
from bot.services.exempt import UNTIL
from bot.slack.listeners.exemption_forms import ExemptionForms
from bot.slack.modals import SubmissionResult
from bot.slack.views import exemption_forms, exemption_list, row_actions
from bot.slack.views.exemption_inputs import block_of
from bot.slack.views.exemption_list import refused_message
from bot.slack.views.problem import note, problem_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack

    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.slack.listeners.account_card import Cards
    from bot.slack.modals import Modals
    from bot.slack.parts import Parts
    from bot.slack.views.exemption_forms import Asked
    from bot.slack.views.message import Message

    View = dict[str, Any]


class ExemptionListeners:
    """Opens and takes the forms that set aside, and ends what was."""

    def __init__(self, parts: Parts, modals: Modals, cards: Cards) -> None:
        self._parts = parts
        self._modals = modals
        self._cards = cards
        self._forms = ExemptionForms(parts)

    # Opening

    def choose(self, ack: Ack, body: dict[str, Any]) -> None:
        """Something was chosen in a row's menu, or by a button that does one of its choices."""
        ack()
        if not self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            return
        what, account_id, kind = row_actions.parse_menu(row_actions.pressed(body))
        user_id, trigger, pushed = body["user"]["id"], body["trigger_id"], bool(body.get("view"))
        try:
            if what == row_actions.SHOW:
                self._cards.show(body)
            elif what == row_actions.VERIFY:
                self.open_verify(user_id, trigger, account_id, kind, push=pushed)
            else:
                self.open_set_aside(user_id, trigger, account_id, kind, push=pushed)
        except AltcontactError as error:
            self._modals.refuse(body, _message(error))

    def open_set_aside(
        self,
        user_id: str,
        trigger_id: str,
        account_id: str,
        kind: ContactType | None = None,
        *,
        push: bool = False,
    ) -> None:
        """Open the form that sets findings of an account aside.

        Args:
            user_id: who opens it.
            trigger_id: good for three seconds, and once.
            account_id: whose findings.
            kind: the contact whose findings are chosen at first; None for none.
            push: whether it goes on top of a modal that is open.

        Raises:
            NotAllowed: the person is no fixer.
            ExemptionRefused: the account is not known.
            NotifierError: Slack did not open it.
        """
        self._parts.fixers.require_fixer(user_id)
        self._modals.open(trigger_id, user_id, self._forms.set_aside(account_id, kind), push=push)

    def open_verify(
        self,
        user_id: str,
        trigger_id: str,
        account_id: str,
        kind: ContactType,
        *,
        push: bool = False,
    ) -> None:
        """Open the form that records what was seen by hand; see `open_set_aside`."""
        self._parts.fixers.require_fixer(user_id)
        self._modals.open(trigger_id, user_id, self._forms.verify(account_id, kind), push=push)

    # Submitting

    def submit_set_aside(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form that sets findings aside was submitted."""
        asked, user_id = exemption_forms.parse(body["view"]), body["user"]["id"]
        until = asked.until

        def grant() -> list[Exemption]:
            if until is None:
                raise ExemptionRefused("Choose a day.", field=UNTIL)
            return self._parts.exempting.grant(
                user_id, asked.account_id, asked.findings, asked.reason, until
            )

        self._answer(ack, body, asked, grant, self._forms.set_aside_again)

    def submit_verify(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form that records what was seen by hand was submitted."""
        asked, user_id = exemption_forms.parse(body["view"]), body["user"]["id"]

        def verify() -> list[Exemption]:
            return self._parts.exempting.verify(
                user_id, asked.account_id, asked.types, asked.reason
            )

        self._answer(ack, body, asked, verify, self._forms.verify_again)

    def _answer(
        self,
        ack: Ack,
        body: dict[str, Any],
        asked: Asked,
        work: Callable[[], list[Exemption]],
        again: Callable[[Asked, ExemptionRefused], View],
    ) -> None:
        def carry_out() -> SubmissionResult:
            try:
                made = work()
            except ExemptionRefused as error:
                errors = {}
                if error.field:
                    errors = {block_of(error.field, asked.revision): str(error)}
                return SubmissionResult(again(asked, error), refused_message(error), errors)
            message = exemption_forms.done_message(made, self._parts.row_links.rules_url)
            return SubmissionResult(exemption_forms.note_view(message), message)

        self._modals.answer(
            ack,
            body,
            carry_out,
            exemption_forms.note_view,
            lambda: exemption_forms.note_view(
                note("It is being recorded. This can take a moment.")
            ),
        )

    # The list

    def open_list(self, user_id: str, trigger_id: str) -> None:
        """Show all that is set aside.

        Raises:
            NotifierError: Slack did not open it.
        """
        self._modals.open(trigger_id, user_id, self._page(0))

    def turn_page(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button that turns to another page of the list."""
        ack()
        self._modals.reload(body, self._page(int(body["actions"][0]["value"])))

    def end(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **End**, in the list or on an account's card."""
        ack()
        if not self._parts.store.deliveries.is_first(f"action:{body['trigger_id']}"):
            return
        exemption_id = int(body["actions"][0]["value"])
        ended: Exemption | None = None
        problem: AltcontactError | None = None
        try:
            ended = self._parts.exempting.end(body["user"]["id"], exemption_id)
        except AltcontactError as error:
            problem = error
        if exemption_list.is_list(body):
            page = exemption_list.parse_page(body)
            self._modals.reload(body, self._page(page, ended=ended, notice=problem))
            return
        if problem is not None:
            self._modals.refuse(body, _message(problem))
            return
        if ended is not None:
            self._cards.show_in_place(body, ended.request.account_id)

    def _page(
        self, page: int, *, ended: Exemption | None = None, notice: AltcontactError | None = None
    ) -> View:
        """A page as things are now; the last one where it is past the end."""
        size = exemption_list.ROWS
        found, total = self._parts.store.exemptions.page(size, page * size)
        last = exemption_list.page_count(total) - 1
        if page > last:
            page = last
            found, total = self._parts.store.exemptions.page(size, page * size)
        return exemption_list.list_view(
            found,
            total,
            page,
            rules_url=self._parts.row_links.rules_url,
            read_only=self._parts.fixers.read_only,
            ended=ended,
            notice=notice,
        )


def _message(error: AltcontactError) -> Message:
    refused = isinstance(error, ExemptionRefused)
    return refused_message(error) if refused else problem_message(error)
