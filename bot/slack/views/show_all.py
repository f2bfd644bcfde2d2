"""The modal behind **Show all**: a list of findings with a search, filters and pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.finding_lists import FindingFilter, FindingList
from bot.domain.rule_catalog import Severity
from bot.slack.payloads import PayloadError, find, find_text, metadata_of, number, reads_payload
from bot.slack.views.blocks import (
    actions,
    button,
    clip,
    contacts,
    context,
    paragraph,
    plain,
)
from bot.slack.views.finding_rows import NO_LINKS, finding_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.finding_lists import FindingPage
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

SHOW: Final = "altcontact_show_all"
"""The action id of the button that opens a list; the value names the list."""

TURN: Final = "altcontact_page"
"""Begins the action id of every button that turns to another page; the value is its number."""

FILTER: Final = "altcontact_filter"
"""Begins the action id of the search, the filters, and the buttons that clear them."""

UNIT: Final = f"{FILTER}:unit"
"""The action id of the menu of organizational units, whose options are searched."""

ROWS: Final = 20
"""Contacts on a page: quick to read, and far below Slack's 100 blocks a modal."""

MAX_OPTIONS: Final = 100
"""Slack's limit for the options of one answer."""

SEARCH_TEXT: Final = 100
"""Characters that can be searched for; longer than any account name in AWS (50)."""

_CLEAR: Final = f"{FILTER}:clear"
_SEARCH: Final = f"{FILTER}:search"
_TYPE: Final = f"{FILTER}:type"
_SEVERITY: Final = f"{FILTER}:severity"
_ANY: Final = "any"
_OPTION_TEXT: Final = 75
_UNIT_ID: Final = 100


@dataclass(frozen=True, slots=True)
class ListPosition:
    """Which list a window shows, how it is filtered, and which page; `page` begins at 0.

    `revision` changes when the filters are cleared: Slack keeps what a person typed in a field for
    as long as the field has the same id.
    """

    listed: FindingList
    wanted: FindingFilter = field(default_factory=FindingFilter)
    page: int = 0
    revision: int = 0


