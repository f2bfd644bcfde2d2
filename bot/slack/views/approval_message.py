"""The message about a change that a second person has to approve, and how it was decided.

A channel sees accounts, contact types and reasons, but no contact details.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.approvals import ApprovalState
from bot.domain.runs import RunKind, RunState
from bot.slack.views.blocks import (
    actions,
    button,
    contacts,
    context,
    date,
    escape,
    header,
    mrkdwn,
    paragraph,
    section,
)
from bot.slack.views.mentions import mention_line, mentions
from bot.slack.views.message import Message
from bot.slack.views.row_actions import account_name, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.approvals import Approval, ApprovalItem, ApprovalRequest
    from bot.domain.runs import Run
    from bot.slack.views.blocks import Block

REVIEW: Final = "altcontact_review"
"""Begins the action id of every button that opens a request; the value is the approval's id."""

ROWS: Final = 5
"""Contacts that a message names."""

_VERBS: Final = {
    RunKind.FIX: ("change", "changed"),
    RunKind.REMOVE: ("remove", "removed"),
    RunKind.UNDO: ("undo a change of", "undone"),
    RunKind.AUTO_FIX: ("change", "changed"),
}

_HEADINGS: Final = {
    ApprovalState.WAITING: "Approval needed",
    ApprovalState.APPROVED: "Approved",
    ApprovalState.REJECTED: "Rejected",
    ApprovalState.WITHDRAWN: "Request withdrawn",
    ApprovalState.EXPIRED: "Request expired",
    ApprovalState.VOID: "Request void",
    ApprovalState.BYPASSED: "Changed without approval",
}


def approval_message(request: ApprovalRequest, mention: Sequence[str] = ()) -> Message:
    """A request as it is now.

    Args:
        request: the request.
        mention: the ids of the users and groups to notify.
    """
    approval = request.approval
    is_waiting = approval.state is ApprovalState.WAITING
    heading = _HEADINGS[approval.state]
    if is_waiting and request.is_reminder:
        heading = "Still waiting for approval"
    alarm = ":rotating_light: " if approval.state is ApprovalState.BYPASSED else ""
    notify = mention_line(mention) if is_waiting or alarm else ""
    blocks = [header(f"{heading}: {contacts(request.total)}")]
    blocks += [section(mrkdwn(_row(item))) for item in request.items[:ROWS]]
    if request.total > len(request.items[:ROWS]):
        blocks.append(context(f"…and {request.total - len(request.items[:ROWS]):,} more."))
    blocks.append(paragraph(f"{notify}{alarm}{decision_words(request)}"))
    if notes := _notes(request):
        blocks.append(context(notes))
    if is_waiting:
        blocks.append(actions(review_button(request, primary=True)))
    spoken = f"{heading}: {_spoken(request)}"
    return Message(f"{escape(spoken)} {decision_words(request)}", blocks)


def decision_message(request: ApprovalRequest) -> Message:
    """How a request was decided, for the person who made it."""
    words = decision_words(request)
    blocks = [section(mrkdwn(f"{_row(item)}")) for item in request.items[:1]]
    if request.total > 1:
        blocks.append(context(f"…and {request.total - 1:,} more."))
    blocks.append(paragraph(words))
    return Message(f"{escape(_spoken(request))} {words}", blocks)


def review_button(request: ApprovalRequest, number: int = 0, *, primary: bool = False) -> Block:
    """The button that opens a request.

    Args:
        request: the request.
        number: unique among these buttons in the message or view.
        primary: whether it stands out; at most one button of a message or view may.
    """
    label = f"Review the request: {_spoken(request)}"
    approval_id = str(request.approval.id)
    return button("Review", f"{REVIEW}:{number}", approval_id, primary=primary, label=label)


def request_row(request: ApprovalRequest) -> str:
    """A request in a list: which contacts, and who wants what, as mrkdwn."""
    shown = "\n".join(_row(item) for item in request.items[:1])
    more = f" and {contacts(request.total - 1)} more" if request.total > 1 else ""
    return f"{shown}{more}\n{_wanted(request.run)}"


