"""Whether a fix can be undone, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.contacts import NO_CONTACT
from bot.domain.fixes import Fix, FixState
from bot.domain.runs import ItemState, RunItem


class UndoObstacle(StrEnum):
    """Why a fix can't be undone.

    `NOT_FINISHED`: it is still in progress. `IN_DOUBT`: AWS may have saved it. `FAILED`: AWS didn't
    save it. `CHANGED_NOTHING`: AWS already had the contact. `UNDONE`: it was undone before.
    `BEFORE_UNKNOWN`: an earlier version of the bot made it, and didn't record what was there
    before. `PUT_BACK`: AWS has the contact from before the fix. `UNDER_WAY`: another fix of the
    contact is in progress.
    """

    NOT_FINISHED = "not_finished"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    CHANGED_NOTHING = "changed_nothing"
    UNDONE = "undone"
    BEFORE_UNKNOWN = "before_unknown"
    PUT_BACK = "put_back"
    UNDER_WAY = "under_way"

    @property
    def sentence(self) -> str:
        """Why one fix of several isn't undone, in a sentence."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    UndoObstacle.NOT_FINISHED: "The fix is still in progress.",
    UndoObstacle.IN_DOUBT: "AWS may have saved the fix: its response was lost.",
    UndoObstacle.FAILED: "The fix failed, so there is nothing to undo.",
    UndoObstacle.CHANGED_NOTHING: "The fix changed nothing, so there is nothing to undo.",
    UndoObstacle.UNDONE: "The fix was undone before.",
    UndoObstacle.BEFORE_UNKNOWN: "It isn't on record what was there before the fix.",
    UndoObstacle.PUT_BACK: "AWS already has the contact from before the fix.",
    UndoObstacle.UNDER_WAY: "Another fix of the contact is in progress.",
}


@dataclass(frozen=True, slots=True)
class NotUndone:
    """A fix that can't be undone. `other` is the fix that undid or follows it, if that is why."""

    fix: Fix
    obstacle: UndoObstacle
    other: Fix | None = None


def obstacle_of(fix: Fix) -> UndoObstacle | None:
    """Why a fix can't be undone, by its own record; None if nothing in there prevents it."""
    if fix.ended_at is None or fix.state is FixState.PLANNED:
        return UndoObstacle.NOT_FINISHED
    if fix.state is FixState.FAILED:
        return UndoObstacle.FAILED if fix.in_doubt_since is None else UndoObstacle.IN_DOUBT
    if fix.undone_by is not None:
        return UndoObstacle.UNDONE
    if fix.already_there or fix.before == fix.request.wanted:
        return UndoObstacle.CHANGED_NOTHING
    if not is_before_known(fix):
        return UndoObstacle.BEFORE_UNKNOWN
    return None


def is_before_known(fix: Fix) -> bool:
    """Whether it is on record what AWS had before a fix.

    No contact on record means that none was set only if the person saw that, too: early versions of
    the bot wrote without a record of what was there.
    """
    return fix.before is not None or fix.request.shown == NO_CONTACT


def undo_item(number: int, fix: Fix) -> RunItem:
    """A fix as a contact of a run that undoes it; left out if it can't be undone.

    AWS has to have what the fix wrote. If it has something else, the run holds the contact back.

    Args:
        number: its number in the run.
        fix: the fix.
    """
    obstacle, request = obstacle_of(fix), fix.request
    return RunItem(
        number,
        0,
        request.account_id,
        fix.account_name,
        request.type,
        fix.before,
        request.wanted,
        fix.ended_at,
        ItemState.PLANNED if obstacle is None else ItemState.LEFT_OUT,
        "" if obstacle is None else obstacle.sentence,
        undoes=fix.id,
    )


def can_be_undone(fix: Fix) -> bool:
    """Whether to offer to undo a fix."""
    return obstacle_of(fix) is None
