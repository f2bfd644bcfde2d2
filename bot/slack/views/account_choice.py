"""The question which of several accounts is meant: a menu that searches as people type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from bot.domain.contacts import ContactType
from bot.domain.pasted_ids import account_id_problem
from bot.slack.command_parser import CHECK, EXEMPT, FIX, HISTORY
from bot.slack.payloads import find_text
from bot.slack.views.blocks import accounts, actions, clip, escape, plain, section
from bot.slack.views.message import Message
from bot.slack.views.row_actions import NAME_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.slack.views.blocks import Block

CHOOSE: Final = "altcontact_choose_account"
"""The action id of the menu; an option's value is the account id."""

MAX_OPTIONS: Final = 100
"""Slack's limit for the options of one answer."""

_BLOCK: Final = "altcontact_choice"
_BLOCK_ID: Final = 255
_OPTION_TEXT: Final = 75
_COMMANDS: Final = frozenset({CHECK, EXEMPT, FIX, HISTORY})


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """What to do with the account that is chosen.

    Attributes:
        text: what the person typed; the menu begins with its matches.
        command: `check`, `fix`, `exempt` or `history`.
        type: the contact to fix, if the person named one.
    """

    text: str
    command: str = CHECK
    type: ContactType | None = None


def choice_message(choice: AccountChoice, number: int) -> Message:
    """The question which account is meant.

    Args:
        choice: what the person typed. The message keeps it, so that choosing goes on from there.
        number: how many accounts match; more than `MAX_OPTIONS` counts as "more than".
    """
    many = number > MAX_OPTIONS
    found = f"More than {MAX_OPTIONS} accounts match" if many else f"{accounts(number)} match"
    question = f"{found} “{clip(choice.text, NAME_TEXT)}”. Which one do you mean?"
    menu = {
        "type": "external_select",
        "action_id": CHOOSE,
        "placeholder": plain("Search by name or id", 150),
        # An empty search shows the matches of what was typed in the command.
        "min_query_length": 0,
    }
    block = {**actions(menu), "block_id": _block_id(choice)}
    return Message(escape(question), [section(plain(question)), block])


def parse_choice(block_id: str) -> AccountChoice:
    """What `choice_message` put into the menu's block; messages of older versions mean `check`."""
    name, _, rest = block_id.partition(":")
    command, _, more = rest.partition(":")
    type_name, _, text = more.partition(":")
    if name != _BLOCK or command not in _COMMANDS:
        return AccountChoice("")
    contact_type = ContactType(type_name) if type_name in ContactType.__members__ else None
    return AccountChoice(unquote(text), command, contact_type)


def parse_search(body: Mapping[str, Any]) -> str:
    """The text to find options for: what is typed in the menu, or else in the command."""
    typed = find_text(body, "value")
    return typed if typed.strip() else parse_choice(find_text(body, "block_id")).text


def account_options(found: Sequence[Account]) -> list[Block]:
    """The menu's options; Slack accepts an empty list in an answer."""
    return [
        {"text": plain(_option(account), _OPTION_TEXT), "value": account.id}
        for account in found[:MAX_OPTIONS]
    ]


def no_match_message(text: str, nearest: Sequence[str]) -> Message:
    """No account matches; suggests names that are spelled like the text."""
    answer = f"No account matches “{clip(text, NAME_TEXT)}”"
    problem = account_id_problem(text)
    answer += f", which {problem}." if problem else "."
    if nearest:
        names = ", ".join(clip(name, NAME_TEXT) for name in nearest)
        answer += f" Did you mean: {names}?"
    answer += "\nType an account's id or name, or part of one."
    return Message(escape(answer), [section(plain(answer))])


def _block_id(choice: AccountChoice) -> str:
    """The choice in 255 ASCII characters; the end of a long text is left out."""
    start = f"{_BLOCK}:{choice.command}:{choice.type or ''}:"
    room, shown = _BLOCK_ID - len(start), ""
    for character in choice.text:
        encoded = quote(character, safe="", errors="replace")
        if len(shown) + len(encoded) > room:
            break
        shown += encoded
    return start + shown


def _option(account: Account) -> str:
    room = _OPTION_TEXT - len(account.id) - len(" · ")
    name = clip(" ".join(account.name.split()), room)
    return f"{name} · {account.id}" if name else account.id
