"""The modal in which a request is reviewed: each contact before and after, and the decision.

Approvers see contact details here, because they decide about them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.approvals import ApprovalState
from bot.domain.runs import ItemState
from bot.slack.payloads import number, reads_payload
from bot.slack.views.account_card_contact import contact_lines
from bot.slack.views.approval_forms import REJECT, withdraw_button
from bot.slack.views.approval_message import REVIEW, decision_words
from bot.slack.views.blocks import (
    actions,
    button,
    contacts,
    context,
    date,
    divider,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.fix_result import managed_words
from bot.slack.views.message import Message
from bot.slack.views.problem import note, problem_message
from bot.slack.views.row_actions import account_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.approvals import ApprovalRequest
    from bot.domain.contacts import AlternateContact
    from bot.domain.errors import AltcontactError
    from bot.domain.runs import RunItem
    from bot.slack.views.blocks import Block

    View = dict[str, Any]

APPROVE: Final = "altcontact_approve"
"""The callback id of the modal: submitting it approves the request."""

TURN: Final = "altcontact_review_turn"
"""Begins the action id of the buttons for other pages; the value is `approval:page`."""

ITEMS: Final = 10
"""Contacts on a page: two blocks each, far below Slack's 100 of a modal."""

_TITLE_TEXT: Final = 24
_CONTACT_TEXT: Final = 500

_OUTCOMES: Final = {
    ItemState.LEFT_OUT: "Left out",
    ItemState.HELD_BACK: "Held back",
    ItemState.VERIFIED: "Saved and verified in AWS",
    ItemState.SAVED: "Saved in AWS, which doesn't show it yet",
    ItemState.FAILED: "Failed",
}


def review_view(
    request: ApprovalRequest, items: Sequence[RunItem], page: int, user_id: str
) -> View:
    """A request with one page of its contacts.

    Args:
        request: the request.
        items: the contacts of the page.
        page: its number, from 0.
        user_id: who looks at it: the requester can withdraw it, others decide.
    """
    approval = request.approval
    is_waiting = approval.state is ApprovalState.WAITING
    is_own = request.run.requested_by.user_id == user_id
    blocks = [paragraph(decision_words(request))]
    if is_waiting:
        blocks.append(context(f"Expires {date(approval.expires_at)}."))
    if request.run.reason:
        blocks.append(context(f"Reason for the change: {escape(request.run.reason)}"))
    for item in items:
        blocks += [divider(), *_item(item)]
    pages = -(-request.total // ITEMS)
    if pages > 1:
        blocks += [divider(), *_turning(approval.id, page, pages)]
    view: View = {
        "type": "modal",
        "title": plain("Approval request", _TITLE_TEXT),
        "close": plain("Close", _TITLE_TEXT),
        "blocks": blocks,
    }
    if is_waiting and is_own:
        blocks += [divider(), actions(withdraw_button(approval.id))]
    elif is_waiting:
        label = f"Reject the request for {contacts(request.total)}"
        reject = button("Reject…", REJECT, str(approval.id), label=label)
        blocks += [divider(), actions(reject)]
        view |= {
            "callback_id": APPROVE,
            "submit": plain("Approve", _TITLE_TEXT),
            "private_metadata": json.dumps({"approval": approval.id, "page": page}),
        }
    return view


def loading_view() -> View:
    """Shown at once, until the request is loaded."""
    return _message("Approval request", note("Loading the request…"))


def result_view(message: Message) -> View:
    """How it was decided, or why it wasn't, in place of the request."""
    return _message("Approval request", message)


def approved_message(*, started: bool) -> Message:
    """The request was approved."""
    if started:
        return note("Approved. The change is being made, and the channel shows the result.")
    return note("Approved. It still needs another approval before anything is changed.")


def problem_of(error: AltcontactError, again: int | None = None) -> Message:
    """Why a decision wasn't recorded; with a button to review that request again, if any."""
    by = getattr(error, "by", "")
    message = problem_message(error)
    if again is not None:
        label = "Review the request again"
        message.blocks.append(
            actions(button("Review again", f"{REVIEW}:0", str(again), label=label))
        )
    if by:
        who = f"It was <@{by}>."
        return Message(f"{message.text} {who}", [*message.blocks, paragraph(who)])
    return message


@reads_payload
def parse_turn(value: str) -> tuple[int, int]:
    """The approval and the page of a button for another page.

    Raises:
        PayloadError: it was made by something else.
    """
    approval_id, page = value.split(":")
    return number(approval_id), number(page)


def _item(item: RunItem) -> list[Block]:
    about = f"{account_name(item.account_name, item.account_id)} · {item.type.label} contact"
    if item.state in _OUTCOMES:
        about += f"\n{_OUTCOMES[item.state]}. {escape(item.reason)}".rstrip()
    sides = [
        plain(f"{label}\n{_lines(contact, none)}", _CONTACT_TEXT)
        for label, contact, none in (
            ("Before", item.before, "None is set"),
            ("After", item.wanted, "Removed"),
        )
    ]
    blocks = [section(mrkdwn(about), fields=sides)]
    if item.confirmed_tool:
        blocks.append(context(managed_words(item.confirmed_tool)))
    return blocks


def _lines(contact: AlternateContact | None, none: str) -> str:
    return contact_lines(contact) if contact is not None else none


def _turning(approval_id: int, page: int, pages: int) -> list[Block]:
    buttons = [
        button(text, f"{TURN}:{number_}", f"{approval_id}:{to}", label=f"{text} page")
        for number_, (text, to) in enumerate((("Previous", page - 1), ("Next", page + 1)))
        if 0 <= to < pages
    ]
    return [context(f"Page {page + 1:,} of {pages:,}"), actions(*buttons)]


def _message(title: str, message: Message) -> View:
    return {
        "type": "modal",
        "title": plain(title, _TITLE_TEXT),
        "close": plain("Close", _TITLE_TEXT),
        "blocks": message.blocks,
    }
