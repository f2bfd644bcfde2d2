"""What the requester of a change that needs approval sees, and the forms that ask for a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.exemptions import LONGEST_REASON, SHORTEST_REASON
from bot.slack.payloads import find_text, metadata_of, number, reads_payload
from bot.slack.views.approval_message import waits_for
from bot.slack.views.blocks import (
    actions,
    button,
    context,
    date,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.message import Message
from bot.slack.views.problem import problem_message
from bot.slack.views.row_actions import account_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.approvals import Approval
    from bot.domain.errors import NobodyCanApprove
    from bot.slack.views.blocks import Block

    View = dict[str, Any]

REJECT: Final = "altcontact_reject"
"""The action id of the button that asks why a request is rejected; its value is the approval's."""

REJECT_FORM: Final = "altcontact_reject_form"
"""The callback id of the form that rejects a request."""

WITHDRAW: Final = "altcontact_withdraw"
"""The action id of the button that withdraws a request; the value is the approval's id."""

BYPASS: Final = "altcontact_bypass"
"""The action id of the button that asks why to go on without approval; its value is the run's."""

BYPASS_FORM: Final = "altcontact_bypass_form"
"""The callback id of the form that goes on without approval."""

REASON: Final = "reason"
"""The block id of a reason."""

_TITLE_TEXT: Final = 24


def reject_view(approval_id: int) -> View:
    """The form that asks why a request is rejected."""
    return _reason_form(
        REJECT_FORM,
        "Reject request",
        "Reject",
        {"approval": approval_id},
        hint="The requester and the channel see it.",
    )


def bypass_view(run_id: int) -> View:
    """The form that asks why a person goes on without approval."""
    words = (
        ":rotating_light: The change is made now, without a second person. The channel and "
        "everybody who could have approved it see that, with your name and reason."
    )
    hint = "Why this can't wait. It is stored and shown in the channel."
    return _reason_form(
        BYPASS_FORM,
        "Without approval",
        "Change now",
        {"run": run_id},
        hint=hint,
        blocks=[paragraph(words)],
    )


def waiting_message(
    name: str, account_id: str, approvals: Sequence[Approval], *, can_bypass: bool
) -> Message:
    """A change waits for approval: by whom, why, and what the requester can do.

    Args:
        name: the account's name; empty if there are several accounts.
        account_id: its id.
        approvals: what it waits for, at least one.
        can_bypass: whether the policy allows to go on without approval.
    """
    first = approvals[0]
    text = (
        f":hourglass_flowing_sand: *Waiting for approval by {waits_for(approvals)}.* Nothing was "
        "changed yet. I'll send you a message when it's decided."
    )
    why = " ".join(dict.fromkeys(escape(each.why) for each in approvals))
    blocks = [section(mrkdwn(account_name(name, account_id)))] if account_id else []
    blocks += [
        paragraph(text),
        context(f"{why} The request expires {date(first.expires_at)}."),
    ]
    buttons = [withdraw_button(first.id)]
    if can_bypass:
        buttons.append(bypass_button(first.run_id))
    blocks.append(actions(*buttons))
    spoken = f"Waiting for approval by {waits_for(approvals)}. {why}"
    return Message(spoken, blocks)


def nobody_message(name: str, account_id: str, problem: NobodyCanApprove) -> Message:
    """A change needs approval that nobody can give: why, and what to do."""
    message = problem_message(problem)
    blocks = [section(mrkdwn(account_name(name, account_id)))] if account_id else []
    blocks += [paragraph(":no_entry: *Nothing was changed.*"), *message.blocks]
    if problem.can_bypass:
        blocks.append(actions(bypass_button(problem.run_id)))
    return Message(f"Nothing was changed. {message.text}", blocks)


def withdraw_button(approval_id: int) -> Block:
    """The button that withdraws a request, after a question."""
    return {
        **button("Withdraw", WITHDRAW, str(approval_id), label="Withdraw this request"),
        "confirm": {
            "title": plain("Withdraw the request?", 100),
            "text": plain("Nothing is changed, and nobody needs to decide any more.", 300),
            "confirm": plain("Withdraw", 30),
            "deny": plain("Keep it", 30),
        },
    }


def bypass_button(run_id: int) -> Block:
    """The button that opens the form to go on without approval."""
    label = "Go on without approval, with a reason"
    return button("Go on without approval…", BYPASS, str(run_id), label=label)


@reads_payload
def parse_approval(view: Mapping[str, Any]) -> int:
    """The approval of a form made by `review_view` or `reject_view`.

    Raises:
        PayloadError: it was made by something else.
    """
    return number(str(metadata_of(view)["approval"]))


@reads_payload
def parse_run(view: Mapping[str, Any]) -> int:
    """The run of a form made by `bypass_view`.

    Raises:
        PayloadError: it was made by something else.
    """
    return number(str(metadata_of(view)["run"]))


def parse_reason(view: Mapping[str, Any]) -> str:
    """The reason that was typed; empty if none was."""
    return find_text(view, "state", "values", REASON, REASON, "value")


def _reason_form(
    callback: str,
    title: str,
    submit: str,
    metadata: Mapping[str, int],
    *,
    hint: str,
    blocks: Sequence[Block] = (),
) -> View:
    reason: Block = {
        "type": "input",
        "block_id": REASON,
        "label": plain("Reason"),
        "hint": plain(hint),
        "element": {
            "type": "plain_text_input",
            "action_id": REASON,
            "multiline": True,
            "min_length": SHORTEST_REASON,
            "max_length": LONGEST_REASON,
        },
    }
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, _TITLE_TEXT),
        "submit": plain(submit, _TITLE_TEXT),
        "close": plain("Cancel", _TITLE_TEXT),
        "private_metadata": json.dumps(metadata),
        "blocks": [*blocks, reason],
    }
