"""The result of a submitted form: a contact that is in AWS now, or why it isn't."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.errors import AltcontactError
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import ManagedBy
from bot.services.fix_result import FixOutcome
from bot.slack.payloads import PayloadError, number, reads_payload
from bot.slack.views.blocks import (
    actions,
    button,
    context,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.views.fix_modal import FIELD_LABELS
from bot.slack.views.mentions import first_word, person
from bot.slack.views.message import Message
from bot.slack.views.row_actions import account_name, title
from bot.slack.views.undo_button import undo_buttons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.errors import StoreError
    from bot.domain.fixes import FixRequest
    from bot.services.fix_result import Fixed, NotFixed
    from bot.slack.views.blocks import Block

NO_NOTES: Final[Mapping[str, str]] = MappingProxyType({})

TRY_AGAIN: Final = "altcontact_try_again"
"""The action id of the button that opens a failed fix's form as it was typed."""

NEXT: Final = "altcontact_next"
"""The action id of the button that opens the form of the next account with the same values."""


@dataclass(frozen=True, slots=True)
class NextAccount:
    """What the button `NEXT` is for: the account to fix, and the fix to copy the values of."""

    fix_id: int
    account_id: str
    type: ContactType


def next_button(fix_id: int, account: Account, contact_type: ContactType) -> Block:
    """The button that opens the form of the next account."""
    text = f"Next account: {account.name or account.id}"
    value = f"{fix_id}:{account.id}:{contact_type.value}"
    label = f"Fix the {contact_type.label} contact of {account.name or account.id}"
    return button(text, NEXT, value, primary=True, label=label)


@reads_payload
def parse_next(value: str) -> NextAccount:
    """Read the value of a button made by `next_button`.

    Raises:
        PayloadError: it was made by something else.
    """
    fix_id, account_id, contact_type = value.split(":")
    if not account_id:
        raise PayloadError
    return NextAccount(number(fix_id), account_id, ContactType(contact_type))


def is_done(result: Fixed) -> bool:
    """Whether the contact was saved, so that the person can go on with the next account."""
    return result.outcome in {FixOutcome.VERIFIED, FixOutcome.SAVED}


def result_message(
    result: Fixed,
    notes: Mapping[str, str] = NO_NOTES,
    *,
    still_open: Sequence[ContactType] | None = (),
    next_account: Account | None = None,
) -> Message:
    """The result of a fix that AWS accepted, or may have accepted.

    Args:
        result: the result.
        notes: {field: what should still be checked}.
        still_open: the account's contacts that still need attention; None if that isn't known.
        next_account: the account to fix next, if there is one.
    """
    fix = result.fix
    request = fix.request
    words, still = _words(result), open_words(still_open or ())
    spoken = (
        f"{title(fix.account_name, request.account_id)}: {words}",
        *_note_lines(notes),
        _problem_words(result.problem),
        unrecorded_words(result.unrecorded),
        still,
    )
    is_compliant = still_open is not None and not still_open and not notes
    mark = _mark(result, is_compliant=is_compliant and result.unrecorded is None)
    named = account_name(fix.account_name, request.account_id)
    about = f"{named} · {request.type.label} contact · fix #{fix.id}"
    blocks = [paragraph(f"{mark} *{words}*".strip()), section(mrkdwn(about))]
    if request.wanted is not None:
        values = ", ".join(getattr(request.wanted, field) for field in FIELDS)
        blocks.append({"type": "context", "elements": [plain(values, 1_000)]})
    if result.problem is not None:
        blocks.append(paragraph(escape(_problem_words(result.problem))))
    if result.unrecorded is not None:
        blocks.append(paragraph(f":warning: {escape(unrecorded_words(result.unrecorded))}"))
    if notes:
        blocks.append(section(plain("\n".join(_note_lines(notes)))))
    if still:
        blocks.append(context(still))
    if request.confirmed_tool:
        blocks.append(context(managed_words(request.confirmed_tool)))
    buttons = undo_buttons(fix)
    if next_account is not None:
        buttons.insert(0, next_button(fix.id, next_account, request.type))
    if buttons:
        blocks.append(actions(*buttons))
    return Message(escape(" ".join(filter(None, spoken))), blocks)


def managed_words(tool: str) -> str:
    """What is left to do for a contact that a tool keeps as code, as mrkdwn."""
    label = ManagedBy(tool).label
    return f":package: {label} overwrites this when it is next applied. Change it there, too."


