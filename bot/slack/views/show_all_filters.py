"""The search and the filters of a list of findings, and the parser of what is chosen in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.rule_catalog import Severity
from bot.slack.payloads import PayloadError, find, find_text
from bot.slack.views.blocks import actions, button, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.finding_lists import FindingFilter
    from bot.slack.views.blocks import Block

FILTER: Final = "altcontact_filter"
"""Begins the action id of the search, the filters, and the buttons that clear them."""

UNIT: Final = f"{FILTER}:unit"
"""The action id of the menu of organizational units, whose options are searched."""

MAX_OPTIONS: Final = 100
"""Slack's limit for the options of one answer."""

SEARCH_TEXT: Final = 100
"""Characters that can be searched for; longer than any account name in AWS (50)."""

CLEAR: Final = f"{FILTER}:clear"
_SEARCH: Final = f"{FILTER}:search"
_TYPE: Final = f"{FILTER}:type"
_SEVERITY: Final = f"{FILTER}:severity"
_ANY: Final = "any"
_OPTION_TEXT: Final = 75
UNIT_ID: Final = 100


def typed_filter(values: object, before: FindingFilter, revision: int) -> FindingFilter:
    """The filters in the window; those that it doesn't show keep their values.

    Args:
        values: the state of the window's inputs, as Slack sends it.
        before: the filters that it was shown with.
        revision: see `ListPosition`.

    Raises:
        PayloadError: an option is unknown.
    """
    search, filters = f"search:{revision}", f"filters:{revision}"
    wanted = before
    if find(values, search, _SEARCH) is not None:
        text = " ".join(find_text(values, search, _SEARCH, "value").split())
        wanted = replace(wanted, text=text[:SEARCH_TEXT])
    chosen = {
        name: find_text(values, filters, name, "selected_option", "value")
        for name in (_TYPE, _SEVERITY, UNIT)
    }
    try:
        if type_ := chosen[_TYPE]:
            wanted = replace(wanted, type=None if type_ == _ANY else ContactType(type_))
        if severity := chosen[_SEVERITY]:
            worst = None if severity == _ANY else Severity(severity)
            wanted = replace(wanted, severity=worst)
    except ValueError:
        raise PayloadError from None
    if unit := chosen[UNIT]:
        wanted = replace(wanted, unit="" if unit == _ANY else unit[:UNIT_ID])
    return wanted


def unit_options(units: Mapping[str, str], typed: str) -> list[Block]:
    """The options of the menu of organizational units, for what is typed in it."""
    sought = typed.strip().casefold()
    found = [(id_, path) for id_, path in units.items() if sought in path.casefold()]
    every = [_option("All OUs", _ANY)] if not sought else []
    return [*every, *(_option(_path(path), id_) for id_, path in found)][:MAX_OPTIONS]


def search_block(wanted: FindingFilter, revision: int) -> Block:
    """The search, filled in with what is searched for; see `ListPosition` for `revision`."""
    box: Block = {
        "type": "plain_text_input",
        "action_id": _SEARCH,
        "max_length": SEARCH_TEXT,
        "placeholder": plain("Account name, id or owner", 150),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if wanted.text:
        box["initial_value"] = wanted.text
    return {
        "type": "input",
        "block_id": f"search:{revision}",
        "label": plain("Search", 2000),
        "element": box,
        "optional": True,
        "dispatch_action": True,
    }


def clear_button() -> Block:
    """The button that clears the search and the filters."""
    return button("Clear filters", CLEAR, _ANY)


def filter_block(
    wanted: FindingFilter, revision: int, *, unit_path: str, has_units: bool, has_clear: bool
) -> Block:
    """The menus of types, severities and organizational units.

    Args:
        wanted: the filters that are set.
        revision: see `ListPosition`.
        unit_path: the path of the organizational unit in the filter, if there is one.
        has_units: whether any account's organizational unit is known.
        has_clear: whether the button that clears the filters follows them.
    """
    types = [("All types", _ANY), *((each.label, each.value) for each in ContactType)]
    severities = [("Any severity", _ANY), *((each.label, each.value) for each in Severity)]
    elements = [
        _menu(_TYPE, types, wanted.type or _ANY),
        _menu(_SEVERITY, severities, wanted.severity or _ANY),
    ]
    if has_units or wanted.unit:
        elements.append(_unit_menu(wanted.unit, unit_path))
    if has_clear:
        elements.append(clear_button())
    return {**actions(*elements), "block_id": f"filters:{revision}"}


def _menu(action_id: str, options: Sequence[tuple[str, str]], chosen: str) -> Block:
    offered = [_option(label, value) for label, value in options]
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(options[0][0], 150),
        "options": offered,
        "initial_option": next(each for each in offered if each["value"] == chosen),
    }


def _unit_menu(unit: str, path: str) -> Block:
    menu: Block = {
        "type": "external_select",
        "action_id": UNIT,
        "placeholder": plain("All OUs", 150),
        "min_query_length": 0,
    }
    if unit:
        menu["initial_option"] = _option(_path(path or unit), unit)
    return menu


def _option(label: str, value: str) -> Block:
    return {"text": plain(label, _OPTION_TEXT), "value": value}


def _path(path: str) -> str:
    """The end of a long path, which tells units apart."""
    return path if len(path) <= _OPTION_TEXT else "…" + path[-(_OPTION_TEXT - 1) :]
