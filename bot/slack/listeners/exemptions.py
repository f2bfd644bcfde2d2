"""The menus of rows, and the modals behind them: exempt, verify manually, list, end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.disclosure import hide_exemption
from bot.domain.errors import AltcontactError, ExemptionRefused, RightsUnknown, StoreError
from bot.services.exempt import UNTIL
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult
from bot.slack.payloads import find, is_in_modal, number_at, text_at
from bot.slack.views import exemption_forms, exemption_list, row_actions
from bot.slack.views.exemption_inputs import block_of
from bot.slack.views.exemption_list import refused_message
from bot.slack.views.problem import note, problem_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack

    from bot.domain.actors import Actor
    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.services.exempt import ExemptionService
    from bot.services.ports.store import ExemptionRepository
    from bot.slack.fixers import SlackFixers
    from bot.slack.listeners.account_card import AccountCards
    from bot.slack.listeners.exemption_forms import ExemptionForms
    from bot.slack.modals import Modals
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.views.exemption_forms import ExemptionInput
    from bot.slack.views.message import Message

    View = dict[str, Any]
    Again = Callable[[ExemptionInput, ExemptionRefused], View]


class ExemptionListeners:
    """Opens and receives the forms for exemptions and verifications, and ends both.

    Args:
        modals: the modals on people's screens.
        exemptions: grants exemptions and verifications, and ends both.
        cards: show one account.
        fix: opens the form of a contact, for the option **Fix** of a row's menu.
        fixers: who may change contacts.
        forms: creates the forms.
        readers: who sees contact details, which a reason can contain.
        rules_url: where the pages of rules are published; empty if they aren't.
        records: the exemptions in the database.
    """

    def __init__(
        self,
        modals: Modals,
        exemptions: ExemptionService,
        *,
        cards: AccountCards,
        fix: Callable[[dict[str, Any]], None],
        fixers: SlackFixers,
        forms: ExemptionForms,
        readers: SlackReaders,
        rules_url: str,
        records: ExemptionRepository,
    ) -> None:
        self._modals = modals
        self._exemptions = exemptions
        self._cards = cards
        self._fix = fix
        self._fixers = fixers
        self._forms = forms
        self._readers = readers
        self._rules_url = rules_url
        self._records = records

    # Opening

    def choose(self, body: dict[str, Any]) -> None:
        """Something was chosen in a row's menu, or a button for one of its choices was pressed."""
        choice, account_id, contact_type = row_actions.parse_menu(row_actions.pressed(body))
        actor, trigger = actor_of(body), text_at(body, "trigger_id")
        pushed = is_in_modal(body)
        try:
            if choice == row_actions.SHOW:
                self._cards.show(body)
            elif choice == row_actions.FIX:
                self._fix(body)
            elif choice == row_actions.VERIFY:
                self.open_verify(actor, trigger, account_id, contact_type, push=pushed)
            else:
                self.open_exemption(actor, trigger, account_id, contact_type, push=pushed)
        except AltcontactError as error:
            self._modals.refuse(body, _message(error), error)

    def open_exemption(
        self,
        actor: Actor,
        trigger_id: str,
        account_id: str,
        contact_type: ContactType | None = None,
        *,
        push: bool = False,
    ) -> None:
        """Open the form that exempts findings of an account.

        Args:
            actor: who opens it.
            trigger_id: valid once, for three seconds.
            account_id: the account.
            contact_type: the contact whose findings are preselected; None for none.
            push: whether the form opens on top of an open modal.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            ExemptionRefused: the account is unknown.
            NotifierError: Slack didn't open the form.
        """
        self._fixers.require_fixer(actor, account_id)
        view = self._forms.exempt(account_id, contact_type)
        self._modals.open(trigger_id, view, push=push)

    def open_verify(
        self,
        actor: Actor,
        trigger_id: str,
        account_id: str,
        contact_type: ContactType,
        *,
        push: bool = False,
    ) -> None:
        """Open the form that records a manual verification; see `open_exemption`."""
        self._fixers.require_fixer(actor, account_id)
        view = self._forms.verify(account_id, contact_type)
        self._modals.open(trigger_id, view, push=push)

    # Submitting

    def submit_exemption(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form that exempts findings was submitted."""
        form, actor = exemption_forms.parse(find(body, "view")), actor_of(body)
        until = form.until

        def grant() -> list[Exemption]:
            if until is None:
                raise ExemptionRefused("Choose a day.", field=UNTIL)
            return self._exemptions.grant(actor, form.account_id, form.findings, form.reason, until)

        self._answer(ack, body, form, grant, self._forms.exempt_again)

    def submit_verify(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form that records a manual verification was submitted."""
        form, actor = exemption_forms.parse(find(body, "view")), actor_of(body)

        def verify() -> list[Exemption]:
            return self._exemptions.verify(actor, form.account_id, form.types, form.reason)

        self._answer(ack, body, form, verify, self._forms.verify_again)

    def _answer(
        self,
        ack: Ack,
        body: dict[str, Any],
        form: ExemptionInput,
        work: Callable[[], list[Exemption]],
        again: Again,
    ) -> None:
        def carry_out() -> SubmissionResult:
            try:
                made = _keeping_the_form(work)
            except ExemptionRefused as error:
                errors = {}
                if error.field:
                    errors = {block_of(error.field, form.revision): str(error)}
                return SubmissionResult(_shown(again, form, error), refused_message(error), errors)
            message = exemption_forms.done_message(made, self._rules_url)
            return SubmissionResult(exemption_forms.note_view(message), message)

        self._modals.answer(
            ack,
            body,
            carry_out,
            exemption_forms.note_view,
            lambda: exemption_forms.note_view(note("Saving… This can take a moment.")),
        )

    # The list

    def open_list(self, actor: Actor, trigger_id: str) -> None:
        """Open the list of exemptions and verifications.

        Raises:
            NotifierError: Slack didn't open it.
        """
        self._modals.open(trigger_id, self._page(0, self._readers.access(actor)))

    def turn_page(self, body: dict[str, Any]) -> None:
        """A button for another page of the list."""
        access = self._readers.access(actor_of(body))
        self._modals.reload(body, self._page(number_at(body, "actions", 0, "value"), access))

    def end(self, body: dict[str, Any]) -> None:
        """**End exemption**, in the list or on an account's card."""
        exemption_id = number_at(body, "actions", 0, "value")
        page = exemption_list.parse_page(body) if exemption_list.is_list(body) else None
        ended: Exemption | None = None
        problem: AltcontactError | None = None
        try:
            ended = self._exemptions.end(actor_of(body), exemption_id)
        except AltcontactError as error:
            self._modals.failed(error, body)
            problem = error
        if page is not None:
            access = self._readers.access(actor_of(body))
            view = self._page(page, access, ended=ended, notice=problem)
            shown = self._modals.reload(body, view)
            if problem is not None and not shown:
                self._modals.refuse(body, _message(problem))
            return
        if problem is not None:
            self._modals.refuse(body, _message(problem))
            return
        if ended is not None:
            self._cards.show_in_place(body, ended.request.account_id)

    def _page(
        self,
        page: int,
        access: ContactAccess,
        *,
        ended: Exemption | None = None,
        notice: AltcontactError | None = None,
    ) -> View:
        """A page of the current list; the last one if the number is too high."""
        size = exemption_list.ROWS
        found, total = self._records.page(size, page * size)
        last = exemption_list.page_count(total) - 1
        if page > last:
            page = last
            found, total = self._records.page(size, page * size)
        if not access.granted:
            found = [hide_exemption(exemption) for exemption in found]
        return exemption_list.list_view(
            found,
            total,
            page,
            rules_url=self._rules_url,
            read_only=self._fixers.read_only,
            ended=ended,
            notice=notice,
        )


def _keeping_the_form(work: Callable[[], list[Exemption]]) -> list[Exemption]:
    """Do what was submitted; if Slack or the database fails, the form is shown again."""
    try:
        return work()
    except RightsUnknown as error:
        raise ExemptionRefused(f"Nothing was saved. {error}", error.remedy) from error
    except StoreError as error:
        remedy = f"{error.remedy} Then submit again.".lstrip()
        raise ExemptionRefused(f"Nothing was saved. {error}", remedy) from error


def _shown(again: Again, form: ExemptionInput, error: ExemptionRefused) -> View:
    """The form as it was filled in, or only the error if the database can't be read."""
    try:
        return again(form, error)
    except StoreError:
        return exemption_forms.note_view(refused_message(error))


def _message(error: AltcontactError) -> Message:
    refused = isinstance(error, ExemptionRefused)
    return refused_message(error) if refused else problem_message(error)
