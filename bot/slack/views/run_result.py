"""What a person sees after they began a run, or in place of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.runs import RunKind
from bot.slack.views.blocks import contacts, context, paragraph, plain
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from bot.domain.runs import Run

_TITLE: Final = "Fix contacts"
_DOING: Final = {
    RunKind.FIX: "fixing",
    RunKind.REMOVE: "removing",
    RunKind.UNDO: "putting back",
    RunKind.AUTO_FIX: "fixing",
}


def started_message(run: Run) -> Message:
    """The run has begun."""
    what = f"Started {_DOING[run.kind]} {contacts(run.counts.total)}"
    where = "I post the progress to the channel for alerts. You can stop it there."
    blocks = [paragraph(f"*{what}.*\n{where}"), context(f"Run {run.id}")]
    return Message(f"{what}. {where} Run {run.id}.", blocks)


def with_left_out(message: Message, number: int) -> Message:
    """The same message, with how many contacts the person may not change."""
    if not number:
        return message
    them = "it" if number == 1 else "them"
    words = f"{contacts(number)} left out: you don't have permission to change {them}."
    return Message(f"{message.text} {words}", [*message.blocks, paragraph(f":warning: {words}")])


def without_them(message: Message) -> Message:
    """The same message, with how to go on without the accounts that it is about."""
    words = (
        "Or preview again without these accounts: choose others, or type `!` before each, as in "
        "`/altcontact fix all !111111111111`."
    )
    return Message(f"{message.text} {words}", [*message.blocks, paragraph(words)])


def note_view(message: Message) -> dict[str, Any]:
    """A message in place of a window."""
    return {
        "type": "modal",
        "title": plain(_TITLE, 24),
        "close": plain("Close", 24),
        "blocks": message.blocks,
    }
