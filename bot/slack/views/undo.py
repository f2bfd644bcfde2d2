"""Undoing a fix: the question if AWS has something else by now, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import ManagedBy
from bot.domain.rules.mail_addresses import domain_of
from bot.services.fix_result import Fixed
from bot.slack.payloads import PayloadError, number, reads_payload
from bot.slack.views.account_card_contact import contact_lines
from bot.slack.views.blocks import (
    actions,
    as_typed,
    button,
    context,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.fix_result import managed_words, open_words, problem_of, unrecorded_words
from bot.slack.views.mentions import first_word, person
from bot.slack.views.message import Message
from bot.slack.views.row_actions import account_name, spoken, title
from bot.slack.views.undo_button import undo_buttons
from bot.slack.views.wording import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix
    from bot.services.fix_result import NotFixed
    from bot.services.undo import UndoAttempt, UndoQuestion
    from bot.slack.readers import ContactAccess
    from bot.slack.views.blocks import Block

UNDO_ANYWAY: Final = "altcontact_undo_anyway"
"""The action id of the button that undoes a fix although AWS has something else by now.

Its value is the fix's number, the fingerprint of what was shown, and the tool that was named.
"""


@reads_payload
def parse_anyway(value: str) -> tuple[int, str, str]:
    """The fix, the fingerprint of what was shown, and the tool, of a button of `question_message`.

    Raises:
        PayloadError: it was made by something else.
    """
    fix_id, shown, tool = value.split(":")
    if not shown:
        raise PayloadError
    return number(fix_id), shown, ManagedBy(tool).value if tool else ""


def undoing_message(fix: Fix) -> Message:
    """The undo is in progress."""
    text = (
        f":hourglass_flowing_sand: Undoing fix #{fix.id}: saving and verifying with AWS… This can "
        "take up to a minute. You can close this window: I'll send you the result."
    )
    return Message(text, [_about(fix), paragraph(text)])


def question_message(question: UndoQuestion, access: ContactAccess) -> Message:
    """AWS has something else than the fix saved: what it has, what it would get, and a button.

    Args:
        question: what is asked.
        access: whether the person sees contact details.
    """
    fix, request = question.fix, question.fix.request
    words = _question_words(question)
    blocks = [
        _about(fix),
        paragraph(f":warning: {words}"),
        *_difference(question.held, fix.before, access),
    ]
    label = spoken("Undo anyway", fix.account_name, request.account_id, request.type)
    tool = question.tool.value if question.tool is not None else ""
    value = f"{fix.id}:{question.shown}:{tool}"
    anyway = button("Undo anyway", UNDO_ANYWAY, value, danger=True, label=label)
    blocks.append(actions(anyway))
    return Message(f"{escape(title(fix.account_name, request.account_id))}: {words}", blocks)


def _question_words(question: UndoQuestion) -> str:
    later, tool = question.later, question.tool
    if tool is not None:
        return (
            f"This account's contacts are managed by {tool.label}, which puts back its own values "
            "when it is next applied. Nothing was changed now."
        )
    who = "It was changed in AWS since."
    if later is not None:
        by = first_word(person(later.request.user_id))
        who = f"{by} changed it later (fix #{later.id})."
    return f"AWS no longer has what fix #{question.fix.id} saved. {who} Nothing was changed now."


def attempt_message(
    attempt: UndoAttempt, access: ContactAccess, still_open: Sequence[ContactType] | None = None
) -> Message:
    """The result of an undo that was attempted.

    Args:
        attempt: the undo.
        access: whether the person sees contact details.
        still_open: the account's contacts that need attention; None if that isn't known.
    """
    if not isinstance(attempt.result, Fixed):
        return _failed_message(attempt.undone, attempt.result)
    undone, result = attempt.undone, attempt.result
    fix = result.fix
    words = _words(result)
    warning = _compliance(attempt.judged)
    unrecorded = unrecorded_words(result.unrecorded)
    others = [each for each in still_open or () if not warning or each is not fix.request.type]
    is_compliant = still_open == () and not warning and not unrecorded
    mark = _MARKS.get(fix.state, "") if fix.state is not FixState.CONFIRMED else ""
    if fix.state is FixState.CONFIRMED and is_compliant:
        mark = ":white_check_mark:"
    blocks = [
        paragraph(f"{mark} *{words}*".strip()),
        section(mrkdwn(f"{_named(fix)} · {_label(fix)} · fix #{fix.id}, undoes fix #{undone.id}")),
        *_now(fix.request.wanted, access),
    ]
    if result.problem is not None:
        blocks.append(paragraph(escape(f"{result.problem} {result.problem.remedy}".rstrip())))
    if unrecorded:
        blocks.append(paragraph(f":warning: {escape(unrecorded)}"))
    if warning:
        blocks.append(paragraph(f":warning: {escape(warning)}"))
    if others:
        blocks.append(context(open_words(others)))
    if fix.request.confirmed_tool:
        blocks.append(context(managed_words(fix.request.confirmed_tool)))
    redo = undo_buttons(fix)
    if redo:
        blocks.append(actions(*redo))
    said = (f"{title(fix.account_name, fix.request.account_id)}:", words, unrecorded, warning)
    return Message(escape(" ".join(filter(None, said))), blocks)


_MARKS: Final = {FixState.APPLIED: ":hourglass:", FixState.PLANNED: ":grey_question:"}


def _words(result: Fixed) -> str:
    fix = result.fix
    removed = fix.request.wanted is None
    match fix.state:
        case FixState.PLANNED:
            return "This may have been undone in AWS. I'll find out, and update the record."
        case FixState.APPLIED if result.problem is not None:
            return "Undone in AWS, but not verified yet. I'll keep checking."
        case FixState.APPLIED:
            return "Undone in AWS, but AWS doesn't show it yet. The next check verifies it."
        case _ if fix.already_there:
            return "AWS already had the contact from before. Nothing was changed."
        case _:
            done = "The contact was removed, and AWS shows none." if removed else "Verified in AWS."
            return f"Undone. {done}"


def _compliance(judged: TypeResult | None) -> str:
    """Why the contact that was put back doesn't comply with the policy; empty if it does."""
    if judged is None or not judged.outcome.is_non_compliant:
        return ""
    reasons = [each.reason for each in judged.verdicts if each.outcome.is_non_compliant]
    why = sentences(judged.type, reasons, f"The {judged.type.label} contact")
    return f"This account needs attention again. {why}"


