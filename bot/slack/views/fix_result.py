"""What a submitted form came to: a contact that AWS holds now, or why it does not."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.errors import AltcontactError
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

    from bot.domain.errors import StoreError
    from bot.domain.fixes import Fix, FixRequest
    from bot.services.fix_result import Fixed, NotFixed
    from bot.slack.views.blocks import Block

NO_NOTES: Final[Mapping[str, str]] = MappingProxyType({})

TRY_AGAIN: Final = "altcontact_try_again"
"""The action id of the button that opens a failed fix's form as it was typed."""


def result_message(result: Fixed, notes: Mapping[str, str] = NO_NOTES) -> Message:
    """What a fix came to that AWS took, or may have taken.

    Args:
        result: what became of it.
        notes: {field: what is still to be looked at}.
    """
    fix = result.fix
    about = title(fix.account_name, fix.request.account_id)
    spoken = (
        f"{about}: {_words(fix)}",
        *_note_lines(notes),
        _problem_words(result.problem),
        _unrecorded_words(result.unrecorded),
    )
    return Message(escape(" ".join(filter(None, spoken))), _result(result, notes))


def told_problem(result: NotFixed) -> AltcontactError:
    """Why a fix was not made, as it is told: also whether AWS may have taken it all the same."""
    words, remedy = str(result.problem), result.problem.remedy
    if _is_in_doubt(result):
        words = (
            f"It may have been saved in AWS. {words} AWS doesn't show the contact. I'll keep "
            "checking, and record it if it appears."
        )
        remedy = "Check the account in a few minutes, before you save again."
    if result.unrecorded is not None:
        words = f"{words} {_unrecorded_words(result.unrecorded)}"
    return AltcontactError(words, remedy)


def failed_message(request: FixRequest, name: str, result: NotFixed) -> Message:
    """Why a fix was not made, with the way back to what was typed."""
    about, problem = title(name, request.account_id), told_problem(result)
    words = str(problem) if _is_in_doubt(result) else f"Not changed. {problem}"
    mark = ":warning:" if _is_in_doubt(result) else ":x:"
    why = f"{mark} {escape(words)}\n:point_right: {escape(problem.remedy)}"
    blocks = [section(plain(f"{about}\n{request.type.label} contact")), paragraph(why)]
    if result.fix is not None:
        blocks.append(actions(button("Try again", TRY_AGAIN, str(result.fix.id), primary=True)))
    return Message(escape(f"{about}: {words[0].lower()}{words[1:]} {problem.remedy}"), blocks)


def _is_in_doubt(result: NotFixed) -> bool:
    return result.fix is not None and result.fix.in_doubt_since is not None


def _words(fix: Fix) -> str:
    label = fix.request.type.label
    if fix.state is FixState.PLANNED:
        return (
            f"The {label} contact may have been saved in AWS. I'll find out, and update "
            "the record and the alert."
        )
    if fix.state is FixState.APPLIED:
        return (
            f"AWS took the {label} contact, but does not show it yet. The next check will tell "
            "whether it does."
        )
    if fix.already_there:
        return f"Confirmed: AWS held this {label} contact already; nothing had to be written."
    return f"Confirmed: AWS holds this {label} contact now."


def _problem_words(problem: AltcontactError | None) -> str:
    return f"{problem} {problem.remedy}".rstrip() if problem is not None else ""


def _unrecorded_words(error: StoreError | None) -> str:
    if error is None:
        return ""
    words = "This isn't recorded yet, so alerts don't show it. I'll keep trying to record it."
    return f"{words} {error} {error.remedy}".rstrip()


def _result(result: Fixed, notes: Mapping[str, str]) -> list[Block]:
    fix = result.fix
    confirmed = fix.state is FixState.CONFIRMED
    mark = ":white_check_mark:" if confirmed and not notes else ":hourglass:"
    if confirmed and notes:
        mark = ":warning:"
    blocks = [
        section(plain(title(fix.account_name, fix.request.account_id))),
        section(mrkdwn(f"{mark} {_words(fix)}")),
    ]
    if result.problem is not None:
        blocks.append(paragraph(escape(_problem_words(result.problem))))
    if result.unrecorded is not None:
        blocks.append(paragraph(f":warning: {escape(_unrecorded_words(result.unrecorded))}"))
    if notes:
        blocks.append(section(plain("\n".join(_note_lines(notes)))))
    return [*blocks, divider(), section(plain(contact_lines(fix.request.wanted)))]


def _note_lines(notes: Mapping[str, str]) -> list[str]:
    return [f"{field.capitalize()}: {note}" for field, note in notes.items()]
