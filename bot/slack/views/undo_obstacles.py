"""Why a fix can't be undone, for the person who asked for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from bot.domain.undo import UndoObstacle
from bot.slack.views.blocks import date, escape, mrkdwn, paragraph, section
from bot.slack.views.mentions import first_word, person
from bot.slack.views.message import Message
from bot.slack.views.problem import note
from bot.slack.views.row_actions import account_name, title
from bot.slack.views.undo_button import undo_buttons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.fixes import Fix
    from bot.domain.undo import NotUndone
    from bot.slack.views.blocks import Block

_NUMBERS: Final = "The result of a fix, and its message in the channel, show its number."
_TYPED: Final = 100


def which_fix_message(typed: str = "", fixes: Sequence[Fix] = ()) -> Message:
    """`/altcontact undo` was typed without the number of a fix, or with something else.

    Args:
        typed: what was typed instead.
        fixes: the last fixes, to choose from.
    """
    question = f"“{typed[:_TYPED]}” isn't the number of a fix." if typed else "Which fix?"
    message = note(question, f"{_NUMBERS} For example: /altcontact undo 12")
    rows = [
        section(mrkdwn(_row(fix)), accessory=_button(number, fix))
        for number, fix in enumerate(fixes)
    ]
    return Message(message.text, [*message.blocks, *rows])


def _row(fix: Fix) -> str:
    request = fix.request
    word = f"undoes fix #{request.undoes}, " if request.undoes is not None else ""
    when = date(fix.ended_at or fix.planned_at)
    named = account_name(fix.account_name, request.account_id)
    return (
        f"{named} · {request.type.label} contact\nFix #{fix.id}: {word}{person(request.user_id)}, "
        f"{when}"
    )


def _button(number: int, fix: Fix) -> Block | None:
    return next(iter(undo_buttons(fix, number)), None)


def unknown_fix_message(fix_id: int) -> Message:
    """There is no fix with this number."""
    return note(f"There is no fix #{fix_id}. Nothing was changed.", _NUMBERS)


def not_undone_message(found: NotUndone) -> Message:
    """Why a fix can't be undone, and the next step."""
    fix, words, next_step = found.fix, _words(found), _next_step(found)
    name, account_id = fix.account_name, fix.request.account_id
    about = f"{account_name(name, account_id)} · {fix.request.type.label} contact"
    blocks = [section(mrkdwn(about)), paragraph(words)]
    if next_step:
        blocks.append(paragraph(f":point_right: {next_step}"))
    return Message(f"{escape(title(name, account_id))}: {words} {next_step}".strip(), blocks)


def _words(found: NotUndone) -> str:
    """Why a fix can't be undone, for mrkdwn."""
    fix, other = found.fix, found.other
    who, which = first_word(_who(other)), f"fix #{fix.id}"
    match found.obstacle:
        case UndoObstacle.NOT_FINISHED:
            why = f"Fix #{fix.id} by {_who(fix)} is still in progress."
        case UndoObstacle.UNDER_WAY:
            why = f"{who} is changing this contact right now{_number(other)}."
        case UndoObstacle.IN_DOUBT:
            why = f"AWS may have saved {which}: its response was lost."
        case UndoObstacle.FAILED:
            why = f"Fix #{fix.id} failed, so there is nothing to undo."
        case UndoObstacle.CHANGED_NOTHING:
            why = f"Fix #{fix.id} changed nothing, so there is nothing to undo."
        case UndoObstacle.UNDONE:
            when = f", {date(other.ended_at)}" if other is not None and other.ended_at else ""
            why = f"{who} already undid {which}{_number(other)}{when}."
        case UndoObstacle.BEFORE_UNKNOWN:
            why = (
                f"An earlier version of this bot made {which}, and didn't record what was there "
                "before."
            )
        case UndoObstacle.PUT_BACK:
            why = f"AWS already has the contact from before {which}."
            why += f" {who} put it back{_number(other)}." if other is not None else ""
        case _:
            assert_never(found.obstacle)
    return f"{why} Nothing was changed now."


def _next_step(found: NotUndone) -> str:
    match found.obstacle:
        case UndoObstacle.NOT_FINISHED | UndoObstacle.UNDER_WAY:
            return "Try again in a minute."
        case UndoObstacle.IN_DOUBT:
            return "I keep checking. Try again in a few minutes."
        case UndoObstacle.BEFORE_UNKNOWN:
            return f"To change the contact, type: /altcontact fix {found.fix.request.account_id}"
        case UndoObstacle.UNDONE if found.other is not None:
            if found.other.undone_by is not None:
                again = f"/altcontact undo {found.other.undone_by}"
                return f"That undo was undone, too. To undo the fix again, type: {again}"
            return f"To redo the fix, type: /altcontact undo {found.other.id}"
        case _:
            return ""


def _who(fix: Fix | None) -> str:
    return person(fix.request.user_id) if fix is not None else "somebody"


def _number(fix: Fix | None) -> str:
    return f" (fix #{fix.id})" if fix is not None else ""
