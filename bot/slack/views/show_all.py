"""The modal behind **Show all**: every finding of an announcement, page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.announcements import AnnouncementKind
from bot.slack.payloads import metadata_of, number_at, reads_payload, text_at
from bot.slack.views.alerts import all_missing
from bot.slack.views.blocks import actions, button, context, plain
from bot.slack.views.finding_rows import NO_LINKS, finding_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.announcements import AnnouncementContent
    from bot.slack.views.blocks import Block
    from bot.slack.views.finding_rows import RowLinks

TURN: Final = "altcontact_page"
"""Begins the action id of every button that turns to another page; its value is that page."""

ROWS: Final = 20
"""Findings a page: readable without end, and far below Slack's 100 blocks a modal."""


def page_count(total: int) -> int:
    """How many pages hold so many findings; an empty list still has one."""
    return max(1, -(-total // ROWS))


def page_view(
    content: AnnouncementContent, page: int, links: RowLinks = NO_LINKS, note: str = ""
) -> dict[str, Any]:
    """One page.

    Args:
        content: the findings of this page, and how many there are in all.
        page: its number, from 0; one that is past the end shows as the last.
        links: what its rows point to.
        note: why contact details are hidden, as mrkdwn, where they are.
    """
    pages = page_count(content.total)
    page = min(max(page, 0), pages - 1)
    done = content.total - content.open - content.exempt
    summary = f"Page {page + 1:,} of {pages:,} · {content.open:,} open, {done:,} resolved"
    summary += f", {content.exempt:,} set aside" if content.exempt else ""
    notes = [context(note)] if note else []
    blocks = [context(summary), *notes, *finding_rows(content.findings[:ROWS], links)]
    if pages > 1:
        blocks.append(actions(*_turns(page, pages)))
    metadata = {"announcement": content.announcement.id, "page": page}
    return {
        "type": "modal",
        "callback_id": TURN,
        "title": plain(_title(content), 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps(metadata),
        "blocks": blocks,
    }


@reads_payload
def parse_turn(body: Mapping[str, Any]) -> tuple[str, int]:
    """The announcement id and the page that a button made here asks for.

    Raises:
        PayloadError: it was made by another.
    """
    page = number_at(body, "actions", 0, "value")
    return text_at(metadata_of(body["view"]), "announcement"), page


def _title(content: AnnouncementContent) -> str:
    if content.announcement.kind is AnnouncementKind.UNCHECKED:
        return "Could not be checked"
    return "Missing contacts" if all_missing(content) else "Contacts that fall short"


def _turns(page: int, pages: int) -> list[Block]:
    """First, previous, next, last: those that lead elsewhere."""
    targets = {"First": 0, "Previous": page - 1, "Next": page + 1, "Last": pages - 1}
    backward, forward = ("First", "Previous"), ("Next", "Last")
    labels = (*(backward if page > 0 else ()), *(forward if page < pages - 1 else ()))
    return [button(label, f"{TURN}:{label.lower()}", str(targets[label])) for label in labels]
