"""The requests on a person's Home: those that they can decide, and their own that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.slack.views.approval_message import request_row, review_button
from bot.slack.views.blocks import context, date, divider, mrkdwn, paragraph, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.approvals import ApprovalRequest
    from bot.slack.views.blocks import Block

ROWS: Final = 5
"""Requests of each kind that a Home lists: the oldest, which expire first."""


def request_rows(
    waiting: Sequence[ApprovalRequest], own: Sequence[ApprovalRequest]
) -> Iterator[Block]:
    """The requests that a person can decide, and their own, each with **Review**.

    Args:
        waiting: those that they can decide, oldest first.
        own: those that they made, oldest first.
    """
    groups = ((f"Waiting for you ({len(waiting):,})", waiting), ("Your requests", own))
    number = 0
    for heading, requests in groups:
        if not requests:
            continue
        yield divider()
        yield paragraph(f"*{heading}*")
        for request in requests[:ROWS]:
            text = f"{request_row(request)} Expires {date(request.approval.expires_at)}."
            yield section(mrkdwn(text), accessory=review_button(request, number))
            number += 1
        if len(requests) > ROWS:
            yield context(f"…and {len(requests) - ROWS:,} more, once these are decided.")
