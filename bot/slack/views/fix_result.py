"""What a submitted form came to: a contact that AWS holds now, or why it does not."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.fixes import FixState
from bot.slack.views.account_card_contact import contact_lines
from bot.slack.views.blocks import (
    actions,
    button,
    divider,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.message import Message
from bot.slack.views.row_actions import title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.errors import AltcontactError
    from bot.domain.fixes import Fix, FixRequest
    from bot.slack.views.blocks import Block

NO_NOTES: Final[Mapping[str, str]] = MappingProxyType({})

TRY_AGAIN: Final = "altcontact_try_again"
"""The action id of the button that opens a failed fix's form as it was typed."""


def result_message(fix: Fix, notes: Mapping[str, str] = NO_NOTES) -> Message:
    """What a fix came to that AWS took.

    Args:
        fix: as recorded.
        notes: {field: what is still to be looked at}.
    """
    about = title(fix.account_name, fix.request.account_id)
    spoken = " ".join((f"{about}: {_words(fix)}", *_note_lines(notes)))
    return Message(escape(spoken), _result(fix, notes))


def failed_message(
    request: FixRequest, name: str, error: AltcontactError, fix: Fix | None
) -> Message:
    """Why a fix was not made, with the way back to what was typed."""
    about = title(name, request.account_id)
    why = f":x: Not changed. {escape(str(error))}\n:point_right: {escape(error.remedy)}"
    blocks = [section(plain(f"{about}\n{request.type.label} contact")), paragraph(why)]
    if fix is not None:
        blocks.append(actions(button("Try again", TRY_AGAIN, str(fix.id), primary=True)))
    return Message(escape(f"{about}: not changed. {error} {error.remedy}"), blocks)


def _words(fix: Fix) -> str:
    label = fix.request.type.label
    if fix.state is FixState.PLANNED:
        return (
            f"Whether AWS took the {label} contact is not known yet; it is found out by itself. "
            "The next check will tell."
        )
    if fix.state is FixState.APPLIED:
        return (
            f"AWS took the {label} contact, but does not show it yet. The next check will tell "
            "whether it does."
        )
    if fix.already_there:
        return f"Confirmed: AWS held this {label} contact already; nothing had to be written."
    return f"Confirmed: AWS holds this {label} contact now."


def _result(fix: Fix, notes: Mapping[str, str]) -> list[Block]:
    confirmed = fix.state is FixState.CONFIRMED
    mark = ":white_check_mark:" if confirmed and not notes else ":hourglass:"
    if confirmed and notes:
        mark = ":warning:"
    blocks = [
        section(plain(title(fix.account_name, fix.request.account_id))),
        section(mrkdwn(f"{mark} {_words(fix)}")),
    ]
    if notes:
        blocks.append(section(plain("\n".join(_note_lines(notes)))))
    return [*blocks, divider(), section(plain(contact_lines(fix.request.wanted)))]


def _note_lines(notes: Mapping[str, str]) -> list[str]:
    return [f"{field.capitalize()}: {note}" for field, note in notes.items()]
