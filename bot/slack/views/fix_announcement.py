"""The message that a contact was changed through this bot: who, which, from where to where.

A channel sees no name, address or phone number of a contact: the domains, and which fields changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS
from bot.domain.fixes import FixState
from bot.domain.rules.mail_addresses import domain_of
from bot.slack.views.blocks import context, escape, paragraph, plain, section
from bot.slack.views.message import Message
from bot.slack.views.row_actions import SHOW, row_button, title

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import Fix

_STATES: Final = {
    FixState.PLANNED: ":grey_question: It is not known yet whether AWS saved it.",
    FixState.APPLIED: ":hourglass: Saved in AWS, which doesn't show it yet.",
    FixState.CONFIRMED: ":white_check_mark: Saved and verified in AWS.",
    FixState.FAILED: ":x: AWS did not save it: the contact is as it was before.",
}

_IN_DOUBT: Final = (
    ":grey_question: AWS may have saved it: its answer was lost. This message is updated once that "
    "is certain; *Show account* shows what AWS holds now."
)


def fix_message(fix: Fix) -> Message:
    """A contact that was changed through this bot, or that may have been."""
    request = fix.request
    about, label = title(fix.account_name, request.account_id), request.type.label
    do, done = ("change", "changed") if fix.before is not None else ("set", "set")
    is_saved = fix.in_doubt_since is None and fix.state in {FixState.APPLIED, FixState.CONFIRMED}
    if fix.in_doubt_since is not None:
        done = f"may have {done}"
    elif not is_saved:
        done = f"wanted to {do}"
    change = _change(fix, "now" if is_saved else "wanted")
    who = f"<@{request.user_id}>"
    blocks = [
        section(plain(about), accessory=row_button(SHOW, 0, request.account_id, request.type)),
        paragraph(f"{who} {done} the *{label} contact*.\n{change}"),
    ]
    if fix.unusual_domain:
        domain = escape(domain_of(request.wanted.email))
        blocks.append(context(f":warning: Few or no other accounts have an address at {domain}."))
    blocks.append(context(_IN_DOUBT if fix.in_doubt_since is not None else _STATES[fix.state]))
    return Message(f"{escape(about)}: {who} {done} the {label} contact. {change}", blocks)


def _change(fix: Fix, then: str) -> str:
    """The domains before and then (now, or as wanted), and which fields differ, for mrkdwn."""
    before, after = fix.before, fix.request.wanted
    if before is None:
        return f"Before: none. {then.capitalize()}: {_where(after)}."
    places = f"Before: {_where(before)}. {then.capitalize()}: {_where(after)}."
    if domain_of(before.email) == domain_of(after.email):
        places = f"Before and {then}: {_where(after)}."
    changed = [field for field in FIELDS if getattr(before, field) != getattr(after, field)]
    heading = "Changed" if then == "now" else "To change"
    return f"{places} {heading}: {', '.join(changed)}." if changed else places


def _where(contact: AlternateContact) -> str:
    return f"an address at {escape(domain_of(contact.email)) or 'no domain'}"
