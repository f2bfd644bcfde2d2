"""Mentions of Slack users and user groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def mentions(user_ids: Sequence[str], group_ids: Sequence[str]) -> str:
    """Slack users and user groups, for mrkdwn."""
    users = [f"<@{user_id}>" for user_id in user_ids]
    return ", ".join(users + [f"<!subteam^{group_id}>" for group_id in group_ids])


def mention_line(ids: Sequence[str]) -> str:
    """Users and user groups to notify, as the first line of a paragraph; empty for none."""
    groups = [id_ for id_ in ids if id_.startswith("S")]
    mention = mentions([id_ for id_ in ids if id_ not in groups], groups)
    return f"{mention}\n" if mention else ""
