"""The results of a run, a row each contact, for the person who asked for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.domain.runs import ItemState
from bot.slack.payloads import PayloadError, find, find_text, metadata_of, number, reads_payload
from bot.slack.views.blocks import (
    actions,
    button,
    clip,
    contacts,
    context,
    escape,
    header,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.row_actions import account_name
from bot.slack.views.run_message import run_headline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.domain.run_progress import RunProgress
    from bot.domain.runs import RunItem
    from bot.slack.views.blocks import Block

TURN: Final = "altcontact_run_results_page"
"""Begins the action id of the buttons that show another list or page; the value says which."""

DOWNLOAD: Final = "altcontact_run_results_csv"
"""The action id of the button that sends the results as a file; its value is the run's id."""

SENDING: Final = "I'm sending you the file as a direct message."

ROWS: Final = 20
"""Contacts on a page."""

ALL: Final = "all"
_REASON_TEXT: Final = 300
_STATES: Final = {
    ItemState.FAILED: "failed",
    ItemState.HELD_BACK: "held back",
    ItemState.VERIFIED: "verified in AWS",
    ItemState.SAVED: "saved, but AWS doesn't show it yet",
    ItemState.PLANNED: "not started",
    ItemState.LEFT_OUT: "left out",
}
_LABELS: Final = {
    ItemState.FAILED: "Failed",
    ItemState.HELD_BACK: "Held back",
    ItemState.VERIFIED: "Verified",
    ItemState.SAVED: "Saved",
    ItemState.PLANNED: "Not started",
    ItemState.LEFT_OUT: "Left out",
}


@dataclass(frozen=True, slots=True)
class ResultsPosition:
    """Which run a window shows, contacts of which state (None: all), and which page, from 0."""

    run_id: int
    state: ItemState | None = None
    page: int = 0


def results_view(
    progress: RunProgress,
    items: Sequence[RunItem],
    position: ResultsPosition,
    *,
    sent: bool = False,
) -> dict[str, Any]:
    """One page of the results.

    Args:
        progress: the run.
        items: the contacts on the page.
        position: what to show.
        sent: whether the file was just requested.
    """
    run = progress.run
    total = _number(progress, position.state)
    pages = max(1, -(-total // ROWS))
    blocks = [header(run_headline(progress))]
    buttons = list(_filters(progress, position))
    label = f"Send the results of run {run.id} to me as a CSV file"
    buttons.append(button("Download CSV", DOWNLOAD, str(run.id), label=label))
    blocks.append(actions(*buttons))
    blocks += [context(SENDING)] if sent else []
    shown = f"{contacts(total)}" if position.state is None else _LABELS[position.state]
    blocks.append(context(f"{shown} · page {position.page + 1:,} of {pages:,} · run {run.id}"))
    blocks += [_row(item) for item in items]
    if not items:
        blocks.append(paragraph("There is nothing in this list."))
    blocks += _turns(position, pages)
    value = position.state.value if position.state is not None else ALL
    return {
        "type": "modal",
        "title": plain("Results", 24),
        "close": plain("Close", 24),
        "private_metadata": json.dumps({"run": run.id, "state": value, "page": position.page}),
        "blocks": blocks,
    }


def last_page(progress: RunProgress, state: ItemState | None) -> int:
    """The number of the last page, from 0."""
    return max(0, -(-_number(progress, state) // ROWS) - 1)


@reads_payload
def parse_turn(body: Mapping[str, Any]) -> ResultsPosition:
    """What a window should show after a press in it.

    Raises:
        PayloadError: it isn't a window of this kind.
    """
    run_id = number(str(metadata_of(find(body, "view"))["run"]))
    state, separator, page = find_text(body, "actions", 0, "value").partition(":")
    if not separator:
        raise PayloadError
    return ResultsPosition(run_id, None if state == ALL else ItemState(state), number(page))


def _number(progress: RunProgress, state: ItemState | None) -> int:
    counts = progress.run.counts
    if state is None:
        return counts.total + counts.left_out
    found: int = getattr(counts, state.value)
    return found


def _filters(progress: RunProgress, position: ResultsPosition) -> Iterator[Block]:
    if position.state is not None:
        every = _number(progress, None)
        yield button(f"All ({every:,})", f"{TURN}:{ALL}", f"{ALL}:0", label="Show all contacts")
    for state, label in _LABELS.items():
        number_ = _number(progress, state)
        is_all = number_ == _number(progress, None)
        if number_ and not is_all and state is not position.state:
            words = f"{label} ({number_:,})"
            yield button(words, f"{TURN}:{state.value}", f"{state.value}:0", label=f"Show: {words}")


def _row(item: RunItem) -> Block:
    named = account_name(item.account_name, item.account_id)
    facts = [f"{item.type.label} contact", _STATES[item.state]]
    if item.fix_id is not None:
        facts.append(f"fix {item.fix_id}")
    if item.attempt > 1:
        facts.append(f"attempt {item.attempt}")
    why = f"\n{escape(clip(item.reason, _REASON_TEXT))}" if item.reason else ""
    return section(mrkdwn(f"{named}\n{' · '.join(facts)}{why}"))


def _turns(position: ResultsPosition, pages: int) -> list[Block]:
    if pages == 1:
        return []
    page, state = position.page, position.state.value if position.state is not None else ALL
    targets = {"First": 0, "Previous": page - 1, "Next": page + 1, "Last": pages - 1}
    backward, forward = ("First", "Previous"), ("Next", "Last")
    labels = (*(backward if page > 0 else ()), *(forward if page < pages - 1 else ()))
    return [
        actions(
            *(
                button(
                    label,
                    f"{TURN}:{label.lower()}",
                    f"{state}:{targets[label]}",
                    label=f"{label} page, {targets[label] + 1:,} of {pages:,}",
                )
                for label in labels
            )
        )
    ]
