"""Mentions of Slack users and user groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.audit import BOT
from bot.slack.views.blocks import code

if TYPE_CHECKING:
    from collections.abc import Sequence

_PERSON: Final = re.compile(r"[UW][A-Z0-9]{1,20}")


def mentions(user_ids: Sequence[str], group_ids: Sequence[str]) -> str:
    """Slack users and user groups, for mrkdwn."""
    users = [f"<@{user_id}>" for user_id in user_ids]
    return ", ".join(users + [f"<!subteam^{group_id}>" for group_id in group_ids])


def person(user_id: str) -> str:
    """Who did something, as mrkdwn: a person in Slack, one on the command line, or the bot."""
    if _PERSON.fullmatch(user_id):
        return f"<@{user_id}>"
    name = user_id.removeprefix("cli:")
    if name != user_id:
        return f"{code(name) or 'somebody'} on the command line"
    return "the bot" if user_id == BOT else code(user_id)


def first_word(who: str) -> str:
    """What `person` gives, to begin a sentence with."""
    return f"{who[0].upper()}{who[1:]}"


def mention_line(ids: Sequence[str]) -> str:
    """Users and user groups to notify, as the first line of a paragraph; empty for none."""
    groups = [id_ for id_ in ids if id_.startswith("S")]
    mention = mentions([id_ for id_ in ids if id_ not in groups], groups)
    return f"{mention}\n" if mention else ""
