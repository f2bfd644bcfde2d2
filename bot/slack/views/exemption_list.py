"""The list of exemptions and verifications, page by page, each with a button that ends it."""

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
from bot.slack.views.row_actions import account_name
from bot.slack.views.wording import rule_names

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
"""Exemptions of one page, a block each; a modal takes 100."""


def end_button(exemption: Exemption, label: str = "") -> Block:
    """A button that ends an exemption after the person confirms it.

    Args:
        exemption: the exemption.
        label: the button's text, if it isn't *End exemption* or *End verification*.
    """
    noun, request = _noun(exemption), exemption.request
    confirm = {
        "title": plain(f"End this {noun}?", 100),
        "text": plain("The finding is open again, and posted if it still applies.", 300),
        "confirm": plain(f"End {noun}", 30),
        "deny": plain(f"Keep {noun}", 30),
        "style": "danger",
    }
    spoken = f"End {noun}: {request.rule.value} of {exemption.account_name or request.account_id}"
    action_id = f"{END}:{exemption.id}"
    end = button(label or f"End {noun}", action_id, str(exemption.id), label=spoken)
    return {**end, "confirm": confirm}


def page_count(total: int) -> int:
    """How many pages there are; one if the list is empty."""
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
    """A page of the list, in the order in which the exemptions end.

    Args:
        exemptions: those of this page.
        total: how many there are in all.
        page: its number, from 0.
        rules_url: where the pages of rules are published; empty if they aren't.
        read_only: whether nobody has permission to change contacts or end exemptions.
        ended: one that was just ended in this list.
        notice: why one wasn't ended.
    """
    blocks: list[Block] = []
    if ended is not None:
        finding = f"{ended.request.type.label}: {rule_names([ended.request.rule], rules_url)}"
        blocks.append(paragraph(f"{_noun(ended).capitalize()} ended: {_named(ended)} · {finding}"))
    if notice is not None:
        blocks.append(paragraph(problem_words(notice)))
    if not exemptions:
        nothing = (
            "There are no exemptions. To exempt a finding, choose *Exempt…* in a row's menu or "
            "type `/altcontact exempt <id or name>`."
        )
        return _view([*blocks, paragraph(escape(nothing))], page)
    pages = page_count(total)
    position = f"Page {page + 1:,} of {pages:,} · " if pages > 1 else ""
    order = ", ending soonest first" if total > 1 else ""
    blocks.append(context(f"{position}{total:,} in total{order}"))
    for exemption in exemptions:
        blocks += _row(exemption, rules_url, read_only=read_only)
    if pages > 1:
        blocks.append(actions(*_turns(page, pages)))
    return _view(blocks, page)


@reads_payload
def parse_page(body: Mapping[str, Any]) -> int:
    """The number of the page that is shown.

    Raises:
        PayloadError: the view isn't from this module.
    """
    return number(str(metadata_of(body["view"])["page"]))


def is_list(body: Mapping[str, Any]) -> bool:
    """Whether something was pressed in a view of this module."""
    return find_text(body, "view", "callback_id") == TURN


def refused_message(error: AltcontactError) -> Message:
    """Why something wasn't done, for one person."""
    return Message(escape(f"{error} {error.remedy}".strip()), [paragraph(problem_words(error))])


def problem_words(error: AltcontactError) -> str:
    """Why something wasn't done, who did it first, the next step and who can help, for mrkdwn."""
    by = error.by if isinstance(error, ExemptionRefused) else ""
    words = f":warning: *{escape(str(error))}*"
    words += f" By {mentions((by,), ())}." if by else ""
    may = mentions(error.user_ids, error.group_ids) if isinstance(error, NotAllowed) else ""
    remedy = f"{escape(error.remedy)} {may}.".strip() if may else escape(error.remedy)
    return f"{words}\n:point_right: {remedy}" if remedy else words


def _row(exemption: Exemption, rules_url: str, *, read_only: bool) -> list[Block]:
    request = exemption.request
    verified = request.kind is ExemptionKind.VERIFICATION
    done, until = ("Verified manually", "valid until") if verified else ("Exempt", "until")
    status = (
        f"{request.type.label}: {rule_names([request.rule], rules_url)} · "
        f"{until} *{day(request.until)}*\n"
        f"{done} by <@{request.user_id}> {date(exemption.granted_at)}"
    )
    return [
        section(
            mrkdwn(f"{_named(exemption)}\n{status}"),
            fields=[plain(request.reason, FIELD_TEXT)],
            accessory=None if read_only else end_button(exemption),
        )
    ]


def _noun(exemption: Exemption) -> str:
    verified = exemption.request.kind is ExemptionKind.VERIFICATION
    return "verification" if verified else "exemption"


def _named(exemption: Exemption) -> str:
    return account_name(exemption.account_name, exemption.request.account_id)


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
        "title": plain("Exemptions", 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps({"page": page}),
        "blocks": blocks,
    }
