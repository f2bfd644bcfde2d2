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
"""The action id of the button, or how it begins; its value is the fix's number."""


def undo_buttons(fix: Fix, number: int | None = None) -> list[Block]:
    """The button that undoes a fix, **Redo** if it is an undo itself; none if it can't be undone.

    Everybody in a channel sees the button and its dialog, so neither has contact details.

    Args:
        fix: the fix.
        number: unique among these buttons in the message; None if it is the only one.
    """
    if not can_be_undone(fix):
        return []
    request = fix.request
    is_redo = request.undoes is not None
    word, named = ("Redo", request.undoes) if is_redo else ("Undo", fix.id)
    if fix.before is None:
        does = "The contact is removed" + ("." if is_redo else ", because none was set before.")
    else:
        does = "The contact from before is put back, even if it doesn't comply with the policy."
    dialog = confirmation(
        f"{word} fix #{named}?",
        f"{request.type.label} contact of {title(fix.account_name, request.account_id)}. {does} If "
        "AWS has something else by now, you see that first.",
        "Remove contact" if fix.before is None else word,
        danger=fix.before is None,
    )
    label = spoken(word, fix.account_name, request.account_id, request.type)
    action_id = UNDO if number is None else f"{UNDO}:{number}"
    return [button(word, action_id, str(fix.id), label=label, confirm=dialog)]
