"""**Fix all…** and `/altcontact fix` for many accounts: what to fix is chosen, then previewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.account_selection import EXAMPLES
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import AltcontactError
from bot.domain.evaluation.run_plan import Source
from bot.domain.finding_lists import FindingList, ListKind
from bot.domain.validation import validate
from bot.services.bulk_preview import PreviewRequest
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult, open_view
from bot.slack.payloads import find, find_text, is_in_modal, text_at
from bot.slack.views import run_select
from bot.slack.views.problem import note, problem_message
from bot.slack.views.run_result import note_view
from bot.slack.views.run_select import ContactSource, SelectForm
from bot.slack.views.run_select_options import (
    LIST,
    MAX_OPTIONS,
    OPTION_VALUE,
    Chosen,
    list_choice,
    option_groups,
    term_choice,
)
from bot.slack.views.show_all import parse_list

if TYPE_CHECKING:
    from collections.abc import Collection

    from slack_bolt import Ack

    from bot.domain.account_selection import Selection
    from bot.domain.actors import Actor
    from bot.services.bulk_preview import BulkPreview
    from bot.services.run_selection import RunSelection
    from bot.slack.fixers import SlackFixers
    from bot.slack.listeners.run_preview import RunPreviewListeners
    from bot.slack.modals import Modals

    Body = dict[str, Any]

_LISTS = 2
"""Options that stand for whole lists, in an answer to an empty search."""


class RunSelectListeners:
    """Opens the window in which a run is put together, and previews what is chosen there.

    Args:
        modals: the modals on people's screens.
        selection: suggests and finds accounts.
        previews: makes previews; it can't write.
        pages: shows previews.
        fixers: who may change contacts.
        phone_region: the country in whose national format phone numbers may be typed, if any.
    """

    def __init__(
        self,
        modals: Modals,
        selection: RunSelection,
        previews: BulkPreview,
        pages: RunPreviewListeners,
        *,
        fixers: SlackFixers,
        phone_region: str | None,
    ) -> None:
        self._modals = modals
        self._selection = selection
        self._previews = previews
        self._pages = pages
        self._fixers = fixers
        self._phone_region = phone_region

    def fix_all(self, body: Body) -> None:
        """**Fix all…**, below the accounts of an alert or on Home."""
        self._open_list(body)

    def remove_all(self, body: Body) -> None:
        """**Remove all…**, where the policy forbids every contact of a list."""
        self._open_list(body, ContactSource.REMOVE)

    def _open_list(self, body: Body, source: ContactSource | None = None) -> None:
        listed = parse_list(text_at(body, "actions", 0, "value"))
        try:
            self._fixers.require_any_fixer(actor_of(body))
            types = self._selection.open_types(listed) or (ContactType.SECURITY,)
            source = source or self._source(types)
            self._open(body, SelectForm((list_choice(listed),), types, source))
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def fix_many(
        self, body: Body, typed: str = "", contact_type: ContactType | None = None
    ) -> None:
        """`/altcontact fix` with no account, or with a selection of several.

        Args:
            body: the command's.
            typed: the selection, as it was typed: `ou:/Prod/**, tag:env=prod`.
            contact_type: the type that was typed after it, if any.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            NotifierError: Slack didn't open the window.
            AltcontactError: a part of the selection matches nothing.
        """
        self._fixers.require_any_fixer(actor_of(body))
        types = (contact_type,) if contact_type is not None else self._needed_types()
        choices = self._choices(typed) if typed else ()
        self._open(body, SelectForm(choices, types, self._source(types)))

    def choose_source(self, body: Body) -> None:
        """What the contacts are set to was chosen: one contact for all has four fields."""
        self._fixers.require_any_fixer(actor_of(body))
        form = run_select.parse_select(find(body, "view"))
        self._modals.reload(body, run_select.select_view(form, region=self._phone_region))

    def suggest(self, body: Body) -> list[Body]:
        """The options for what is typed in the menu of accounts, in groups.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            StoreError: the database can't be read.
        """
        self._fixers.require_any_fixer(actor_of(body))
        typed = find_text(body, "value").strip()
        found = self._selection.suggest(typed, MAX_OPTIONS - (0 if typed else _LISTS))
        return option_groups(found, with_lists=not typed)

    def submit(self, ack: Ack, body: Body) -> None:
        """**Preview** was pressed."""
        form = run_select.parse_select(find(body, "view"))
        removes = form.source is ContactSource.REMOVE
        wanted: AlternateContact | Source = Source.REMOVE if removes else Source.EXPECTED
        if form.source is ContactSource.ONE:
            checked = validate(form.values, self._phone_region)
            if not isinstance(checked, AlternateContact):
                ack(response_action="errors", errors=checked)
                return
            wanted = checked
        opened, actor = open_view(body), actor_of(body)
        key = f"select:{opened.view_id}:{opened.hash}"
        self._modals.answer(
            ack,
            body,
            lambda: self._preview(form, wanted, actor, key),
            note_view,
            lambda: note_view(note("Working out what would change…")),
        )

    def _preview(
        self, form: SelectForm, wanted: AlternateContact | Source, actor: Actor, key: str
    ) -> SubmissionResult:
        self._fixers.require_any_fixer(actor)
        lists = [each.listed for each in form.accounts]
        terms = [each.value for each in form.accounts if not each.value.startswith(LIST)]
        selection = self._selection.select(terms, [each for each in lists if each is not None])
        if problem := _problem(selection):
            return SubmissionResult(
                note_view(note(problem)), note(problem), {run_select.ACCOUNTS: problem}
            )
        request = PreviewRequest(key, actor, selection.accounts, form.types, wanted)
        preview = self._previews.preview(request)
        return self._pages.first_page(preview, actor, len(selection.unread))

    def _open(self, body: Body, form: SelectForm) -> None:
        view = run_select.select_view(form, region=self._phone_region)
        self._modals.open(text_at(body, "trigger_id"), view, push=is_in_modal(body))

    def _choices(self, typed: str) -> tuple[Chosen, ...]:
        """What was typed as one option, or as its accounts if that is too long for one.

        Raises:
            AltcontactError: a part of it matches nothing.
        """
        selection = self._selection.known(typed)
        if selection.problems:
            raise AltcontactError(_problem(selection), f"Examples: {EXAMPLES}")
        if len(typed) <= OPTION_VALUE:
            # Of accounts whose OUs or tags aren't known yet, the preview reads them.
            number = None if selection.unread else len(selection.accounts)
            return (term_choice(typed, number),)
        if len(selection.accounts) > run_select.MOST_CHOSEN:
            return ()
        return tuple(Chosen(each.id, f"{each.name} · {each.id}") for each in selection.accounts)

    def _source(self, types: Collection[ContactType]) -> ContactSource:
        """Each account's expected contact, unless the policy expects none."""
        has_expected = self._selection.has_expected(types)
        return ContactSource.EXPECTED if has_expected else ContactSource.ONE

    def _needed_types(self) -> tuple[ContactType, ...]:
        """The types with open findings, or else the security contact."""
        return self._selection.open_types(FindingList(ListKind.OPEN)) or (ContactType.SECURITY,)


def _problem(selection: Selection) -> str:
    """What is wrong with a selection, in sentences; empty if it has accounts."""
    if selection.problems:
        return " ".join(map(str, selection.problems[:3]))
    if selection.accounts:
        return ""
    if selection.unread:
        return (
            "The OUs or tags of these accounts aren't known yet. Run a check first: "
            "/altcontact check"
        )
    return "No account is chosen: none of them has open findings any more."