def decision_words(request: ApprovalRequest) -> str:
    """Who requested what, why it needs approval, and how it was decided, as mrkdwn."""
    approval, run = request.approval, request.run
    who, by = f"<@{run.requested_by.user_id}>", f"<@{approval.decided_by}>"
    reason = f" _{escape(approval.reason)}_" if approval.reason else ""
    match approval.state:
        case ApprovalState.WAITING:
            words = f"{_wanted(run)} {escape(approval.why)}"
        case ApprovalState.APPROVED:
            words = f"{by} approved the request of {who}. {_result(request)}"
        case ApprovalState.REJECTED:
            words = f"{by} rejected the request of {who}. Nothing was changed. Reason:{reason}"
        case ApprovalState.WITHDRAWN:
            words = f"{who} withdrew the request. Nothing was changed."
        case ApprovalState.EXPIRED:
            words = f"Nobody decided on the request of {who} in time. Nothing was changed."
        case ApprovalState.VOID:
            why = escape(approval.reason)
            words = f"The request of {who} is void. Nothing was changed. {why}"
            if approval.decided_by:
                words += f" {by} had approved it."
        case ApprovalState.BYPASSED:
            words = f"{by} went on without approval. Reason:{reason} {_result(request)}"
    return words.rstrip()


def waits_for(approvals: Sequence[Approval]) -> str:
    """Who has to approve, as mrkdwn."""
    return " and ".join(_who(each) for each in approvals)


def _row(item: ApprovalItem) -> str:
    return f"{account_name(item.account_name, item.account_id)} · {item.type.label} contact"


def _spoken(request: ApprovalRequest) -> str:
    if request.total == 1 and request.items:
        (item,) = request.items[:1]
        about = title(item.account_name, item.account_id)
        return f"{item.type.label} contact of {about}."
    return f"{contacts(request.total)}."


def _wanted(run: Run) -> str:
    verb = _VERBS[run.kind][0]
    noun = "this contact" if run.counts.total == 1 else "these contacts"
    return f"<@{run.requested_by.user_id}> wants to {verb} {noun}."


def _result(request: ApprovalRequest) -> str:
    """What became of the contacts after the request was approved."""
    run, counts = request.run, request.run.counts
    if run.state is RunState.REQUESTED:
        return "It still needs another approval."
    if run.state is RunState.CANCELED:
        return "It was canceled. Nothing was changed."
    if run.state is RunState.RUNNING and request.total == 1:
        return "The change is being made."
    said = [
        f"{number:,} {words}"
        for number, words in (
            (counts.verified, "saved and verified in AWS"),
            (counts.saved, "saved in AWS, which doesn't show it yet"),
            (counts.failed, "failed"),
            (counts.held_back, "held back"),
            (counts.planned, "left"),
        )
        if number
    ]
    if request.total == 1 and len(said) == 1:
        words = said[0].removeprefix("1 ")
        return f"{words[0].upper()}{words[1:]}."
    return f"{', '.join(said)}." if said else ""


def _notes(request: ApprovalRequest) -> str:
    approval, run = request.approval, request.run
    said = []
    if approval.state is ApprovalState.WAITING:
        said.append(f"Can approve: {_who(approval)}. Expires {date(approval.expires_at)}.")
    elif approval.decided_at is not None:
        said.append(
            f"Requested {date(approval.requested_at)}, decided {date(approval.decided_at)}."
        )
    if run.reason:
        said.append(f"Reason for the change: {escape(run.reason)}")
    waiting = [each for each in request.others if each.state is ApprovalState.WAITING]
    if waiting:
        said.append(f"Also needs approval by {waits_for(waiting)}.")
    return "\n".join(said)


def _who(approval: Approval) -> str:
    if "*" in approval.approvers:
        return "any other member of the workspace"
    groups = [name for name in approval.approvers if name.startswith("S")]
    return mentions([name for name in approval.approvers if name not in groups], groups)
