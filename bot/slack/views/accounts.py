"""One account's three contacts as AWS holds them; and which account was perhaps meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.findings import Outcome
from bot.slack.blocks import (
    actions,
    button,
    clip,
    context,
    escape,
    header,
    paragraph,
    plain,
    section,
)
from bot.slack.message import Message
from bot.slack.views.rows import NAME_TEXT, REASON_TEXT, fix_button, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contacts import Account, AlternateContact
    from bot.findings import AccountResult, TypeResult
    from bot.policy import Policy
    from bot.slack.blocks import Block

CHECK: Final = "altcontact_check_account"
"""The action id of the button that reads an account again; its value is the account id."""

CHOOSE: Final = "altcontact_choose_account"
"""The action id of the menu of accounts; an option's value is the account id."""

OPTIONS: Final = 100
"""The most options that Slack takes in a menu."""

_OPTION_TEXT: Final = 75

TURN_ON: Final = (
    "Changing contacts is turned off. To turn it on, name users or user groups in "
    "ALTCONTACT_FIXERS and start the bot again."
)


def account_message(result: AccountResult, policy: Policy, *, read_only: bool) -> Message:
    """An account with its contacts, each with its button.

    Args:
        result: the account, with an outcome for each of the three types, or none if not active.
        policy: which types are required.
        read_only: whether nobody may change contacts.
    """
    account = result.account
    named = title(account.name, account.id)
    blocks = [header(clip(account.name or account.id, 150)), context(f"Account `{account.id}`")]
    if not result.results:
        state = escape(account.state[:REASON_TEXT])
        skipped = f"Skipped: the account is {state}, and AWS lets only active ones be managed."
        return Message(escape(f"{named[:NAME_TEXT]}: ") + skipped, [*blocks, paragraph(skipped)])
    for number, item in enumerate(result.results):
        button_ = None if read_only or item.outcome.unchecked else _button(number, account, item)
        required = item.type in policy.required
        blocks.append(_contact(item, required=required, button_=button_))
        if item.failure is not None and item.failure.mend:
            blocks.append(context(f":point_right: {escape(item.failure.mend)}"))
    blocks.append(actions(button("Check again", CHECK, account.id)))
    if read_only:
        blocks.append(context(TURN_ON))
    outcomes = ", ".join(f"{item.type.label} {item.outcome.value}" for item in result.results)
    return Message(escape(f"{named}: {outcomes}"), blocks)


def choice_message(found: Sequence[Account], text: str) -> Message:
    """Several accounts match."""
    offered = found[:OPTIONS]
    more = "" if len(found) <= OPTIONS else f" The first {OPTIONS} are offered; type more of it."
    told = f"Several accounts match.{more} Which one?"
    menu = {
        "type": "static_select",
        "action_id": CHOOSE,
        "placeholder": plain("Choose an account", 150),
        "options": [
            {"text": plain(_option(account), _OPTION_TEXT), "value": account.id}
            for account in offered
        ],
    }
    blocks = [section(plain(f"{told}\nYou typed: {text[:NAME_TEXT]}")), actions(menu)]
    return Message(escape(told), blocks)


def no_match_message(text: str, nearest: Sequence[str]) -> Message:
    """No account matches; names that are spelled much like it are shown."""
    told = f"No account matches “{text[:NAME_TEXT]}”."
    if nearest:
        told += " Did you mean: " + ", ".join(name[:NAME_TEXT] for name in nearest) + "?"
    told += "\nGive an account id of 12 digits, or a part of the account's name."
    return Message(escape(told), [section(plain(told))])


def contact_lines(contact: AlternateContact) -> str:
    """A contact's four fields, for `plain_text`."""
    return (
        f"Name: {contact.name}\nTitle: {contact.title}\n"
        f"Email: {contact.email}\nPhone: {contact.phone}"
    )


def _contact(item: TypeResult, *, required: bool, button_: Block | None) -> Block:
    label = f"{item.type.label} contact{' (required)' if required else ''}"
    if item.contact is not None:
        text = f"{label}\n{contact_lines(item.contact)}"
    elif item.outcome is Outcome.MISSING:
        text = f"{label}\n{'Missing' if required else 'Not set'}"
    else:
        text = f"{label}\nCould not be checked: {item.reason[:REASON_TEXT]}"
    return section(plain(text), accessory=button_)


def _button(number: int, account: Account, item: TypeResult) -> Block:
    missing = item.outcome is Outcome.MISSING
    label = "Fix" if missing else "Change"
    return fix_button(number, account.id, item.type, label, primary=missing)


def _option(account: Account) -> str:
    room = _OPTION_TEXT - len(account.id) - len(" · ")
    return f"{clip(account.name, room)} · {account.id}" if account.name else account.id