def page_count(contacts: int) -> int:
    """How many pages a number of contacts takes; an empty list has one."""
    return max(1, -(-contacts // ROWS))


def list_view(
    position: ListPosition,
    page: FindingPage,
    links: RowLinks = NO_LINKS,
    *,
    note: str = "",
    unit_path: str = "",
) -> dict[str, Any]:
    """One page of a list.

    Args:
        position: what the window shows; a page beyond the end is shown as the last one.
        page: its contents.
        links: what the rows link to.
        note: why contact details are hidden, as mrkdwn, if they are.
        unit_path: the path of the organizational unit in the filter, if there is one.
    """
    pages = page_count(page.matching)
    number_ = min(max(position.page, 0), pages - 1)
    position = replace(position, page=number_)
    blocks = [_search(position), _filters(position, page, unit_path)]
    blocks.append(context(_summary(position, page, pages)))
    blocks += [context(note)] if note else []
    blocks += _turns(number_, pages, "")
    blocks += finding_rows(page.findings, links) or _empty(position)
    blocks += _turns(number_, pages, "bottom_")
    return {
        "type": "modal",
        "callback_id": TURN,
        "title": plain("All findings", 24),
        # Slack wants a submit button in a view with an input.
        "submit": plain("Search", 24),
        "close": plain("Close", 24),
        "private_metadata": _metadata(position),
        "blocks": blocks,
    }


@reads_payload
def parse_list(value: str) -> FindingList:
    """The list that a button **Show all** names.

    Raises:
        PayloadError: it names none.
    """
    return FindingList.parse(value)


def parse_position(view: object) -> ListPosition:
    """What a window shows now, also if an older version of the bot opened it.

    Raises:
        PayloadError: it isn't a window of this kind.
    """
    return _position(metadata_of(view))


def parse_change(body: Mapping[str, Any]) -> ListPosition:
    """What a window should show after a press or a search in it.

    New filters start at the first page.

    Raises:
        PayloadError: it isn't a window of this kind.
    """
    before = parse_position(find(body, "view"))
    pressed = find_text(body, "actions", 0, "action_id")
    if pressed == _CLEAR:
        return ListPosition(before.listed, revision=before.revision + 1)
    wanted = _typed(find(body, "view", "state", "values"), before)
    if wanted != before.wanted:
        return replace(before, wanted=wanted, page=0)
    if pressed.startswith(f"{TURN}:"):
        return replace(before, page=number(find_text(body, "actions", 0, "value")))
    return before


def unit_options(units: Mapping[str, str], typed: str) -> list[Block]:
    """The options of the menu of organizational units, for what is typed in it."""
    sought = typed.strip().casefold()
    found = [(id_, path) for id_, path in units.items() if sought in path.casefold()]
    every = [_option("All OUs", _ANY)] if not sought else []
    return [*every, *(_option(_path(path), id_) for id_, path in found)][:MAX_OPTIONS]


@reads_payload
def _position(metadata: dict[str, Any]) -> ListPosition:
    if "announcement" in metadata:
        page = number(str(metadata["page"]))  # a window that an older version opened
        return ListPosition(FindingList.parse(metadata["announcement"]), page=page)
    wanted = FindingFilter(
        metadata["text"][:SEARCH_TEXT],
        ContactType(metadata["type"]) if metadata["type"] else None,
        Severity(metadata["severity"]) if metadata["severity"] else None,
        metadata["unit"][:_UNIT_ID],
    )
    page, revision = number(str(metadata["page"])), number(str(metadata["revision"]))
    return ListPosition(FindingList.parse(metadata["list"]), wanted, page, revision)


def _metadata(position: ListPosition) -> str:
    wanted = position.wanted
    return json.dumps(
        {
            "list": str(position.listed),
            "page": position.page,
            "revision": position.revision,
            "text": wanted.text,
            "type": wanted.type or "",
            "severity": wanted.severity or "",
            "unit": wanted.unit,
        },
        # Escapes would take twelve characters for an emoji, and Slack allows 3,000 in all.
        ensure_ascii=False,
    )


def _typed(values: object, before: ListPosition) -> FindingFilter:
    """The filters in the window; those that it doesn't show keep their values.

    Raises:
        PayloadError: an option is unknown.
    """
    search, filters = f"search:{before.revision}", f"filters:{before.revision}"
    wanted = before.wanted
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
        wanted = replace(wanted, unit="" if unit == _ANY else unit[:_UNIT_ID])
    return wanted


def _search(position: ListPosition) -> Block:
    box: Block = {
        "type": "plain_text_input",
        "action_id": _SEARCH,
        "max_length": SEARCH_TEXT,
        "placeholder": plain("Account name, id or owner", 150),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if position.wanted.text:
        box["initial_value"] = position.wanted.text
    return {
        "type": "input",
        "block_id": f"search:{position.revision}",
        "label": plain("Search", 2000),
        "element": box,
        "optional": True,
        "dispatch_action": True,
    }


def _filters(position: ListPosition, page: FindingPage, unit_path: str) -> Block:
    wanted = position.wanted
    types = [("All types", _ANY), *((each.label, each.value) for each in ContactType)]
    severities = [("Any severity", _ANY), *((each.label, each.value) for each in Severity)]
    elements = [
        _menu(_TYPE, types, wanted.type or _ANY),
        _menu(_SEVERITY, severities, wanted.severity or _ANY),
    ]
    if page.has_units or wanted.unit:
        elements.append(_unit_menu(wanted.unit, unit_path))
    if not wanted.is_empty and page.matching:  # else the button replaces the rows
        elements.append(button("Clear filters", _CLEAR, _ANY))
    return {**actions(*elements), "block_id": f"filters:{position.revision}"}


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


def _summary(position: ListPosition, page: FindingPage, pages: int) -> str:
    if position.wanted.is_empty:
        found = contacts(page.total)
    else:
        found = f"{page.matching:,} of {contacts(page.total)}"
    states = [f"{page.open:,} open"]
    states += [f"{page.exempt:,} exempt"] if page.exempt else []
    states += [f"{page.resolved:,} resolved"] if page.resolved else []
    return f"Page {position.page + 1:,} of {pages:,} · {found}: {', '.join(states)}"


def _empty(position: ListPosition) -> list[Block]:
    if position.wanted.is_empty:
        return [paragraph("There are no findings in this list any more.")]
    clear = button("Clear filters", _CLEAR, _ANY)
    return [paragraph("No finding matches this search and these filters."), actions(clear)]


def _turns(page: int, pages: int, where: str) -> list[Block]:
    """The buttons to other pages; `where` keeps the ids at the top and the bottom apart."""
    if pages == 1:
        return []
    targets = {"First": 0, "Previous": page - 1, "Next": page + 1, "Last": pages - 1}
    backward, forward = ("First", "Previous"), ("Next", "Last")
    labels = (*(backward if page > 0 else ()), *(forward if page < pages - 1 else ()))
    return [
        actions(
            *(
                button(
                    label,
                    f"{TURN}:{where}{label.lower()}",
                    str(targets[label]),
                    label=clip(f"{label} page, {targets[label] + 1:,} of {pages:,}", 75),
                )
                for label in labels
            )
        )
    ]