def no_longer_needed_message(
    name: str,
    wanted: NextAccount,
    *,
    fixed_by: str = "",
    next_account: Account | None = None,
) -> Message:
    """The next account needs no fix any more.

    Args:
        name: the account's name.
        wanted: what the button was for.
        fixed_by: the id of the user who fixed it meanwhile, if one did.
        next_account: the account to fix instead, if there is one.
    """
    label = wanted.type.label
    text = f"The {label} contact no longer needs a fix."
    if fixed_by:
        text = f"{first_word(person(fixed_by))} already fixed the {label} contact."
    rest = "" if next_account else f" No other account needs a {label} contact."
    about = account_name(name, wanted.account_id)
    blocks = [section(mrkdwn(about)), paragraph(text + rest)]
    if next_account is not None:
        blocks.append(actions(next_button(wanted.fix_id, next_account, wanted.type)))
    return Message(f"{escape(title(name, wanted.account_id))}: {text}{rest}", blocks)


def problem_of(result: NotFixed) -> AltcontactError:
    """Why a fix was not made, for people: also whether AWS may have saved it after all."""
    words, remedy = str(result.problem), result.problem.remedy
    if _is_in_doubt(result):
        done, shown, seen = "saved", "doesn't show the contact", "appears"
        if result.fix is not None and result.fix.request.wanted is None:
            done, shown, seen = "removed", "still shows the contact", "is gone"
        words = (
            f"It may have been {done} in AWS. {words} AWS {shown}. I'll keep checking, and record "
            f"it if it {seen}."
        )
        remedy = "Check the account in a few minutes, before you try again."
    if result.unrecorded is not None:
        words = f"{words} {unrecorded_words(result.unrecorded)}"
    return AltcontactError(words, remedy)


def failed_message(request: FixRequest, name: str, result: NotFixed) -> Message:
    """Why a fix was not made, with a button that opens the form as it was typed."""
    problem = problem_of(result)
    words = str(problem) if _is_in_doubt(result) else f"Not changed. {problem}"
    mark = ":warning:" if _is_in_doubt(result) else ":x:"
    about = f"{account_name(name, request.account_id)} · {request.type.label} contact"
    next_step = f"\n:point_right: {escape(problem.remedy)}" if problem.remedy else ""
    blocks = [section(mrkdwn(about)), paragraph(f"{mark} {escape(words)}{next_step}")]
    if result.fix is not None:
        label = f"Try again: {request.type.label} contact of {name or request.account_id}"
        again = button("Try again", TRY_AGAIN, str(result.fix.id), primary=True, label=label)
        blocks.append(actions(again))
    spoken = f"{title(name, request.account_id)}: {words[0].lower()}{words[1:]} {problem.remedy}"
    return Message(escape(spoken.strip()), blocks)


def _is_in_doubt(result: NotFixed) -> bool:
    return result.fix is not None and result.fix.in_doubt_since is not None


def _words(result: Fixed) -> str:
    fix, is_removal = result.fix, result.fix.request.wanted is None
    done = "removed" if is_removal else "saved"
    if fix.state is FixState.PLANNED:
        return (
            f"This may have been {done} in AWS. I'll find out, and update the record and the alert."
        )
    if fix.state is FixState.APPLIED:
        if result.problem is not None:
            return f"{done.capitalize()} in AWS, but not verified yet. I'll keep checking."
        still = "still shows it" if is_removal else "doesn't show it yet"
        return f"{done.capitalize()} in AWS, but AWS {still}. The next check verifies it."
    if fix.already_there:
        had = "had no contact" if is_removal else "had this contact"
        return f"AWS already {had}. Nothing was changed."
    return f"{done.capitalize()} and verified in AWS."


def _mark(result: Fixed, *, is_compliant: bool) -> str:
    """A check mark if the account is known to be compliant now."""
    match result.fix.state:
        case FixState.CONFIRMED:
            return ":white_check_mark:" if is_compliant else ""
        case FixState.APPLIED:
            return ":hourglass:"
        case _:
            return ":grey_question:"


def open_words(still_open: Sequence[ContactType]) -> str:
    """Which contacts of an account still need attention; empty if none do."""
    if not still_open:
        return ""
    *first, last = (each.label for each in still_open)
    labels = f"{', '.join(first)} and {last}" if first else last
    return f"This account still needs attention: {labels} contact{'s' if first else ''}."


def _problem_words(problem: AltcontactError | None) -> str:
    return f"{problem} {problem.remedy}".rstrip() if problem is not None else ""


def unrecorded_words(error: StoreError | None) -> str:
    """Says that a result isn't in the database yet; empty if it is."""
    if error is None:
        return ""
    words = "This isn't recorded yet, so alerts don't show it. I'll keep trying to record it."
    return f"{words} {error} {error.remedy}".rstrip()


def _note_lines(notes: Mapping[str, str]) -> list[str]:
    return [f"{FIELD_LABELS[field]}: {note}" for field, note in notes.items()]
