"""The modal by which a contact is set, from loading to its result; and the parser of its form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bot.contacts import ContactType
from bot.fixes import FixState
from bot.slack.blocks import (
    actions,
    button,
    context,
    divider,
    escape,
    mrkdwn,
    paragraph,
    plain,
    section,
)
from bot.slack.message import Message
from bot.slack.views.accounts import contact_lines
from bot.slack.views.rows import title
from bot.validation import EMAIL, FIELDS, LENGTHS, NAME, PHONE, TITLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.contacts import AlternateContact
    from bot.errors import AltcontactError
    from bot.fixes import Fix, FixRequest
    from bot.slack.blocks import Block

CALLBACK: Final = "altcontact_form"
"""The callback id of the modal. Block and action id of an input are the field's name."""

TRY_AGAIN: Final = "altcontact_try_again"
"""The action id of the button that opens a failed fix's form as it was typed."""

_MOST_TYPED: Final = {**LENGTHS, PHONE: 50}
"""What may be typed: a phone number may hold more than AWS takes until it is put in its form."""

_LABELS: Final = {NAME: "Name", TITLE: "Title", EMAIL: "Email", PHONE: "Phone"}


@dataclass(frozen=True, slots=True)
class FormInput:
    """A submitted form: what it is for, what was shown, and what was typed."""

    account_id: str
    type: ContactType
    shown: str
    shown_at: datetime
    values: Mapping[str, str | None]


def parse_form(view: Mapping[str, Any]) -> FormInput:
    """Read a form made by `form_view` as Slack hands it in."""
    metadata = json.loads(view["private_metadata"])
    state = view["state"]["values"]
    return FormInput(
        account_id=metadata["account"],
        type=ContactType(metadata["type"]),
        shown=metadata["shown"],
        shown_at=datetime.fromisoformat(metadata["shown_at"]),
        values={field: state[field][field].get("value") for field in FIELDS},
    )


def loading_view(name: str, account_id: str, kind: ContactType) -> dict[str, Any]:
    """Shown at once, until AWS has answered."""
    return _view(kind, [_about(name, account_id), paragraph("Reading what AWS holds now…")])


def working_view(name: str, account_id: str, kind: ContactType) -> dict[str, Any]:
    """The fix is under way."""
    text = (
        ":hourglass_flowing_sand: AWS is being asked, and what it holds read back. This can take a "
        "minute. You may close this window: you will get a message."
    )
    return _view(kind, [_about(name, account_id), paragraph(text)])


def message_view(message: Message, kind: ContactType) -> dict[str, Any]:
    """A message where a form was expected: why there is none."""
    return _view(kind, message.blocks)


def form_view(
    *,
    account_name: str,
    account_id: str,
    kind: ContactType,
    shown: str,
    shown_at: datetime,
    values: AlternateContact | None,
    region: str | None,
    notice: AltcontactError | None = None,
    held: AlternateContact | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The form.

    Args:
        account_name: the account's name.
        account_id: its id.
        kind: which contact.
        shown: the fingerprint of what the person knows AWS to hold; see `FixRequest.shown`.
        shown_at: since when they know.
        values: what the inputs are filled with, if anything.
        region: the country in whose national form phone numbers may be typed, if any.
        notice: why an earlier submission was not taken.
        held: what AWS holds now, told with the notice.
        errors: {field: what AWS refused}, shown under their fields.
    """
    blocks = [_about(account_name, account_id)]
    if notice is not None:
        blocks.append(
            paragraph(f":warning: *{escape(str(notice))}*\n:point_right: {escape(notice.mend)}")
        )
    if held is not None:
        blocks.append(section(plain(f"AWS holds now:\n{contact_lines(held)}")))
    hints = {
        EMAIL: "A distribution list is best: one person's mailbox is a single point of failure.",
        PHONE: "With + and the country code, as +44 20 7946 0958."
        if region is None
        else f"As dialled in {region}, or with + and the country code.",
    }
    for field in FIELDS:
        blocks.append(_input(field, values, hints.get(field)))
        if errors and field in errors:
            blocks.append(context(f":warning: {escape(errors[field])}"))
    metadata = {
        "account": account_id,
        "type": kind.value,
        "shown": shown,
        "shown_at": shown_at.isoformat(),
    }
    return {
        **_view(kind, blocks),
        "submit": plain("Save", 24),
        "close": plain("Cancel", 24),
        "private_metadata": json.dumps(metadata),
    }


def result_view(fix: Fix) -> dict[str, Any]:
    """What a fix came to that AWS took."""
    return _view(fix.request.type, _result(fix))


def result_message(fix: Fix) -> Message:
    """The same, for a person who closed the window."""
    about = title(fix.account_name, fix.request.account_id)
    return Message(escape(f"{about}: {_words(fix)}"), _result(fix))


def failed_message(
    request: FixRequest, name: str, error: AltcontactError, fix: Fix | None
) -> Message:
    """Why a fix was not made, with the way back to what was typed."""
    about = title(name, request.account_id)
    why = f":x: Not changed. {escape(str(error))}\n:point_right: {escape(error.mend)}"
    blocks = [section(plain(f"{about}\n{request.type.label} contact")), paragraph(why)]
    if fix is not None:
        blocks.append(actions(button("Try again", TRY_AGAIN, str(fix.id), primary=True)))
    return Message(escape(f"{about}: not changed. {error} {error.mend}"), blocks)


def _view(kind: ContactType, blocks: list[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(f"{kind.label} contact", 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


def _about(name: str, account_id: str) -> Block:
    return section(plain(title(name, account_id)))


def _input(field: str, values: AlternateContact | None, hint: str | None) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": field,
        "max_length": _MOST_TYPED[field],
    }
    value = getattr(values, field, "")[: _MOST_TYPED[field]]
    if value:
        element["initial_value"] = value
    block: Block = {
        "type": "input",
        "block_id": field,
        "label": plain(_LABELS[field]),
        "element": element,
    }
    if hint:
        block["hint"] = plain(hint)
    return block


def _words(fix: Fix) -> str:
    kind = fix.request.type.label
    if fix.state is FixState.PLANNED:
        return (
            f"Whether AWS took the {kind} contact is not known yet; it is found out by itself. "
            "The next check will tell."
        )
    if fix.state is FixState.APPLIED:
        return (
            f"AWS took the {kind} contact, but does not show it yet. The next check will tell "
            "whether it does."
        )
    if fix.already_there:
        return f"Confirmed: AWS held this {kind} contact already; nothing had to be written."
    return f"Confirmed: AWS holds this {kind} contact now."


def _result(fix: Fix) -> list[Block]:
    confirmed = fix.state is FixState.CONFIRMED
    mark = ":white_check_mark:" if confirmed else ":hourglass:"
    return [
        _about(fix.account_name, fix.request.account_id),
        section(mrkdwn(f"{mark} {_words(fix)}")),
        divider(),
        section(plain(contact_lines(fix.request.wanted))),
    ]
