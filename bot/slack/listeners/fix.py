"""Opens the form by which a contact is set: at once, and filled in when AWS has answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError, FixError
from bot.slack.actors import actor_of
from bot.slack.payloads import find, is_in_modal, number_at, text_at, user_id
from bot.slack.views import fix_form, fix_form_suggestion, fix_modal, fix_result, row_actions
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.actors import Actor
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.fixes import Fix
    from bot.services.find_account import AccountFinder
    from bot.services.fix_form import FixForms, FormContent
    from bot.services.fix_suggestions import FixSuggestions
    from bot.services.ports.fixes import FixRepository
    from bot.services.ports.slack import Authorizer
    from bot.slack.background import BackgroundTasks
    from bot.slack.modals import Modals, OpenView
    from bot.slack.readers import SlackReaders
    from bot.slack.views.fix_form import FormInput
    from bot.slack.views.fix_result import NextAccount
    from bot.slack.views.message import Message

    View = dict[str, Any]
    Load = Callable[[], tuple[View, Message]]


class FixListeners:
    """Opens the form for every button and command that asks for it, and fills it in.

    Args:
        modals: the modals on people's screens.
        tasks: where AWS is read.
        finder: knows accounts' names.
        fixers: who may change contacts.
        forms: gather what forms start from.
        phone_region: the country in whose national format phone numbers may be typed, if any.
        readers: who sees contact details.
        records: the fixes that were made.
        suggestions: suggest what to save, and which account to fix next.
    """

    def __init__(
        self,
        modals: Modals,
        tasks: BackgroundTasks,
        *,
        finder: AccountFinder,
        fixers: Authorizer,
        forms: FixForms,
        phone_region: str | None,
        readers: SlackReaders,
        records: FixRepository,
        suggestions: FixSuggestions,
    ) -> None:
        self._modals = modals
        self._tasks = tasks
        self._finder = finder
        self._fixers = fixers
        self._forms = forms
        self._phone_region = phone_region
        self._readers = readers
        self._records = records
        self._suggestions = suggestions

    def from_button(self, body: dict[str, Any]) -> None:
        """A button **Fix** or **Change**, in a message or in a modal."""
        account_id, contact_type = row_actions.parse_fix(row_actions.pressed(body))
        self._open_for(body, account_id, contact_type)

    def try_again(self, body: dict[str, Any]) -> None:
        """A button **Try again**: opens the form of a failed fix as it was typed.

        Raises:
            FixError: the fix isn't in the database.
        """
        fix = self._records.get(number_at(body, "actions", 0, "value"))
        if fix is None:
            raise FixError(
                "This fix is no longer on record.",
                "To open the form, type /altcontact fix and the account's id.",
            )
        request = fix.request
        typed = request.wanted if user_id(body) == request.user_id else None
        self._open_for(body, request.account_id, request.type, typed)

    def choose_type(self, body: dict[str, Any]) -> None:
        """Another contact type was chosen in the form: it is filled in again for that one."""
        account_id, contact_type = fix_modal.parse_type(body)
        actor = actor_of(body)
        self._fixers.require_fixer(actor, account_id)
        name = self._finder.name(account_id)
        # Slack keeps what was typed, unless a view without inputs comes between the two forms.
        loading = fix_modal.loading_view(name, account_id, contact_type)
        opened = self._modals.reload_loading(body, loading)
        if opened is not None:
            load = self._loaded(actor, account_id, contact_type)
            self._fill_soon(opened, account_id, contact_type, name, load)

    def use_common(self, body: dict[str, Any]) -> None:
        """The button that fills in the contact that other accounts have.

        What was typed stays if that contact is no longer shared, or hidden from this person.
        """
        form = fix_form.parse_form(find(body, "view"))
        actor = actor_of(body)
        self._fixers.require_fixer(actor, form.account_id)
        fingerprint = text_at(body, "actions", 0, "value")
        found = self._suggestions.common_contact(form.account_id, form.type, fingerprint)
        if found is None or not self._readers.access(actor).granted:
            content = self._forms.load_shown(form.account_id, form.type, form.typed)
            note = "" if found else fix_form_suggestion.NO_LONGER_SHARED
            self._modals.reload(body, self._shown(actor, form, content, note))
            return
        content = self._forms.load_shown(form.account_id, form.type, found.contact)
        filled = replace(form, confirmed_domain="")
        view = self._shown(actor, filled, content, fix_form_suggestion.shared_note(found))
        loading = fix_modal.loading_view(form.account_name, form.account_id, form.type)
        opened = self._modals.reload_loading(body, loading)
        if opened is not None:
            message = fix_modal.not_shown_message(form.account_name, form.account_id, form.type)
            self._modals.fill(opened, view, message)

    def next_account(self, body: dict[str, Any]) -> None:
        """A button **Next account**: opens that account's form with the values just saved."""
        wanted = fix_result.parse_next(text_at(body, "actions", 0, "value"))
        actor = actor_of(body)
        self._fixers.require_fixer(actor, wanted.account_id)
        fix = self._records.get(wanted.fix_id)
        name = self._finder.name(wanted.account_id)
        loading = fix_modal.loading_view(name, wanted.account_id, wanted.type)
        if is_in_modal(body):
            opened = self._modals.reload_loading(body, loading)
        else:
            trigger = text_at(body, "trigger_id")
            opened = self._modals.open_loading(trigger, actor.user_id, loading)
        if opened is not None:

            def load() -> tuple[View, Message]:
                return self._next(actor, wanted, name, fix)

            self._fill_soon(opened, wanted.account_id, wanted.type, name, load)

    def open(
        self,
        actor: Actor,
        trigger_id: str,
        account_id: str,
        contact_type: ContactType,
        typed: AlternateContact | None = None,
        *,
        push: bool = False,
    ) -> None:
        """Open the form at once, and fill it in when AWS has answered.

        Args:
            actor: who opens it.
            trigger_id: good for three seconds, and once.
            account_id: whose contact.
            contact_type: which contact.
            typed: what the person typed before, to fill in instead of the contact in AWS.
            push: whether it goes on top of an open modal.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            NotifierError: Slack didn't open it.
        """
        self._fixers.require_fixer(actor, account_id)
        name = self._finder.name(account_id)
        loading = fix_modal.loading_view(name, account_id, contact_type)
        opened = self._modals.open_loading(trigger_id, actor.user_id, loading, push=push)
        load = self._loaded(actor, account_id, contact_type, typed)
        self._fill_soon(opened, account_id, contact_type, name, load)

    def _open_for(
        self,
        body: dict[str, Any],
        account_id: str,
        contact_type: ContactType,
        typed: AlternateContact | None = None,
    ) -> None:
        actor, trigger = actor_of(body), text_at(body, "trigger_id")
        pushed = is_in_modal(body)
        try:
            self.open(actor, trigger, account_id, contact_type, typed, push=pushed)
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def _fill_soon(
        self,
        opened: OpenView,
        account_id: str,
        contact_type: ContactType,
        name: str,
        load: Load,
    ) -> None:
        """Replace the loading view by what `load` returns: a view, and a message if it fails."""

        def show_problem(problem: Message) -> None:
            message = fix_modal.about_account(problem, name, account_id)
            view = fix_modal.message_view(message, contact_type)
            self._modals.fill(opened, view, message, even_if_closed=True)

        self._tasks.run(lambda: self._modals.fill(opened, *load()), show_problem)

    def _loaded(
        self,
        actor: Actor,
        account_id: str,
        contact_type: ContactType,
        typed: AlternateContact | None = None,
    ) -> Load:
        def load() -> tuple[View, Message]:
            content = self._forms.load(account_id, contact_type, typed=typed)
            return self._view(actor, content)

        return load

    def _next(
        self, actor: Actor, wanted: NextAccount, name: str, fix: Fix | None
    ) -> tuple[View, Message]:
        account_id, contact_type = wanted.account_id, wanted.type
        if not self._suggestions.needs_fix(account_id, contact_type):
            latest = self._records.latest(account_id, contact_type)
            message = fix_result.no_longer_needed_message(
                name,
                wanted,
                fixed_by=_user_since(latest, fix),
                next_account=self._suggestions.next_account(account_id, contact_type),
            )
            return fix_modal.message_view(message, contact_type, close="Done"), message
        is_own = fix is not None and fix.request.user_id == actor.user_id
        copied = fix.request.wanted if fix is not None and is_own else None
        content = self._forms.load(account_id, contact_type, copied=copied)
        note = fix_form.copied_note(fix) if fix is not None and is_own else ""
        return self._view(actor, content, note)

    def _view(self, actor: Actor, content: FormContent, note: str = "") -> tuple[View, Message]:
        """The view for a contact that was just read, and the message if it can't be shown."""
        account, contact_type = content.account, content.type
        message = fix_modal.not_shown_message(account.name, account.id, contact_type)
        if content.is_forbidden:
            named = account.name, account.id
            view = fix_modal.forbidden_view(named, contact_type, content.held, content.shown_at)
            return view, message
        hidden_note = self._hidden_note(actor, content)
        view = fix_form.loaded_view(
            content, region=self._phone_region, hidden_note=hidden_note, note=note
        )
        return view, message

    def _shown(self, actor: Actor, form: FormInput, content: FormContent, note: str) -> View:
        """A form that is on the screen, with other values or another note."""
        hidden_note = self._hidden_note(actor, content)
        return fix_form.reloaded_view(
            form, content, region=self._phone_region, hidden_note=hidden_note, note=note
        )

    def _hidden_note(self, actor: Actor, content: FormContent) -> str:
        if content.suggestion is None:
            return ""
        return self._readers.access(actor).note


def _user_since(latest: Fix | None, fix: Fix | None) -> str:
    """The id of the user whose fix reached AWS after another one was begun; empty if none did."""
    if latest is None or latest.applied_at is None or fix is None:
        return ""
    return latest.request.user_id if latest.applied_at >= fix.planned_at else ""
