"""What a submitted form came to: a contact that AWS holds now, or why it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
from bot.slack.views.fix_form import message_view
from bot.slack.views.message import Message
from bot.slack.views.row_actions import title

if TYPE_CHECKING:
    from bot.domain.errors import AltcontactError
    from bot.domain.fixes import Fix, FixRequest
    from bot.slack.views.blocks import Block

TRY_AGAIN: Final = "altcontact_try_again"
"""The action id of the button that opens a failed fix's form as it was typed."""


def result_view(fix: Fix) -> dict[str, Any]:
    """What a fix came to that AWS took."""
    return message_view(result_message(fix), fix.request.type)


def result_message(fix: Fix) -> Message:
    """The same, for a person who closed the window."""
    about = title(fix.account_name, fix.request.account_id)
    return Message(escape(f"{about}: {_words(fix)}"), _result(fix))


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


def _result(fix: Fix) -> list[Block]:
    confirmed = fix.state is FixState.CONFIRMED
    mark = ":white_check_mark:" if confirmed else ":hourglass:"
    return [
        section(plain(title(fix.account_name, fix.request.account_id))),
        section(mrkdwn(f"{mark} {_words(fix)}")),
        divider(),
        section(plain(contact_lines(fix.request.wanted))),
    ]
