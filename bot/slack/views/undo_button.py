"""The button that undoes a fix, in its result and in its message in the channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.undo import can_be_undone
from bot.slack.views.blocks import button, confirmation
from bot.slack.views.row_actions import spoken, title

if TYPE_CHECKING:
    from bot.domain.fixes import Fix
    from bot.slack.views.blocks import Block

UNDO: Final = "altcontact_undo"
"""The action id of the button; its value is the fix's number."""


def undo_buttons(fix: Fix) -> list[Block]:
    """The button that undoes a fix, **Redo** if it is an undo itself; none if it can't be undone.

    Everybody in a channel sees the button and its dialog, so neither has contact details.
    """
    if not can_be_undone(fix):
        return []
    request = fix.request
    is_redo = request.undoes is not None
    word, number = ("Redo", request.undoes) if is_redo else ("Undo", fix.id)
    if fix.before is None:
        does = "The contact is removed" + ("." if is_redo else ", because none was set before.")
    else:
        does = "The contact from before is put back, even if it doesn't comply with the policy."
    dialog = confirmation(
        f"{word} fix #{number}?",
        f"{request.type.label} contact of {title(fix.account_name, request.account_id)}. {does} If "
        "AWS has something else by now, you see that first.",
        "Remove contact" if fix.before is None else word,
        danger=fix.before is None,
    )
    label = spoken(word, fix.account_name, request.account_id, request.type)
    return [button(word, UNDO, str(fix.id), label=label, confirm=dialog)]