def _failed_message(fix: Fix, result: NotFixed) -> Message:
    problem = problem_of(result)
    words = str(problem)
    if not words.startswith(("It may have", "Nothing was")):
        words = f"Not undone. {words}"
    remedy = f"\n:point_right: {escape(problem.remedy)}" if problem.remedy else ""
    spoken = f"{title(fix.account_name, fix.request.account_id)}: {words} {problem.remedy}"
    return Message(escape(spoken.strip()), [_about(fix), paragraph(f":x: {escape(words)}{remedy}")])


def _difference(
    held: AlternateContact | None, after: AlternateContact | None, access: ContactAccess
) -> list[Block]:
    """What AWS has now, and what it would have after the undo."""
    if not access.granted:
        shown = [section(mrkdwn(f"In AWS now: {_where(held)}. After the undo: {_where(after)}."))]
        changed = _changed(held, after)
        if changed:
            shown.append(section(mrkdwn(f"To change: {', '.join(changed)}.")))
        return [*shown, context(access.note)] if access.note else shown
    now = contact_lines(held) if held is not None else "None is set."
    then = contact_lines(after) if after is not None else "None: the contact is removed."
    return [section(plain(f"In AWS now:\n{now}")), section(plain(f"After the undo:\n{then}"))]


def _changed(held: AlternateContact | None, after: AlternateContact | None) -> list[str]:
    if held is None or after is None:
        return []
    return [field for field in FIELDS if getattr(held, field) != getattr(after, field)]


def _now(contact: AlternateContact | None, access: ContactAccess) -> list[Block]:
    """The contact that AWS has now, as far as the person sees it."""
    if contact is None:
        return []
    if not access.granted:
        blocks = [context(f"Now: {_where(contact)}")]
        return [*blocks, context(access.note)] if access.note else blocks
    values = ", ".join(getattr(contact, field) for field in FIELDS)
    return [{"type": "context", "elements": [plain(values, 1_000)]}]


def _where(contact: AlternateContact | None) -> str:
    if contact is None:
        return "none"
    return f"an address at {as_typed(domain_of(contact.email)) or 'no domain'}"


def _about(fix: Fix) -> Block:
    return section(mrkdwn(f"{_named(fix)} · {_label(fix)}"))


def _named(fix: Fix) -> str:
    return account_name(fix.account_name, fix.request.account_id)


def _label(fix: Fix) -> str:
    return f"{fix.request.type.label} contact"
