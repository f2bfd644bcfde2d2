"""The modal behind **Show all**: a list of findings with a search, filters and pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.finding_lists import FindingFilter, FindingList
from bot.domain.rule_catalog import Severity
from bot.slack.payloads import find, find_text, metadata_of, number, reads_payload
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
from bot.slack.views.show_all_filters import (
    CLEAR,
    SEARCH_TEXT,
    UNIT_ID,
    clear_button,
    filter_block,
    search_block,
    typed_filter,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.finding_lists import FindingPage
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

SHOW: Final = "altcontact_show_all"
"""The action id of the button that opens a list; the value names the list."""

TURN: Final = "altcontact_page"
"""Begins the action id of every button that turns to another page; the value is its number."""

ROWS: Final = 20
"""Contacts on a page: quick to read, and far below Slack's 100 blocks a modal."""


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
    wanted, revision = position.wanted, position.revision
    blocks = [
        search_block(wanted, revision),
        filter_block(
            wanted,
            revision,
            unit_path=unit_path,
            has_units=page.has_units,
            # An empty list has the button in place of its rows.
            has_clear=not wanted.is_empty and page.matching > 0,
        ),
    ]
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
    if pressed == CLEAR:
        return ListPosition(before.listed, revision=before.revision + 1)
    wanted = typed_filter(find(body, "view", "state", "values"), before.wanted, before.revision)
    if wanted != before.wanted:
        return replace(before, wanted=wanted, page=0)
    if pressed.startswith(f"{TURN}:"):
        return replace(before, page=number(find_text(body, "actions", 0, "value")))
    return before


@reads_payload
def _position(metadata: dict[str, Any]) -> ListPosition:
    if "announcement" in metadata:
        page = number(str(metadata["page"]))  # a window that an older version opened
        return ListPosition(FindingList.parse(metadata["announcement"]), page=page)
    wanted = FindingFilter(
        metadata["text"][:SEARCH_TEXT],
        ContactType(metadata["type"]) if metadata["type"] else None,
        Severity(metadata["severity"]) if metadata["severity"] else None,
        metadata["unit"][:UNIT_ID],
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
    empty = paragraph("No finding matches this search and these filters.")
    return [empty, actions(clear_button())]


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
