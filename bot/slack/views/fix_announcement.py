"""The message that a contact was changed through this bot: who changed which one, and how.

A channel sees no name, address or phone number of a contact: only domains, and the changed fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.domain.fixes import FixState
from bot.domain.rules.mail_addresses import domain_of
from bot.slack.views.blocks import actions, as_typed, context, date, escape, mrkdwn, section
from bot.slack.views.fix_result import managed_words
from bot.slack.views.mentions import first_word, person
from bot.slack.views.message import Message
from bot.slack.views.row_actions import SHOW, account_name, row_button, title
from bot.slack.views.undo_button import undo_buttons

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import Fix

_STATES: Final = {
    FixState.PLANNED: "It isn't certain yet whether AWS saved it.",
    FixState.APPLIED: "Saved in AWS, which doesn't show it yet.",
    FixState.CONFIRMED: "Saved and verified in AWS.",
    FixState.FAILED: "AWS didn't save it. The contact is unchanged.",
}
"""Without a check mark: the account may have other findings."""

_IN_DOUBT: Final = (
    "AWS may have saved it: its response was lost. This message is updated once that is certain. "
    "*Show account* shows what AWS has now."
)


def fix_message(fix: Fix, undone_by: Fix | None = None) -> Message:
    """A contact that was changed through this bot, or that may have been.

    Args:
        fix: the fix.
        undone_by: the fix that undid it, if one did.
    """
    request, wanted = fix.request, fix.request.wanted
    about, label = title(fix.account_name, request.account_id), request.type.label
    do, done = ("change", "changed") if fix.before is not None else ("set", "set")
    of = f"the *{label} contact*"
    if request.undoes is not None:
        do, done, of = "undo", "undid", f"fix #{request.undoes} of the *{label} contact*"
    elif wanted is None:
        do, done = "remove", "removed"
    is_saved = fix.in_doubt_since is None and fix.state in {FixState.APPLIED, FixState.CONFIRMED}
    if fix.in_doubt_since is not None:
        done = f"may have {'undone' if request.undoes is not None else done}"
    elif not is_saved:
        done = f"tried to {do}"
    change = _change(fix, "now" if is_saved else "requested")
    who, name = first_word(person(request.user_id)), fix.account_name
    show = row_button(SHOW, 0, request.account_id, request.type, name=name)
    heading = account_name(name, request.account_id)
    undone = _undone_words(undone_by)
    text = f"{heading}\n{who} {done} {of}. {change}"
    blocks = [section(mrkdwn(f"{text}\n*{undone}*" if undone else text))]
    state = _IN_DOUBT if fix.in_doubt_since is not None else _STATES[fix.state]
    notes = [f"Fix #{fix.id} · {state}"]
    if fix.unusual_domain and wanted is not None:
        domain = as_typed(domain_of(wanted.email))
        notes.insert(0, f":warning: Few or no other accounts have an address at {domain}.")
    if request.confirmed_tool:
        notes.append(managed_words(request.confirmed_tool))
    blocks += [actions(*undo_buttons(fix), show), context("\n".join(notes))]
    said = f"{escape(about)}: {who} {done} {of.replace('*', '')}. {change} {undone}".rstrip()
    return Message(said, blocks)


def _undone_words(undone_by: Fix | None) -> str:
    if undone_by is None:
        return ""
    when = f", {date(undone_by.ended_at)}" if undone_by.ended_at is not None else ""
    return f"Undone by {person(undone_by.request.user_id)}{when} (fix #{undone_by.id})."


def _change(fix: Fix, then: str) -> str:
    """The domains before and after (now, or as requested), and the fields that differ."""
    before, after = fix.before, fix.request.wanted
    if before is None or after is None:
        return f"Before: {_where(before)}. {then.capitalize()}: {_where(after)}."
    places = f"Before: {_where(before)}. {then.capitalize()}: {_where(after)}."
    if domain_of(before.email) == domain_of(after.email):
        places = f"Before and {then}: {_where(after)}."
    changed = [field for field in FIELDS if getattr(before, field) != getattr(after, field)]
    heading = "Changed" if then == "now" else "To change"
    return f"{places} {heading}: {', '.join(changed)}." if changed else places


def _where(contact: AlternateContact | None) -> str:
    if contact is None:
        return "none"
    return f"an address at {as_typed(domain_of(contact.email)) or 'no domain'}"
