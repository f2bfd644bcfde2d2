"""What a row offers: a button **Fix**, or a menu with the rest; and how a row names its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.rule_catalog import Rule
from bot.slack.payloads import PayloadError, find_text, reads_payload, text_at
from bot.slack.views.blocks import BUTTON_TEXT, bold, button, clip, code, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.slack.views.blocks import Block

FIX: Final = "altcontact_fix"
"""Begins the action id of every button that opens the form; a number follows it."""

MENU: Final = "altcontact_menu"
"""Begins the action id of every row's menu; the value of an option says which one was chosen."""

EXEMPT: Final = "altcontact_set_aside"
"""Opens the modal that exempts a contact's findings. Begins a button's action id, too.

Posted messages hold this id, so it keeps its old name.
"""

VERIFY: Final = "altcontact_verify"
"""Opens the modal that records a manual verification. Begins a button's action id, too."""

SHOW: Final = "altcontact_show"
"""Shows the account with all its contacts. Begins a button's action id, too."""

NAME_TEXT: Final = 200
"""Characters of an account's name that are shown; AWS accepts 50 at most."""

REASON_TEXT: Final = 300

REMOVE_LABEL: Final = "Remove…"
"""The label of what opens the modal in which a forbidden contact is removed."""

_LABELS: Final = {
    FIX: "Fix",
    EXEMPT: "Exempt…",
    VERIFY: "Verify manually…",
    SHOW: "Show account",
}
_OPTION_TEXT: Final = 75


def fix_button(
    number: int,
    account_id: str,
    contact_type: ContactType,
    label: str = "Fix",
    *,
    primary: bool = False,
    name: str = "",
) -> Block:
    """A button that opens the form.

    Args:
        number: unique among these buttons in the message or view.
        account_id: whose contact.
        contact_type: which contact.
        label: the text on it.
        primary: whether it stands out; at most one button of a message or view may.
        name: the account's name, for screen readers.
    """
    return button(
        label,
        f"{FIX}:{number}",
        f"{account_id}:{contact_type.value}",
        primary=primary,
        label=spoken(label, name, account_id, contact_type),
    )


def remedy_button(
    number: int,
    account_id: str,
    contact_type: ContactType,
    rules: Collection[Rule],
    *,
    primary: bool = False,
    name: str = "",
) -> Block:
    """The button for a contact that violates these rules: both open the form, or what it shows."""
    label = REMOVE_LABEL if Rule.FORBIDDEN in rules else "Fix"
    is_primary = primary and Rule.FORBIDDEN not in rules
    return fix_button(number, account_id, contact_type, label, primary=is_primary, name=name)


@reads_payload
def parse_fix(value: str) -> tuple[str, ContactType]:
    """The account id and contact type of a button or a menu's option that opens the form.

    Raises:
        PayloadError: it was made by something else.
    """
    account_id, contact_type = value.removeprefix(f"{FIX}:").split(":")
    return account_id, ContactType(contact_type)


def row_menu(
    number: int,
    account_id: str,
    contact_type: ContactType,
    *choices: str,
    is_forbidden: bool = False,
) -> Block:
    """A menu of what can be done about a contact.

    Args:
        number: unique among the menus in the message or view.
        account_id: whose contact.
        contact_type: which contact.
        choices: of `FIX`, `EXEMPT`, `VERIFY` and `SHOW`, in this order.
        is_forbidden: whether the contact has to be removed rather than fixed.
    """
    labels = _LABELS | ({FIX: REMOVE_LABEL} if is_forbidden else {})
    options = [
        {
            "text": plain(labels[choice], _OPTION_TEXT),
            "value": _value(choice, account_id, contact_type),
        }
        for choice in choices
    ]
    return {"type": "overflow", "action_id": f"{MENU}:{number}", "options": options}


def row_button(
    choice: str,
    number: int,
    account_id: str,
    contact_type: ContactType,
    label: str = "",
    *,
    name: str = "",
) -> Block:
    """A button that does what one choice of `row_menu` does; see `fix_button`."""
    text = label or _LABELS[choice]
    return button(
        text,
        f"{choice}:{number}",
        _value(choice, account_id, contact_type),
        label=spoken(text, name, account_id, contact_type),
    )


def spoken(action: str, name: str, account_id: str, contact_type: ContactType | None = None) -> str:
    """What a screen reader says for a button: the action, the account, and which contact.

    Slack takes 75 characters, so it's the name that is cut.
    """
    contact = f", {contact_type.label} contact" if contact_type is not None else ""
    end = f"{account_id}{contact}"
    shown = " ".join(name.split())
    if not shown or shown == account_id:
        return clip(f"{action} {end}", BUTTON_TEXT)
    room = BUTTON_TEXT - len(f"{action}   {end}")
    return clip(f"{action} {clip(shown, max(room, 1))} {end}", BUTTON_TEXT)


def pressed(body: Mapping[str, Any]) -> str:
    """The value of what was pressed: of a button, or of the option chosen in a menu.

    Raises:
        PayloadError: it has none.
    """
    chosen = find_text(body, "actions", 0, "selected_option", "value")
    return chosen or text_at(body, "actions", 0, "value")


@reads_payload
def parse_menu(value: str) -> tuple[str, str, ContactType]:
    """The choice, the account id and the contact type of `row_menu` or `row_button`.

    Raises:
        PayloadError: it was made by something else.
    """
    choice, account_id, contact_type = value.split(":")
    if choice not in _LABELS:
        raise PayloadError
    return choice, account_id, ContactType(contact_type)


def title(name: str, account_id: str) -> str:
    """An account by its name and id, for `plain_text`."""
    shown = name[:NAME_TEXT]
    return f"{shown} · {account_id}" if shown and shown != account_id else account_id


def account_name(name: str, account_id: str) -> str:
    """An account by its name in bold and its id as code, for mrkdwn."""
    if not name.strip() or name == account_id:
        return code(account_id)
    return f"{bold(name[:NAME_TEXT])}  {code(account_id)}"


def _value(choice: str, account_id: str, contact_type: ContactType) -> str:
    return f"{choice}:{account_id}:{contact_type.value}"
