"""The first window of a run: which accounts, which contacts, and what they are set to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.validation import LENGTHS, PHONE
from bot.slack.payloads import PayloadError, find, find_text, reads_payload
from bot.slack.views.blocks import context, escape, paragraph, plain
from bot.slack.views.fix_form_hints import hints
from bot.slack.views.fix_modal import FIELD_LABELS
from bot.slack.views.run_select_options import OPTION_VALUE, Chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.errors import AltcontactError
    from bot.slack.views.blocks import Block

CALLBACK: Final = "altcontact_run_select"
"""The callback id of the window."""

ACCOUNTS: Final = "altcontact_run_accounts"
"""The action id of the menu of accounts, which searches as people type; also its block's id."""

SOURCE: Final = "altcontact_run_source"
"""The action id of the choice between expected contacts and one contact; also its block's id."""

TYPES: Final = "altcontact_run_types"
"""The action id of the contact types; also their block's id."""

MOST_CHOSEN: Final = 100
"""Options that can be chosen at once; whole OUs, tags and lists have no such limit."""

TITLE: Final = "Fix contacts"


class ContactSource(StrEnum):
    """What contacts are set to."""

    EXPECTED = "expected"
    ONE = "one"
    REMOVE = "remove"


_SOURCES: Final = {
    ContactSource.EXPECTED: (
        "Each account's expected contact",
        "As the policy says. Accounts without a complete one are left out.",
    ),
    ContactSource.ONE: ("One contact for all", "You enter it below."),
    ContactSource.REMOVE: (
        "No contact",
        "Removes contacts that the policy forbids, and leaves out all others.",
    ),
}
_PHONE_TYPED: Final = 50
"""A phone number may be longer as typed than in the format that is saved."""

_OPTION_TEXT: Final = 75


@dataclass(frozen=True, slots=True)
class SelectForm:
    """What the window holds.

    `values` are the four fields as typed; they count only for `ContactSource.ONE`.
    """

    accounts: tuple[Chosen, ...] = ()
    types: tuple[ContactType, ...] = ()
    source: ContactSource = ContactSource.EXPECTED
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)


def select_view(
    form: SelectForm, *, region: str | None, notice: AltcontactError | None = None
) -> dict[str, Any]:
    """The window, filled in.

    Args:
        form: what it holds.
        region: the country in whose national format phone numbers may be typed, if any.
        notice: why there was no preview of what was chosen.
    """
    blocks: list[Block] = []
    if notice is not None:
        words = f":warning: *{escape(str(notice))}*\n:point_right: {escape(notice.remedy)}"
        blocks.append(paragraph(words))
    blocks += [_accounts(form), _types(form), _source(form)]
    if form.source is ContactSource.ONE:
        below = hints(_hinted(form), region, None)
        blocks += [_input(name, form.values, below.get(name)) for name in FIELDS]
    blocks.append(context("Next, you see a preview. Nothing is changed before you confirm it."))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(TITLE, 24),
        "submit": plain("Preview", 24),
        "close": plain("Cancel", 24),
        "blocks": blocks,
    }


@reads_payload
def parse_select(view: Any) -> SelectForm:  # noqa: ANN401 - JSON
    """What the window holds, as Slack sends it with a press or a submission.

    Raises:
        PayloadError: it isn't this window.
    """
    state = view["state"]["values"]
    chosen = tuple(
        _chosen(option) for option in find(state, ACCOUNTS, ACCOUNTS, "selected_options") or ()
    )
    types = tuple(
        ContactType(find_text(option, "value"))
        for option in find(state, TYPES, TYPES, "selected_options") or ()
    )
    source = find_text(state, SOURCE, SOURCE, "selected_option", "value")
    if len(chosen) > MOST_CHOSEN:
        raise PayloadError
    values = {name: find_text(state, name, name, "value") or None for name in FIELDS}
    return SelectForm(chosen, types, ContactSource(source), values)


def _chosen(option: object) -> Chosen:
    value, text = find_text(option, "value"), find_text(option, "text", "text")
    if not value or len(value) > OPTION_VALUE:
        raise PayloadError
    choice = Chosen(value, text or value)
    _ = choice.listed  # raises for a list that is none
    return choice


def _accounts(form: SelectForm) -> Block:
    menu: Block = {
        "type": "multi_external_select",
        "action_id": ACCOUNTS,
        "placeholder": plain("Search accounts, OUs and tags", 150),
        # An empty search shows what stands for many accounts at once.
        "min_query_length": 0,
        "max_selected_items": MOST_CHOSEN,
    }
    if form.accounts:
        menu["initial_options"] = [each.option for each in form.accounts]
    return {
        "type": "input",
        "block_id": ACCOUNTS,
        "label": plain("Accounts"),
        "element": menu,
        "hint": plain(
            "Type part of a name, an id, an OU or a tag (env=prod). An OU or a tag covers every "
            "account that has it when you open the preview."
        ),
    }


def _types(form: SelectForm) -> Block:
    options = {
        each: {"text": plain(f"{each.label} contact", _OPTION_TEXT), "value": each.value}
        for each in ContactType
    }
    boxes: Block = {
        "type": "checkboxes",
        "action_id": TYPES,
        "options": list(options.values()),
    }
    if form.types:
        boxes["initial_options"] = [options[each] for each in ContactType if each in form.types]
    return {"type": "input", "block_id": TYPES, "label": plain("Contacts"), "element": boxes}


def _source(form: SelectForm) -> Block:
    options = {
        value: {
            "text": plain(words, _OPTION_TEXT),
            "description": plain(more, _OPTION_TEXT),
            "value": value.value,
        }
        for value, (words, more) in _SOURCES.items()
    }
    return {
        "type": "input",
        "block_id": SOURCE,
        "dispatch_action": True,
        "label": plain("Set them to"),
        "element": {
            "type": "radio_buttons",
            "action_id": SOURCE,
            "options": list(options.values()),
            "initial_option": options[form.source],
        },
    }


def _hinted(form: SelectForm) -> ContactType:
    return form.types[0] if form.types else ContactType.SECURITY


def _input(name: str, values: Mapping[str, str | None], hint: str | None) -> Block:
    longest = _PHONE_TYPED if name == PHONE else LENGTHS[name]
    element: Block = {"type": "plain_text_input", "action_id": name, "max_length": longest}
    value = (values.get(name) or "")[:longest]
    if value:
        element["initial_value"] = value
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(FIELD_LABELS[name]),
        "element": element,
    }
    if hint:
        block["hint"] = plain(hint)
    return block
