"""All that is set aside, page by page, each with the button that ends it; and what a page asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import ExemptionRefused, NotAllowed
from bot.domain.exemptions import ExemptionKind
from bot.slack.payloads import find_text, metadata_of, number, reads_payload
from bot.slack.views.blocks import (
    FIELD_TEXT,
    actions,
    button,
    clip,
    context,
    date,
    day,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.mentions import mentions
from bot.slack.views.message import Message
from bot.slack.views.wording import row_text, rule_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.errors import AltcontactError
    from bot.domain.exemptions import Exemption
    from bot.slack.views.blocks import Block

END: Final = "altcontact_end_exemption"
"""Begins the action id of every button that ends an exemption; its value is the exemption's id."""

TURN: Final = "altcontact_exemptions_page"
"""Begins the action ids of the buttons that turn pages; the value is the page."""

ROWS: Final = 20
"""Exemptions of one page: two blocks each, of the 100 that a modal takes."""


def end_button(exemption: Exemption, label: str = "End") -> Block:
    """A button that ends an exemption, once the person said that they mean it."""
    verified = exemption.request.kind is ExemptionKind.VERIFICATION
    noun = "verification" if verified else "exemption"
    confirm = {
        "title": plain(f"End this {noun}?", 100),
        "text": plain("What it set aside is open again, and announced if it still stands.", 300),
        "confirm": plain("End it", 30),
        "deny": plain("Keep it", 30),
        "style": "danger",
    }
    return {**button(label, f"{END}:{exemption.id}", str(exemption.id)), "confirm": confirm}


def page_count(total: int) -> int:
    """How many pages there are, one for nothing at all."""
    return max(1, -(-total // ROWS))


def list_view(
    exemptions: Sequence[Exemption],
    total: int,
    page: int,
    *,
    rules_url: str = "",
    read_only: bool = False,
    ended: Exemption | None = None,
    notice: AltcontactError | None = None,
) -> dict[str, Any]:
    """A page of what is set aside, the first to end first.

    Args:
        exemptions: those of this page.
        total: how many there are in all.
        page: its number, from 0.
        rules_url: where the pages of rules are published, empty where they are not.
        read_only: whether nobody may change contacts, nor end anything.
        ended: one that was ended from here just now.
        notice: why one was not ended.
    """
    blocks: list[Block] = []
    if ended is not None:
        text = row_text(ended.account_name, ended.request.account_id, _summary(ended))
        blocks.append(section(plain(f"Ended. {text}")))
    if notice is not None:
        blocks.append(paragraph(problem_words(notice)))
    if not exemptions:
        nothing = (
            "Nothing is set aside. To set something aside, use a row's menu in an alert, or "
            "`/altcontact exempt`."
        )
        return _view([*blocks, paragraph(nothing)], page)
    pages = page_count(total)
    position = f"Page {page + 1:,} of {pages:,} · " if pages > 1 else ""
    order = ", the first to end first" if total > 1 else ""
    blocks.append(context(f"{position}{total:,} in all{order}"))
    for exemption in exemptions:
        blocks += _row(exemption, rules_url, read_only=read_only)
    if pages > 1:
        blocks.append(actions(*_turns(page, pages)))
    return _view(blocks, page)


@reads_payload
def parse_page(body: Mapping[str, Any]) -> int:
    """The page that is shown.

    Raises:
        PayloadError: it was not made here.
    """
    return number(str(metadata_of(body["view"])["page"]))


def is_list(body: Mapping[str, Any]) -> bool:
    """Whether something was pressed in a view made here."""
    return find_text(body, "view", "callback_id") == TURN


def refused_message(error: AltcontactError) -> Message:
    """Why something was not done, for one person."""
    return Message(escape(f"{error} {error.remedy}".strip()), [paragraph(problem_words(error))])


def problem_words(error: AltcontactError) -> str:
    """Why something was not done, who was quicker, the next step and who may, for mrkdwn."""
    by = error.by if isinstance(error, ExemptionRefused) else ""
    words = f":warning: *{escape(str(error))}*"
    words += f" By {mentions((by,), ())}." if by else ""
    may = mentions(error.user_ids, error.group_ids) if isinstance(error, NotAllowed) else ""
    remedy = f"{escape(error.remedy)} {may}.".strip() if may else escape(error.remedy)
    return f"{words}\n:point_right: {remedy}" if remedy else words


def _row(exemption: Exemption, rules_url: str, *, read_only: bool) -> list[Block]:
    request = exemption.request
    verified = request.kind is ExemptionKind.VERIFICATION
    done = "Verified by hand" if verified else "Set aside"
    until = "good until" if verified else "until"
    status = (
        f"{done} by <@{request.user_id}> {date(exemption.granted_at)}, {until} "
        f"*{day(request.until)}* · Rule: {rule_names([request.rule], rules_url)}"
    )
    text = plain(row_text(exemption.account_name, request.account_id, _summary(exemption)))
    return [
        section(
            text,
            fields=[mrkdwn(status, FIELD_TEXT)],
            accessory=None if read_only else end_button(exemption),
        )
    ]


def _summary(exemption: Exemption) -> str:
    request = exemption.request
    return f"{request.type.label} contact: {clip(request.reason, FIELD_TEXT)}"


def _turns(page: int, pages: int) -> list[Block]:
    targets = {"Previous": page - 1, "Next": page + 1}
    return [
        button(label, f"{TURN}:{label.lower()}", str(target))
        for label, target in targets.items()
        if 0 <= target < pages
    ]


def _view(blocks: list[Block], page: int) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": TURN,
        "title": plain("Set aside", 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps({"page": page}),
        "blocks": blocks,
    }
