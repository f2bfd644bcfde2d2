"""The button **Fix all…** below a list of accounts: it opens the first window of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.rule_catalog import Rule
from bot.slack.views.blocks import accounts, button

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.domain.finding_lists import FindingList
    from bot.slack.views.blocks import Block

FIX_ALL: Final = "altcontact_fix_all"
"""The action id of the button; its value names the list, as `FindingList` writes it."""

REMOVE_ALL: Final = "altcontact_remove_all"
"""The same for contacts that the policy forbids."""

FEWEST: Final = 2
"""Accounts from which on the button is shown: one alone has its own **Fix**."""


def fix_all_button(
    listed: FindingList, number: int, rules: Collection[Rule], *, primary: bool = False
) -> list[Block]:
    """The button for the accounts of a list; none if there is only one account.

    Args:
        listed: the findings of an alert, or all that are open.
        number: how many accounts have open ones.
        rules: the rules that they violate; if the policy forbids all contacts, they are removed.
        primary: whether it stands out; at most one button of a message or view may.
    """
    if number < FEWEST:
        return []
    removes = set(rules) == {Rule.FORBIDDEN}
    verb, action_id = ("Remove", REMOVE_ALL) if removes else ("Fix", FIX_ALL)
    what = f"the contacts of {accounts(number)}" if removes else f"all {accounts(number)}"
    return [
        button(
            f"{verb} all {number:,}…",
            action_id,
            str(listed),
            primary=primary and not removes,
            label=f"{verb} {what}: opens a form with a preview",
        )
    ]
