"""What is shown of requests: within Slack's limits, and without details where all can read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.blocks import problems

from bot.domain.actors import Actor
from bot.domain.approvals import Approval, ApprovalItem, ApprovalRequest, ApprovalState
from bot.domain.contacts import ContactType
from bot.domain.errors import ApprovalClosed, NobodyCanApprove
from bot.domain.runs import ItemState, Run, RunCounts, RunItem, RunKind, RunState
from bot.slack.payloads import PayloadError
from bot.slack.views import approval_forms, approval_review
from bot.slack.views.approval_message import (
    approval_message,
    decision_message,
    request_row,
    review_button,
)
from tests.unit.fakes import CONTACT, OTHER, START

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "<!channel> & *Data* _lake_ " * 10
REASON = "Because of <!here> & *that*." * 15
STATES = list(ApprovalState)


def request(
    state: ApprovalState = ApprovalState.WAITING,
    *,
    total: int = 1,
    run_state: RunState = RunState.REQUESTED,
    **changes: Any,  # noqa: ANN401 - fields of the request
) -> ApprovalRequest:
    """A request over so many contacts."""
    decided = state is not ApprovalState.WAITING
    approval = Approval(
        7,
        3,
        state,
        ("S0LEADS001", "U0BOSS0001"),
        "It's in the management account.",
        START,
        START + timedelta(hours=24),
        decided_at=START if decided else None,
        decided_by="U0CAROL003" if decided else "",
        reason=REASON[:500] if decided else "",
    )
    counts = RunCounts(planned=total)
    run = Run(3, "k", RunKind.FIX, run_state, Actor("U0ALICE001"), START, counts, REASON[:500])
    items = tuple(
        ApprovalItem(f"{number:012d}", LONG, ContactType.SECURITY) for number in range(total)
    )
    return replace(ApprovalRequest(approval, run, items[:5], total), **changes)


def texts(node: object) -> Iterator[str]:
    """Every text in blocks."""
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("total", [1, 300])
@pytest.mark.parametrize("is_reminder", [False, True])
def test_a_message_fits_slack(state: ApprovalState, *, total: int, is_reminder: bool) -> None:
    """In every state, for one contact and for many, with hostile names and reasons."""
    other = Approval(8, 3, ApprovalState.WAITING, ("*",), "", START, START)
    shown = request(state, total=total, is_reminder=is_reminder, others=(other,))
    message = approval_message(shown, ("S0LEADS001",))
    assert problems(message.blocks) == []
    said = "\n".join(texts(message.blocks))
    assert "<!channel>" not in said
    assert "<!here>" not in said
    buttons = str(message.blocks).count("'style': 'primary'")
    assert buttons == (state is ApprovalState.WAITING)
    notifies = state in {ApprovalState.WAITING, ApprovalState.BYPASSED}
    assert message.blocks[0]["type"] == "header"
    assert any(text.startswith("<!subteam^S0LEADS001>\n") for text in texts(message.blocks)) is (
        notifies
    )
    assert problems(decision_message(shown).blocks) == []


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (RunCounts(verified=1), "Saved and verified in AWS."),
        (RunCounts(failed=1), "Failed."),
        (RunCounts(held_back=1), "Held back."),
        (RunCounts(saved=1), "Saved in AWS, which doesn't show it yet."),
    ],
)
def test_what_became_of_one_contact(counts: RunCounts, words: str) -> None:
    """The message says it where the change was approved."""
    shown = request(ApprovalState.APPROVED, run_state=RunState.ENDED)
    shown = replace(shown, run=replace(shown.run, counts=counts))
    assert words in str(approval_message(shown).blocks)


def test_a_request_that_became_void_after_it_was_approved() -> None:
    """It says why, and who had approved it."""
    shown = request(ApprovalState.VOID, total=300, run_state=RunState.ENDED)
    void = replace(shown.approval, decided_by="U0CAROL003", reason="AWS has another contact.")
    said = str(approval_message(replace(shown, approval=void)).blocks)
    assert "Request void: 300 contacts" in said
    assert "Nothing was changed. AWS has another contact. <@U0CAROL003> had approved it." in said


def test_what_became_of_many_contacts() -> None:
    """Each number is said, and a run that is canceled after an approval changed nothing."""
    shown = request(ApprovalState.APPROVED, total=9, run_state=RunState.ENDED)
    counts = RunCounts(verified=6, failed=2, held_back=1)
    said = str(approval_message(replace(shown, run=replace(shown.run, counts=counts))).blocks)
    assert "6 saved and verified in AWS, 2 failed, 1 held back" in said
    canceled = request(ApprovalState.APPROVED, run_state=RunState.CANCELED)
    assert "Nothing was changed" in str(approval_message(canceled).blocks)


def item(number: int, **changes: Any) -> RunItem:  # noqa: ANN401 - fields of the item
    """A contact of a run."""
    made = RunItem(number, 3, f"{number:012d}", LONG, ContactType.SECURITY, CONTACT, OTHER, START)
    return replace(made, **changes)


@pytest.mark.parametrize("state", STATES)
def test_the_window_of_an_approver(state: ApprovalState) -> None:
    """It shows each field before and after, and can be decided only while it waits."""
    items = [item(number) for number in range(1, 9)]
    items += [item(9, wanted=None), item(10, before=None, state=ItemState.HELD_BACK, reason=LONG)]
    view = approval_review.review_view(request(state, total=300), items, 1, "U0CAROL003")
    assert problems(view, surface="modal") == []
    said = str(view)
    for value in (CONTACT.email, OTHER.email, "Removed", "None is set", "Page 2 of 30"):
        assert value in said
    is_waiting = state is ApprovalState.WAITING
    assert ("submit" in view) is is_waiting
    assert (approval_forms.REJECT in said) is is_waiting
    assert approval_forms.WITHDRAW not in said
    if is_waiting:
        assert approval_forms.parse_approval(view) == 7


def test_the_window_of_the_requester() -> None:
    """They can withdraw it, not decide it."""
    view = approval_review.review_view(request(), [item(1)], 0, "U0ALICE001")
    assert "submit" not in view
    assert approval_forms.WITHDRAW in str(view)
    assert problems(view, surface="modal") == []


def test_forms_and_notes_fit_slack() -> None:
    """Everything that asks for a reason, or says who has to approve."""
    waiting = request().approval
    nobody = NobodyCanApprove(
        "Nobody else can approve it.", run_id=3, can_bypass=True, approvers=("S1",)
    )
    views = [
        approval_forms.reject_view(7),
        approval_forms.bypass_view(3),
        approval_review.loading_view(),
    ]
    for view in views:
        assert problems(view, surface="modal") == []
    shown = [
        approval_forms.waiting_message(LONG, "1" * 12, [waiting], can_bypass=True).blocks,
        approval_forms.nobody_message(LONG, "1" * 12, nobody).blocks,
        approval_review.problem_of(ApprovalClosed("Too late.", by="U1"), 7).blocks,
    ]
    for blocks in shown:
        assert problems(blocks) == []
    assert approval_forms.parse_run(approval_forms.bypass_view(3)) == 3
    assert "It was <@U1>." in str(shown[2])
    row = request_row(request(total=4))
    assert "and 3 contacts more" in row
    assert len(review_button(request())["accessibility_label"]) <= 75


@pytest.mark.parametrize("value", ["", "7", "x:1", "7:-1", "7:1:2"])
def test_a_button_of_another_page_that_was_not_made_here(value: str) -> None:
    """It is refused, not guessed."""
    with pytest.raises(PayloadError):
        approval_review.parse_turn(value)
