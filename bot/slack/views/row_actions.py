"""What stands beside a row: **Fix**, and a menu of the rest; and how rows are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.contacts import ContactType
from bot.domain.rule_catalog import Rule
from bot.slack.payloads import PayloadError, find_text, reads_payload, text_at
from bot.slack.views.blocks import bold, button, code, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.slack.views.blocks import Block

FIX: Final = "altcontact_fix"
"""Begins the action id of every button that opens the form; a number follows it."""

MENU: Final = "altcontact_menu"
"""Begins the action id of every row's menu; which of the following was chosen is in its value."""

EXEMPT: Final = "altcontact_set_aside"
"""Opens the modal that sets a contact's findings aside. Begins a button's action id, too."""

VERIFY: Final = "altcontact_verify"
"""Opens the modal that records a contact as verified by hand. Begins a button's action id, too."""

SHOW: Final = "altcontact_show"
"""Shows the account with all its contacts. Begins a button's action id, too."""

NAME_TEXT: Final = 200
"""AWS takes names of 50 characters; more is not relied upon, nor shown."""

REASON_TEXT: Final = 300

_LABELS: Final = {
    EXEMPT: "Set aside…",
    VERIFY: "Verified by hand…",
    SHOW: "Show account",
}
_OPTION_TEXT: Final = 75


def fix_button(
    number: int,
    account_id: str,
    contact_type: ContactType,
    label: str = "Fix",
    *,
    primary: bool = True,
) -> Block:
    """A button that opens the form; `number` is its own in the message or view."""
    return button(label, f"{FIX}:{number}", f"{account_id}:{contact_type.value}", primary=primary)


def remedy_button(
    number: int,
    account_id: str,
    contact_type: ContactType,
    rules: Collection[Rule],
    *,
    primary: bool = True,
) -> Block:
    """The button beside a contact that breaks these rules, by what its form can do."""
    if Rule.FORBIDDEN in rules:
        return fix_button(number, account_id, contact_type, "How to delete", primary=False)
    return fix_button(number, account_id, contact_type, primary=primary)


@reads_payload
def parse_fix(value: str) -> tuple[str, ContactType]:
    """The account id and contact type of a button made by `fix_button`.

    Raises:
        PayloadError: it was made by another.
    """
    account_id, contact_type = value.split(":")
    return account_id, ContactType(contact_type)


def row_menu(number: int, account_id: str, contact_type: ContactType, *choices: str) -> Block:
    """A menu of what else can be done about a contact.

    Args:
        number: its own in the message or view.
        account_id: whose contact.
        contact_type: which contact.
        choices: of `EXEMPT`, `VERIFY` and `SHOW`, in this order.
    """
    options = [
        {
            "text": plain(_LABELS[choice], _OPTION_TEXT),
            "value": _value(choice, account_id, contact_type),
        }
        for choice in choices
    ]
    return {"type": "overflow", "action_id": f"{MENU}:{number}", "options": options}


def row_button(
    choice: str, number: int, account_id: str, contact_type: ContactType, label: str = ""
) -> Block:
    """A button that does what one choice of `row_menu` does; `number` is its own among those."""
    text = label or _LABELS[choice]
    return button(text, f"{choice}:{number}", _value(choice, account_id, contact_type))


def pressed(body: Mapping[str, Any]) -> str:
    """The value of what was pressed: of a button, or of what was chosen in a menu.

    Raises:
        PayloadError: it has none.
    """
    chosen = find_text(body, "actions", 0, "selected_option", "value")
    return chosen or text_at(body, "actions", 0, "value")


@reads_payload
def parse_menu(value: str) -> tuple[str, str, ContactType]:
    """What was chosen, the account id and contact type, of `row_menu` or `row_button`.

    Raises:
        PayloadError: it was made by another.
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
